package gateway

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestUpstreamsThatDoNotAnswer are told apart, for people and for programs.
func TestUpstreamsThatDoNotAnswer(t *testing.T) {
	t.Parallel()
	dead := httptest.NewServer(nil)
	dead.Close()
	raw := func(serve func(net.Conn)) string {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				go func() { defer c.Close(); serve(c) }()
			}
		}()
		return "http://" + l.Addr().String()
	}
	hold := make(chan struct{})
	t.Cleanup(func() { close(hold) })
	for name, c := range map[string]struct {
		upstream string
		want     int
	}{
		"dead":            {dead.URL, 502},
		"hangs up":        {raw(func(net.Conn) {}), 502},
		"no HTTP":         {raw(func(c net.Conn) { fmt.Fprint(c, "SSH-2.0-x\r\n") }), 502},
		"not TLS":         {strings.Replace(raw(func(c net.Conn) { fmt.Fprint(c, "x") }), "http:", "https:", 1), 502},
		"an unknown host": {"http://no.invalid", 502},
		"slow":            {raw(func(net.Conn) { <-hold }), 504},
		"an endless header": {raw(func(c net.Conn) {
			fmt.Fprint(c, "HTTP/1.1 200 OK\r\n")
			pour(t, c, "X-More: "+strings.Repeat("x", 1000)+"\r\n")
		}), 502},
		"one endless line": {raw(func(c net.Conn) {
			fmt.Fprint(c, "HTTP/1.1 200 OK\r\nX-More: ")
			pour(t, c, strings.Repeat("x", 1000))
		}), 502},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			transport := newTransport()
			transport.ResponseHeaderTimeout = 100 * time.Millisecond
			w.door.upstream.Transport = transport
			w.app = w.lead(t, w.app, c.upstream)
			b := w.browser(w.app)
			b.enter("/")
			front := w.front(t, w.instance)
			for accept, body := range map[string]string{"text/html": "<h1>The application ", "*/*": problemUpstream} {
				l := dial(t, front)
				l.send(b, "GET /secret-path HTTP/1.1\r\nAccept: "+accept)
				r := l.answer()
				for r.StatusCode < 200 {
					r = l.answer()
				}
				if got := text(t, r); r.StatusCode != c.want || !strings.Contains(got, body) ||
					r.Header.Get("Cache-Control") != "no-store" {
					t.Errorf("%s: %d %v %s", accept, r.StatusCode, r.Header, got)
				}
			}
			if log := w.log.String(); strings.Count(log, "an application does not answer") != 1 ||
				strings.Contains(log, "secret-path") || !strings.Contains(log, string(w.app.ID)) {
				t.Errorf("the log:\n%s", log)
			}
		})
	}
}

// pour sends a text again and again, until no one takes it.
func pour(t *testing.T, c net.Conn, some string) {
	for n := 0; ; n += len(some) {
		if _, err := io.WriteString(c, some); err != nil {
			return
		}
		if n > 8<<20 { // more than a system keeps for a connection
			t.Error("an endless header is taken")
			return
		}
	}
}

// TestALoopEndsAtOnce, whatever instance the request comes back to.
func TestALoopEndsAtOnce(t *testing.T) {
	t.Parallel()
	for name, comesBack := range map[string]bool{"to the same": true, "to another": false} {
		w := newWorld(t)
		i := w.instance
		if !comesBack {
			i = w.second(t)
		}
		w.app = w.lead(t, w.app, "http://"+w.front(t, i))
		b := w.browser(w.app)
		b.enter("/")
		l := dial(t, w.front(t, w.instance))
		l.send(b, "GET / HTTP/1.1")
		if r := l.answer(); r.StatusCode != http.StatusLoopDetected || !strings.Contains(text(t, r), problemUpstream) {
			t.Errorf("%s: %d", name, r.StatusCode)
		}
		if !strings.Contains(w.log.String(), "fault=loop") {
			t.Errorf("%s: the log:\n%s", name, w.log)
		}
	}
}

// TestAnApplicationOnHTTPS gets HTTP/2, and WebSockets over HTTP/1.1. Its certificate must be good.
func TestAnApplicationOnHTTPS(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor == 1 {
			echo(w, r)
			return
		}
		tell(w, r)
	}))
	s.EnableHTTP2, s.Config.ErrorLog = true, log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	w.app = w.lead(t, w.app, s.URL)
	b := w.browser(w.app)
	b.enter("/")
	front := w.front(t, w.instance)
	l := dial(t, front)
	l.send(b, "GET / HTTP/1.1")
	if r := l.answer(); r.StatusCode != http.StatusBadGateway {
		t.Errorf("with an unknown certificate: %d", r.StatusCode)
	}
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	transport := newTransport()
	transport.TLSClientConfig = &tls.Config{RootCAs: roots}
	w.door.upstream.Transport = transport
	for target, want := range map[string]string{"/a%2fb/|?%zz;": "/a%2fb/|?%zz;", "//a": "//a", "/?": "/?"} {
		l = dial(t, front)
		l.send(b, "POST "+target+" HTTP/1.1\r\nContent-Length: 3\r\nPactius_User: forged", "one")
		got := readArrived(t, l.answer())
		if got.Target != want || got.Body != "one" || got.Host != "contracts.example" ||
			!slices.Equal(got.Header["Pactius-User"], []string{string(w.freja.ID)}) {
			t.Errorf("%+v", got)
		}
	}
	l = dial(t, front)
	l.send(b, "GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket")
	if r := l.answer(); r.StatusCode != http.StatusSwitchingProtocols {
		t.Errorf("a WebSocket: %d", r.StatusCode)
	}
}

// TestBodiesStreamBothWays: an answer begins before its request has ended.
func TestBodiesStreamBothWays(t *testing.T) {
	t.Parallel()
	_, b, front := proxiedWorld(t, func(w http.ResponseWriter, r *http.Request) {
		control := http.NewResponseController(w)
		_ = control.EnableFullDuplex()
		buffer := make([]byte, 100)
		for {
			n, err := r.Body.Read(buffer)
			if _, failed := w.Write(buffer[:n]); errors.Join(err, failed, control.Flush()) != nil {
				return
			}
		}
	})
	l := dial(t, front)
	l.send(b, "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTrailer: Pactius-User", "3\r\none\r\n")
	r := l.answer()
	got := make([]byte, 3)
	if _, err := io.ReadFull(r.Body, got); err != nil || string(got) != "one" {
		t.Fatalf("%q, %v", got, err)
	}
	if _, err := io.WriteString(l, "3\r\ntwo\r\n0\r\nPactius-User: forged\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if got := text(t, r); got != "two" {
		t.Errorf("%q", got)
	}
}

// limited is an answer that notes from when on it has no deadlines.
type limited struct {
	*httptest.ResponseRecorder
	read, write []time.Time
}

func (l *limited) SetReadDeadline(t time.Time) error  { l.read = append(l.read, t); return nil }
func (l *limited) SetWriteDeadline(t time.Time) error { l.write = append(l.write, t); return nil }

// TestDeadlinesOfPagesDoNotCutAnswers of applications. Who is not let through keeps them.
func TestDeadlinesOfPagesDoNotCutAnswers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.proxied(t, tell)
	for signedIn, want := range map[bool][]time.Time{true: {{}}, false: nil} {
		r := httptest.NewRequestWithContext(t.Context(), "GET", "/", nil)
		r.Host, r.RemoteAddr = b.origin.Host(), proxyAddress
		r.Header.Set("X-Forwarded-Proto", "https")
		if signedIn {
			b.addTo(r)
		}
		answer := &limited{ResponseRecorder: httptest.NewRecorder()}
		w.door.Proxy().ServeHTTP(answer, r)
		if !slices.Equal(answer.read, want) || !slices.Equal(answer.write, want) {
			t.Errorf("signed in %v: %d, deadlines %v and %v", signedIn, answer.Code, answer.read, answer.write)
		}
	}
}

// TestTrailersOfTheClientDoNotArrive, announced or not.
func TestTrailersOfTheClientDoNotArrive(t *testing.T) {
	t.Parallel()
	_, b, front := proxiedWorld(t, tell)
	for _, announced := range []string{"Trailer: Pactius-User, X-Own\r\n", ""} {
		l := dial(t, front)
		l.send(b, "POST / HTTP/1.1\r\n"+announced+"Transfer-Encoding: chunked",
			"3\r\none\r\n0\r\nPactius-User: forged\r\nX-Own: forged\r\n\r\n")
		got := readArrived(t, l.answer())
		if got.Body != "one" || len(got.Trailer) > 0 || len(got.Header["Trailer"]) > 0 {
			t.Errorf("%q: %+v", announced, got)
		}
	}
}

// TestAnswersArriveAsTheyAre but for what belongs to one connection.
func TestAnswersArriveAsTheyAre(t *testing.T) {
	t.Parallel()
	_, b, front := proxiedWorld(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/hint" {
			w.Header().Set("Link", "</x>; rel=preload")
			w.WriteHeader(http.StatusEarlyHints)
		}
		h := w.Header()
		h["Set-Cookie"] = []string{"a=1", "b=2"}
		h.Set("Content-Encoding", "x-own")
		h.Set("Etag", `"x"`)
		h.Set("X-Request-Id", "own")
		h.Set("Keep-Alive", "x")
		h.Set("Trailer", "X-Sum")
		w.WriteHeader(http.StatusTeapot)
		fmt.Fprint(w, strings.Repeat("x", 5000))
		h.Set("X-Sum", "5000")
	})
	l := dial(t, front)
	l.send(b, "GET / HTTP/1.1\r\nAccept-Encoding: gzip")
	r := l.answer()
	body := text(t, r)
	if len(body) != 5000 || r.StatusCode != http.StatusTeapot || r.Header.Get("Etag") != `"x"` ||
		r.Header.Get("Content-Encoding") != "x-own" || len(r.Header["X-Request-Id"]) != 1 ||
		r.Header.Get("X-Request-Id") == "own" || r.Header.Get("Keep-Alive") != "" ||
		!slices.Equal(r.Header["Set-Cookie"], []string{"a=1", "b=2"}) || r.Trailer.Get("X-Sum") != "5000" {
		t.Errorf("%d %v, trailer %v, %d bytes", r.StatusCode, r.Header, r.Trailer, len(body))
	}
	for _, header := range []string{"Content-Security-Policy", "X-Frame-Options", "Cache-Control", "Via"} {
		if got := r.Header.Get(header); got != "" {
			t.Errorf("%s: %s", header, got)
		}
	}
	l.send(b, "HEAD /hint HTTP/1.1")
	if r = l.answer("HEAD"); r.StatusCode != http.StatusEarlyHints || r.Header.Get("Link") == "" {
		t.Errorf("a hint: %d %v", r.StatusCode, r.Header)
	}
	if r = l.answer("HEAD"); r.StatusCode != http.StatusTeapot || len(text(t, r)) != 0 {
		t.Errorf("HEAD: %d %v", r.StatusCode, r.Header)
	}
	l.send(b, "GET / HTTP/1.1") // the connection is in order
	if r = l.answer(); r.StatusCode != http.StatusTeapot {
		t.Errorf("afterwards: %d", r.StatusCode)
	}
}

// TestExpectations: a body is sent once the application wants it.
func TestExpectations(t *testing.T) {
	t.Parallel()
	_, b, front := proxiedWorld(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/no" {
			w.WriteHeader(http.StatusExpectationFailed)
			return
		}
		tell(w, r)
	})
	l := dial(t, front)
	l.send(b, "POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 3")
	if r := l.answer(); r.StatusCode != http.StatusContinue {
		t.Fatalf("%d", r.StatusCode)
	}
	if _, err := io.WriteString(l, "one"); err != nil {
		t.Fatal(err)
	}
	if got := readArrived(t, l.answer()); got.Body != "one" {
		t.Errorf("%+v", got)
	}
	l = dial(t, front)
	l.send(b, "POST /no HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 3")
	if r := l.answer(); r.StatusCode != http.StatusExpectationFailed {
		t.Errorf("%d", r.StatusCode)
	}
}

// TestAClientThatHangsUp ends the request at the application, and no one logs that as its fault.
func TestAClientThatHangsUp(t *testing.T) {
	t.Parallel()
	began, ended := make(chan struct{}), make(chan struct{})
	w, b, front := proxiedWorld(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/begun" {
			_ = http.NewResponseController(w).Flush()
		}
		_, _ = io.ReadFull(r.Body, make([]byte, 3))
		began <- struct{}{}
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
		ended <- struct{}{}
	})
	for _, path := range []string{"/", "/begun"} {
		l := dial(t, front)
		l.send(b, "GET "+path+" HTTP/1.1")
		<-began
		l.Close()
		<-ended
	}
	for _, path := range []string{"/cut", "/damaged"} {
		l := dial(t, front)
		l.send(b, "POST "+path+" HTTP/1.1\r\nTransfer-Encoding: chunked", "3\r\none\r\n")
		<-began
		if path == "/cut" {
			l.Close()
			<-ended
			continue
		}
		if _, err := io.WriteString(l, "zz\r\n"); err != nil {
			t.Fatal(err)
		}
		if r := l.answer(); r.StatusCode != http.StatusBadRequest || !strings.Contains(text(t, r), problemRequest) {
			t.Errorf("a damaged body: %d", r.StatusCode)
		}
		<-ended
	}
	if strings.Contains(w.log.String(), "does not answer") {
		t.Errorf("the log:\n%s", w.log)
	}
}
