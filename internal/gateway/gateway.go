package gateway

import (
	"html/template"
	"log/slog"
	"net/http"
	"net/http/httputil"
	"net/netip"
	"time"

	"github.com/pactius/pactius/internal/applications"
	"github.com/pactius/pactius/internal/clients"
	"github.com/pactius/pactius/internal/environments"
)

// Config is what the door needs. Every field is needed unless it says otherwise.
type Config struct {
	Rules          *applications.Rules
	Clients        *clients.Rules
	Environments   *environments.Rules
	TrustedProxies []netip.Prefix // their X-Forwarded headers count
	Now            func() time.Time
	Logger         *slog.Logger
	Answered       func(Outcome) // called for each answer of /verify; nil: nothing is counted
}

// Gateway is the door. It is safe for concurrent use.
type Gateway struct {
	Config
	book     *book
	seen     seen
	warnings warnings
	hosts    hosts
	streams  *streams
	upstream *httputil.ReverseProxy
	page     *template.Template
	policy   string // Content-Security-Policy of the pages
	protect  *http.CrossOriginProtection
}

// Outcome is how /verify has answered.
type Outcome int

// The outcomes.
const (
	Admitted    Outcome = iota // 200
	Preflight                  // 200 for a CORS preflight, without identity
	NoSession                  // 401
	NoAccess                   // 403, the person may not open the application
	ProxyFault                 // 403, the proxy has not named the application well
	Unavailable                // 503
	outcomes
)

// String returns the word for metrics.
func (o Outcome) String() string {
	return [...]string{"admitted", "preflight", "no_session", "no_access", "proxy_fault", "unavailable"}[o]
}

// Outcomes returns all outcomes.
func Outcomes() []Outcome {
	all := make([]Outcome, outcomes)
	for i := range all {
		all[i] = Outcome(i)
	}
	return all
}

// New makes the door. It must be called before the rules are used, because it listens to changes.
func New(c Config) (*Gateway, error) {
	if c.Answered == nil {
		c.Answered = func(Outcome) {}
	}
	g := &Gateway{Config: c, book: newBook(c.Now()), warnings: newWarnings(), streams: newStreams(),
		protect: http.NewCrossOriginProtection()}
	g.seen.all = map[applications.Seen]struct{}{}
	g.hosts.all = map[string]*knownHost{}
	g.upstream = g.newUpstream()
	var err error
	if g.page, g.policy, err = readPage(); err != nil {
		return nil, err
	}
	c.Rules.Watch(g.heard)
	return g, nil
}

// since returns a moment on the clock of the book.
func (g *Gateway) since(now time.Time) time.Duration { return now.Sub(g.book.epoch) }
