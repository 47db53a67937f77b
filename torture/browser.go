package torture

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// mishap is a request that got no answer, or one of the server's failures.
type mishap struct {
	from, to time.Time
	what     string
	status   int // 0: none
}

// mishaps collects what went wrong, with the times.
type mishaps struct {
	mu  sync.Mutex
	all []mishap
	ok  int // answers below 500
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
type browser struct {
	site   *site
	client *http.Client
	jar    *cookiejar.Jar
}

// requestTime is how long a browser waits for an answer: longer than the server
// may work on one.
const requestTime = 60 * time.Second

func (s *site) browser() *browser {
	jar, _ := cookiejar.New(nil) // without options it cannot fail
	return &browser{site: s, jar: jar, client: &http.Client{Jar: jar, Transport: s.transport, Timeout: requestTime,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// answer is what came back.
type answer struct {
	status   int
	location string // where a redirect leads, a path with its query
	refresh  string
	body     string
	again    bool // an earlier attempt at the same got no answer: it may have happened
}

// maxAnswer bounds what is read of an answer, in bytes.
const maxAnswer = 4 << 20

// once sends a request and does not try again.
func (b *browser) once(ctx context.Context, method, address string, form url.Values) (answer, error) {
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return answer{}, err
	}
	r.Header.Set("User-Agent", personAgent)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	from := time.Now()
	resp, err := b.client.Do(r)
	ours := strings.HasPrefix(address, publicURL+"/")
	note := func(what string, status int) {
		if ours {
			b.site.mishaps.note(mishap{from, time.Now(), what, status})
		}
	}
	if err != nil {
		note(err.Error(), 0)
		return answer{}, err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	a := answer{status: resp.StatusCode, location: resp.Header.Get("Location"), body: string(raw)}
	_, a.refresh, _ = strings.Cut(resp.Header.Get("Refresh"), "url=")
	switch {
	case err != nil:
		note(err.Error(), 0)
	case a.status >= http.StatusInternalServerError:
		note(method+" "+r.URL.Path+": "+sentence(a.body), a.status)
	default:
		note("", a.status)
	}
	return a, err
}

// sentence is the message of an error page, for reports.
func sentence(body string) string {
	text := strings.Join(strings.Fields(tags.ReplaceAllString(body, " ")), " ")
	return text[:min(len(text), 700)]
}

var tags = regexp.MustCompile(`(?s)<style.*?</style>|<script.*?</script>|<[^>]*>`)

// retryPause is how long a person waits before pressing the button again.
const retryPause = 10 * time.Millisecond

// do sends a request until it gets an answer that is not the server's failure.
func (b *browser) do(ctx context.Context, method, path string, form url.Values) (answer, error) {
	again := false
	for {
		a, err := b.once(ctx, method, publicURL+path, form)
		if err == nil && a.status < http.StatusInternalServerError {
			a.again = again
			return a, nil
		}
		if ctx.Err() != nil {
			return a, ctx.Err()
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

// trySignIn goes the way of a sign-in once and gives the answer to the callback,
// or the first answer that leads no further.
func (b *browser) trySignIn(ctx context.Context, p person) (answer, error) {
	a, err := b.once(ctx, http.MethodPost, publicURL+"/sign-in", url.Values{"select": {"1"}})
	if err != nil || a.refresh == "" {
		return a, err
	}
	to, err := url.Parse(a.refresh)
	if err != nil {
		return a, err
	}
	form := to.Query()
	form.Set("person", p.oid)
	to.RawQuery = ""
	chosen, err := b.once(ctx, http.MethodPost, to.String(), form)
	if err != nil {
		return chosen, err
	}
	if !strings.HasPrefix(chosen.location, publicURL+"/") {
		return chosen, fmt.Errorf("the tenant answers %d and leads to %q", chosen.status, chosen.location)
	}
	return b.once(ctx, http.MethodGet, chosen.location, nil)
}

// usedBefore is what a browser reads that repeats a callback by itself, because
// the connection broke before the answer.
const usedBefore = "This sign-in was already used"

// signIn signs a person in, again and again until it works, and gives where it
// leads: "/" for users, "/access" for visitors.
func (b *browser) signIn(ctx context.Context, p person) (string, error) {
	for {
		a, err := b.trySignIn(ctx, p)
		switch {
		case err == nil && a.status == http.StatusSeeOther && b.token() != "":
			return a.location, nil
		case ctx.Err() != nil:
			return "", ctx.Err()
		case err == nil && strings.Contains(a.body, usedBefore): // by an instance that died before it could answer: begin anew, as the page says
		case err == nil && a.status < http.StatusInternalServerError && a.status != http.StatusSeeOther:
			return "", fmt.Errorf("the sign-in of %s is answered with %d: %s", p.username, a.status, sentence(a.body))
		}
		pause(ctx, retryPause)
	}
}

// token is the session's token, "" without one.
func (b *browser) token() string {
	cookies := b.jar.Cookies(&url.URL{Scheme: "http", Host: publicHost, Path: "/"})
	i := slices.IndexFunc(cookies, func(c *http.Cookie) bool { return c.Name == "pactius" })
	if i < 0 {
		return ""
	}
	return cookies[i].Value
}
