package torture

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/applications"
)

const (
	clientBack     = contractsURL + "/signed-in"
	clientVerifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk" // of RFC 7636, appendix B
	refreshes      = 3                                             // of each sign-in
)

// atClient is an application that speaks OpenID Connect, and people who sign in there all the time.
type atClient struct {
	*site
	app     pactius.Application
	secret  string
	work    sync.WaitGroup
	issued  atomic.Int64 // tokens that were acknowledged
	lost    atomic.Int64 // answers
	late    atomic.Int64 // refreshes whose repetition came too late to count
	refused atomic.Int64
}

// tokens are what the token endpoint answers.
type tokens struct {
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token"`
	Error   string `json:"error"`

	again bool // an answer to the same question was lost
	late  bool // and this one came when a repetition does not count any more
}

// clientSignIns kills the server again and again while a client exchanges codes and refresh tokens.
func clientSignIns(ctx context.Context, r *run, v *verdict) error {
	s, err := r.newSite(ctx, v, r.instances())
	if err != nil {
		return err
	}
	defer s.close()
	c := &atClient{site: s}
	until, stop := context.WithCancel(ctx)
	defer stop()
	if err := c.begin(ctx, until, r.people); err != nil {
		return err
	}
	kills := r.kills/4 + 2
	for n := range kills {
		pause(ctx, shortestLife+rand.N(longestLife))
		if _, err := s.killOnce(ctx, n%stillborn == stillborn-1); err != nil {
			stop()
			c.work.Wait()
			return err
		}
	}
	stop()
	c.work.Wait()
	s.examine(ctx)
	if c.issued.Load() == 0 || c.refused.Load() == 0 {
		v.broken("too little was done: %d tokens issued, %d refused", c.issued.Load(), c.refused.Load())
	}
	v.figure("%d kills of %d instance(s) while a client got tokens %d times; %d answers lost, %d of them asked again "+
		"too late, %d codes and refresh tokens refused a second time", kills, len(s.instances), c.issued.Load(),
		c.lost.Load(), c.late.Load(), c.refused.Load())
	return nil
}

// begin adds the client and the people, and sets them to work.
func (c *atClient) begin(ctx, until context.Context, people int) error {
	core, err := c.core(ctx)
	if err != nil {
		return err
	}
	support, name := pactius.SupportActor(c.env), "Contracts"
	c.app, err = core.Applications.Add(ctx, support, pactius.ApplicationUpdate{Name: &name, Unit: &c.sales,
		Origins: &[]string{contractsURL}, ClientKind: new(pactius.ClientWeb), RedirectURIs: &[]string{clientBack}})
	if err == nil {
		_, c.secret, err = core.Applications.NewSecret(ctx, support, c.app.ID, 0, false)
	}
	all := make([]person, people)
	for i := range all {
		if err == nil {
			all[i], _, err = c.colleague(ctx, core)
		}
	}
	if err := errors.Join(err, core.Close()); err != nil {
		return err
	}
	for _, who := range all {
		c.work.Go(func() {
			for until.Err() == nil {
				if err := c.visit(ctx, who); err != nil && ctx.Err() == nil {
					c.failed(err)
					return
				}
			}
		})
	}
	return nil
}

// visit signs a person in at the portal and at the client, refreshes the tokens, and ends in one of two ways.
func (c *atClient) visit(ctx context.Context, who person) error {
	b := c.browser()
	if _, err := b.signIn(ctx, who); err != nil {
		return err
	}
	code, first, err := c.enter(ctx, b, who)
	if err != nil {
		return err
	}
	now := first
	for range refreshes {
		next, err := c.exchange(ctx, b, again(now))
		switch {
		case err != nil:
			return err
		case next.late && next.Refresh == "":
			return nil // refused as a token that was used before
		case next.Refresh == "":
			c.broken("a fresh refresh token of %s is refused: %s", who.username, next.Error)
			return nil
		}
		now = next
	}
	if err := c.admits(ctx, now, http.StatusOK); err != nil {
		return err
	}
	ends := c.codeAgain(code) // each ends the grant
	switch rand.IntN(3) {
	case 0:
		ends = again(first)
	case 1:
		if _, err := b.post(ctx, "/sign-out", nil); err != nil {
			return err
		}
	}
	for _, form := range []url.Values{ends, again(now)} {
		t, err := c.exchange(ctx, b, form)
		if err != nil {
			return err
		}
		if t.Refresh != "" {
			c.broken("a %s of %s works although it was used, or the sign-in is over", form.Get("grant_type"),
				who.username)
		}
		c.refused.Add(1)
	}
	return nil
}

// enter gets a code and exchanges it. A code whose answer was lost has given its tokens to no one, so another one is
// needed then.
func (c *atClient) enter(ctx context.Context, b *browser, who person) (string, tokens, error) {
	for {
		a, err := b.get(ctx, "/oauth/authorize?"+url.Values{"client_id": {string(c.app.ID)},
			"redirect_uri": {clientBack}, "response_type": {"code"}, "scope": {"openid offline_access"},
			"code_challenge": {applications.Challenge(clientVerifier)}, "code_challenge_method": {"S256"}}.Encode())
		if err != nil {
			return "", tokens{}, err
		}
		to, err := url.Parse(a.location())
		if err != nil || !strings.HasPrefix(a.location(), clientBack+"?") || to.Query().Get("code") == "" {
			return "", tokens{}, unexpected("the authorization of", who, a)
		}
		code := to.Query().Get("code")
		t, err := c.exchange(ctx, b, c.codeAgain(code))
		switch {
		case err != nil:
			return "", t, err
		case t.Refresh != "":
			return code, t, nil
		case !t.again:
			c.broken("a fresh code of %s is refused: %s", who.username, t.Error)
		}
	}
}

func (c *atClient) codeAgain(code string) url.Values {
	return url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {clientBack},
		"code_verifier": {clientVerifier}}
}

// again shows a refresh token.
func again(t tokens) url.Values {
	return url.Values{"grant_type": {"refresh_token"}, "refresh_token": {t.Refresh}}
}

// exchange asks for tokens until there is an answer.
func (c *atClient) exchange(ctx context.Context, b *browser, form url.Values) (t tokens, err error) {
	form.Set("client_id", string(c.app.ID))
	form.Set("client_secret", c.secret)
	began := time.Now()
	a, err := b.post(ctx, "/oauth/token", form)
	if err != nil {
		return t, err
	}
	if t.again = a.again; t.again {
		c.lost.Add(1)
		if t.late = time.Since(began) > pactius.RefreshRepeat; t.late {
			c.late.Add(1)
		}
	}
	if err := json.Unmarshal([]byte(a.Body), &t); err != nil {
		return t, fmt.Errorf("the token endpoint answers %d: %s: %w", a.StatusCode, a.Body, err)
	}
	if (a.StatusCode == http.StatusOK) != (t.Refresh != "" && t.Access != "" && t.Error == "") {
		return t, fmt.Errorf("the token endpoint answers %d: %s", a.StatusCode, a.Body)
	}
	if t.Refresh != "" {
		c.issued.Add(1)
	}
	return t, nil
}

// admits asks who an access token stands for.
func (c *atClient) admits(ctx context.Context, t tokens, status int) error {
	b := c.browser()
	b.Header.Set("Authorization", "Bearer "+t.Access)
	a, err := b.get(ctx, "/oauth/userinfo")
	if err == nil && a.StatusCode != status {
		c.broken("an access token is answered with %d, not %d", a.StatusCode, status)
	}
	return err
}
