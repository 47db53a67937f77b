package microsoft

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/pactius/pactius"
)

const (
	// tokenMargin is the time before its end in which a token is no longer used, because of calls under way and of
	// clocks that differ.
	tokenMargin = 5 * time.Minute

	// maxTokenLife bounds the life of a token. Microsoft's live 60 to 90 minutes, and up to a day with continuous
	// access evaluation.
	maxTokenLife = 24 * time.Hour
)

// registration names an app registration and the hash of its credential: a renewed secret is another registration
// and starts without a token.
type registration string

func registrationOf(c pactius.Credentials) registration {
	h := sha256.New()
	fmt.Fprintf(h, "%d:%s", len(c.ClientSecret), c.ClientSecret)
	h.Write(c.Certificate)
	return registration(strings.ToLower(c.TenantID) + " " + c.ClientID + " " + string(h.Sum(nil)))
}

// appToken is an access token of the application for Graph.
type appToken struct {
	value string
	ends  time.Time // not used any more from here
	basic bool      // reads the basic properties of accounts only

	former bool // the new secret was not accepted yet, and the former one was
}

// token returns an app token, a cached or a new one. Callers that arrive during a fetch wait for its result.
func (g *Graph) token(ctx context.Context, c pactius.Credentials) (*appToken, error) {
	r := registrationOf(c)
	g.mu.Lock()
	t := g.tokens[r]
	g.mu.Unlock()
	if t != nil && g.m.now().Before(t.ends) {
		return t, nil
	}
	t, err := share(ctx, &g.flight, string(r), func(ctx context.Context) (*appToken, error) {
		t, err := g.fetchToken(ctx, c)
		if err == nil {
			g.keep(c, t)
		}
		return t, err
	})
	if err != nil {
		return nil, g.tokenError(c, err)
	}
	return t, nil
}

// keep caches a token and drops those that have ended: of renewed secrets and deleted environments.
func (g *Graph) keep(c pactius.Credentials, t *appToken) {
	now := g.m.now()
	g.mu.Lock()
	defer g.mu.Unlock()
	for r, old := range g.tokens {
		if !now.Before(old.ends) {
			delete(g.tokens, r)
		}
	}
	g.tokens[registrationOf(c)] = t
}

// drop removes a token that Graph refused.
func (g *Graph) drop(c pactius.Credentials, t *appToken) {
	r := registrationOf(c)
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.tokens[r] == t {
		delete(g.tokens, r)
	}
}

// fetchToken returns a new app token, with the former secret where Microsoft does not accept the new one yet. The error
// is a *Failure.
func (g *Graph) fetchToken(ctx context.Context, c pactius.Credentials) (*appToken, error) {
	t, err := g.requestToken(ctx, c)
	if before, ok := g.m.former(c, err); ok {
		if old, oldErr := g.requestToken(ctx, before); oldErr == nil {
			old.former = true
			return old, nil
		}
	}
	return t, err
}

// requestToken asks the tenant's token endpoint for an app token (RFC 6749 section 4.4), and once more where that may
// work a moment later: an app token, unlike a code, may be asked for twice.
func (g *Graph) requestToken(ctx context.Context, c pactius.Credentials) (*appToken, error) {
	e, err := g.m.tenantOf(c).endpoints.load(ctx)
	if err != nil {
		return nil, err
	}
	t, err := g.tokenAt(ctx, c, e)
	if f, ok := errors.AsType[*Failure](err); ok && f.passing() && ctx.Err() == nil {
		g.m.log.InfoContext(ctx, "asking Microsoft for a token again", "tenant", c.TenantID, "failure", f)
		return g.tokenAt(ctx, c, e)
	}
	return t, err
}

// tokenAt asks a token endpoint once.
func (g *Graph) tokenAt(ctx context.Context, c pactius.Credentials, e endpoints) (*appToken, error) {
	proof, err := g.m.proof(c, e.TokenURL)
	if err != nil {
		return nil, err
	}
	config := clientcredentials.Config{
		ClientID: c.ClientID, TokenURL: e.TokenURL, AuthStyle: oauth2.AuthStyleInParams, Scopes: []string{g.scope()},
		EndpointParams: proof,
	}
	const what = "the token endpoint"
	token, err := config.Token(oidc.ClientContext(ctx, g.m.client))
	if err != nil {
		return nil, libraryFailure(what, err)
	}
	// oauth2 computes the end with the machine's clock. Its own token source is not used for that reason, and because
	// it cannot drop a token that Graph refuses.
	life := min(time.Until(token.Expiry), maxTokenLife)
	if life <= 0 || len(token.AccessToken) > maxToken || !strings.EqualFold(token.TokenType, "Bearer") {
		return nil, failure(ReasonBadResponse, what+" answered without a usable token")
	}
	return &appToken{value: token.AccessToken, ends: g.m.now().Add(life - min(tokenMargin, life/2))}, nil
}

// withoutAddress removes the address from an error of package url.
func withoutAddress(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}

// basic reports whether the registration was found to read the basic properties of accounts only. A new token starts
// with all again.
func (g *Graph) basic(c pactius.Credentials) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	t := g.tokens[registrationOf(c)]
	return t != nil && t.basic
}

// noteBasic notes that the registration reads the basic properties only.
func (g *Graph) noteBasic(c pactius.Credentials) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if t := g.tokens[registrationOf(c)]; t != nil {
		t.basic = true
	}
}
