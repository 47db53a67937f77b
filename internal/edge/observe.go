package edge

import (
	"context"
	"net/http"
	"time"
)

// Result is what became of a request. Nothing in it names a person, and every
// text has few values: it may become labels of metrics.
type Result struct {
	Method   string // as in HTTP, "other" for one that is not ours
	Route    string // the pattern that matched, "none" where none did
	Status   int
	Bytes    int64 // of the answer's body as sent
	Duration time.Duration
	Request  string // the request's ID; not for labels
}

// Observer is told of a request when it begins, and by the function it returns
// when it has ended, also by a panic. The request goes on with the context that it
// returns.
type Observer func(ctx context.Context, method string) (context.Context, func(Result))

// Observe tells observers, the first one first and, at the end, last.
func Observe(now func() time.Time, observers ...Observer) Middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			start, ctx := now(), r.Context()
			rec := record(w)
			for _, observe := range observers {
				inner, end := observe(ctx, method(r))
				ctx = inner
				defer func() { end(result(r, rec, now().Sub(start))) }()
			}
			next.ServeHTTP(rec, r.WithContext(ctx))
		})
	}
}

// result reads what became of a request.
func result(r *http.Request, rec *recorder, took time.Duration) Result {
	p := passageOf(r.Context())
	res := Result{Method: method(r), Route: p.pattern, Status: rec.status, Bytes: rec.bytes, Duration: took, Request: p.id}
	if res.Route == "" {
		res.Route = noRoute
	}
	if res.Status == 0 {
		res.Status = http.StatusOK // what net/http answers for a silent handler
	}
	return res
}
