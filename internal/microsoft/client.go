package microsoft

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"golang.org/x/oauth2"
)

const (
	// callTimeout bounds one call to Microsoft, body included. Sign-in pages wait for it; Microsoft answers within
	// a second when it answers at all.
	callTimeout = 10 * time.Second

	// maxBody bounds one answer in bytes. The largest real one, the key set, has about 20 KB.
	maxBody = 512 << 10
)

var errTooLarge = errors.New("the answer has more bytes than any real one")

// newClient returns a client under the limits of this package: answers have at most limit bytes, and redirects are
// returned instead of followed because calls carry secrets and tokens.
func newClient(transport http.RoundTripper, limit int) *http.Client {
	return &http.Client{
		Transport:     boundedTransport{transport, limit},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// boundedTransport reads every answer completely, within callTimeout and limit. An answer that is cut off is an
// error of the call, so that its first part is never mistaken for the whole.
type boundedTransport struct {
	next  http.RoundTripper
	limit int // bytes of one answer
}

// RoundTrip implements http.RoundTripper.
func (t boundedTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(r.Context(), callTimeout)
	defer cancel()
	resp, err := t.next.RoundTrip(named(r.WithContext(ctx)))
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, int64(t.limit)+1))
	if err == nil && len(body) > t.limit {
		err = errTooLarge
	}
	if err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}

// signInTransport turns every answer but 200 into a *Failure. The libraries return the errors of a transport as they
// are; left to themselves they drop the status and put the whole body into the text of an error.
type signInTransport struct {
	next http.RoundTripper
	now  func() time.Time
}

// RoundTrip implements http.RoundTripper.
func (t signInTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	call := r.Method + " " + r.URL.Scheme + "://" + r.URL.Host + r.URL.Path // a query does not belong in logs
	r = named(r)
	resp, err := t.next.RoundTrip(r)
	if err != nil {
		f := failure(ReasonUnreachable, "%s: %w", call, err)
		if errors.Is(err, errTooLarge) {
			f.Reason = ReasonBadResponse
		}
		f.Trace = trace(r, nil)
		f.lost = f.Reason == ReasonUnreachable && r.Context().Err() == nil
		return nil, f
	}
	if resp.StatusCode == http.StatusOK {
		return resp, nil
	}
	var answer struct {
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}
	_ = json.NewDecoder(resp.Body).Decode(&answer) // an answer in any other form has neither
	f := answerFailure(call, resp.StatusCode, answer.Error, answer.Description)
	f.wait, f.status, f.Trace = retryAfter(resp, t.now()), resp.StatusCode, trace(r, resp)
	return nil, f
}

// libraryFailure sorts an error of go-oidc or oauth2 about what was fetched. Errors of the transport are *Failure
// already. Of the others only a short text is kept, because they may quote the answer.
func libraryFailure(what string, err error) *Failure {
	if refused, ok := errors.AsType[*oauth2.RetrieveError](err); ok { // an OAuth error in an answer of 200
		return answerFailure(what, http.StatusOK, refused.ErrorCode, refused.ErrorDescription)
	}
	if f, ok := errors.AsType[*Failure](err); ok {
		return f
	}
	return failure(ReasonBadResponse, "%s: %s", what, shorten(err.Error()))
}

// safeJSON returns a JSON error without what it quotes: an answer may hold a token.
func safeJSON(err error) error {
	if _, ok := errors.AsType[*json.SyntaxError](err); ok {
		return errors.New("a syntax error")
	}
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fmt.Errorf("another type in the field %q", shorten(e.Field))
	}
	return errors.New("an unknown form")
}
