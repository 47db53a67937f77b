package edge

import (
	"errors"
	"net/http"

	"github.com/pactius/pactius"
)

// MaxBody is the default limit of a request's body in bytes: no form or API
// call needs it; imports have their own.
const MaxBody = 1 << 20

// LimitBody refuses bodies larger than limit says for the request, in bytes. A
// body that declares its size is answered with tooLarge at once, unread; one that
// does not fails while it is read: see BodyError.
func LimitBody(limit func(*http.Request) int64, tooLarge http.Handler) Middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			most := limit(r)
			if r.ContentLength > most {
				w.Header().Set("Connection", "close") // what follows is the body nobody reads
				tooLarge.ServeHTTP(w, r)
				return
			}
			r.Body = http.MaxBytesReader(w, r.Body, most)
			next.ServeHTTP(w, r)
		})
	}
}

// DefaultLimit allows MaxBody for every request.
func DefaultLimit(*http.Request) int64 { return MaxBody }

// TooLarge is the refusal for bodies over the limit.
func TooLarge() *pactius.Error {
	return pactius.Refuse(pactius.TooLarge, pactius.T("What you sent is larger than this page accepts. Shorten it and try again."))
}

// BodyError turns the error of reading a body or form into a refusal where the
// body was over the limit; any other error is returned as it is.
func BodyError(err error) error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		refusal := TooLarge()
		refusal.Err = err
		return refusal
	}
	return err
}
