package doorcheck_test

import (
	"bufio"
	"context"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/doorcheck"
)

// TestHeadersAndPathsAreSentAsWritten reads what arrives, because servers put both into one form.
func TestHeadersAndPathsAreSentAsWritten(t *testing.T) {
	t.Parallel()
	listener := listen(t)
	var mu sync.Mutex
	var seen strings.Builder
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				lines := bufio.NewScanner(c)
				for lines.Scan() && lines.Text() != "" {
					mu.Lock()
					fmt.Fprintln(&seen, lines.Text())
					mu.Unlock()
				}
				_, _ = io.WriteString(c, "HTTP/1.1 401 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
			}()
		}
	}()
	doorcheck.Checker{}.Check(t.Context(), theDoor(t, "http://"+listener.Addr().String()))
	mu.Lock()
	defer mu.Unlock()
	for _, want := range []string{
		"GET // HTTP/1.1\n", "GET /./ HTTP/1.1\n", "GET /%2e%2e/ HTTP/1.1\n", "GET /.pactius/../ HTTP/1.1\n",
		"GET /.pactius%2f..%2f HTTP/1.1\n", "GET /; HTTP/1.1\n", "\nPactius-Token: ", "\npactius-token: ",
		"\nPactius_Token: ", "\nHost: contracts.nordhavn.example\n", "\nHost: made-up.invalid\n", "GET / HTTP/1.0\n",
		"OPTIONS / HTTP/1.1\n", "\nUpgrade: websocket\n", "\nX-Original-URL: /.pactius/start\n",
	} {
		if !strings.Contains("\n"+seen.String(), want) {
			t.Errorf("%q was not sent:\n%s", want, seen.String())
		}
	}
	for _, line := range strings.Split(seen.String(), "\n") {
		method, _, found := strings.Cut(line, " /")
		if found && strings.HasPrefix(method, "P") && !strings.Contains(method, ":") {
			t.Errorf("a request that may change something: %s", line)
		}
	}
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// TestAnAnswerIsReadInPart: an answer without end must not keep the check.
func TestAnAnswerIsReadInPart(t *testing.T) {
	t.Parallel()
	all := check(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead {
			return // writing would never fail
		}
		for b := make([]byte, 1<<10); ; {
			if _, err := w.Write(b); err != nil {
				return
			}
		}
	}), nil)
	if len(all) != 1 || all[0].Verdict != doorcheck.VerdictOpen || !strings.Contains(all[0].Detail, "65536 bytes") {
		t.Errorf("got %+v", all)
	}
}

func TestNothingAnswers(t *testing.T) {
	t.Parallel()
	l := listen(t)
	l.Close()
	all := doorcheck.Checker{}.Check(t.Context(), theDoor(t, "http://"+l.Addr().String()))
	if len(all) != 1 || all[0].Verdict != doorcheck.VerdictUnasked || !strings.Contains(all[0].Detail, "refused") ||
		all[0].Remedy == "" {
		t.Errorf("got %+v", all)
	}
}

// TestADoorThatStopsAnswering is left alone after three probes.
func TestADoorThatStopsAnswering(t *testing.T) {
	t.Parallel()
	all := check(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Sec-Fetch-Mode") != "cors" && r.Method == http.MethodGet && r.URL.Path == "/" {
			door(w, r)
			return
		}
		c, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		_, _ = io.WriteString(c, "this is no HTTP\r\n\r\n")
		c.Close()
	}), nil)
	if len(all) != 4 || all[3].Verdict != doorcheck.VerdictUnasked || !strings.Contains(all[3].Detail, "malformed") {
		t.Errorf("got %+v", all)
	}
}

// TestCertificates: the certificate must be the application's, also at an address of its own.
func TestCertificates(t *testing.T) {
	t.Parallel()
	server := secured()
	defer server.Close()
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	right := theDoor(t, server.URL)
	right.Origin, right.Application.Origins = "https://example.com", []pactius.Origin{"https://example.com"}
	all := doorcheck.Checker{Roots: roots}.Check(t.Context(), right)
	if diff := cmp.Diff(verdicts{}, notClosed(all)); diff != "" || len(all) < 25 {
		t.Errorf("asked %d times, -want +got\n%s", len(all), diff)
	}
	all = doorcheck.Checker{Roots: roots}.Check(t.Context(), theDoor(t, server.URL))
	if len(all) != 1 || all[0].Verdict != doorcheck.VerdictUnasked ||
		!strings.Contains(all[0].Detail, "not contracts.nordhavn.example") ||
		!strings.Contains(all[0].Remedy, "certificate") {
		t.Errorf("got %+v", all)
	}
	all = doorcheck.Checker{}.Check(t.Context(), right)
	if len(all) != 1 || all[0].Verdict != doorcheck.VerdictUnasked {
		t.Errorf("an unknown authority: got %+v", all)
	}
}

// secured starts a door with a certificate for example.com.
func secured() *httptest.Server {
	server := httptest.NewUnstartedServer(http.HandlerFunc(door))
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // refused certificates
	server.StartTLS()
	return server
}

// TestHTTPBesideHTTPS asks at the ports that browsers use.
func TestHTTPBesideHTTPS(t *testing.T) {
	t.Parallel()
	secure := secured()
	defer secure.Close()
	roots := x509.NewCertPool()
	roots.AddCert(secure.Certificate())
	d := theDoor(t, "")
	d.Origin, d.Application.Origins = "https://example.com", []pactius.Origin{"https://example.com"}
	for name, c := range map[string]struct {
		plain http.Handler // nil: nothing listens
		want  verdicts
	}{
		"nothing listens": {nil, verdicts{}},
		"a redirect":      {http.RedirectHandler("https://example.com/", http.StatusMovedPermanently), verdicts{}},
		"the application": {http.HandlerFunc(application), verdicts{"http instead of https": doorcheck.VerdictOpen}},
	} {
		t.Run(name, func(t *testing.T) {
			at := map[string]string{"example.com:443": secure.Listener.Addr().String(), "example.com:80": "127.0.0.1:0"}
			if c.plain != nil {
				plain := httptest.NewServer(c.plain)
				defer plain.Close()
				at["example.com:80"] = plain.Listener.Addr().String()
			}
			dial := func(ctx context.Context, network, address string) (net.Conn, error) {
				return new(net.Dialer).DialContext(ctx, network, at[address])
			}
			all := doorcheck.Checker{Roots: roots, Dial: dial}.Check(t.Context(), d)
			if diff := cmp.Diff(c.want, notClosed(all)); diff != "" || len(all) != 30 {
				t.Errorf("asked %d times, -want +got\n%s", len(all), diff)
			}
		})
	}
}

// TestNamesBelowLocalhostAreThisMachine, also where the resolver doesn't know them.
func TestNamesBelowLocalhostAreThisMachine(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(application))
	defer server.Close()
	d := theDoor(t, "")
	d.Origin = pactius.Origin("http://contracts.localhost:" + parsed(t, server.URL).Port())
	all := doorcheck.Checker{}.Check(t.Context(), d)
	if len(all) != 1 || all[0].Verdict != doorcheck.VerdictOpen {
		t.Errorf("got %+v", all)
	}
}

func TestOriginsMayLeadToEachOther(t *testing.T) {
	t.Parallel()
	const main = "https://contracts.example"
	all := check(t, http.RedirectHandler(main+"/", http.StatusMovedPermanently),
		func(d *doorcheck.Door) { d.Application.Origins = append(d.Application.Origins, main) })
	if diff := cmp.Diff(verdicts{}, notClosed(all)); diff != "" || !strings.Contains(all[0].Detail, "another address") {
		t.Errorf("got %+v, -want +got\n%s", all[0], diff)
	}
}

// TestAProxyOfTheNetworkIsUsed for https, and not where it would lead to another place.
func TestAProxyOfTheNetworkIsUsed(t *testing.T) {
	t.Parallel()
	secure, plain := secured(), httptest.NewServer(http.HandlerFunc(door))
	defer secure.Close()
	defer plain.Close()
	roots := x509.NewCertPool()
	roots.AddCert(secure.Certificate())
	var tunnels atomic.Int32
	network := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect || r.Host != "example.com:8443" {
			t.Errorf("asked for %s %s", r.Method, r.RequestURI)
			return
		}
		tunnels.Add(1)
		tunnel(t, w, secure.Listener.Addr().String())
	}))
	defer network.Close()
	checker := doorcheck.Checker{Roots: roots, Proxy: http.ProxyURL(parsed(t, network.URL))}
	through := theDoor(t, "")
	through.Origin = "https://example.com:8443"
	through.Application.Origins = []pactius.Origin{through.Origin}
	all := checker.Check(t.Context(), through)
	plainly := found(all, "HTTP/1.0 without Host")
	if diff := cmp.Diff(verdicts{}, notClosed(all)); diff != "" || len(all) < 25 || plainly {
		t.Errorf("asked %d times, -want +got\n%s", len(all), diff)
	}
	n := tunnels.Load()
	all = checker.Check(t.Context(), theDoor(t, plain.URL))
	if diff := cmp.Diff(verdicts{}, notClosed(all)); diff != "" || n == 0 || tunnels.Load() != n {
		t.Errorf("%d tunnels, then %d, -want +got\n%s", n, tunnels.Load(), diff)
	}
}

func found(all []doorcheck.Result, probe string) bool {
	return slices.ContainsFunc(all, func(r doorcheck.Result) bool { return r.Probe == probe })
}

// tunnel connects a client of a proxy with an address.
func tunnel(t *testing.T, w http.ResponseWriter, address string) {
	there, err := net.Dial("tcp", address)
	if err != nil {
		t.Error(err)
		return
	}
	here, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		t.Error(err)
		return
	}
	_, _ = io.WriteString(here, "HTTP/1.1 200 OK\r\n\r\n")
	go func() {
		_, _ = io.Copy(there, here)
		there.Close()
	}()
	_, _ = io.Copy(here, there)
	here.Close()
}
