package microsoft

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/pactius/pactius"
)

const (
	// tokenMargin is how long before its end a token is no longer used, for calls
	// under way and for clocks that differ.
	tokenMargin = 5 * time.Minute

	// maxTokenLife bounds what a token is believed to live. Microsoft's live 60 to
	// 90 minutes, and up to a day with continuous access evaluation.
	maxTokenLife = 24 * time.Hour
)

// registration is an app registration together with what proves it, hashed: a
// renewed secret is another one and begins without a token.
type registration struct {
	tenant, client string
	proof          [sha256.Size]byte
}

func registrationOf(c pactius.Credentials) registration {
	h := sha256.New()
	fmt.Fprintf(h, "%d:%s", len(c.ClientSecret), c.ClientSecret)
	h.Write(c.Certificate)
	return registration{strings.ToLower(c.TenantID), c.ClientID, [sha256.Size]byte(h.Sum(nil))}
}

// key names the registration among the calls under way.
func (r registration) key() string { return r.tenant + " " + r.client + " " + string(r.proof[:]) }

// appToken opens the directory for a while.
type appToken struct {
	value string
	ends  time.Time // not used from here on
	basic bool      // it opens the basic properties of accounts only
}

// token returns an app token, from before or a new one. Callers that arrive while
// one is fetched wait for it.
func (g *Graph) token(ctx context.Context, c pactius.Credentials) (*appToken, error) {
	r := registrationOf(c)
	g.mu.Lock()
	t := g.tokens[r]
	g.mu.Unlock()
	if t != nil && g.now().Before(t.ends) {
		return t, nil
	}
	done := g.flight.DoChan(r.key(), func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTimeout)
		defer cancel()
		return g.newToken(ctx, c)
	})
	select {
	case f := <-done:
		t, _ := f.Val.(*appToken)
		return t, f.Err
	case <-ctx.Done():
		return nil, late("the token endpoint", context.Cause(ctx))
	}
}

// newToken asks for a token whatever is known, and keeps it.
func (g *Graph) newToken(ctx context.Context, c pactius.Credentials) (*appToken, error) {
	t, err := g.fetchToken(ctx, c)
	if err != nil {
		return nil, g.troubled(c, err)
	}
	g.keep(c, t)
	return t, nil
}

// keep notes a token, and forgets those that have ended.
func (g *Graph) keep(c pactius.Credentials, t *appToken) {
	now := g.now()
	g.mu.Lock()
	defer g.mu.Unlock()
	for r, old := range g.tokens {
		if !now.Before(old.ends) {
			delete(g.tokens, r) // of secrets that were renewed, and of environments that are no more
		}
	}
	g.tokens[registrationOf(c)] = t
}

// drop forgets a token that is no longer taken.
func (g *Graph) drop(c pactius.Credentials, t *appToken) {
	r := registrationOf(c)
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.tokens[r] == t {
		delete(g.tokens, r)
	}
}

// fetchToken asks the tenant's token endpoint (RFC 6749 section 4.4). The error
// is a *Failure.
func (g *Graph) fetchToken(ctx context.Context, c pactius.Credentials) (*appToken, error) {
	e, err := g.m.named(c.TenantID).endpoints.load(ctx)
	if err != nil {
		return nil, err
	}
	form, err := g.m.proof(c, e.Token)
	if err != nil {
		return nil, err
	}
	form.Set("grant_type", "client_credentials")
	form.Set("client_id", c.ClientID)
	form.Set("scope", g.scope())
	const what = "the token endpoint"
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, e.Token, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, failure(Misconfigured, fmt.Errorf("%s: %w", what, withoutAddress(err)))
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	var answer struct {
		Token   string          `json:"access_token"`
		Type    string          `json:"token_type"`
		Expires json.RawMessage `json:"expires_in"` // seconds, as a number or a text
	}
	if err := g.m.callJSON(r, what, &answer); err != nil {
		return nil, err
	}
	seconds, err := strconv.ParseInt(strings.Trim(string(answer.Expires), `"`), 10, 64)
	if err != nil || seconds <= 0 || answer.Token == "" || len(answer.Token) > maxToken || !strings.EqualFold(answer.Type, "Bearer") {
		return nil, failure(BadResponse, errors.New("the token endpoint answered without a usable token"))
	}
	life := min(time.Duration(min(seconds, int64(maxTokenLife/time.Second)))*time.Second, maxTokenLife)
	return &appToken{value: answer.Token, ends: g.now().Add(life - min(tokenMargin, life/2))}, nil
}

// withoutAddress takes the address out of an error of package url.
func withoutAddress(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}

// basic reports whether the registration was found to open the basic properties
// of accounts only. A new token asks for all again.
func (g *Graph) basic(c pactius.Credentials) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	t := g.tokens[registrationOf(c)]
	return t != nil && t.basic
}

// noteBasic notes that it does.
func (g *Graph) noteBasic(c pactius.Credentials) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if t := g.tokens[registrationOf(c)]; t != nil {
		t.basic = true
	}
}
