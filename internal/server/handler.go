package server

import (
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/edge"
	"github.com/pactius/pactius/internal/environments"
	"github.com/pactius/pactius/internal/gateway"
	"github.com/pactius/pactius/internal/rest"
	"github.com/pactius/pactius/internal/web"
	"github.com/pactius/pactius/internal/web/view"
)

// newHandler returns the handler of all requests: the applications that PACTIUS is the proxy of, the pages and the door
// of applications behind package edge, and the two probes for load balancers.
func (s *Server) newHandler() (http.Handler, error) {
	renderer, err := view.New()
	if err != nil {
		return nil, err
	}
	s.site = web.New(web.Config{
		Users: s.Users, Units: s.Units, Environments: s.Environments,
		Directory: s.Directory, Leavers: s.Leavers, Incidents: s.Incidents, Log: s.Log, Microsoft: s.microsoft,
		Applications: s.Applications, Clients: s.Clients,
		Box: s.box, View: renderer, PublicURL: s.cfg.URL, Now: s.now, Logger: s.logger,
		NotEntered: func(outcome string) { s.meters.signIns.With(outcome).Inc() },
	})
	crossOrigin, err := sameOrigin(s.cfg.URL, s.site.Foreign(errForeignForm))
	if err != nil {
		return nil, err
	}
	api, err := rest.New(rest.Config{Applications: s.Applications, Clients: s.Clients, Environments: s.Environments,
		Logger: s.logger})
	if err != nil {
		return nil, err
	}
	if s.gate, err = s.newGate(); err != nil {
		return nil, err
	}
	warn := s.warnOfProxy()
	others := warn(apiBefore(s.behindEdge(api, edge.LimitBody(edge.MaxBody, api.Refusal(edge.TooLarge()))),
		s.openIDBefore(s.behindEdge(s.site, crossOrigin, limitPages(s.site.Refusal(edge.TooLarge()))))))
	door := s.newDoor(warn)
	return s.health.leaving(s.proxyBefore(s.probesBefore(s.doorBefore(others, door)), door, warn)), nil
}

// surface serves requests, and answers for itself what package edge stops or what panics.
type surface interface {
	http.Handler
	Refusal(e *pactius.Error) http.Handler
	Broken() http.Handler
}

// behindEdge puts a surface behind package edge, with further middleware before its body is read.
func (s *Server) behindEdge(h surface, more ...edge.Middleware) http.Handler {
	chain := []edge.Middleware{
		edge.Identify(s.cfg.TrustedProxies),
		edge.Observe(s.now, edge.AccessLog(s.logger), s.meters.request),
		s.meters.underWay,
		edge.SecurityHeaders(edge.Headers{HTTPS: s.cfg.URL.Scheme == "https"}),
		edge.Recover(s.logger, h.Broken()),
		edge.Timeout(edge.RequestTimeout),
	}
	chain = append(chain, more...)
	return edge.Chain(h, append(chain, edge.Compress(), edge.Route)...)
}

// limitPages limits the bodies of forms, and those of the one form with a file at its own size.
func limitPages(tooLarge http.Handler) edge.Middleware {
	return func(next http.Handler) http.Handler {
		forms, uploads := edge.LimitBody(edge.MaxBody, tooLarge)(next), edge.LimitBody(web.MaxUpload, tooLarge)(next)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if web.Uploads(r) {
				uploads.ServeHTTP(w, r)
				return
			}
			forms.ServeHTTP(w, r)
		})
	}
}

// apiBefore hands requests to the API, by their path as it was sent, and all else to the pages. Applications send no
// cookies there, so that it needs no check of their origin.
func apiBefore(api, pages http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, rest.Prefix) {
			api.ServeHTTP(w, r)
			return
		}
		pages.ServeHTTP(w, r)
	})
}

// openIDBefore hands to the door what OpenID Connect has for programs, and all else to the pages. Cookies count for
// nothing there, so that it needs no check of the origin.
func (s *Server) openIDBefore(pages http.Handler) http.Handler {
	openID := s.gate.OpenID()
	behind := s.behindEdge(openID)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if openID.Serves(r) {
			behind.ServeHTTP(w, r)
			return
		}
		pages.ServeHTTP(w, r)
	})
}

// newGate returns the door of applications.
func (s *Server) newGate() (*gateway.Gateway, error) {
	return gateway.New(gateway.Config{
		Rules: s.Applications, Clients: s.Clients, Environments: s.Environments,
		TrustedProxies: s.cfg.TrustedProxies, Now: s.now,
		Logger: s.logger, Answered: s.meters.answered(),
	})
}

// newDoor returns the pages of the door on applications' hosts. They have no Strict-Transport-Security, which is the
// applications' own business. The door reads no body, so none is too large: it may be that of a request to an
// application that was refused.
func (s *Server) newDoor(warn edge.Middleware) http.Handler {
	return edge.Chain(s.gate,
		warn,
		edge.Identify(s.cfg.TrustedProxies),
		edge.Observe(s.now, edge.AccessLog(s.logger), s.meters.request),
		s.meters.underWay,
		edge.SecurityHeaders(edge.Headers{}),
		edge.Recover(s.logger, s.gate.Broken()),
		edge.Timeout(edge.RequestTimeout),
		edge.Route,
	)
}

// proxyBefore passes requests on to the applications that PACTIUS itself is the proxy of, and hands those to other
// hosts to others. All paths of such a host are the application's, also those that PACTIUS has itself, but for the
// door's. Headers, limits and compression of answers are the application's business; an answer may take as long as it
// needs.
func (s *Server) proxyBefore(others, door http.Handler, warn edge.Middleware) http.Handler {
	proxy := edge.Chain(s.gate.Proxy(),
		warn,
		edge.Identify(s.cfg.TrustedProxies),
		edge.Observe(s.now, edge.AccessLog(s.logger), s.meters.request),
		s.meters.underWay,
		edge.Recover(s.logger, s.gate.Broken()),
		edge.Route,
	)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !s.gate.Proxied(r):
			others.ServeHTTP(w, r)
		case gateway.IsDoor(r.URL.Path):
			door.ServeHTTP(w, r)
		default:
			proxy.ServeHTTP(w, r)
		}
	})
}

// doorBefore answers what is for the door of applications, which finds the environment by the application, and hands
// all else to others. A proxy asks the door for every request to an application, so what it asks passes nothing that
// costs time: no log line, no compression.
func (s *Server) doorBefore(others, door http.Handler) http.Handler {
	verify := s.gate.Verify()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch path := r.URL.Path; {
		case path == gateway.VerifyPath, strings.HasPrefix(path, gateway.VerifyPath+"/"):
			verify.ServeHTTP(w, r)
		case gateway.Serves(path):
			door.ServeHTTP(w, r)
		default:
			others.ServeHTTP(w, r)
		}
	})
}

// probesBefore answers the probes and hands all else to the pages. It compares whole paths: a ServeMux here would
// answer paths that it cleans ("//", "/a/../b") by redirects of its own, without log, headers and metrics.
func (s *Server) probesBefore(pages http.Handler) http.Handler {
	probes := map[string]http.HandlerFunc{"/livez": alive, "/readyz": s.ready}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet && s.tellSeen(w, r) {
			return
		}
		probe, ok := probes[r.URL.Path]
		if ok && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
			probe(w, r)
			return
		}
		pages.ServeHTTP(w, r)
	})
}

// sameOrigin refuses forms from other origins. The environment of the public URL also
// accepts forms from the public origin, for proxies that remove the port from Host; other
// environments do not.
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

// warnOfProxy logs once that requests come through a proxy that is not trusted: every client then has the proxy's
// address in the activity log and in the limits.
func (s *Server) warnOfProxy() edge.Middleware {
	var once sync.Once
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if proxy, unknown := edge.UnknownProxy(r, s.cfg.TrustedProxies); unknown {
				once.Do(func() {
					s.logger.WarnContext(r.Context(), "requests come through a proxy that is not in "+
						"PACTIUS_TRUSTED_PROXIES, so all its clients count as one address; name the proxy there",
						"proxy", proxy.String())
				})
			}
			next.ServeHTTP(w, r)
		})
	}
}

// errForeignForm refuses a form that another site sent.
var errForeignForm = pactius.Refuse(pactius.KindForbidden, pactius.T("This form was sent from another website, "+
	"so nothing was changed. Open the page here and send it again."))
