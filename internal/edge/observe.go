package edge

import (
	"context"
	"errors"
	"net/http"
	"time"
)

// Result describes an answered request. Nothing in it names a person. Method and
// Route have few values, so they can be labels of metrics.
type Result struct {
	Method   string // a method of HTTP, or "other"
	Route    string // the pattern that matched, or "none"
	Status   int
	Bytes    int64 // of the answer's body as sent
	Duration time.Duration
	Request  string // the request's ID; not for labels
}

// noRoute stands for a request that no route matched. Its path is not used: it
// may hold text that a person typed.
const noRoute = "none"

// Observe passes the result of every request to the observers, in their order,
// also if the handler panicked.
func Observe(now func() time.Time, observers ...func(context.Context, Result)) Middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			start := now()
			rec := record(w)
			defer func() {
				res := result(r, rec, now().Sub(start))
				for _, observe := range observers {
					observe(r.Context(), res)
				}
			}()
			next.ServeHTTP(rec, r)
		})
	}
}

// result returns the result of a request that was answered through rec.
func result(r *http.Request, rec *recorder, took time.Duration) Result {
	p := passageOf(r.Context())
	res := Result{
		Method: method(r), Route: p.pattern, Status: rec.status, Bytes: rec.bytes, Duration: took, Request: p.id,
	}
	if res.Route == "" {
		res.Route = noRoute
	}
	switch {
	case res.Status != 0:
	case errors.Is(r.Context().Err(), context.Canceled):
		res.Status = StatusClientGone
	default:
		res.Status = http.StatusOK // net/http answers so if the handler writes nothing
	}
	return res
}

// StatusClientGone is the status of a request whose client hung up before there was an answer. It is for the log and
// the metrics; nginx logs the same number.
const StatusClientGone = 499
