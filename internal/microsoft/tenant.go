package microsoft

import (
	"context"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
	"golang.org/x/sync/singleflight"
	"golang.org/x/time/rate"
)

const (
	// freshFor is how long endpoints and keys are used without a call. A key that Microsoft withdraws is trusted no
	// longer than this.
	freshFor = time.Hour

	// staleFor is how long they are used while fetching fails: an hour of outage at Microsoft must not lock all people
	// out.
	staleFor = 24 * time.Hour

	// retryPause is the time between two failing fetches.
	retryPause = time.Minute
)

// tenant holds what is known of one tenant's sign-in service.
type tenant struct {
	m         *Microsoft
	id        string // lower-case GUID
	issuer    string // exactly as ID tokens must name it
	endpoints *cache[endpoints]
	keys      *cache[keySet]
	unknown   *rate.Limiter // of fetches because of an unknown key ID
}

// tenant returns the connection's tenant. It makes no call.
func (m *Microsoft) tenant(c Connection) (*tenant, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	return m.tenantByID(c.TenantID), nil
}

// tenantByID returns the tenant of an ID that is a GUID.
func (m *Microsoft) tenantByID(id string) *tenant {
	id = strings.ToLower(id)
	m.mu.Lock()
	defer m.mu.Unlock()
	if t := m.tenants[id]; t != nil {
		return t
	}
	t := &tenant{
		m:       m,
		id:      id,
		issuer:  m.authority + "/" + id + "/v2.0",
		unknown: rate.NewLimiter(rate.Every(unknownKeyEvery), unknownKeyBurst),
	}
	log := m.log.With("tenant", id)
	t.endpoints = &cache[endpoints]{what: "endpoints", fetch: t.discover, now: m.now, log: log}
	t.keys = &cache[keySet]{what: "signing keys", fetch: t.fetchKeys, now: m.now, log: log}
	m.tenants[id] = t
	return t
}

// endpoints is the part of the discovery document that is used (OpenID Connect Discovery 1.0 section 3; RP-Initiated
// Logout 1.0 section 2.1).
type endpoints struct {
	oauth2.Endpoint `json:"-"`
	Keys            string `json:"jwks_uri"`
	EndSession      string `json:"end_session_endpoint"` // may be empty
}

// discover fetches the discovery document. It refuses a document that names another issuer or unsafe addresses.
func (t *tenant) discover(ctx context.Context) (endpoints, error) {
	what := "the OpenID configuration of " + t.issuer
	provider, err := oidc.NewProvider(oidc.ClientContext(ctx, t.m.client), t.issuer)
	if err != nil {
		return endpoints{}, libraryFailure(what, err)
	}
	e := endpoints{Endpoint: provider.Endpoint()}
	e.AuthStyle = oauth2.AuthStyleInParams // fixed, so that a refusal is not tried again in another style
	if err := provider.Claims(&e); err != nil {
		return endpoints{}, libraryFailure(what, err)
	}
	used := map[string]string{"authorization_endpoint": e.AuthURL, "token_endpoint": e.TokenURL, "jwks_uri": e.Keys}
	if e.EndSession != "" {
		used["end_session_endpoint"] = e.EndSession
	}
	for name, address := range used {
		if !t.m.safe(address) {
			return endpoints{}, failure(ReasonBadResponse, "%s has no usable %s: %q", what, name, shorten(address))
		}
	}
	return e, nil
}

// safe reports whether people and secrets may be sent to an address: it is encrypted, or of the configured origin,
// which the demo serves without TLS.
func (m *Microsoft) safe(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil {
		return false
	}
	return u.Scheme == "https" || u.Scheme+"://"+u.Host == m.authority
}

// cache keeps one fetched value. It keeps no failure, and callers that arrive during a fetch wait for its result.
type cache[T any] struct {
	what  string // for the log
	fetch func(context.Context) (T, error)
	now   func() time.Time
	log   *slog.Logger

	flight singleflight.Group

	mu      sync.Mutex
	value   T
	fetched time.Time // zero: nothing fetched yet
	retry   time.Time // while the value is stale: no fetch before this
}

// load returns the value. It fetches it when there is none or it is older than freshFor.
func (c *cache[T]) load(ctx context.Context) (T, error) {
	now := c.now()
	c.mu.Lock()
	value, age := c.value, now.Sub(c.fetched)
	usable := !c.fetched.IsZero() && age < staleFor
	wait := now.Before(c.retry)
	c.mu.Unlock()
	if usable && (age < freshFor || wait) {
		return value, nil
	}
	fresh, err := c.refresh(ctx)
	if err != nil && usable && ctx.Err() != nil {
		return value, nil // the caller gave up, which says nothing of Microsoft
	}
	if err != nil && usable {
		c.mu.Lock()
		c.retry = now.Add(retryPause)
		c.mu.Unlock()
		c.log.WarnContext(ctx, "using an earlier answer of Microsoft", "what", c.what, "age", age, "error", err)
		return value, nil
	}
	return fresh, err
}

// refresh fetches the value whatever its age.
func (c *cache[T]) refresh(ctx context.Context) (T, error) {
	return share(ctx, &c.flight, c.what, func(ctx context.Context) (T, error) {
		value, err := c.fetch(ctx)
		if err == nil {
			c.mu.Lock()
			c.value, c.fetched, c.retry = value, c.now(), time.Time{}
			c.mu.Unlock()
		}
		return value, err
	})
}

// share calls fetch once for all callers that ask for the same key at the same time. A caller that gives up, which is
// a *Failure, does not stop the call for the others.
func share[T any](
	ctx context.Context, flight *singleflight.Group, key string, fetch func(context.Context) (T, error),
) (T, error) {
	done := flight.DoChan(key, func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTimeout)
		defer cancel()
		return fetch(ctx)
	})
	select {
	case r := <-done:
		return r.Val.(T), r.Err
	case <-ctx.Done():
		var none T
		return none, failure(ReasonUnreachable, "waiting for Microsoft: %w", context.Cause(ctx))
	}
}
