package devtenant

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

//go:embed static
var static embed.FS

// maxForm bounds a posted form in bytes: an authorize request repeated in it.
const maxForm = 64 << 10

// Handler serves the tenant alone.
func (t *Tenant) Handler() http.Handler { return Handlers(t) }

// Handlers serves several tenants of one origin, as Microsoft does. Graph tells
// them apart by the access token.
func Handlers(tenants ...*Tenant) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /static/{name}", staticFiles())
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) { home(w, tenants) })
	mux.HandleFunc("GET /people.json", func(w http.ResponseWriter, _ *http.Request) { homeJSON(w, tenants) })
	mux.HandleFunc("GET /{domain}/v2.0/.well-known/openid-configuration", byDomain(tenants))
	for _, t := range tenants {
		base := "/" + t.id
		mux.HandleFunc("GET "+base+"/v2.0/.well-known/openid-configuration", t.weather(t.discovery))
		mux.HandleFunc("GET "+base+"/discovery/v2.0/keys", t.weather(t.keySet))
		mux.HandleFunc("GET "+base+"/oauth2/v2.0/authorize", t.authorize)
		mux.HandleFunc("POST "+base+"/oauth2/v2.0/authorize", t.choose)
		mux.HandleFunc("POST "+base+"/oauth2/v2.0/token", t.weather(t.token))
		mux.HandleFunc("GET "+base+"/oauth2/v2.0/logout", t.logout)
		t.adminRoutes(mux)
		pages(mux, base+"/v2.0/adminconsent", consentHandler(base+"/v2.0/adminconsent", []*Tenant{t}))
	}
	for _, all := range []string{"organizations", "common"} {
		pages(mux, "/"+all+"/v2.0/adminconsent", consentHandler("/"+all+"/v2.0/adminconsent", tenants))
	}
	graph := graphRoutes(tenants)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer") // addresses here hold codes and states
		h.Set("Cache-Control", "no-store")
		if strings.HasPrefix(r.URL.Path, "/v1.0/") {
			graph.ServeHTTP(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// pages serves a page and its forms, which no other site may send.
func pages(mux *http.ServeMux, path string, h http.HandlerFunc) {
	mux.Handle("GET "+path, h)
	mux.Handle("POST "+path, http.NewCrossOriginProtection().Handler(h))
}

// staticFiles serves the style sheet and the script. Their address carries
// assetVersion, so they may be kept for good.
func staticFiles() http.Handler {
	files := http.FileServerFS(static)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		files.ServeHTTP(w, r)
	})
}

// assetVersion changes whenever a static file does.
var assetVersion = sync.OnceValue(func() string {
	sum := sha256.New()
	names, _ := fs.Glob(static, "static/*") // the pattern is right, and the files are compiled in
	slices.Sort(names)
	for _, name := range names {
		content, _ := static.ReadFile(name)
		sum.Write(content)
	}
	return hex.EncodeToString(sum.Sum(nil))[:12]
})

// discovery answers with the tenant's endpoints (OpenID Connect Discovery 1.0
// section 4), and with the keys of one application where that is asked for.
func (t *Tenant) discovery(w http.ResponseWriter, r *http.Request) {
	base := t.origin + "/" + t.id
	keys := base + "/discovery/v2.0/keys"
	if app := r.URL.Query().Get(appID); app != "" {
		keys += "?" + appID + "=" + url.QueryEscape(app)
	}
	writeJSON(w, http.StatusOK, map[string]any{
		"issuer":                 t.issuer(),
		"authorization_endpoint": base + "/oauth2/v2.0/authorize",
		"token_endpoint":         base + "/oauth2/v2.0/token",
		"end_session_endpoint":   base + "/oauth2/v2.0/logout",
		"jwks_uri":               keys,
		"token_endpoint_auth_methods_supported": []string{
			"client_secret_post", "private_key_jwt", "client_secret_basic",
		},
		"response_modes_supported":              []string{"query"},
		"response_types_supported":              []string{"code"},
		"subject_types_supported":               []string{"pairwise"},
		"id_token_signing_alg_values_supported": []string{"RS256"},
		"scopes_supported":                      []string{"openid", "profile", "email"},
		"code_challenge_methods_supported":      []string{"S256"},
		"frontchannel_logout_supported":         false,
		"claims_supported": []string{
			"sub", "iss", "aud", "exp", "iat", "nbf", "nonce", "preferred_username", "name", "tid", "ver", "email",
			"oid", "sid", "acct", "auth_time", "login_hint", "xms_pl",
		},
	})
}

// appID is the parameter of discovery and keys that names an application.
const appID = "appid"

// keySet answers with the signing keys.
func (t *Tenant) keySet(w http.ResponseWriter, r *http.Request) {
	writeJSON(w, http.StatusOK, t.publicKeys(r.URL.Query().Get(appID)))
}

// byDomain answers with the discovery document of the tenant in which an account name has the domain, as Entra does for
// the verified domains of a tenant.
func byDomain(tenants []*Tenant) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		for _, t := range tenants {
			if t.hasDomain(r.PathValue("domain")) {
				t.weather(t.discovery)(w, r)
				return
			}
		}
		unknownTenant(w)
	}
}

// hasDomain reports whether an account name of the tenant has the domain.
func (t *Tenant) hasDomain(domain string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for name := range t.names {
		if strings.HasSuffix(name, "@"+strings.ToLower(domain)) {
			return true
		}
	}
	return false
}

// unknownTenant answers for tenants that do not exist, as Entra does.
func unknownTenant(w http.ResponseWriter) {
	refuseJSON(w, http.StatusBadRequest, time.Now(),
		problem{"invalid_tenant", "AADSTS90002", "There is no tenant with this ID."})
}

// writeJSON answers with a document.
func writeJSON(w http.ResponseWriter, status int, document any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	_ = e.Encode(document) // the reader is gone when this fails
}
