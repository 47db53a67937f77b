package edge

import (
	"errors"
	"fmt"
	"net"
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

// The errors of bodies that a client did not send properly. They are no faults of ours.
var (
	ErrBodyLate   = errors.New("the body did not arrive in time")    // 408, after ReadTimeout
	ErrBodyBroken = errors.New("the body ended early or is damaged") // 400
)

// BodyError says why reading a body failed: a refusal if it was over the limit, else ErrBodyLate or ErrBodyBroken.
func BodyError(err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		refusal := TooLarge()
		refusal.Err = err
		return refusal
	}
	if late, ok := errors.AsType[net.Error](err); ok && late.Timeout() {
		return fmt.Errorf("%w: %w", ErrBodyLate, err)
	}
	return fmt.Errorf("%w: %w", ErrBodyBroken, err)
}
