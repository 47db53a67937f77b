package gateway

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/edge"
)

// lines are a log that is read while it is written.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func (l *lines) Len() int { return len(l.String()) }

// mirror is an application that sends the headers of PACTIUS back.
func mirror(w http.ResponseWriter, r *http.Request) {
	for name, values := range r.Header {
		if strings.HasPrefix(name, "Pactius-") {
			w.Header()[name] = values
		}
	}
	w.Header()["Cache-Control"], w.Header()["Vary"] = noStore, varyCookie
}

// listen starts an application.
func listen(t testing.TB, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(h)
	s.Config.DisableGeneralOptionsHandler = true
	s.Start()
	t.Cleanup(s.Close)
	return s
}

// proxyAll makes PACTIUS the proxy of all applications, which send its headers back.
func (w *world) proxyAll(t testing.TB) {
	t.Helper()
	w.upstream, w.proxy = listen(t, mirror).URL, true
	w.app = w.lead(t, w.app, w.upstream)
}

// lead makes PACTIUS the proxy of an application.
func (w *world) lead(t testing.TB, a pactius.Application, upstream string) pactius.Application {
	t.Helper()
	a, err := w.rules.Update(t.Context(), pactius.SupportActor(w.Env), a.ID, 0,
		pactius.ApplicationUpdate{Upstream: &upstream})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// proxiedWorld is a world whose application is an upstream, with Freja signed in there.
func proxiedWorld(t testing.TB, h http.HandlerFunc) (*world, *browser, string) {
	t.Helper()
	w := newWorld(t)
	return w, w.proxied(t, h), w.front(t, w.instance)
}

// proxied leads the application's requests to a handler, and signs Freja in there.
func (w *world) proxied(t testing.TB, h http.HandlerFunc) *browser {
	t.Helper()
	w.app = w.lead(t, w.app, listen(t, h).URL)
	b := w.browser(w.app)
	b.enter("/")
	return b
}

// front is an instance on a port, behind a trusted proxy that ends TLS. It returns the address.
func (w *world) front(t testing.TB, i *instance) string {
	t.Helper()
	passes := edge.Chain(i.door.Proxy(), edge.Identify(i.door.TrustedProxies), edge.Observe(w.db.Clock.Now),
		edge.Recover(i.door.Logger, i.door.Broken()), edge.Route)
	s := httptest.NewUnstartedServer(nil)
	s.Config = edge.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		r.RemoteAddr = proxyAddress
		if !i.door.Proxied(r) {
			rw.WriteHeader(http.StatusMisdirectedRequest)
			return
		}
		passes.ServeHTTP(rw, r)
	}), i.door.Logger)
	s.Start()
	t.Cleanup(s.Close)
	return s.Listener.Addr().String()
}

// patience bounds what takes milliseconds on an idle machine.
const patience = 30 * time.Second

// line is a connection to a front, on which a test writes what it likes.
type line struct {
	net.Conn
	t  testing.TB
	in *bufio.Reader
}

func dial(t testing.TB, address string) *line {
	t.Helper()
	c, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return &line{c, t, bufio.NewReader(c)}
}

// head is what all requests of a browser begin with, after their first line.
func (b *browser) head() string {
	var all strings.Builder
	fmt.Fprintf(&all, "Host: %s\r\nX-Forwarded-Proto: https\r\nX-Forwarded-For: 192.0.2.9\r\n", b.origin.Host())
	for _, c := range b.cookies {
		fmt.Fprintf(&all, "Cookie: %s=%s\r\n", c.Name, c.Value)
	}
	return all.String()
}

// send sends a request as it is, with the browser's headers after its first line.
func (l *line) send(b *browser, request string, body ...string) {
	l.t.Helper()
	first, more, _ := strings.Cut(request, "\r\n")
	text := first + "\r\n" + b.head() + more
	if more != "" {
		text += "\r\n"
	}
	if _, err := io.WriteString(l, text+"\r\n"+strings.Join(body, "")); err != nil {
		l.t.Fatal(err)
	}
}

// answer reads an answer to a method.
func (l *line) answer(method ...string) *http.Response {
	l.t.Helper()
	r, err := http.ReadResponse(l.in, &http.Request{Method: cmp.Or(strings.Join(method, ""), "GET")})
	if err != nil {
		l.t.Fatal(err)
	}
	return r
}

// text reads the body of an answer.
func text(t testing.TB, r *http.Response) string {
	t.Helper()
	all, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(all)
}
