package outbound

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/pactius/pactius"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// soon is the time of calls whose other side never answers.
const soon = 100 * time.Millisecond

var form = url.Values{"logout_token": {"secret-token"}}

// here allows calls to this machine.
func here() []netip.Prefix { return []netip.Prefix{at("127.0.0.0/8")} }

// serve starts an https server and returns it with a caller that trusts it.
func serve(t *testing.T, h http.HandlerFunc) (*httptest.Server, *Caller) {
	t.Helper()
	s := httptest.NewUnstartedServer(h)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	return s, &Caller{Allowed: here(), Roots: roots(s)}
}

func roots(s *httptest.Server) *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(s.Certificate())
	return pool
}

// raw starts a server that hands out its connections, and returns its address.
func raw(t *testing.T, answer func(net.Conn)) string {
	t.Helper()
	return "http://" + accept(t, "127.0.0.1:0", answer)
}

func accept(t *testing.T, address string, answer func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			answer(c)
			_ = c.Close()
		}
	}()
	t.Cleanup(func() { _ = l.Close(); <-done })
	return l.Addr().String()
}

// want checks an error's sentence and kind, and that it tells nothing of the form.
func want(t *testing.T, err error, kind pactius.Kind, sentence string) {
	t.Helper()
	refusal, ok := errors.AsType[*pactius.Error](err)
	if !ok || refusal.Kind != kind || !strings.Contains(refusal.Message.String(), sentence) {
		t.Fatalf("got %v, want kind %d and %q", err, kind, sentence)
	}
	if strings.Contains(err.Error(), "secret-token") {
		t.Errorf("the error tells the token: %v", err)
	}
	if _, err := refusal.Message.MarshalJSON(); err != nil {
		t.Errorf("the sentence cannot be stored: %v", err)
	}
}

func TestAFormArrives(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusOK, http.StatusNoContent, http.StatusAccepted} {
		var got []string
		s, caller := serve(t, func(w http.ResponseWriter, r *http.Request) {
			got = []string{r.Method, r.URL.RequestURI(), r.FormValue("logout_token"), r.Header.Get("Content-Type"),
				r.Header.Get("User-Agent"), r.Header.Get("Accept-Encoding")}
			w.WriteHeader(status)
		})
		if err := caller.Post(t.Context(), s.URL+"/out?a=b", form); err != nil {
			t.Fatalf("status %d: %v", status, err)
		}
		want := []string{"POST", "/out?a=b", "secret-token", "application/x-www-form-urlencoded", agent(), ""}
		if diff := cmp.Diff(got, want); diff != "" {
			t.Errorf("got - want +:\n%s", diff)
		}
	}
	if !strings.HasPrefix(agent(), "PACTIUS") || strings.ContainsAny(agent(), "() ") {
		t.Errorf("got the agent %q", agent())
	}
}

// TestAPrivateAddressIsNotCalled: the listeners are there and see no connection.
func TestAPrivateAddressIsNotCalled(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	address := raw(t, func(net.Conn) { asked.Add(1) })
	port := address[strings.LastIndexByte(address, ':'):]
	for name, host := range map[string]string{
		"an address": "127.0.0.1", "a name of this machine": "localhost", "IPv4 within IPv6": "[::ffff:127.0.0.1]",
		"this network": "0.0.0.0", "unspecified": "[::]", "IPv4 within IPv6 of old": "[::7f00:1]",
	} {
		for _, scheme := range []string{"https://", "http://"} {
			err := (&Caller{}).Post(t.Context(), scheme+host+port, form)
			if !errors.Is(err, errRefused) && !errors.Is(err, errPlain) {
				t.Errorf("%s (%s%s): got %v", name, scheme, host, err)
			}
		}
	}
	caller := Caller{Allowed: []netip.Prefix{at("127.0.0.2/32"), at("10.0.0.0/8")}}
	want(t, caller.Post(t.Context(), address, form), pactius.KindInvalid, "is in a private or reserved network")
	if n := asked.Load(); n != 0 {
		t.Errorf("%d connections were made", n)
	}
}

// TestANameThatMovesIsCheckedWhereItLeads: the name had a good address a moment ago, and has a private one when it
// is connected to. A check before the connection would have let it through.
func TestANameThatMovesIsCheckedWhereItLeads(t *testing.T) {
	t.Parallel()
	var asked, private atomic.Int32
	s, caller := serve(t, func(http.ResponseWriter, *http.Request) { asked.Add(1) })
	port := strings.TrimPrefix(s.URL, "https://127.0.0.1")
	accept(t, "127.0.0.2"+port, func(net.Conn) { private.Add(1) })

	caller.Allowed = []netip.Prefix{at("127.0.0.1/32")}
	var lookups atomic.Int32
	caller.Resolver = resolver(func() string { // at first the good one, then the other
		if lookups.Add(1) == 1 {
			return "127.0.0.1"
		}
		return "127.0.0.2"
	})
	address := "https://example.com" + port // the name that the certificate is for
	if err := caller.Post(t.Context(), address, form); err != nil {
		t.Fatalf("the good address: %v", err)
	}
	want(t, caller.Post(t.Context(), address, form), pactius.KindInvalid, "is in a private or reserved network")
	if asked.Load() != 1 || private.Load() != 0 || lookups.Load() != 2 {
		t.Errorf("got %d calls, %d to the private address, %d lookups; want 1, 0, 2: one for each connection",
			asked.Load(), private.Load(), lookups.Load())
	}
}

func TestHTTPIsForThisMachine(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(s.Close)
	if err := (&Caller{Allowed: here()}).Post(t.Context(), s.URL, form); err != nil {
		t.Errorf("this machine: %v", err)
	}
	for _, host := range []string{"93.184.215.14", "10.0.0.1", "[2606:2800::1]"} {
		err := (&Caller{Allowed: []netip.Prefix{at("10.0.0.0/8")}}).Post(t.Context(), "http://"+host+"/out", form)
		want(t, err, pactius.KindInvalid, "is an http:// address on another machine")
	}
}

func TestAnswersThatAreNoSuccess(t *testing.T) {
	t.Parallel()
	var followed atomic.Int32
	cases := []struct {
		name     string
		answer   http.HandlerFunc
		kind     pactius.Kind
		sentence string
		cause    string
	}{
		{"a redirect", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
		}, pactius.KindInvalid, "answered with a redirect", "status 307"},
		{"a redirect to nowhere", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusNotModified)
		}, pactius.KindInvalid, "answered with a redirect", "status 304"},
		{"a fault", func(w http.ResponseWriter, r *http.Request) {
			http.Error(w, r.FormValue("logout_token"), http.StatusInternalServerError)
		}, pactius.KindUnavailable, "answered with status 500", "status 500"},
		{"a refusal with a reason", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, `{"error":"invalid_request","error_description":"wrong\naudience"}`)
		}, pactius.KindUnavailable, "answered with status 400", `"invalid_request: wrong\naudience"`},
		{"an endless body", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusBadGateway)
			for {
				if _, err := w.Write(make([]byte, maxBody)); err != nil {
					return
				}
			}
		}, pactius.KindUnavailable, "answered with status 502", "status 502"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, caller := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/elsewhere" {
					followed.Add(1)
				}
				c.answer(w, r)
			})
			err := caller.Post(t.Context(), s.URL+"/out", form)
			want(t, err, c.kind, c.sentence)
			if cause := errors.Unwrap(err); cause == nil || !strings.Contains(cause.Error(), c.cause) {
				t.Errorf("got the cause %v, want %q", cause, c.cause)
			}
			if followed.Load() != 0 {
				t.Error("the redirect was followed")
			}
		})
	}
}

// TestASuccessWithAnEndlessBodyIsOne: what follows the status counts for nothing, and is not read to the end.
func TestASuccessWithAnEndlessBodyIsOne(t *testing.T) {
	t.Parallel()
	s, caller := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		for {
			if _, err := w.Write(make([]byte, maxBody)); err != nil {
				return
			}
		}
	})
	if err := caller.Post(t.Context(), s.URL, form); err != nil {
		t.Error(err)
	}
}

// TestAnAnswerIsReadToALimit: of an endless answer, no more than maxBody is taken from the network.
func TestAnAnswerIsReadToALimit(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusOK, http.StatusBadGateway} {
		read := new(endlessBody)
		_ = judge(&url.URL{Host: "app.company.com"}, &http.Response{StatusCode: status, Body: read})
		if *read == 0 || *read > maxBody {
			t.Errorf("status %d: %d bytes were read, want at most %d", status, *read, maxBody)
		}
	}
}

// endlessBody counts what is read of it, and ends long after the limit.
type endlessBody int

func (b *endlessBody) Read(p []byte) (int, error) {
	if *b += endlessBody(len(p)); *b > 100*maxBody {
		return 0, io.EOF
	}
	return len(p), nil
}

func (b *endlessBody) Close() error { return nil }

// TestConnectionsThatComeToNothing gives each fault below HTTP its own sentence.
func TestConnectionsThatComeToNothing(t *testing.T) {
	t.Parallel()
	closed := raw(t, func(net.Conn) {})
	silent := func(c net.Conn) { _, _ = io.Copy(io.Discard, c) } // until the caller hangs up
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	refused := "http://" + gone.Addr().String()
	_ = gone.Close()
	good, trusting := serve(t, func(http.ResponseWriter, *http.Request) {})
	old := httptest.NewUnstartedServer(nil)
	old.TLS = &tls.Config{MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}
	old.Config.ErrorLog = log.New(io.Discard, "", 0)
	old.StartTLS()
	t.Cleanup(old.Close)

	cases := []struct {
		name, address string
		caller        Caller
		kind          pactius.Kind
		sentence      string
	}{
		{"no listener", refused, Caller{}, pactius.KindUnavailable, "refused the connection"},
		{"a closed connection", closed, Caller{}, pactius.KindUnavailable, "gave no valid HTTP answer"},
		{"no answer", raw(t, silent), Caller{within: soon}, pactius.KindUnavailable, "didn't answer within 5 seconds"},
		{"no handshake", strings.Replace(raw(t, silent), "http:", "https:", 1), Caller{within: soon},
			pactius.KindUnavailable, "didn't answer within 5 seconds"},
		{"endless headers", raw(t, endless), Caller{}, pactius.KindUnavailable, "gave no valid HTTP answer"},
		{"endless interim answers", raw(t, hints), Caller{}, pactius.KindUnavailable, "gave no valid HTTP answer"},
		{"an upgrade", raw(t, upgrade), Caller{}, pactius.KindUnavailable, "gave no valid HTTP answer"},
		{"an unknown authority", good.URL, Caller{}, pactius.KindUnavailable, "has a certificate that isn't valid"},
		{"another host's certificate", strings.Replace(good.URL, "127.0.0.1", "other.company.com", 1),
			Caller{Roots: trusting.Roots, Resolver: resolver(func() string { return "127.0.0.1" })},
			pactius.KindUnavailable, "has a certificate that isn't valid"},
		{"TLS 1.1", old.URL, Caller{Roots: roots(old)}, pactius.KindUnavailable, "supports TLS 1.2 or later"},
		{"no TLS", strings.Replace(raw(t, plain), "http:", "https:", 1), Caller{}, pactius.KindUnavailable,
			"supports TLS 1.2 or later"},
		{"no such name", "https://app.company.com:8443", Caller{Resolver: resolver(func() string { return "" })},
			pactius.KindUnavailable, "There's no host called app.company.com."},
		{"no name server", "https://app.company.com", Caller{Resolver: &net.Resolver{PreferGo: true,
			Dial: func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("away") }}},
			pactius.KindUnavailable, "The name app.company.com couldn't be looked up"},
		{"another scheme", "ftp://127.0.0.1/", Caller{}, pactius.KindInvalid, "isn't a complete URL"},
		{"no host", "https:///out", Caller{}, pactius.KindInvalid, "isn't a complete URL"},
		{"no URL", "https://%zz", Caller{}, pactius.KindInvalid, "isn't a complete URL"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.caller.Allowed = here()
			want(t, c.caller.Post(t.Context(), c.address, form), c.kind, c.sentence)
		})
	}
}

// endless answers with headers until the caller hangs up.
func endless(c net.Conn) {
	_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\n")
	for {
		if _, err := io.WriteString(c, "X-More: "+strings.Repeat("x", 1000)+"\r\n"); err != nil {
			return
		}
	}
}

// hints answers with interim answers until the caller hangs up.
func hints(c net.Conn) {
	for {
		if _, err := io.WriteString(c, "HTTP/1.1 103 Early Hints\r\nX-More: x\r\n\r\n"); err != nil {
			return
		}
	}
}

func upgrade(c net.Conn) {
	_, _ = http.ReadRequest(bufio.NewReader(c))
	_, _ = io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n")
	_, _ = io.Copy(io.Discard, c)
}

func plain(c net.Conn) { _, _ = io.WriteString(c, "HTTP/1.1 400 Bad Request\r\n\r\n") }

// TestACallThatIsStoppedBlamesNoAddress: PACTIUS stops while an application takes its time.
func TestACallThatIsStoppedBlamesNoAddress(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	address := raw(t, func(c net.Conn) {
		cancel()
		_, _ = io.Copy(io.Discard, c)
	})
	err := (&Caller{Allowed: here()}).Post(ctx, address, form)
	if _, ok := errors.AsType[*pactius.Error](err); ok || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want only that it was cancelled", err)
	}
}

// TestNoProxyAndNoOldEncryption looks at the transport itself: a proxy would be asked before the address is known.
func TestNoProxyAndNoOldEncryption(t *testing.T) {
	t.Parallel()
	transport := (&Caller{}).transport(t.Context(), "https")
	if transport.Proxy != nil || transport.TLSClientConfig.MinVersion != tls.VersionTLS12 ||
		transport.TLSClientConfig.InsecureSkipVerify {
		t.Errorf("got a proxy (%t) or %+v", transport.Proxy != nil, transport.TLSClientConfig)
	}
}
