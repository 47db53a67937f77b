package microsoft

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

const (
	// callTimeout bounds one call to Microsoft, body included. Sign-in pages wait
	// for it; Microsoft answers within a second when it answers at all.
	callTimeout = 10 * time.Second

	// maxBody bounds one answer in bytes. The largest real one, the key set, is
	// about 20 KB.
	maxBody = 512 << 10
)

var (
	errRedirected = errors.New("the answer is a redirect, which is never followed")
	errTooLarge   = errors.New("the answer has more bytes than any real one")
)

// newClient makes the client for every call: base's transport under our limits,
// answers of at most limit bytes. Redirects are refused because the next address
// was chosen by nobody we trust, and calls carry secrets and tokens.
func newClient(base *http.Client, limit int) *http.Client {
	transport := http.DefaultTransport
	if base != nil && base.Transport != nil {
		transport = base.Transport
	}
	return &http.Client{
		Transport:     limited{transport, limit},
		Timeout:       callTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return errRedirected },
	}
}

// limited cuts answers off with an error, so that nobody mistakes the first part
// for the whole.
type limited struct {
	next  http.RoundTripper
	limit int // bytes of one answer
}

func (l limited) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.GetBody != nil {
		// That the other side has closed a resting connection is noticed only when a
		// form is sent over it. With this key, which has no value and is not sent,
		// net/http sends the form over a new one. A code is never redeemed twice by it.
		r = r.Clone(r.Context())
		r.Header["Idempotency-Key"] = nil
	}
	resp, err := l.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	resp.Body = &limitedBody{ReadCloser: resp.Body, left: l.limit}
	return resp, nil
}

type limitedBody struct {
	io.ReadCloser
	left int // bytes that may still be read
}

func (b *limitedBody) Read(p []byte) (int, error) {
	if len(p) > b.left+1 {
		p = p[:b.left+1] // one byte more tells "exactly the limit" from "too much"
	}
	n, err := b.ReadCloser.Read(p)
	if n > b.left {
		return b.left, errTooLarge
	}
	b.left -= n
	return n, err
}

// fetchJSON gets a JSON document. what names it in errors, which are *Failure.
func (m *Microsoft) fetchJSON(ctx context.Context, what, address string, into any) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return failure(Misconfigured, fmt.Errorf("%s: %w", what, err))
	}
	return m.callJSON(r, what, into)
}

// callJSON makes a call that answers 200 with JSON, or with an OAuth error. what
// names it in errors, which are *Failure.
func (m *Microsoft) callJSON(r *http.Request, what string, into any) error {
	r.Header.Set("Accept", "application/json")
	resp, err := m.client.Do(r)
	if err != nil {
		return callFailure(what, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return callFailure(what, err)
	}
	if resp.StatusCode != http.StatusOK {
		var answer struct {
			Error       string `json:"error"`
			Description string `json:"error_description"`
		}
		_ = json.Unmarshal(body, &answer) // an answer in any other form has neither
		f := answerFailure(what, resp.StatusCode, answer.Error, answer.Description)
		f.problem, f.wait = answer.Error, toldToWait(resp, m.now())
		return f
	}
	if err := json.Unmarshal(body, into); err != nil {
		return failure(BadResponse, fmt.Errorf("%s is not the expected JSON: %w", what, safeJSON(err)))
	}
	return nil
}

// safeJSON drops what a JSON error quotes: an answer may hold a token.
func safeJSON(err error) error {
	if _, ok := errors.AsType[*json.SyntaxError](err); ok {
		return errors.New("a syntax error")
	}
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fmt.Errorf("another type in the field %q", shorten(e.Field))
	}
	return errors.New("a form that is not known")
}

// callFailure sorts the errors of a call that got no complete answer.
func callFailure(what string, err error) *Failure {
	if errors.Is(err, errRedirected) || errors.Is(err, errTooLarge) {
		return failure(BadResponse, fmt.Errorf("%s: %w", what, err))
	}
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err // the address is in what; a query never belongs in a log
	}
	return failure(Unreachable, fmt.Errorf("%s: %w", what, err))
}
