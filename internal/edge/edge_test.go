package edge

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
)

// say answers with a status and a text.
func say(status int, text string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		io.WriteString(w, text)
	})
}

// fixed is a clock that stands still.
func fixed() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

func TestChainWrapsFromTheOutsideIn(t *testing.T) {
	t.Parallel()
	var got []string
	mark := func(name string) Middleware {
		return func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				got = append(got, name)
				next.ServeHTTP(w, r)
			})
		}
	}
	Chain(say(200, ""), mark("first"), mark("second")).ServeHTTP(httptest.NewRecorder(),
		httptest.NewRequest("GET", "/", nil))
	if diff := cmp.Diff(got, []string{"first", "second"}); diff != "" {
		t.Errorf("got - want +:\n%s", diff)
	}
}

func TestEveryRequestHasAnIDOfOurs(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 100 {
		var inside string
		h := Chain(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { inside = RequestID(r.Context()) }),
			Identify(nil))
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("X-Request-Id", "forged")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if inside == "" || inside == "forged" || inside != w.Header().Get("X-Request-Id") || seen[inside] {
			t.Fatalf("request ID %q, header %q", inside, w.Header().Get("X-Request-Id"))
		}
		seen[inside] = true
	}
	if got := RequestID(t.Context()); got != "" {
		t.Errorf("outside the chain the ID is %q", got)
	}
}

func TestClientAddress(t *testing.T) {
	t.Parallel()
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	cases := []struct {
		name, peer string
		forwarded  []string
		want       string
	}{
		{"without a proxy it is the peer", "192.0.2.1:5", nil, "192.0.2.1"},
		{"a client's own header is not believed", "192.0.2.1:5", []string{"1.1.1.1"}, "192.0.2.1"},
		{"a trusted proxy is believed", "10.0.0.1:5", []string{"192.0.2.7"}, "192.0.2.7"},
		{"what the client wrote left of it is not", "10.0.0.1:5", []string{"1.1.1.1, 192.0.2.7"}, "192.0.2.7"},
		{"a chain of trusted proxies is followed", "[::1]:5", []string{"1.1.1.1, 192.0.2.7, 10.1.1.1", "10.2.2.2"},
			"192.0.2.7"},
		{"only trusted proxies leave the leftmost", "10.0.0.1:5", []string{"10.3.3.3,10.2.2.2"}, "10.3.3.3"},
		{"a proxy without header is the client", "10.0.0.1:5", nil, "10.0.0.1"},
		{"rubbish ends the search", "10.0.0.1:5", []string{"192.0.2.7, <script>"}, "10.0.0.1"},
		{"a port is left out", "10.0.0.1:5", []string{"192.0.2.7:4711"}, "192.0.2.7"},
		{"an address with brackets", "10.0.0.1:5", []string{"[2001:db8::1]:4711"}, "2001:db8::1"},
		{"IPv4 in IPv6 is IPv4", "[::ffff:10.0.0.1]:5", []string{"::ffff:192.0.2.7"}, "192.0.2.7"},
		{"a broken peer is no address", "@", nil, "invalid IP"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var got netip.Addr
			h := Chain(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = Address(r.Context()) }),
				Identify(trusted))
			r := httptest.NewRequest("GET", "/", nil)
			r.RemoteAddr = c.peer
			r.Header["X-Forwarded-For"] = c.forwarded
			h.ServeHTTP(httptest.NewRecorder(), r)
			if got.String() != c.want {
				t.Errorf("Address = %s, want %s", got, c.want)
			}
		})
	}
}

func FuzzClientAddress(f *testing.F) {
	f.Add("10.0.0.1:5", "192.0.2.7, 10.1.1.1")
	f.Add("[fe80::1%eth0]:5", "fe80::1%eth0,,[::1]")
	f.Fuzz(func(t *testing.T, peer, forwarded string) {
		r := &http.Request{RemoteAddr: peer, Header: http.Header{"X-Forwarded-For": {forwarded}}}
		got := clientAddress(r, []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")})
		if got.Zone() != "" || got.Is4In6() {
			t.Errorf("address %s", got)
		}
	})
}

// logged runs a request through h and returns the lines of the log.
func logged(t *testing.T, r *http.Request, wrap func(*slog.Logger) http.Handler) (*httptest.ResponseRecorder,
	[]map[string]any, any) {
	t.Helper()
	var out bytes.Buffer
	h := wrap(slog.New(slog.NewJSONHandler(&out, nil)))
	w := httptest.NewRecorder()
	var cause any
	func() {
		defer func() { cause = recover() }()
		h.ServeHTTP(w, r)
	}()
	var lines []map[string]any
	for line := range strings.Lines(out.String()) {
		var one map[string]any
		if err := json.Unmarshal([]byte(line), &one); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, one)
	}
	return w, lines, cause
}

func TestAccessLogNamesTheRouteAndNothingPersonal(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, method, target string
		want                 map[string]any
	}{
		{"a known route", "GET", "/users/anna@n.example?q=secret",
			map[string]any{"method": "GET", "route": "GET /users/{name}", "status": 418.0, "bytes": 3.0}},
		{"an unknown path", "POST", "/anna@n.example",
			map[string]any{"method": "POST", "route": "none", "status": 404.0, "bytes": 19.0}},
		{"a made-up method", "ANNA", "/x",
			map[string]any{"method": "other", "route": "none", "status": 404.0, "bytes": 19.0}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			mux := http.NewServeMux()
			mux.Handle("GET /users/{name}", say(418, "tea"))
			r := httptest.NewRequest(c.method, c.target, nil)
			r.Header.Set("Cookie", "anna")
			_, lines, _ := logged(t, r, func(l *slog.Logger) http.Handler {
				return Chain(mux, Identify(nil), Observe(fixed, AccessLog(l)), Timeout(time.Minute), Compress(), Route)
			})
			if len(lines) != 1 {
				t.Fatalf("%d lines, want 1: %v", len(lines), lines)
			}
			got := lines[0]
			if id, _ := got["request"].(string); id == "" {
				t.Errorf("no request ID in %v", got)
			}
			for _, name := range []string{"request", "time", "msg", "level", "duration"} {
				delete(got, name)
			}
			if diff := cmp.Diff(got, c.want); diff != "" {
				t.Errorf("got - want +:\n%s", diff)
			}
		})
	}
}

func TestRecover(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name    string
		handler http.HandlerFunc
		status  int
		body    string
		aborts  bool
		panics  int // lines in the log
	}{
		{"a panic gives the error page and one line", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Set-Cookie", "half=done")
			panic("boom")
		}, 500, "sorry", false, 1},
		{"a panic with an error value too", func(http.ResponseWriter, *http.Request) { panic(errors.New("boom")) },
			500, "sorry", false, 1},
		{"a panic after the answer has begun cuts the connection", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(200)
			panic("boom")
		}, 200, "", true, 1},
		{"the agreed abort passes silently", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
			200, "", true, 0},
		{"no panic, nothing happens", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "fine") }, 200,
			"fine", false, 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w, lines, cause := logged(t, httptest.NewRequest("GET", "/", nil), func(l *slog.Logger) http.Handler {
				return Chain(c.handler, Identify(nil), SecurityHeaders(Headers{}), Recover(l, say(500, "sorry")))
			})
			if got := cause == http.ErrAbortHandler; got != c.aborts {
				t.Errorf("aborted %v (%v), want %v", got, cause, c.aborts)
			}
			if w.Code != c.status || w.Body.String() != c.body {
				t.Errorf("answer %d %q, want %d %q", w.Code, w.Body, c.status, c.body)
			}
			if w.Header().Get("Set-Cookie") != "" {
				t.Error("the error page carries the failed answer's cookie")
			}
			if w.Header().Get("Content-Security-Policy") == "" || w.Header().Get("X-Request-Id") == "" {
				t.Errorf("the answer lacks headers: %v", w.Header())
			}
			if len(lines) != c.panics {
				t.Fatalf("%d lines in the log, want %d", len(lines), c.panics)
			}
			if c.panics > 0 &&
				(lines[0]["request"] == "" || !strings.Contains(lines[0]["stack"].(string), "edge_test.go")) {
				t.Errorf("the line lacks request ID or stack: %v", lines[0])
			}
		})
	}
}

func TestAPanicInsideCompressStillGivesTheErrorPage(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Accept-Encoding", "gzip")
	w, _, _ := logged(t, r, func(l *slog.Logger) http.Handler {
		return Chain(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, "half an answer")
			panic("boom")
		}), Recover(l, say(500, "sorry")), Compress())
	})
	if w.Code != 500 || w.Body.String() != "sorry" {
		t.Errorf("answer %d %q, want the error page", w.Code, w.Body)
	}
}

func TestSecurityHeaders(t *testing.T) {
	t.Parallel()
	h := SecurityHeaders(Headers{HTTPS: true})(
		http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/static" {
				w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
			}
		}))
	page, static := httptest.NewRecorder(), httptest.NewRecorder()
	h.ServeHTTP(page, httptest.NewRequest("GET", "/", nil))
	h.ServeHTTP(static, httptest.NewRequest("GET", "/static", nil))
	want := map[string]string{
		"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; " +
			"img-src 'self' data:; font-src 'self'; " +
			"connect-src 'self'; manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
		"X-Content-Type-Options":       "nosniff",
		"Referrer-Policy":              "same-origin",
		"Cross-Origin-Opener-Policy":   "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin",
		"X-Frame-Options":              "DENY",
		"Strict-Transport-Security":    "max-age=31536000",
		"Cache-Control":                "no-store",
	}
	for name, value := range want {
		if got := page.Header().Get(name); got != value {
			t.Errorf("%s = %q, want %q", name, got, value)
		}
	}
	if got := static.Header().Get("Cache-Control"); !strings.Contains(got, "immutable") {
		t.Errorf("a handler cannot set Cache-Control: %q", got)
	}
	plain := httptest.NewRecorder()
	SecurityHeaders(Headers{})(say(200, "")).ServeHTTP(plain, httptest.NewRequest("GET", "/", nil))
	if got := plain.Header().Get("Strict-Transport-Security"); got != "" {
		t.Errorf("without https there is Strict-Transport-Security %q", got)
	}
}

func TestCrossOrigin(t *testing.T) {
	t.Parallel()
	protect, err := CrossOrigin([]string{"https://access.example"}, say(403, "foreign"))
	if err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		name, method string
		header       map[string]string
		want         int
	}{
		{"our own form", "POST", map[string]string{"Sec-Fetch-Site": "same-origin"}, 200},
		{"a form of another site", "POST", map[string]string{"Sec-Fetch-Site": "cross-site"}, 403},
		{"a form of a sibling host", "POST", map[string]string{"Sec-Fetch-Site": "same-site"}, 403},
		{"an old browser with a foreign origin", "POST", map[string]string{"Origin": "https://evil.example"}, 403},
		{"an opaque origin", "POST", map[string]string{"Origin": "null"}, 403},
		{"the public origin behind a proxy that rewrites Host", "POST",
			map[string]string{"Origin": "https://access.example"}, 200},
		{"a link from another site", "GET", map[string]string{"Sec-Fetch-Site": "cross-site"}, 200},
		{"a program", "POST", nil, 200},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(c.method, "http://internal/", nil)
			for name, value := range c.header {
				r.Header.Set(name, value)
			}
			w := httptest.NewRecorder()
			protect(say(200, "")).ServeHTTP(w, r)
			if w.Code != c.want {
				t.Errorf("status %d, want %d", w.Code, c.want)
			}
		})
	}
	if _, err := CrossOrigin([]string{"access.example/x"}, say(403, "")); err == nil {
		t.Error("a wrong origin is accepted")
	}
}

func TestLimitBody(t *testing.T) {
	t.Parallel()
	read := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.ReadAll(r.Body); err != nil {
			if pactius.KindOf(BodyError(err)) == pactius.KindTooLarge {
				w.WriteHeader(413)
				return
			}
			w.WriteHeader(500)
		}
	})
	h := LimitBody(10, say(413, "too large"))(read)
	cases := []struct {
		name string
		body io.Reader
		want int
	}{
		{"no body", nil, 200},
		{"as much as allowed", strings.NewReader("0123456789"), 200},
		{"one byte more, declared", strings.NewReader("0123456789a"), 413},
		{"one byte more, not declared", io.MultiReader(strings.NewReader("0123456789a")), 413},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest("POST", "/", c.body))
			if w.Code != c.want {
				t.Errorf("status %d, want %d", w.Code, c.want)
			}
		})
	}
	if err := BodyError(io.ErrUnexpectedEOF); !errors.Is(err, ErrBodyBroken) || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a body that ends early is %v", err)
	}
}

func TestTimeoutEndsTheContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var got error
		h := Timeout(RequestTimeout)(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			<-r.Context().Done()
			got = r.Context().Err()
		}))
		start := time.Now()
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
		if !errors.Is(got, context.DeadlineExceeded) || time.Since(start) != RequestTimeout {
			t.Errorf("context ended with %v after %v", got, time.Since(start))
		}
	})
}

// TestServerRefusesHugeHeaders sends a megabyte of cookie over a real connection.
func TestServerRefusesHugeHeaders(t *testing.T) {
	t.Parallel()
	s := httptest.NewUnstartedServer(nil)
	s.Config = NewServer(say(200, "fine"), slog.New(slog.DiscardHandler))
	s.Start()
	defer s.Close()
	r, err := http.NewRequestWithContext(t.Context(), "GET", s.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Cookie", strings.Repeat("x", 1<<20))
	answer, err := s.Client().Do(r)
	if err != nil {
		t.Logf("the connection was cut while the header was sent, which is a refusal too: %v", err)
		return
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("status %d, want 431", answer.StatusCode)
	}
}
