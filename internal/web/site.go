package web

import (
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/applications"
	"github.com/pactius/pactius/internal/audit"
	"github.com/pactius/pactius/internal/brand"
	"github.com/pactius/pactius/internal/clients"
	"github.com/pactius/pactius/internal/directory"
	"github.com/pactius/pactius/internal/edge"
	"github.com/pactius/pactius/internal/environments"
	"github.com/pactius/pactius/internal/incidents"
	"github.com/pactius/pactius/internal/leavers"
	"github.com/pactius/pactius/internal/microsoft"
	"github.com/pactius/pactius/internal/seal"
	"github.com/pactius/pactius/internal/units"
	"github.com/pactius/pactius/internal/users"
	"github.com/pactius/pactius/internal/web/view"
)

// Config is what the pages need. Every field is needed unless it says otherwise.
type Config struct {
	Users         *users.Rules
	Units         *units.Rules
	Environments  *environments.Rules
	Incidents     *incidents.Rules
	Directory     *directory.Rules
	Leavers       *leavers.Rules
	Applications  *applications.Rules
	Clients       *clients.Rules
	Log           *audit.Log
	Microsoft     *microsoft.Microsoft
	Box           *seal.Box // seals the cookies of sign-ins and messages
	View          *view.Renderer
	PublicURL     *url.URL // of the deployment: tells whether cookies are for https
	Now           func() time.Time
	Logger        *slog.Logger
	ClientAddress func(*http.Request) string // nil is edge.Address
	RequestID     func(*http.Request) string // nil is edge.RequestID
	NotEntered    func(outcome string)       // called for every sign-in that lets no user in; nil: nothing is counted
}

// Site serves the pages. It is safe for concurrent use.
type Site struct {
	Config
	mux    *http.ServeMux
	secure bool // the public URL is https
	limits limits

	callbacks http.Handler // of the callback host

	exporting sync.Map // the users whose exports are under way, by environment and user
	seeing    seeing
	unknown   unknownHosts
}

// New makes the pages.
func New(c Config) *Site {
	if c.ClientAddress == nil {
		c.ClientAddress = func(r *http.Request) string {
			if a := edge.Address(r.Context()); a.IsValid() {
				return a.String()
			}
			return ""
		}
	}
	if c.RequestID == nil {
		c.RequestID = func(r *http.Request) string { return edge.RequestID(r.Context()) }
	}
	s := &Site{Config: c, mux: http.NewServeMux(), secure: c.PublicURL.Scheme == "https", limits: newLimits(c.Now),
		unknown: newUnknownHosts(),
		seeing:  seeing{places: make(chan struct{}, seeMost), limit: seeTime}}
	for _, rt := range routes() {
		s.mux.Handle(rt.pattern, s.serve(rt))
	}
	s.mux.Handle("GET "+view.AssetsPath, c.View.Assets())
	s.mux.Handle("/", s.serve(route{access: anyone, handle: (*Site).strayed}))
	s.callbacks = s.callbackHost()
	return s
}

// ServeHTTP serves a page. The request itself, not a copy, reaches the mux, so
// that edge.Route sees the pattern.
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.Environments.IsCallbackHost(r.Host) {
		s.callbacks.ServeHTTP(w, r)
		return
	}
	s.mux.ServeHTTP(w, r)
}

// serve runs a route: it finds the session, checks the access, reads the form and
// calls the handler. A page that only reads is one snapshot, from the session to the
// last count. Its answer is held back until the snapshot has ended, so that a slow
// client keeps no transaction open and a second attempt leaves no trace of the first.
func (s *Site) serve(rt route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Speculation-Rules", s.View.SpeculationRules())
		reads := (r.Method == http.MethodGet || r.Method == http.MethodHead) && rt.cost == local
		answer := hold(w)
		v := s.stranger(answer, r)
		defer func() { v.endTurn() }() // also after a panic
		err := s.arrive(v, reads, func() error {
			answer.reset()
			if err := v.checkAccess(rt.access); err != nil || !reads {
				return err
			}
			return rt.handle(s, v)
		})
		switch {
		case err == nil && !reads:
			err = s.act(rt, v)
		case v.changes() && (errors.Is(err, errNotSignedIn) || errors.Is(err, errNoAccessYet)):
			_ = v.readForm() // to give back what was typed
		case errors.Is(err, errSignInFirst), s.straight(v, err):
			answer.reset()
			err = s.act(route{cost: begins, handle: (*Site).signInFirst}, v)
		}
		if err != nil {
			if reads {
				answer.reset() // a refused action keeps its cookies: what it has used up is gone
			}
			s.refuse(v, err)
		}
		s.keepNotes(v)
		v.endTurn()
		answer.send()
		s.see(v)
	})
}

// act runs a handler that changes something, or that asks Microsoft.
func (s *Site) act(rt route, v *visit) error {
	if err := v.readForm(); err != nil {
		return err
	}
	if err := s.checkLimit(rt.cost, v); err != nil {
		return err
	}
	if rt.cost != looksUp && rt.cost != tries {
		end, err := s.Environments.Turn(v.r.Context(), v.env.ID, rt.cost != local)
		if err != nil {
			return err
		}
		v.endTurn = sync.OnceFunc(end)
	}
	ctx, unsent := pactius.WithUnsent(v.r.Context())
	v.r, v.unsent = v.r.WithContext(ctx), unsent
	return rt.handle(s, v)
}

// readForm reads the form of a POST.
func (v *visit) readForm() error {
	if v.r.Method != http.MethodPost {
		return nil
	}
	var err error
	switch {
	case Uploads(v.r) && v.isUser():
		v.r.Body = http.MaxBytesReader(v.w, v.r.Body, MaxUpload)
		v.form, v.file, err = readUpload(v.r, brand.MaxLogoFile)
		return err
	case Uploads(v.r):
		v.r.Body = http.MaxBytesReader(v.w, v.r.Body, maxStrayUpload)
		v.form, _, err = readUpload(v.r, 0)
		return err
	}
	v.r.Body = http.MaxBytesReader(v.w, v.r.Body, edge.MaxBody)
	v.form, err = readForm(v.r)
	return err
}

// Refusal answers every request with a refusal of its own, for what package
// edge stops before it gets here. The page shows no session.
func (s *Site) Refusal(e *pactius.Error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		v := s.stranger(w, r)
		env, err := s.Environments.ByHost(r.Context(), r.Host)
		switch {
		case err == nil:
			s.settle(v, env)
			err = e
		case pactius.KindOf(err) == pactius.KindNotFound:
			err = errMisdirected // such a host is why a form looks like one of another site
		default:
			err = e
		}
		s.refuse(v, err)
		s.keepNotes(v)
	})
}

// Broken answers after a panic, which edge.Recover has logged: a page that
// depends on nothing of the request but its language.
func (s *Site) Broken() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		v := s.stranger(w, r)
		page := s.errorPage(v, http.StatusInternalServerError)
		page.Ticket = v.ticket(page.Title(), "")
		s.show(v, http.StatusInternalServerError, page)
		s.noteBroken(v)
	})
}

// strayed answers paths and methods without a route.
func (s *Site) strayed(v *visit) error {
	other := *v.r
	var allowed []string
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		other.Method = method
		if _, pattern := s.mux.Handler(&other); pattern != "/" {
			allowed = append(allowed, method)
		}
	}
	if len(allowed) == 0 {
		return pactius.Refuse(pactius.KindNotFound, pactius.Text{})
	}
	v.w.Header().Set("Allow", strings.Join(allowed, ", "))
	s.show(v, http.StatusMethodNotAllowed, s.errorPage(v, http.StatusMethodNotAllowed))
	return nil
}
