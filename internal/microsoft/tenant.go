package microsoft

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
	"golang.org/x/time/rate"
)

const (
	// freshFor is how long endpoints and keys are used without asking again. Keys
	// that Microsoft withdraws stop being trusted after this at the latest.
	freshFor = time.Hour

	// staleFor is how long they are used while asking again fails: an hour of
	// Microsoft being slow must not lock everybody out.
	staleFor = 24 * time.Hour

	// retryAfter is the pause between two such failing questions.
	retryAfter = time.Minute
)

// tenant is what is known about one tenant's sign-in service.
type tenant struct {
	m         *Microsoft
	id        string // lower-case GUID
	issuer    string // exactly as ID tokens must name it
	endpoints *cache[endpoints]
	keys      *cache[keys]
	unknown   *rate.Limiter // early refreshes of keys, because of an unknown key ID
}

// tenant returns what is known about the connection's tenant; nothing is fetched.
func (m *Microsoft) tenant(c Connection) (*tenant, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	return m.named(c.TenantID), nil
}

// named returns what is known about a tenant whose ID is a GUID.
func (m *Microsoft) named(id string) *tenant {
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
	t.keys = &cache[keys]{what: "signing keys", fetch: t.fetchKeys, now: m.now, log: log}
	m.tenants[id] = t
	return t
}

// endpoints is the part of the discovery document that is used (OpenID Connect
// Discovery 1.0 section 3; RP-Initiated Logout 1.0 section 2.1).
type endpoints struct {
	Issuer        string `json:"issuer"`
	Authorization string `json:"authorization_endpoint"`
	Token         string `json:"token_endpoint"`
	Keys          string `json:"jwks_uri"`
	EndSession    string `json:"end_session_endpoint"` // may be empty
}

// discover fetches the discovery document and refuses it unless it is the
// tenant's own and leads to safe addresses.
func (t *tenant) discover(ctx context.Context) (endpoints, error) {
	address := t.issuer + "/.well-known/openid-configuration"
	what := "the sign-in service's description at " + address
	var e endpoints
	if err := t.m.fetchJSON(ctx, what, address, &e); err != nil {
		return endpoints{}, err
	}
	if e.Issuer != t.issuer {
		return endpoints{}, failure(BadResponse, fmt.Errorf("%s names the issuer %q instead of %q", what, shorten(e.Issuer), t.issuer))
	}
	for name, value := range map[string]string{
		"authorization_endpoint": e.Authorization, "token_endpoint": e.Token, "jwks_uri": e.Keys,
	} {
		if !t.m.safe(value) {
			return endpoints{}, failure(BadResponse, fmt.Errorf("%s has no usable %s: %q", what, name, shorten(value)))
		}
	}
	if e.EndSession != "" && !t.m.safe(e.EndSession) {
		return endpoints{}, failure(BadResponse, fmt.Errorf("%s has no usable end_session_endpoint: %q", what, shorten(e.EndSession)))
	}
	return e, nil
}

// safe reports whether an address may be sent people and secrets: encrypted, or
// of the very origin that was configured (which the demo serves without TLS).
func (m *Microsoft) safe(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil {
		return false
	}
	return u.Scheme == "https" || u.Scheme+"://"+u.Host == m.authority
}

// cache keeps one fetched value. Failures are never kept; callers that arrive
// while a fetch is under way wait for that one.
type cache[T any] struct {
	what  string // for the log
	fetch func(context.Context) (T, error)
	now   func() time.Time
	log   *slog.Logger

	flight singleflight.Group

	mu      sync.Mutex
	value   T
	fetched time.Time // zero: nothing fetched yet
	retry   time.Time // while the value is stale: no new question before this
}

// load returns the value, fetching it when there is none or it has aged.
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
	if err != nil && usable {
		c.mu.Lock()
		c.retry = now.Add(retryAfter)
		c.mu.Unlock()
		c.log.WarnContext(ctx, "using what Microsoft said earlier", "what", c.what, "age", age, "error", err)
		return value, nil
	}
	return fresh, err
}

// refresh fetches the value whatever its age. A caller that gives up does not
// stop the fetch for the others.
func (c *cache[T]) refresh(ctx context.Context) (T, error) {
	done := c.flight.DoChan("", func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTimeout)
		defer cancel()
		value, err := c.fetch(ctx)
		if err != nil {
			return value, err
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.value, c.fetched, c.retry = value, c.now(), time.Time{}
		return value, nil
	})
	select {
	case r := <-done:
		return r.Val.(T), r.Err
	case <-ctx.Done():
		var none T
		return none, failure(Unreachable, fmt.Errorf("waiting for %s: %w", c.what, context.Cause(ctx)))
	}
}
