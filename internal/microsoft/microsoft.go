package microsoft

import (
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

// DefaultAuthority is the sign-in origin of Microsoft's public cloud. National
// clouds have their own (login.microsoftonline.us, login.partner.microsoftonline.cn).
const DefaultAuthority = "https://login.microsoftonline.com"

// personalTenant is the tenant every personal Microsoft account belongs to
// (Microsoft: "ID token claims reference", claim tid).
const personalTenant = "9188040d-6c67-4c5b-b112-36a304b66dad"

// Options configures a Microsoft. Every field may be left zero.
type Options struct {
	Authority  string           // origin of the sign-in service; DefaultAuthority when empty
	HTTPClient *http.Client     // its Transport is used; time limits, size limits and redirects are ours
	Now        func() time.Time // time.Now when nil
	Logger     *slog.Logger     // discards when nil
}

// Microsoft signs people in. It may be used by many goroutines at once and keeps
// one set of discovered endpoints and signing keys per tenant.
type Microsoft struct {
	authority string
	client    *http.Client
	now       func() time.Time
	log       *slog.Logger

	mu      sync.Mutex
	tenants map[string]*tenant // by lower-case tenant ID; as many as there are connected environments, and tests of connections
}

// New makes a Microsoft. It talks to nobody yet.
func New(o Options) *Microsoft {
	m := &Microsoft{
		authority: strings.TrimRight(o.Authority, "/"),
		client:    newClient(o.HTTPClient, maxBody),
		now:       o.Now,
		log:       o.Logger,
		tenants:   map[string]*tenant{},
	}
	if m.authority == "" {
		m.authority = DefaultAuthority
	}
	if m.now == nil {
		m.now = time.Now
	}
	if m.log == nil {
		m.log = slog.New(slog.DiscardHandler)
	}
	return m
}

// Connection is one environment's Microsoft 365 connection. Printing or logging
// one never shows the secret.
type Connection struct {
	pactius.Credentials
	RedirectURL string // absolute; exactly as registered; built from the configured public URL
}

// String describes the connection without its secret.
func (c Connection) String() string {
	return fmt.Sprintf("tenant %s, application %s, redirect %s", c.TenantID, c.ClientID, c.RedirectURL)
}

// GoString keeps the secret out of %#v as well.
func (c Connection) GoString() string { return "microsoft.Connection{" + c.String() + "}" }

// LogValue keeps the secret out of logs.
func (c Connection) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("tenant", c.TenantID),
		slog.String("application", c.ClientID),
		slog.String("redirect", c.RedirectURL),
	)
}

// checkCredentials says what is wrong with an app registration itself, before
// anybody is asked.
func checkCredentials(c pactius.Credentials) error {
	if !id.Valid(strings.ToLower(c.TenantID)) {
		return failure(Misconfigured, fmt.Errorf("the tenant ID %q is not a GUID", shorten(c.TenantID)))
	}
	if c.ClientID == "" {
		return failure(Misconfigured, fmt.Errorf("the connection of tenant %s has no application (client) ID", c.TenantID))
	}
	return nil
}

// check says what is wrong with the connection itself, before anybody is asked.
func (c Connection) check() error {
	if err := checkCredentials(c.Credentials); err != nil {
		return err
	}
	u, err := url.Parse(c.RedirectURL)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
		return failure(Misconfigured, fmt.Errorf("the redirect URL %q is not an absolute web address", c.RedirectURL))
	}
	return nil
}

// Attempt is one person's journey to Microsoft and back. The caller keeps it,
// bound to the person's browser, finds it again by State, and uses it once.
type Attempt struct {
	State    string // returns in the callback and finds the attempt (RFC 6749 section 10.12)
	Nonce    string // returns inside the ID token (OpenID Connect Core section 3.1.2.1)
	Verifier string // proves at the token endpoint that the journey began here (RFC 7636)
}

// NewAttempt returns an Attempt of three independent random values, in an alphabet
// that RFC 7636 allows for verifiers.
func NewAttempt() Attempt {
	return Attempt{State: seal.NewToken(), Nonce: seal.NewToken(), Verifier: seal.NewToken()}
}

// LogValue hides the attempt: each part of it is a secret until it was used.
func (a Attempt) LogValue() slog.Value { return slog.StringValue("[attempt]") }

// String hides the attempt.
func (a Attempt) String() string { return "[attempt]" }

// GoString hides the attempt from %#v as well.
func (a Attempt) GoString() string { return "microsoft.Attempt{}" }
