package edge

import (
	"errors"
	"net/http"

	"github.com/pactius/pactius"
)

// MaxBody limits a request's body in bytes, far above any form.
const MaxBody = 1 << 20

// LimitBody refuses bodies of more than limit bytes. If the request declares the
// size, LimitBody answers with tooLarge without reading; else reading fails at the
// limit: see BodyError.
func LimitBody(limit int64, tooLarge http.Handler) Middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.ContentLength > limit {
				w.Header().Set("Connection", "close") // the body is not read
				tooLarge.ServeHTTP(w, r)
				return
			}
			r.Body = http.MaxBytesReader(w, r.Body, limit)
			next.ServeHTTP(w, r)
		})
	}
}

// TooLarge returns the refusal for bodies over the limit.
func TooLarge() *pactius.Error {
	return pactius.Refuse(pactius.KindTooLarge,
		pactius.T("What you sent is larger than this page accepts. Shorten it and try again."))
}

// BodyError returns a refusal if err says that a body was over the limit, else err.
func BodyError(err error) error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		refusal := TooLarge()
		refusal.Err = err
		return refusal
	}
	return err
}
