package server

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pactius/pactius/internal/edge"
	"github.com/pactius/pactius/internal/web"
)

// lines is a log that several goroutines write.
type lines struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) { l.mu.Lock(); defer l.mu.Unlock(); return l.all.Write(p) }

func (l *lines) String() string { l.mu.Lock(); defer l.mu.Unlock(); return l.all.String() }

// listening serves a server's handler with the limits of package edge, changed by adjust, and returns its address and
// what its log holds once all requests have ended.
func listening(t *testing.T, adjust func(*http.Server), more ...string) (address string, logged func() string) {
	t.Helper()
	log := &lines{}
	s, db := quietServer(t, "sqlite", more...)
	s.logger = slog.New(slog.NewTextHandler(log, nil))
	db.Ground(t, "localhost")
	var err error
	if s.handler, err = s.newHandler(); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h := edge.NewServer(s.handler, s.logger)
	if adjust != nil {
		adjust(h)
	}
	ended := make(chan error, 1)
	go func() { ended <- h.Serve(l) }()
	t.Cleanup(func() { h.Close(); <-ended })
	return l.Addr().String(), func() string {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		if err := h.Shutdown(ctx); err != nil {
			t.Error(err)
		}
		return log.String()
	}
}

// talk writes text to a server as it is, closes the way there if half is true, and returns the answer.
func talk(t *testing.T, address, text string, half bool) (*http.Response, string) {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
	if half {
		c.(*net.TCPConn).CloseWrite()
	}
	answer, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, _ := io.ReadAll(answer.Body)
	return answer, string(body)
}

// TestOnlyTheFormWithAFileTakesAFile declares bodies of sizes between the limits, of people who are not signed in: 413
// without reading, and 401 where the form with a file is meant.
func TestOnlyTheFormWithAFileTakesAFile(t *testing.T) {
	t.Parallel()
	for path, answers := range map[string][3]int{
		"/settings/environment":          {401, 413, 413},
		"/settings/environment/branding": {401, 401, 413},
		"/api/v1/me":                     {404, 413, 413},
	} {
		for i, size := range []int{edge.MaxBody, edge.MaxBody + 1, web.MaxUpload + 1} {
			address, _ := listening(t, nil)
			head := fmt.Sprintf("POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n", path, size)
			if answers[i] != http.StatusRequestEntityTooLarge {
				head += strings.Repeat("x", size)
			}
			answer, _ := talk(t, address, head, false)
			if answer.StatusCode != answers[i] {
				t.Errorf("%s with %d bytes: status %d, want %d", path, size, answer.StatusCode, answers[i])
			}
		}
	}
}

// TestABodyThatDoesNotArriveIsTheClients sends forms that end early, are damaged or never end: 400 and 408, one line
// at info, and no incident's reference on the page.
func TestABodyThatDoesNotArriveIsTheClients(t *testing.T) {
	t.Parallel()
	const head = "POST /language HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
	for _, c := range []struct {
		name, text string
		half       bool
		want       int
	}{
		{"ends early", head + "Content-Length: 100\r\n\r\nlanguage=da", true, 400},
		{"ends early between two chunks", head + "Transfer-Encoding: chunked\r\n\r\n5\r\nlangu\r\n", true, 400},
		{"a damaged chunk", head + "Transfer-Encoding: chunked\r\n\r\nzz\r\nlangu\r\n", false, 400},
		{"too slow", head + "Content-Length: 100\r\n\r\nlanguage=da", false, 408},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			address, log := listening(t, func(h *http.Server) { h.ReadTimeout = 300 * time.Millisecond })
			answer, body := talk(t, address, c.text, c.half)
			if answer.StatusCode != c.want || strings.Contains(body, "Reference") {
				t.Errorf("status %d, want %d:\n%s", answer.StatusCode, c.want, body)
			}
			text := log()
			if !strings.Contains(text, fmt.Sprintf("status=%d", c.want)) || strings.Contains(text, "level=WARN") ||
				strings.Contains(text, "level=ERROR") {
				t.Errorf("the log says: %s", text)
			}
		})
	}
}

// TestEveryRequestPassesTheChain sends requests that net/http's multiplexer would answer by itself, and those of odd
// proxies: each has the headers, a line in the log and a defined status.
func TestEveryRequestPassesTheChain(t *testing.T) {
	t.Parallel()
	const here, empty = "Host: localhost\r\n", "Content-Length: 0\r\n\r\n"
	for _, c := range []struct {
		name, text string
		want       int
		chain      bool
	}{
		{"two slashes", "GET //settings//users HTTP/1.1\r\n" + here + "\r\n", 307, true},
		{"dots", "GET /settings/../x HTTP/1.1\r\n" + here + "\r\n", 307, true},
		{"a form to two slashes", "POST //sign-out HTTP/1.1\r\n" + here + empty, 307, true},
		{"CONNECT", "CONNECT localhost:443 HTTP/1.1\r\n" + here + "\r\n", 405, true},
		{"OPTIONS *", "OPTIONS * HTTP/1.1\r\n" + here + "\r\n", 400, true},
		{"GET *", "GET * HTTP/1.1\r\n" + here + "\r\n", 400, true},
		{"an absolute address of another host", "GET http://other.example/ HTTP/1.1\r\n" + here + "\r\n", 421, true},
		{"a host of no environment", "GET / HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\r\n", 421, true},
		{"a form to a host of no environment",
			"POST /sign-in HTTP/1.1\r\nHost: app:8080\r\nOrigin: http://localhost\r\n" + empty, 421, true},
		{"HTTP/1.0 with a host", "GET / HTTP/1.0\r\n" + here + "\r\n", 200, true},
		{"HTTP/1.0 without a host", "GET / HTTP/1.0\r\n\r\n", 421, true},
		{"X-Forwarded-Host does not count",
			"GET / HTTP/1.1\r\n" + here + "X-Forwarded-Host: a.example\r\n\r\n", 200, true},
		{"X-Forwarded-For twice",
			"GET / HTTP/1.1\r\n" + here +
				"X-Forwarded-For: 1.2.3.4\r\nX-Forwarded-For: 5.6.7.8\r\n\r\n", 200, true},
		{"a probe with another method", "POST /livez HTTP/1.1\r\n" + here + empty, 404, true},

		// Not HTTP: refused before there is a request.
		{"no host", "GET / HTTP/1.1\r\n\r\n", 400, false},
		{"two hosts", "GET / HTTP/1.1\r\n" + here + "Host: other.example\r\n\r\n", 400, false},
		{"a bad escape", "GET /%zz HTTP/1.1\r\n" + here + "\r\n", 400, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			address, log := listening(t, nil)
			answer, _ := talk(t, address, c.text, false)
			if answer.StatusCode != c.want {
				t.Errorf("status %d, want %d", answer.StatusCode, c.want)
			}
			if got := answer.Header.Get("Content-Security-Policy") != ""; got != c.chain {
				t.Errorf("security headers %v, want %v", got, c.chain)
			}
			if text := log(); strings.Contains(text, "msg=request ") != c.chain {
				t.Errorf("the log says: %s", text)
			}
		})
	}
}

// TestAnUnknownHostIsLoggedOnce: the name that a proxy sends is in the log, quoted, once, and strangers cannot fill
// the log with names.
func TestAnUnknownHostIsLoggedOnce(t *testing.T) {
	t.Parallel()
	address, log := listening(t, nil)
	for range 3 {
		talk(t, address, "GET / HTTP/1.1\r\nHost: upstream_1:8080\r\n\r\n", false)
	}
	for i := range 40 {
		talk(t, address, fmt.Sprintf("GET / HTTP/1.1\r\nHost: h%d%s\r\n\r\n", i, strings.Repeat("x", 2000)), false)
	}
	text := log()
	if n := strings.Count(text, "host=upstream_1:8080"); n != 1 {
		t.Errorf("the host is logged %d times, want 1", n)
	}
	if n := strings.Count(text, "no environment has the host name"); n != 20 {
		t.Errorf("%d hosts are logged, want 20", n)
	}
	if strings.Contains(text, strings.Repeat("x", 300)) {
		t.Error("a host is logged in full length")
	}
}

// TestOnlyAProgramOnThisMachineIsExempt: the limits of sign-ins leave out what comes from a loopback address, unless a
// proxy there speaks for others. That such a proxy is not trusted is logged once.
func TestOnlyAProgramOnThisMachineIsExempt(t *testing.T) {
	t.Parallel()
	const warning = "requests come through a proxy that is not in PACTIUS_TRUSTED_PROXIES"
	for _, c := range []struct {
		name, header string
		more         []string
		limited      bool
		warnings     int
	}{
		{"a program on this machine", "", nil, false, 0},
		{"a proxy here that is not named", "X-Forwarded-For: 203.0.113.7\r\n", nil, true, 1},
		{"one that sends Forwarded", "Forwarded: for=203.0.113.7\r\n", nil, true, 1},
		{"a proxy here that is named", "X-Forwarded-For: 203.0.113.7\r\n",
			[]string{"PACTIUS_TRUSTED_PROXIES=127.0.0.1"}, true, 0},
		{"one whose client calls itself this machine", "X-Forwarded-For: 127.0.0.1\r\n",
			[]string{"PACTIUS_TRUSTED_PROXIES=127.0.0.1"}, true, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			address, log := listening(t, nil, c.more...)
			limited := false
			for range 400 { // more than the addresses' burst, on a clock that stands still
				answer, _ := talk(t, address, "POST /sign-in HTTP/1.1\r\nHost: localhost\r\n"+c.header+
					"Content-Length: 0\r\nConnection: close\r\n\r\n", false)
				limited = limited || answer.StatusCode == http.StatusTooManyRequests
			}
			if limited != c.limited {
				t.Errorf("limited: %v, want %v", limited, c.limited)
			}
			if got := strings.Count(log(), warning); got != c.warnings {
				t.Errorf("%d warnings, want %d", got, c.warnings)
			}
		})
	}
}
