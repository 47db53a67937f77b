package rest

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/applications"
	"github.com/pactius/pactius/internal/clients"
	"github.com/pactius/pactius/internal/edge"
	"github.com/pactius/pactius/internal/environments"
)

// Config is what the API needs.
type Config struct {
	Applications *applications.Rules
	Clients      *clients.Rules
	Environments *environments.Rules
	Logger       *slog.Logger
	RequestID    func(context.Context) string // nil is edge.RequestID
}

// Prefix begins the path of everything that API answers.
const Prefix = "/api/"

const version = Prefix + "v1"

// API answers the requests of applications. It is safe for concurrent use.
type API struct{ api }

type api struct {
	Config
	mux  *http.ServeMux
	spec []byte
}

// New makes the API.
func New(c Config) (*API, error) {
	if c.RequestID == nil {
		c.RequestID = edge.RequestID
	}
	a := &API{api{Config: c, mux: http.NewServeMux()}}
	ownErrors()
	config := huma.DefaultConfig("PACTIUS", "1")
	config.Info.Description = "What applications behind PACTIUS can ask. Ignore members that you don't know: " +
		"there may be more later."
	// The pages of huma load scripts from elsewhere, and the description is served below, once for all.
	config.OpenAPIPath, config.DocsPath, config.SchemasPath, config.CreateHooks = "", "", "", nil
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{doorToken: {Type: "http", Scheme: "bearer",
		BearerFormat: "JWT", Description: "The signed identity that the door sends with each request " +
			"(Pactius-Token), or an access token of OpenID Connect"}}
	h := humago.NewWithPrefix(a.mux, version, config)
	h.UseMiddleware(a.admit)
	a.register(h)
	var err error
	if a.spec, err = json.MarshalIndent(h.OpenAPI(), "", "  "); err != nil {
		return nil, fmt.Errorf("describe the API: %w", err)
	}
	a.mux.HandleFunc("GET "+version+"/openapi.json", a.describe)
	a.mux.HandleFunc(Prefix, a.strayed)
	return a, nil
}

// ownErrors makes huma use Problem for errors that it finds itself. Its own would repeat what was sent.
var ownErrors = sync.OnceFunc(func() {
	huma.NewError = func(status int, _ string, _ ...error) huma.StatusError {
		switch {
		case status == 0: // for the schema
			return &Problem{}
		case status >= http.StatusInternalServerError:
			return fault.problem("")
		}
		k := malformed
		k.status = status
		return k.problem("The request doesn't have the form that the description of the API asks for.")
	}
})

// ServeHTTP answers a request. The request itself, not a copy, reaches the mux, so that edge.Route sees the pattern.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w = patient{w}
	if path.Clean(r.URL.Path) != r.URL.Path { // the mux would answer with a page that leads elsewhere
		a.strayed(w, r)
		return
	}
	a.mux.ServeHTTP(w, r)
}

// patient hides from huma that a client has gone, which huma would take for a fault.
type patient struct{ http.ResponseWriter }

// Write writes what it can.
func (p patient) Write(b []byte) (int, error) {
	_, _ = p.ResponseWriter.Write(b)
	return len(b), nil
}

// Unwrap serves http.ResponseController.
func (p patient) Unwrap() http.ResponseWriter { return p.ResponseWriter }

// strayed answers paths and methods without a route.
func (a *api) strayed(w http.ResponseWriter, r *http.Request) {
	var allowed []string
	if path.Clean(r.URL.Path) == r.URL.Path {
		other := *r
		for _, other.Method = range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut,
			http.MethodPatch, http.MethodDelete} {
			if _, pattern := a.mux.Handler(&other); pattern != Prefix && pattern != "" {
				allowed = append(allowed, other.Method)
			}
		}
	}
	if len(allowed) == 0 {
		a.refuse(w, r, &refusal{kind: notFound, detail: "There's nothing at this address."})
		return
	}
	a.refuse(w, r, &refusal{kind: method, allow: strings.Join(allowed, ", "),
		detail: "This address doesn't answer to this method. The header Allow names those that it answers to."})
}

// describe answers with the description of the API.
//
//	GET /api/v1/openapi.json  everyone
func (a *api) describe(w http.ResponseWriter, r *http.Request) {
	if r.URL.RawQuery != "" {
		a.refuse(w, r, errParameter)
		return
	}
	w.Header().Set("Content-Type", "application/openapi+json")
	w.Header().Set("Cache-Control", "no-cache")
	_, _ = w.Write(a.spec) // it fails only if the client has gone
}

// Refusal answers every request with a refusal, for what package edge stops before it gets here.
func (a *API) Refusal(e *pactius.Error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { a.refuse(w, r, e) })
}

// Broken answers after a panic, which edge.Recover has logged.
func (a *API) Broken() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.refuse(w, r, &refusal{kind: fault, detail: faultDetail})
	})
}

// isETagOf reports whether a list of tags (RFC 9110, section 13.1.2) names a tag. Compression makes tags weak.
func isETagOf(list, tag string) bool {
	return slices.ContainsFunc(strings.Split(list, ","), func(one string) bool {
		one = strings.TrimSpace(one)
		return one == "*" || strings.TrimPrefix(one, "W/") == tag
	})
}
