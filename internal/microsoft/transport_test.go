package microsoft_test

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/microsoft"
	"github.com/pactius/pactius/testbed/devtenant"
)

// pipe is a way to a server whose connections can be frozen, as by a firewall that forgets them: they stay open, and
// nothing passes any more. Connections that are made afterwards work.
type pipe struct {
	address string
	mu      sync.Mutex
	frozen  []*atomic.Bool
}

func newPipe(t *testing.T, to string) *pipe {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &pipe{address: listener.Addr().String()}
	done := make(chan struct{})
	t.Cleanup(func() { close(done); _ = listener.Close() })
	go func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", to)
			if err != nil {
				near.Close()
				continue
			}
			frozen := &atomic.Bool{}
			p.mu.Lock()
			p.frozen = append(p.frozen, frozen)
			p.mu.Unlock()
			pass := func(to, from net.Conn) {
				defer to.Close()
				buffer := make([]byte, 32<<10)
				for {
					n, err := from.Read(buffer)
					if frozen.Load() {
						<-done
						return
					}
					if err != nil {
						return
					}
					_, _ = to.Write(buffer[:n])
				}
			}
			go pass(near, far)
			go pass(far, near)
		}
	}()
	return p
}

// freeze freezes the connections of now and returns how many there were.
func (p *pipe) freeze() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, f := range p.frozen {
		f.Store(true)
	}
	return len(p.frozen)
}

// TestAFrozenConnectionHeals: the call that meets it fails soon, not after callTimeout, and the next one works. Without
// pings every call would go over the dead connection.
func TestAFrozenConnectionHeals(t *testing.T) {
	t.Parallel()
	protocols := make(chan string, 9)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		protocols <- r.Proto
		_, _ = io.WriteString(w, "{}")
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	p := newPipe(t, server.Listener.Addr().String())
	transport := microsoft.NewTransport(50*time.Millisecond, 50*time.Millisecond)
	transport.TLSClientConfig = server.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
	transport.TLSClientConfig.NextProtos = nil
	t.Cleanup(transport.CloseIdleConnections)
	client := microsoft.New(microsoft.Options{Transport: transport}).Client()
	call := func() error {
		resp, err := client.Get("https://" + p.address)
		if err == nil {
			_ = resp.Body.Close()
		}
		return err
	}
	if err := call(); err != nil || <-protocols != "HTTP/2.0" {
		t.Fatalf("over HTTP/2: %v", err)
	}
	if n := p.freeze(); n != 1 {
		t.Fatalf("%d connections, want 1", n)
	}
	err := call()
	if err == nil || strings.Contains(err.Error(), "deadline") {
		t.Errorf("over the frozen connection: %v, want it given up", err)
	}
	if err := call(); err != nil {
		t.Errorf("after that: %v", err)
	}
}

// TestConnectionsHaveHealthChecks that give up within one call.
func TestConnectionsHaveHealthChecks(t *testing.T) {
	t.Parallel()
	after, answer := microsoft.HealthChecks()
	if after != 5*time.Second || answer != 3*time.Second {
		t.Errorf("pings after %v, answered within %v", after, answer)
	}
}

// TestATokenIsAskedForAgainOnce after an answer that passes or a lost connection, and after no other.
func TestATokenIsAskedForAgainOnce(t *testing.T) {
	t.Parallel()
	status := func(code int, header string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			if header != "" {
				w.Header().Set("Retry-After", header)
			}
			w.WriteHeader(code)
		}
	}
	lost := func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }
	for _, tt := range []struct {
		name   string
		answer http.HandlerFunc // to the first calls
		times  int
		calls  int // to the token endpoint
		works  bool
	}{
		{"500", status(500, ""), 1, 2, true},
		{"502", status(502, ""), 1, 2, true},
		{"503", status(503, ""), 1, 2, true},
		{"a lost connection", lost, 1, 2, true},
		{"503 twice", status(503, ""), 2, 2, false},
		{"lost twice", lost, 2, 2, false},
		{"503, and it asks to wait", status(503, "20"), 1, 1, false},
		{"504", status(504, ""), 1, 1, false},
		{"429", status(429, ""), 1, 1, false},
		{"400", status(400, ""), 1, 1, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			var calls atomic.Int64
			rest := w.tenant.Handler()
			w.serve(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				if strings.HasSuffix(r.URL.Path, "/token") {
					if calls.Add(1) <= int64(tt.times) {
						tt.answer(rw, r)
						return
					}
				}
				rest.ServeHTTP(rw, r)
			}))
			_, err := w.directory(t).Account(t.Context(), w.c.Credentials, annaID)
			if (err == nil) != tt.works || calls.Load() != int64(tt.calls) {
				t.Errorf("%v after %d calls, want it to work: %v after %d", err, calls.Load(), tt.works, tt.calls)
			}
		})
	}
}

// TestACodeIsSentOnce, also when the connection is lost or the answer would pass, and over a connection of its own.
func TestACodeIsSentOnce(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]http.HandlerFunc{
		"a lost connection": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"503":               func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			g := w.directory(t)
			a, code := w.signIn(t, annaID)
			if _, err := g.Account(t.Context(), w.c.Credentials, annaID); err != nil { // connections are open
				t.Fatal(err)
			}
			var codes atomic.Int64
			rest := w.tenant.Handler()
			w.serve(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				if strings.HasSuffix(r.URL.Path, "/token") {
					if codes.Add(1); !r.Close {
						t.Error("the code came over a connection that serves others too")
					}
					answer(rw, r)
					return
				}
				rest.ServeHTTP(rw, r)
			}))
			_, err := w.m.Exchange(t.Context(), w.c, a, code)
			if got, _ := reason(t, err); got != microsoft.ReasonUnreachable || codes.Load() != 1 {
				t.Errorf("%q after the code was sent %d times, want unreachable after 1", got, codes.Load())
			}
		})
	}
}

// TestCallsAreNamed: every call tells who we are and has an ID of its own, which errors repeat with Microsoft's.
func TestCallsAreNamed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var mu sync.Mutex
	seen, kinds := map[string]bool{}, map[string]bool{}
	rest := w.tenant.Handler()
	w.serve(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if ours := r.Header.Get("client-request-id"); r.Header.Get("X-Browser") == "" &&
			!strings.HasPrefix(r.UserAgent(), "Go-http-client") {
			if !id.Valid(ours) || seen[ours] {
				t.Errorf("%s has the ID %q", r.URL.Path, ours)
			}
			if !strings.HasPrefix(r.UserAgent(), "PACTIUS/") {
				t.Errorf("%s is asked by %q", r.URL.Path, r.UserAgent())
			}
			seen[ours] = true
			kinds[r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]] = true
		}
		rest.ServeHTTP(rw, r)
	}))
	g := w.directory(t)
	if _, err := g.Account(t.Context(), w.c.Credentials, annaID); err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{"openid-configuration", "token", annaID} {
		if !kinds[kind] {
			t.Errorf("%s was not asked for by name: %v", kind, kinds)
		}
	}
	w.tenant.SetTrouble(devtenant.Trouble{Down: true})
	_, err := g.Account(t.Context(), w.c.Credentials, annaID)
	e := trouble(t, err)
	theirs, ours, ok := strings.Cut(e.Trace, ", client-request-id ")
	if !ok || !seen[ours] || !id.Valid(strings.TrimPrefix(theirs, "request-id ")) ||
		!strings.Contains(e.Error(), e.Trace) {
		t.Errorf("the trace is %q in %v", e.Trace, e)
	}
	w.tenant.SetTrouble(devtenant.Trouble{})
	wrong := w.c.Credentials
	wrong.ClientSecret = "wrong"
	e = trouble(t, second(g.Account(t.Context(), wrong, annaID)))
	if !strings.HasPrefix(e.Trace, "client-request-id ") {
		t.Errorf("the trace of a refused secret is %q", e.Trace)
	}
	traced := false
	for _, s := range g.Test(t.Context(), wrong, callback) {
		traced = traced || s.Trace != "" && s.Outcome == pactius.StepFailed
	}
	if !traced {
		t.Error("the connection test has no trace")
	}
}

// second returns the error of a call.
func second[T any](_ T, err error) error { return err }
