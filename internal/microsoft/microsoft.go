package microsoft

import (
	"cmp"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/seal"
)

// DefaultAuthority is the sign-in origin of Microsoft's public cloud. National clouds have their own
// (login.microsoftonline.us, login.partner.microsoftonline.cn).
const DefaultAuthority = "https://login.microsoftonline.com"

// personalTenant is the tenant of every personal Microsoft account (Microsoft: "ID token claims reference", claim tid).
const personalTenant = "9188040d-6c67-4c5b-b112-36a304b66dad"

// Options configures a Microsoft. Every field may be zero.
type Options struct {
	Authority string           // origin of the sign-in service; DefaultAuthority when empty
	Transport *http.Transport  // the connections of this process when nil
	Now       func() time.Time // time.Now when nil
	Logger    *slog.Logger     // discards when nil
}

// Microsoft signs people in. It is safe for concurrent use and keeps one set of discovered endpoints and signing keys
// per tenant and application.
type Microsoft struct {
	authority string
	transport *http.Transport
	client    *http.Client // of the sign-in service's interfaces: answers are 200 or a *Failure
	codes     *http.Client // likewise, and sends nothing twice
	pages     *http.Client // of its pages
	now       func() time.Time
	log       *slog.Logger

	mu      sync.Mutex
	tenants map[tenantKey]*tenant
}

// New returns a Microsoft. It makes no call yet.
func New(o Options) *Microsoft {
	m := &Microsoft{
		authority: cmp.Or(strings.TrimRight(o.Authority, "/"), DefaultAuthority),
		transport: o.Transport,
		now:       o.Now,
		log:       o.Logger,
		tenants:   map[tenantKey]*tenant{},
	}
	if m.now == nil {
		m.now = time.Now
	}
	if m.log == nil {
		m.log = slog.New(slog.DiscardHandler)
	}
	only := onceTransport
	if m.transport == nil {
		m.transport = transport()
	} else {
		only = func() *http.Transport { return once(m.transport) }
	}
	m.pages = newClient(m.transport, maxBody)
	m.client = &http.Client{Transport: signInTransport{m.pages.Transport, m.now}}
	m.codes = &http.Client{Transport: signInTransport{newClient(only(), maxBody).Transport, m.now}}
	return m
}

// Connection is one environment's Microsoft 365 connection. Printing or logging it never shows the secret.
type Connection struct {
	pactius.Credentials
	RedirectURL string // absolute, exactly as registered
}

// String returns the connection without its secret.
func (c Connection) String() string {
	return fmt.Sprintf("tenant %s, application %s, redirect %s", c.TenantID, c.ClientID, c.RedirectURL)
}

// GoString keeps the secret out of %#v.
func (c Connection) GoString() string { return "microsoft.Connection{" + c.String() + "}" }

// LogValue keeps the secret out of logs.
func (c Connection) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("tenant", c.TenantID),
		slog.String("application", c.ClientID),
		slog.String("redirect", c.RedirectURL),
	)
}

// checkCredentials returns the mistake in an app registration that is visible without a call.
func checkCredentials(c pactius.Credentials) error {
	if !id.Valid(strings.ToLower(c.TenantID)) {
		return failure(ReasonMisconfigured, "the tenant ID %q is not a GUID", shorten(c.TenantID))
	}
	if c.ClientID == "" {
		return failure(ReasonMisconfigured, "the connection of tenant %s has no application (client) ID", c.TenantID)
	}
	return nil
}

// check returns the mistake in the connection that is visible without a call.
func (c Connection) check() error {
	if err := checkCredentials(c.Credentials); err != nil {
		return err
	}
	u, err := url.Parse(c.RedirectURL)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
		return failure(ReasonMisconfigured, "the redirect URL %q is not an absolute web address", c.RedirectURL)
	}
	return nil
}

// Attempt is one sign-in, from the redirect to Microsoft to the callback. The caller stores it for the person's
// browser, finds it again by State, and uses it once.
type Attempt struct {
	State    string // comes back in the callback and finds the attempt (RFC 6749 section 10.12)
	Nonce    string // comes back inside the ID token (OpenID Connect Core section 3.1.2.1)
	Verifier string // proves to the token endpoint that this server began the sign-in (RFC 7636)
}

// NewAttempt returns an Attempt of three independent random values, in an alphabet that RFC 7636 allows for verifiers.
func NewAttempt() Attempt {
	return Attempt{State: seal.NewToken(), Nonce: seal.NewToken(), Verifier: seal.NewToken()}
}

// LogValue hides the attempt: each part is a secret until it was used.
func (a Attempt) LogValue() slog.Value { return slog.StringValue(a.String()) }

// String hides the attempt.
func (a Attempt) String() string { return "[attempt]" }

// GoString hides the attempt from %#v.
func (a Attempt) GoString() string { return "microsoft.Attempt{}" }
