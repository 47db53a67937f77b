package server

import (
	"net/http"
	"net/url"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/edge"
	"github.com/pactius/pactius/internal/environments"
	"github.com/pactius/pactius/internal/microsoft"
	"github.com/pactius/pactius/internal/web"
	"github.com/pactius/pactius/internal/web/view"
)

// A sign-in costs calls to Microsoft and signatures to check, and so does trying
// a connection, so one address may not start them without end. A company behind one address signs in with
// hundreds of people in the morning: the burst is for them.
const (
	signInsPerSecond = 10
	signInBurst      = 300
	signInAddresses  = 50_000 // addresses remembered: some megabytes at most
)

// newHandler builds what answers requests: the pages behind the edge, and the
// two probes that load balancers ask.
func (s *Server) newHandler() (http.Handler, error) {
	renderer, err := view.New()
	if err != nil {
		return nil, err
	}
	site := web.New(web.Config{
		Admission: s.Admission, People: s.People, Units: s.Units, Environments: s.Environments, Directory: s.Directory, Leavers: s.Leavers, Incidents: s.Incidents, Log: s.Log,
		Microsoft: s.microsoft, Box: s.box, View: renderer, PublicURL: s.cfg.URL, Now: s.now, Logger: s.logger,
		SignInFailed: func(r microsoft.Reason) { s.meters.signIns.Add(1, string(r)) },
	})
	crossOrigin, err := sameOrigin(s.cfg.URL, site.Refusal(errForeignForm))
	if err != nil {
		return nil, err
	}
	limiter := edge.NewLimiter(edge.Limits{Rate: signInsPerSecond, Burst: signInBurst, Entries: signInAddresses, Now: s.now})
	pages := edge.Chain(site,
		edge.Identify(s.cfg.TrustedProxies),
		edge.AccessLog(s.logger, s.now),
		edge.Observe(s.now, s.meters.request, s.tracer.Request),
		edge.SecurityHeaders(edge.Headers{HTTPS: s.cfg.URL.Scheme == "https"}),
		edge.Recover(s.logger, site.Broken()),
		edge.Timeout(edge.RequestTimeout),
		crossOrigin,
		only(site.AsksMicrosoft, edge.LimitRate(limiter, site.Refusal(errTooManySignIns))),
		edge.LimitBody(edge.DefaultLimit, site.Refusal(edge.TooLarge())),
		edge.Compress(),
		edge.Route,
	)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /livez", alive)
	mux.HandleFunc("GET /readyz", s.ready)
	mux.Handle("/", pages)
	return s.health.leaving(mux), nil
}

// sameOrigin refuses forms of other origins. The public URL's own environment
// also takes those of its public origin, for proxies that leave the port out of
// Host; no other environment does.
func sameOrigin(public *url.URL, refused http.Handler) (edge.Middleware, error) {
	strict, err := edge.CrossOrigin(nil, refused)
	if err != nil {
		return nil, err
	}
	known, err := edge.CrossOrigin([]string{public.Scheme + "://" + public.Host}, refused)
	if err != nil {
		return nil, err
	}
	return func(next http.Handler) http.Handler {
		others, own := strict(next), known(next)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if environments.CleanHost(r.Host) == environments.CleanHost(public.Host) {
				own.ServeHTTP(w, r)
				return
			}
			others.ServeHTTP(w, r)
		})
	}, nil
}

// only applies a middleware to some requests. Requests from this machine are
// exempt: a proxy here whose X-Forwarded-For is not trusted speaks for everyone.
func only(some func(*http.Request) bool, limit edge.Middleware) edge.Middleware {
	return func(next http.Handler) http.Handler {
		limited := limit(next)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if some(r) && !edge.Address(r.Context()).IsLoopback() {
				limited.ServeHTTP(w, r)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

// Refusals made before a page is asked.
var (
	errForeignForm    = pactius.Refuse(pactius.Forbidden, pactius.T("This form was sent from another website, so nothing was changed. Open the page here and send it again."))
	errTooManySignIns = pactius.Refuse(pactius.TooMany, pactius.T("There were too many sign-ins from your network just now. Wait a minute and try again."))
)
