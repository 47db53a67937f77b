package microsoft

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/sync/singleflight"
	"golang.org/x/time/rate"

	"github.com/pactius/pactius"
)

const (
	// freshFor is how long endpoints and keys are used without a call. A key that Microsoft withdraws is trusted no
	// longer than this; endpoints still serve while they are fetched again.
	freshFor = time.Hour

	// staleFor is how long they are used while fetching fails: an hour of outage at Microsoft must not lock all people
	// out.
	staleFor = 24 * time.Hour

	// retryPause is the time between two failing fetches.
	retryPause = time.Minute
)

// tenantKey names a tenant and an application in it, both in lower case: Entra may sign the ID tokens of an application
// with keys of its own, see fetchKeys.
type tenantKey struct{ id, client string }

// tenant holds what is known of one tenant's sign-in service for one application.
type tenant struct {
	m *Microsoft
	tenantKey
	issuer    string // exactly as ID tokens must name it
	endpoints *cache[endpoints]
	keys      *cache[keySet]
	common    atomic.Bool   // a token was signed with none of the application's keys: the tenant's are fetched too
	unknown   *rate.Limiter // of fetches because of an unknown key ID
}

// tenant returns the connection's tenant. It makes no call.
func (m *Microsoft) tenant(c Connection) (*tenant, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	return m.tenantOf(c.Credentials), nil
}

// tenantOf returns the tenant of credentials whose tenant ID is a GUID.
func (m *Microsoft) tenantOf(c pactius.Credentials) *tenant {
	key := tenantKey{strings.ToLower(c.TenantID), strings.ToLower(c.ClientID)}
	m.mu.Lock()
	defer m.mu.Unlock()
	if t := m.tenants[key]; t != nil {
		return t
	}
	t := &tenant{
		m:         m,
		tenantKey: key,
		issuer:    m.authority + "/" + key.id + "/v2.0",
		unknown:   rate.NewLimiter(rate.Every(unknownKeyEvery), unknownKeyBurst),
	}
	log := m.log.With("tenant", key.id, "application", key.client)
	t.endpoints = &cache[endpoints]{what: "endpoints", fetch: t.discover, now: m.now, log: log, late: true}
	t.keys = &cache[keySet]{what: "signing keys", fetch: t.fetchKeys, now: m.now, log: log}
	m.tenants[key] = t
	return t
}

// endpoints is the part of the discovery document that is used (OpenID Connect Discovery 1.0 section 3; RP-Initiated
// Logout 1.0 section 2.1).
type endpoints struct {
	Issuer     string `json:"issuer"`
	AuthURL    string `json:"authorization_endpoint"`
	TokenURL   string `json:"token_endpoint"`
	Keys       string `json:"jwks_uri"`
	EndSession string `json:"end_session_endpoint"`    // may be empty
	SubScope   string `json:"tenant_region_sub_scope"` // Microsoft's; may be empty
}

// oauthEndpoint returns them for package oauth2. The style is fixed, so that a refusal is not tried again in another.
func (e endpoints) oauthEndpoint() oauth2.Endpoint {
	return oauth2.Endpoint{AuthURL: e.AuthURL, TokenURL: e.TokenURL, AuthStyle: oauth2.AuthStyleInParams}
}

// discover fetches the discovery document for the application, and the tenant's where a service does not know that
// question. It refuses a document that names another issuer or unsafe addresses.
func (t *tenant) discover(ctx context.Context) (endpoints, error) {
	what := "the OpenID configuration of " + t.issuer
	address := t.issuer + "/.well-known/openid-configuration"
	e, err := t.m.document(ctx, what, withApp(address, t.client))
	if refused(err) {
		e, err = t.m.document(ctx, what, address)
	}
	if err != nil {
		return endpoints{}, err
	}
	if c := t.m.otherCloud(e); c != nil {
		return endpoints{}, t.m.cloudFailure(c, what, e)
	}
	if e.Issuer != t.issuer {
		return endpoints{}, failure(ReasonBadResponse, "%s names the issuer %q", what, shorten(e.Issuer))
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

// document fetches a discovery document. go-oidc's provider is not used: it cannot ask for one application.
func (m *Microsoft) document(ctx context.Context, what, address string) (endpoints, error) {
	var e endpoints
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return e, libraryFailure(what, withoutAddress(err))
	}
	resp, err := m.client.Do(r)
	if err != nil {
		return e, libraryFailure(what, err)
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body) // cannot fail: see boundedTransport
	if err := json.Unmarshal(body, &e); err != nil {
		return e, failure(ReasonBadResponse, "%s: %w", what, safeJSON(err))
	}
	return e, nil
}

// withApp returns an address with the application's ID, by which Entra answers for one application (Microsoft: "Access
// tokens", validate the signature); without one for "".
func withApp(address, client string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address // it is refused later
	}
	q := u.Query()
	q.Del(appID)
	if client != "" {
		q.Set(appID, client)
	}
	u.RawQuery = q.Encode()
	return u.String()
}

const appID = "appid"

// refused reports whether a call was answered, but not with what was asked for.
func refused(err error) bool {
	f, ok := errors.AsType[*Failure](err)
	return ok && f.Reason != ReasonUnreachable
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
	late  bool // a value older than freshFor serves while it is refreshed

	flight singleflight.Group

	mu      sync.Mutex
	value   T
	fetched time.Time // zero: nothing fetched yet
	retry   time.Time // while the value is stale: no fetch before this
}

// load returns the value. It fetches it when there is none or it is older than freshFor. A value that may be late is
// returned meanwhile, so that no caller waits for the fetch.
func (c *cache[T]) load(ctx context.Context) (T, error) {
	now := c.now()
	c.mu.Lock()
	value, age, usable := c.usable(now)
	wait := now.Before(c.retry)
	c.mu.Unlock()
	if usable && (age < freshFor || wait) {
		return value, nil
	}
	if usable && c.late {
		c.begin(ctx)
		return value, nil
	}
	fresh, err := c.refresh(ctx)
	if err != nil && usable {
		return value, nil
	}
	return fresh, err
}

// usable returns the value, its age and whether it may be used. c.mu is locked.
func (c *cache[T]) usable(now time.Time) (T, time.Duration, bool) {
	age := now.Sub(c.fetched)
	return c.value, age, !c.fetched.IsZero() && age < staleFor
}

// refresh fetches the value whatever its age.
func (c *cache[T]) refresh(ctx context.Context) (T, error) { return await[T](ctx, c.begin(ctx)) }

// begin begins to fetch the value, unless a fetch is under way, and returns its result.
func (c *cache[T]) begin(ctx context.Context) <-chan singleflight.Result {
	return begin(ctx, &c.flight, c.what, func(ctx context.Context) (T, error) {
		value, err := c.fetch(ctx)
		now := c.now()
		c.mu.Lock()
		defer c.mu.Unlock()
		if err == nil {
			c.value, c.fetched, c.retry = value, now, time.Time{}
		} else if _, age, usable := c.usable(now); usable && age >= freshFor {
			c.retry = now.Add(retryPause)
			c.log.WarnContext(ctx, "using an earlier answer of Microsoft", "what", c.what, "age", age, "error", err)
		}
		return value, err
	})
}

// share calls fetch once for all callers that ask for the same key at the same time. A caller that gives up, which is
// a *Failure, does not stop the call for the others.
func share[T any](
	ctx context.Context, flight *singleflight.Group, key string, fetch func(context.Context) (T, error),
) (T, error) {
	return await[T](ctx, begin(ctx, flight, key, fetch))
}

// begin begins a call of fetch that does not end with ctx, unless one is under way.
func begin[T any](
	ctx context.Context, flight *singleflight.Group, key string, fetch func(context.Context) (T, error),
) <-chan singleflight.Result {
	return flight.DoChan(key, func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTimeout)
		defer cancel()
		return fetch(ctx)
	})
}

// await waits for the result of begin.
func await[T any](ctx context.Context, done <-chan singleflight.Result) (T, error) {
	select {
	case r := <-done:
		return r.Val.(T), r.Err
	case <-ctx.Done():
		var none T
		return none, failure(ReasonUnreachable, "waiting for Microsoft: %w", context.Cause(ctx))
	}
}
