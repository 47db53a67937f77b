package gateway

import (
	"context"
	"crypto/sha256"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/applications"
	"github.com/pactius/pactius/internal/edge"
	"github.com/pactius/pactius/internal/seal"
)

// VerifyPath is where proxies ask.
const VerifyPath = "/verify"

// verifyTime bounds what an answer may wait for. A proxy waits as long with the request of a person.
const verifyTime = 2 * time.Second

// request is what a proxy tells of the request that it asks about.
type request struct {
	method, uri string
	preflight   bool // asks whether another site may send a request
}

// Verify answers the question of a proxy, whatever the method. It is Handler's part for VerifyPath.
func (g *Gateway) Verify() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer g.recover(w, r)
		h := w.Header()
		h["Cache-Control"], h["Vary"] = noStore, varyCookie
		g.Answered(g.verify(w, r))
	})
}

var noStore, varyCookie = []string{"no-store"}, []string{"Cookie"}

// verify answers, and returns how.
func (g *Gateway) verify(w http.ResponseWriter, r *http.Request) Outcome {
	now := g.Now()
	trusted := edge.FromTrusted(r, g.TrustedProxies)
	var by pactius.ApplicationID
	if r.URL.Path == VerifyPath { // below it the query is the person's
		var twice bool
		if by, twice = idOf(r.URL.RawQuery); twice {
			return g.refuseProxy(w, r, place{}, "", errTwice)
		}
	}
	p, err := g.named(r, by, trusted, now)
	if err != nil {
		return g.fail(w, r, p, by, err)
	}
	if token := p.token(r.Header, p.secure); token != "" {
		kept, m, err := g.admit(r.Context(), p, token, now, believed)
		if err == nil {
			kept.identity.write(w.Header(), m)
			w.WriteHeader(http.StatusOK)
			return Admitted
		}
		if pactius.KindOf(err) != pactius.KindNotSignedIn {
			return g.fail(w, r, p, by, err)
		}
	}
	asked := asked(r, trusted)
	if asked.preflight && p.Preflight {
		writeNobody(w.Header())
		w.WriteHeader(http.StatusOK)
		return Preflight
	}
	g.askToEnter(w, r, p, asked)
	return NoSession
}

// admit returns the answer about a session, with a token that is good for a while. Errors are those of passage.
func (g *Gateway) admit(
	ctx context.Context, p place, token string, now time.Time, most time.Duration,
) (*passage, *minted, error) {
	kept, err := g.passage(ctx, p, token, now, most)
	if err != nil {
		return nil, nil, err
	}
	m, err := kept.identity.token(ctx, g.Rules, now)
	return kept, m, err
}

// passage returns the kept answer about a session, if the last look was not longer ago than most, or reads it. If that
// fails, an answer that is believed still is used. The error is applications.ErrNoSession or ErrMayNot for a person who
// may not pass.
func (g *Gateway) passage(
	ctx context.Context, p place, token string, now time.Time, most time.Duration,
) (*passage, error) {
	var text [seal.TokenLength]byte
	copy(text[:], token)
	key := passageKey{sha256.Sum256(text[:]), p.ID}
	found := g.book.passage(&key)
	if found == nil || !found.holdsFor(most, now, g.since(now)) {
		ctx, cancel := context.WithTimeout(ctx, verifyTime)
		defer cancel()
		read, err := g.readPassage(ctx, p, key, token, now)
		switch later := g.Now(); {
		case err == nil:
			found = read
		case isRefusal(err) || found == nil || found != g.book.passage(&key) || !found.holds(later, g.since(later)):
			return nil, err
		}
	}
	if now.Sub(found.identity.SeenAt) >= pactius.DoorSeenStep && !found.noted.Swap(true) {
		g.seen.note(applications.Seen{Environment: p.Environment, Session: found.session})
	}
	return found, nil
}

// newPassage begins an answer, before anything of it is read.
func (g *Gateway) newPassage(env pactius.EnvironmentID, key passageKey, now time.Time) *passage {
	home := g.book.home(env)
	return &passage{kept: kept{home: home, read: g.since(now)}, key: key, renewals: home.renewals.Load()}
}

// isRefusal reports whether a look was answered: the person may not pass.
func isRefusal(err error) bool {
	kind := pactius.KindOf(err)
	return kind == pactius.KindNotSignedIn || kind == pactius.KindForbidden
}

func (g *Gateway) readPassage(
	ctx context.Context, p place, key passageKey, token string, now time.Time,
) (*passage, error) {
	made := g.newPassage(p.Environment, key, now)
	g.freshKeys(made.home, made.read)
	i, err := g.Rules.Look(ctx, p.Environment, p.ID, token)
	switch {
	case err != nil:
		return nil, err
	case !i.Enough:
		return nil, applications.ErrMayNot
	}
	made.include(i)
	made.identity.Identity = i
	if err := made.identity.prepare(ctx, g.Rules, now); err != nil {
		return nil, err
	}
	g.book.keepPassage(made)
	return made, nil
}

// asked reads the request that a proxy asks about. What a client may have written itself, because it is there in two
// ways that differ, does not count.
func asked(r *http.Request, trusted bool) request {
	q := request{method: r.Method, uri: "/"}
	if below, ok := strings.CutPrefix(r.RequestURI, VerifyPath+"/"); ok {
		q.uri = "/" + below
	}
	if !trusted {
		return q
	}
	if uri, ok := either(r.Header, "X-Forwarded-Uri", "X-Original-Uri"); !ok {
		q.uri = "/"
	} else if uri != "" {
		q.uri = uri
	}
	method, ok := either(r.Header, "X-Forwarded-Method", "X-Original-Method")
	switch {
	case !ok:
		q.method = "" // none that is answered with a page
	case method != "":
		q.method = method
		q.preflight = isPreflight(method, r.Header)
	}
	return q
}

// isPreflight reports whether a browser asks if another site may send a request (Fetch standard, section 4.8).
func isPreflight(method string, h http.Header) bool {
	return method == http.MethodOptions && len(h["Origin"]) == 1 && len(h["Access-Control-Request-Method"]) == 1
}

// either returns the value of one of two headers. ok is false if they differ, or if one is there more than once.
func either(h http.Header, one, other string) (value string, ok bool) {
	switch first, second := h[one], h[other]; {
	case len(first)+len(second) == 0:
		return "", true
	case len(first) == 1 && len(second) == 0, len(first) == 1 && len(second) == 1 && first[0] == second[0]:
		return first[0], true
	case len(first) == 0 && len(second) == 1:
		return second[0], true
	default:
		return "", false
	}
}

// isNavigation reports whether a person looks at the answer: a browser follows a link or opens an address.
func isNavigation(r *http.Request, method string) bool {
	return (method == http.MethodGet || method == http.MethodHead) && isPage(r)
}

// isPage reports whether the answer becomes a page: that of a navigation, or of a form that was sent.
func isPage(r *http.Request) bool {
	mode := r.Header["Sec-Fetch-Mode"]
	if len(mode) > 0 && (len(mode) > 1 || mode[0] != "navigate") {
		return false
	}
	for _, accept := range r.Header["Accept"] {
		if strings.Contains(accept, "text/html") {
			return true
		}
	}
	return false
}

// fail answers where no answer could be found.
func (g *Gateway) fail(w http.ResponseWriter, r *http.Request, p place, by pactius.ApplicationID, err error) Outcome {
	if f, ok := asProxyFault(err); ok {
		return g.refuseProxy(w, r, p, by, f)
	}
	if pactius.KindOf(err) == pactius.KindForbidden {
		g.mayNot(w, r, p, asked(r, edge.FromTrusted(r, g.TrustedProxies)).method)
		return NoAccess
	}
	g.unavailable(w, r, err)
	return Unavailable
}

// recover answers after a panic.
func (g *Gateway) recover(w http.ResponseWriter, r *http.Request) {
	if cause := recover(); cause != nil {
		g.Logger.ErrorContext(r.Context(), "panic", "cause", cause, "stack", string(debug.Stack()))
		clear(w.Header())
		w.Header()["Cache-Control"], w.Header()["Vary"] = noStore, varyCookie
		g.unavailable(w, r, nil)
		g.Answered(Unavailable)
	}
}
