package gateway

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/applications"
	"github.com/pactius/pactius/internal/edge"
)

// keysCached lets clients keep keys and metadata for some minutes.
const keysCached = "public, max-age=300"

// Serves reports whether the door answers a path, on any host.
func Serves(path string) bool {
	return path == applications.KeysPath || len(path) >= len(prefix) && path[:len(prefix)] == prefix
}

// ServeHTTP serves what Serves.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == applications.KeysPath {
		g.keys(w, r)
		return
	}
	handlers := map[string]func(http.ResponseWriter, *http.Request, place) error{
		"GET " + prefix + "start": g.start, "GET " + prefix + "finish": g.finish,
		"GET " + prefix + "sign-out": g.askToSignOut, "POST " + prefix + "sign-out": g.signOut,
	}
	method := r.Method
	handle := handlers[method+" "+r.URL.Path]
	switch {
	case r.URL.Path == prefix+"refused": // the method is that of the refused request
		handle, r.Pattern = g.refused, r.URL.Path
	case handle != nil:
		r.Pattern = method + " " + r.URL.Path
	default:
		g.show(w, r, screen{status: http.StatusNotFound, title: pactius.T("Page not found"),
			text: pactius.T("There's nothing at this address."), link: "/", label: pactius.T("Open the application")})
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	p, err := g.here(r)
	if err == nil {
		err = handle(w, r, p)
	}
	if err != nil {
		to := "/"
		if back, ok := errors.AsType[*comeBack](err); ok {
			to = back.to
		}
		g.refuse(w, r, p, err, to)
	}
}

// comeBack is an error after which the person goes on at a path.
type comeBack struct {
	error
	to string
}

// Unwrap serves errors.Is and errors.AsType.
func (c *comeBack) Unwrap() error { return c.error }

// start begins a hand-over: it leads to the portal. A person who is signed in already goes on.
//
// GET /.pactius/start?to=PATH
func (g *Gateway) start(w http.ResponseWriter, r *http.Request, p place) error {
	to := toParameter(r.URL.RawQuery)
	s := readStart(cookieOf(r.Header, startName(p.secure))).next(g.Now())
	if s.count > maxStarts {
		g.warn(r.Context(), p, "", r.Host, errCircle)
		g.show(w, r, screen{status: http.StatusForbidden, link: to, label: pactius.T("Open the application"),
			title: pactius.T("You're signed in, but the application doesn't open"),
			text: pactius.T("Your browser was sent back to sign-in again and again. Check that it accepts cookies; " +
				"if it does, tell Support to check the log.")})
		return nil
	}
	setCookie(w, startName(p.secure), s.String(), startKept)
	if g.isIn(r, p) {
		return lead(w, to)
	}
	return lead(w, p.Portal+"/enter?"+url.Values{"application": {string(p.ID)}, "origin": {string(p.origin)},
		"challenge": {applications.Challenge(s.secret)}, "to": {to}}.Encode())
}

var errCircle = &proxyFault{"circle", "a browser starts again and again, although it comes back with a session; " +
	"check that the proxy passes the Cookie header to /verify, and that the clocks of PACTIUS and the application " +
	"agree"}

// isIn reports whether a person has a session at the application already. It asks the database.
func (g *Gateway) isIn(r *http.Request, p place) bool {
	token := p.token(r.Header, p.secure)
	if token == "" {
		return false
	}
	i, err := g.Rules.Look(r.Context(), p.Environment, p.ID, token)
	return err == nil && i.Enough
}

// lead leads on with GET.
func lead(w http.ResponseWriter, to string) error {
	w.Header().Set("Location", to)
	w.WriteHeader(http.StatusSeeOther)
	return nil
}

// finish ends a hand-over: it keeps the token of the session and goes on. A page of the same browser may have come back
// before, with a secret of its own; then the person is in already.
//
// GET /.pactius/finish?code=CODE
func (g *Gateway) finish(w http.ResponseWriter, r *http.Request, p place) error {
	secret := readStart(cookieOf(r.Header, startName(p.secure))).secret
	a, err := g.Rules.Finish(r.Context(), p.ID, p.origin, r.URL.Query().Get("code"), secret, addressOf(r))
	to := applications.ReturnPath(a.To)
	switch {
	case errors.Is(err, applications.ErrCode) && g.isIn(r, p):
		return lead(w, to)
	case err != nil:
		return &comeBack{err, to}
	}
	setCookie(w, p.cookie(p.secure), a.Token, pactius.SessionAbsolute)
	return lead(w, to)
}

// addressOf is the client's address for the activity log.
func addressOf(r *http.Request) string {
	if a := edge.Address(r.Context()); a.IsValid() {
		return a.String()
	}
	return ""
}

// askToSignOut shows a button: a link in an email signs no one out.
//
// GET /.pactius/sign-out
func (g *Gateway) askToSignOut(w http.ResponseWriter, r *http.Request, p place) error {
	portal, err := url.Parse(p.Portal)
	if err != nil {
		return err
	}
	g.show(w, r, screen{status: http.StatusOK, title: pactius.T("Sign out?"),
		text: pactius.T("This signs you out of PACTIUS and all applications in this browser."),
		form: prefix + "sign-out", formGoes: portal.Scheme + "://" + portal.Host, label: pactius.T("Sign out")})
	return nil
}

// signOut ends the session at the portal and at all applications. It leads to the portal.
//
// POST /.pactius/sign-out
func (g *Gateway) signOut(w http.ResponseWriter, r *http.Request, p place) error {
	own := r.Clone(r.Context())
	own.Host = p.origin.Host() // a proxy may have sent another one
	if err := g.protect.Check(own); err != nil {
		g.show(w, r, screen{status: http.StatusForbidden, title: pactius.T("You're still signed in"),
			text: pactius.T("This form was sent from another website, so nothing was changed. Open the page here and " +
				"send it again."), link: prefix + "sign-out", label: pactius.T("Sign out")})
		return nil
	}
	portal, err := g.Rules.SignOut(r.Context(), p.Environment, p.ID, p.token(r.Header, p.secure), addressOf(r))
	if err != nil {
		return err
	}
	setCookie(w, p.cookie(p.secure), "", 0)
	return lead(w, portal+"/")
}

// refused says why /verify has refused a request, where the proxy could pass on the status alone.
//
// /.pactius/refused?status=401|403&to=PATH, with any method
func (g *Gateway) refused(w http.ResponseWriter, r *http.Request, p place) error {
	q := asked(r, edge.FromTrusted(r, g.TrustedProxies))
	if q.uri = applications.ReturnPath(q.uri); q.uri == "/" {
		q.uri = toParameter(r.URL.RawQuery)
	}
	switch {
	case r.URL.Query().Get("status") == "403":
		g.mayNot(w, r, p, q.method)
	case isNavigation(r, q.method):
		w.Header().Set("Location", startPath(q.uri))
		w.WriteHeader(http.StatusFound)
	default:
		g.askToEnter(w, r, p, q)
	}
	return nil
}

// keys publishes the keys of the portal's environment (RFC 7517). Applications may keep them for some minutes: a key is
// published for a day before it signs.
//
// GET /.well-known/jwks.json
func (g *Gateway) keys(w http.ResponseWriter, r *http.Request) {
	r.Pattern = "GET " + applications.KeysPath
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	e, err := g.environment(r)
	var set []byte
	if err == nil {
		g.freshKeys(g.book.home(e.ID), g.since(g.Now()))
		set, err = g.Rules.Keys(r.Context(), e.ID)
	}
	switch {
	case pactius.KindOf(err) == pactius.KindNotFound:
		w.WriteHeader(http.StatusMisdirectedRequest)
	case err != nil:
		g.unavailable(w, r, err)
	default:
		w.Header().Set("Content-Type", "application/jwk-set+json")
		w.Header().Set("Cache-Control", keysCached)
		_, _ = w.Write(set) // fails only if the client has gone
	}
}

// Broken answers after a panic, which package edge has logged.
func (g *Gateway) Broken() http.Handler { return http.HandlerFunc(g.away) }
