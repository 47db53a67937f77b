package torture

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/gateway"
	"github.com/pactius/pactius/internal/server"
	"github.com/pactius/pactius/internal/users"
)

const (
	contractsURL = "http://contracts." + publicHost // of the application that all rounds have
	deepLink     = "/contracts/7?unit=a%2Fb"        // where people want to go there
	cookiePrefix = "pactius-app-"                   // of the cookies that a hand-over gives
	startCookie  = "pactius-start"
)

// addApplication adds an application that people with access to sales may open.
func (s *site) addApplication(ctx context.Context, core *server.Core, origin string) (pactius.Application, error) {
	return core.Applications.Add(ctx, pactius.SupportActor(s.env),
		pactius.ApplicationUpdate{Name: &origin, Unit: &s.sales, Origins: &[]string{origin}})
}

// colleague adds a new user who may open the applications.
func (s *site) colleague(ctx context.Context, core *server.Core) (person, pactius.UserID, error) {
	p, err := s.newcomer()
	if err != nil {
		return p, "", err
	}
	added, err := core.Users.Add(ctx, pactius.SupportActor(s.env), users.NewUser{Username: p.username, Name: p.name,
		Grants: []pactius.Grant{{Unit: s.sales, Access: pactius.AccessRead}}})
	return p, added.User.ID, err
}

// code goes from an application's host to the portal, and returns where the portal leads back to.
func (b *browser) code(ctx context.Context, p person, origin string) (string, error) {
	a, err := b.get(ctx, origin+"/.pactius/start?to="+url.QueryEscape(deepLink))
	if err != nil {
		return "", err
	}
	if a.StatusCode != http.StatusSeeOther || !strings.HasPrefix(a.location(), publicURL+"/enter?") {
		return "", unexpected("the start of", p, a)
	}
	if a, err = b.get(ctx, a.location()); err != nil {
		return "", err
	}
	if a.StatusCode != http.StatusSeeOther || !strings.HasPrefix(a.location(), origin+"/.pactius/finish?code=") {
		return "", unexpected("the entry of", p, a)
	}
	return a.location(), nil
}

// finish brings a code to the application's host. The cookie is nil if there is none in the answer.
func (b *browser) finish(ctx context.Context, address string) (*http.Cookie, answer, error) {
	a, err := b.get(ctx, address)
	if err != nil {
		return nil, a, err
	}
	for _, c := range a.Cookies() {
		if strings.HasPrefix(c.Name, cookiePrefix) && c.Value != "" {
			if a.StatusCode != http.StatusSeeOther || a.location() != deepLink {
				return c, a, fmt.Errorf("a finish is answered with %d to %q", a.StatusCode, a.location())
			}
			return c, a, nil
		}
	}
	return nil, a, nil
}

// twin opens a browser that knows the secret of another one's hand-over.
func (s *site) twin(b *browser, origin string) (*browser, error) {
	u, err := url.Parse(origin + "/")
	if err != nil {
		return nil, err
	}
	t := s.browser()
	for _, c := range b.Client.Jar.Cookies(u) {
		if c.Name == startCookie {
			t.Client.Jar.SetCookies(u, []*http.Cookie{c})
		}
	}
	return t, nil
}

// verdictOf is what the door says of a request to an application.
type verdictOf struct {
	status int
	key    string // which signed the identity
}

// ask asks an instance as a proxy does.
func (s *site) ask(
	ctx context.Context, at *instance, app pactius.ApplicationID, cookie *http.Cookie,
) (verdictOf, error) {
	var v verdictOf
	address := at.address.Load()
	if address == nil {
		return v, errDown
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet,
		"http://"+*address+gateway.VerifyPath+"?application="+string(app), nil)
	if err != nil {
		return v, err
	}
	r.AddCookie(cookie)
	answer, err := s.transport.RoundTrip(r)
	if err != nil {
		return v, err
	}
	v.status = answer.StatusCode
	if v.status == http.StatusOK {
		v.key, err = keyOf(answer.Header.Get("Pactius-Token"))
	}
	return v, errors.Join(err, answer.Body.Close())
}

// keyOf names the key that signed a token.
func keyOf(token string) (string, error) {
	header, _, _ := strings.Cut(token, ".")
	plain, err := base64.RawURLEncoding.DecodeString(header)
	var h struct{ Kid string }
	return h.Kid, errors.Join(err, json.Unmarshal(plain, &h))
}

// asked asks an instance until it can answer.
func (s *site) asked(
	ctx context.Context, at *instance, app pactius.ApplicationID, cookie *http.Cookie,
) (verdictOf, error) {
	for {
		v, err := s.ask(ctx, at, app, cookie)
		if err == nil && v.status < http.StatusInternalServerError {
			return v, nil
		}
		if ctx.Err() != nil {
			return v, errors.Join(err, ctx.Err())
		}
		pause(ctx, retryPause)
	}
}
