package edge

import (
	"context"
	"crypto/rand"
	"net/http"
	"net/netip"
	"time"
)

// Middleware wraps a handler.
type Middleware = func(http.Handler) http.Handler

// Chain wraps h; the first middleware is the outermost.
func Chain(h http.Handler, wraps ...Middleware) http.Handler {
	for i := len(wraps) - 1; i >= 0; i-- {
		h = wraps[i](h)
	}
	return h
}

// passage holds the facts about a request on its way through the chain.
type passage struct {
	id      string
	address netip.Addr
	local   bool   // see Local
	pattern string // set by Route
}

type passageKey struct{}

func passageOf(ctx context.Context) *passage {
	if p, ok := ctx.Value(passageKey{}).(*passage); ok {
		return p
	}
	return &passage{}
}

// RequestID returns the request's ID, the reference on error pages and in the log: 26
// letters and digits with at least 128 random bits. Outside Identify it returns "".
func RequestID(ctx context.Context) string { return passageOf(ctx).id }

// Address returns the client's address, or the zero Addr outside Identify or if it is
// unknown.
func Address(ctx context.Context) netip.Addr { return passageOf(ctx).address }

// Local reports whether a request comes from a program on this machine that is no proxy: from a loopback address, and
// without the headers that proxies add.
func Local(ctx context.Context) bool { return passageOf(ctx).local }

// Identify gives every request an ID, also in the answer's X-Request-Id, and finds the
// client's address. It ignores IDs from outside, which could be forged to confuse the
// log.
func Identify(trustedProxies []netip.Prefix) Middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			p := &passage{id: rand.Text(), address: clientAddress(r, trustedProxies), local: isLocal(r)}
			w.Header().Set("X-Request-Id", p.id)
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), passageKey{}, p)))
		})
	}
}

// Route is the innermost middleware, around the ServeMux. It notes the pattern that the
// mux chose, for Observe.
func Route(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p := passageOf(r.Context())
		defer func() { p.pattern = r.Pattern }() // also when a handler panics
		next.ServeHTTP(w, r)
	})
}

// Timeout ends the context of a request after d, so that slow queries stop. The handler
// answers.
func Timeout(d time.Duration) Middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			ctx, cancel := context.WithTimeout(context.WithValue(r.Context(), untimedKey{}, r.Context()), d)
			defer cancel()
			next.ServeHTTP(w, r.WithContext(ctx))
		})
	}
}

// untimedKey finds the context of before Timeout.
type untimedKey struct{}

// Untimed returns the context of a request without the deadline of Timeout, for an answer that is sent in parts, each
// with a deadline of its own. It ends when the client hangs up.
func Untimed(ctx context.Context) context.Context {
	if untimed, ok := ctx.Value(untimedKey{}).(context.Context); ok {
		return untimed
	}
	return ctx
}
