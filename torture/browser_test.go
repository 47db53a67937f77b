package torture

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/pactius/pactius/testbed/scripted"
)

// mishap is a request that got no answer, or one of the server's failures.
type mishap struct {
	from, to time.Time
	what     string
	status   int // 0: none
}

// mishaps collects what went wrong, with the times. It is the transport of all
// browsers.
type mishaps struct {
	next http.RoundTripper

	mu  sync.Mutex
	all []mishap
	ok  int // answers below 500
}

// RoundTrip sends a request, reads the answer and notes how it went, if it was for
// the site.
func (m *mishaps) RoundTrip(r *http.Request) (*http.Response, error) {
	from := time.Now()
	answer, err := m.next.RoundTrip(r)
	if !ours(r.URL.Host) {
		return answer, err
	}
	what, status := "", 0
	if err == nil {
		var body []byte
		body, err = io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		answer.Body = io.NopCloser(bytes.NewReader(body))
		if status = answer.StatusCode; status >= http.StatusInternalServerError {
			page := scripted.Page{Response: answer, Body: string(body)}
			what = r.Method + " " + r.URL.Path + ": " + sentence(&page)
		}
	}
	if err != nil {
		answer, what, status = nil, err.Error(), 0
	}
	m.note(mishap{from, time.Now(), what, status})
	return answer, err
}

func (m *mishaps) note(h mishap) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if h.what == "" {
		m.ok++
		return
	}
	m.all = append(m.all, h)
}

// take returns what was collected since the last call.
func (m *mishaps) take() ([]mishap, int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	all, ok := m.all, m.ok
	m.all, m.ok = nil, 0
	return all, ok
}

// browser is one person's browser.
type browser struct{ *scripted.Browser }

// requestTime is how long a browser waits for an answer: longer than the server
// may work on one.
const requestTime = 60 * time.Second

func (s *site) browser() *browser { return s.browserAt(publicURL) }

// browserAt opens a browser for one of the site's environments.
func (s *site) browserAt(origin string) *browser {
	b := scripted.New(origin, &s.mishaps)
	b.Client.Timeout = requestTime
	b.Header.Set("User-Agent", personAgent)
	return &browser{b}
}

// answer is what came back.
type answer struct {
	*scripted.Page
	again bool // an earlier attempt at the same got no answer: it may have happened
}

// location returns where a redirect leads, a path with its query.
func (a answer) location() string { return a.Header.Get("Location") }

// sentence is the text of an error page, for reports.
func sentence(p *scripted.Page) string {
	text := p.Text()
	return text[:min(len(text), 700)]
}

// retryPause is how long a person waits before pressing the button again.
const retryPause = 10 * time.Millisecond

// do sends a request until it gets an answer that is not the server's failure.
func (b *browser) do(ctx context.Context, method, path string, form url.Values) (answer, error) {
	again := false
	for {
		page, err := b.Send(ctx, method, path, form)
		if err == nil && page.StatusCode < http.StatusInternalServerError {
			return answer{page, again}, nil
		}
		if ctx.Err() != nil {
			return answer{}, ctx.Err()
		}
		again = again || !errors.Is(err, errDown)
		pause(ctx, retryPause)
	}
}

func (b *browser) get(ctx context.Context, path string) (answer, error) {
	return b.do(ctx, http.MethodGet, path, nil)
}

func (b *browser) post(ctx context.Context, path string, form url.Values) (answer, error) {
	if form == nil {
		form = url.Values{}
	}
	return b.do(ctx, http.MethodPost, path, form)
}

// usedBefore is what a browser reads that repeats a callback by itself, because
// the connection broke before the answer.
const usedBefore = "This sign-in has already been used"

// signIn signs a person in, again and again until it works, and gives where it
// leads: "/" for users, "/access" for visitors.
func (b *browser) signIn(ctx context.Context, p person) (string, error) {
	for {
		page, err := b.SignIn(ctx, p.oid)
		switch {
		case err == nil && page.StatusCode == http.StatusSeeOther && b.token() != "":
			return page.Header.Get("Location"), nil
		case ctx.Err() != nil:
			return "", ctx.Err()
		case err == nil && strings.Contains(page.Body, usedBefore):
			// An instance died before it could answer: begin anew, as the page says.
		case err == nil && page.StatusCode < http.StatusInternalServerError && page.StatusCode != http.StatusSeeOther:
			return "", fmt.Errorf(
				"the sign-in of %s is answered with %d: %s", p.username, page.StatusCode, sentence(page),
			)
		}
		pause(ctx, retryPause)
	}
}

// token is the session's token, "" without one.
func (b *browser) token() string { return b.Cookie("pactius") }
