package gateway

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
)

// arrived is what an application got of a request.
type arrived struct {
	Method, Target, Host string
	Header, Trailer      http.Header
	Body                 string
}

// tell is an application that answers with what it got.
func tell(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	_ = json.NewEncoder(w).Encode(arrived{r.Method, r.RequestURI, r.Host, r.Header, r.Trailer, string(body)})
}

func readArrived(t testing.TB, r *http.Response) arrived {
	t.Helper()
	var a arrived
	if body := text(t, r); r.StatusCode != http.StatusOK || json.Unmarshal([]byte(body), &a) != nil {
		t.Fatalf("%d %s", r.StatusCode, body)
	}
	return a
}

// TestForgedHeadersDoNotArrive in any spelling that an application could take for one of ours.
func TestForgedHeadersDoNotArrive(t *testing.T) {
	t.Parallel()
	w, b, front := proxiedWorld(t, tell)
	const forged = "forged"
	for name, more := range map[string]string{
		"each of ours": "Pactius-User: forged\r\nPactius-Account: forged\r\nPactius-Name: forged\r\n" +
			"Pactius-Email: forged\r\nPactius-Language: forged\r\nPactius-Access: forged\r\nPactius-Units: forged\r\n" +
			"Pactius-Units-Url: forged\r\nPactius-Token: forged",
		"twice":                  "Pactius-User: forged\r\nPactius-User: forged",
		"empty and twice":        "Pactius-User:\r\nPactius-User: forged",
		"in other cases":         "PACTIUS-USER: forged\r\npactius-token: forged\r\npAcTiUs-nAmE: forged",
		"with underscores":       "Pactius_User: forged\r\nPACTIUS_TOKEN: forged\r\npactius_units-url: forged",
		"with other punctuation": "Pactius.User: forged\r\nPactius~Token: forged\r\nPactius!Name: forged",
		"one that is not used":   "Pactius-Role: forged\r\nPactius_Role: forged\r\nPactius: forged",
		"where it came from": "X-Forwarded-Host: contracts.example\r\nX_Forwarded_Host: forged\r\n" +
			"X-Forwarded-Port: forged\r\nX-Forwarded-User: forged\r\nX-Forwarded: forged\r\nForwarded: for=forged\r\n" +
			"X-Real-Ip: forged\r\nX_Real_IP: forged\r\nX-Original-Url: /forged\r\nX-Original-Uri: /forged\r\n" +
			"X-Original-Method: forged\r\nX-Rewrite-Url: /forged\r\nProxy: forged",
		"of this connection": "Keep-Alive: forged\r\nProxy-Authorization: forged\r\nProxy-Connection: forged",
		"our own ID":         "X-Request-Id: forged",
	} {
		l := dial(t, front)
		l.send(b, "GET / HTTP/1.1\r\n"+more)
		got := readArrived(t, l.answer())
		for header, values := range got.Header {
			if strings.Contains(strings.Join(values, " "), forged) {
				t.Errorf("%s: %s: %q", name, header, values)
			}
		}
		if diff := cmp.Diff([]string{string(w.freja.ID)}, got.Header["Pactius-User"]); diff != "" {
			t.Errorf("%s: -want +got:\n%s", name, diff)
		}
	}
}

// TestWhatArrives beside the identity.
func TestWhatArrives(t *testing.T) {
	t.Parallel()
	w, b, front := proxiedWorld(t, tell)
	l := dial(t, front)
	secure, plain := cookieNames(w.app.ID)
	l.send(b, "GET /a HTTP/1.1\r\nConnection: Pactius-User, Pactius-Token, X-Forwarded-Host, close\r\nAccept: text/x\r\n"+
		"Cookie: a=1; "+secure+"=x; b=\"2\";"+plain+"=y\r\nCookie: "+startName(true)+"=z\r\n"+
		"Pactius: x\r\nVia: 1.0 fred, 1.1 p.example (x)\r\nX-Own: 1\r\nX-Own: 2\r\nTE: trailers")
	r := l.answer()
	got := readArrived(t, r)
	if got.Header.Get("X-Request-Id") != r.Header.Get("X-Request-Id") || got.Header.Get("X-Request-Id") == "" {
		t.Errorf("request ID %q, answer %v", got.Header.Get("X-Request-Id"), r.Header)
	}
	delete(got.Header, "X-Request-Id")
	token := got.Header["Pactius-Token"]
	delete(got.Header, "Pactius-Token")
	want := http.Header{
		"Pactius-User": {string(w.freja.ID)}, "Pactius-Account": {"freja@nordhavn.example"},
		"Pactius-Name": {"Freja%20%C3%98rsted"}, "Pactius-Email": {"freja@nordhavn.example"}, "Pactius-Language": {""},
		"Pactius-Access": {"read"}, "Pactius-Units": {string(w.sales) + "=read"},
		"Pactius-Units-Url": {portal + "/api/v1/units"},
		"X-Forwarded-Host":  {"contracts.example"}, "X-Forwarded-Proto": {"https"}, "X-Forwarded-For": {"192.0.2.9"},
		"Via":    {"1.0 fred, 1.1 p.example (x)", "1.1 pactius-" + string(w.app.ID)},
		"Cookie": {"a=1; b=\"2\""}, "Accept": {"text/x"}, "X-Own": {"1", "2"}, "Te": {"trailers"},
	}
	if diff := cmp.Diff(want, got.Header); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if len(token) != 1 || got.Host != "contracts.example" || got.Method != "GET" {
		t.Errorf("%+v, tokens %q", got, token)
	}
}

// TestTargetsArriveAsTheyCame: PACTIUS has no opinion about paths.
func TestTargetsArriveAsTheyCame(t *testing.T) {
	t.Parallel()
	_, b, front := proxiedWorld(t, tell)
	for target, want := range map[string]string{
		"/": "", "/a/../b/./c": "", "/%2e%2e/%2E/x": "", "/a%2Fb%5c": "", "//evil.example/x": "", "///": "",
		"/a;b=c/@:,|\"<>^`{}": "", "/ø": "", "/a#b": "", "/%zz?%zz;&&=;x": "400", "/?": "", "/a?b?c#d": "",
		"/a?x=%zz;y": "", "/a?b=ø": "", "/..;/x": "", "/a//b//": "",
		"/verify?application=x": "", "/livez": "", "/readyz": "", "/api/v1/units": "", "/.well-known/jwks.json": "",
		"/oauth/token": "", "/.pactius": "",
		"http://contracts.example":                           "/",
		"http://contracts.example/a%2fb?c;d":                 "/a%2fb?c;d",
		"https://user:secret@contracts.example/x":            "/x",
		"http://CONTRACTS.example:443/x":                     "/x",
		"http://portal.example/x":                            "421",
		"http://contracts.example:8443/x":                    "421",
		"/" + strings.Repeat("x", 8000) + "?" + "a=" + "%00": "",
	} {
		if want == "" {
			want = target
		}
		l := dial(t, front)
		l.send(b, "GET "+target+" HTTP/1.1")
		r := l.answer()
		if len(want) == 3 && want[0] == '4' {
			if fmt.Sprint(r.StatusCode) != want {
				t.Errorf("%s: %d", target, r.StatusCode)
			}
			continue
		}
		if got := readArrived(t, r); got.Target != want || got.Host != "contracts.example" {
			t.Errorf("%q arrived as %q at %q", target, got.Target, got.Host)
		}
	}
	l := dial(t, front)
	l.send(b, "OPTIONS * HTTP/1.1")
	if got := readArrived(t, l.answer()); got.Target != "*" || got.Method != "OPTIONS" {
		t.Errorf("%+v", got)
	}
}

// TestHosts: an application's host has several spellings, and others are not the application's.
func TestHosts(t *testing.T) {
	t.Parallel()
	_, b, front := proxiedWorld(t, tell)
	for hosts, want := range map[string]int{
		"contracts.example": 200, "CONTRACTS.Example": 200, "contracts.example:443": 200, "contracts.example.": 200,
		"contracts.example:8443": 421, "portal.example": 421, "evil.example": 421, "contracts.example@evil": 400,
		"": 421, "x.contracts.example": 421, "contracts.example\r\nHost: contracts.example": 400,
		strings.Repeat("x.", 200) + "example": 421,
	} {
		l := dial(t, front)
		head := strings.Replace(b.head(), "Host: contracts.example", "Host: "+hosts, 1)
		if _, err := io.WriteString(l, "GET / HTTP/1.1\r\n"+head+"\r\n"); err != nil {
			t.Fatal(err)
		}
		r := l.answer()
		if r.StatusCode != want {
			t.Errorf("%q: %d", hosts, r.StatusCode)
		}
		if want == 200 && readArrived(t, r).Host != "contracts.example" {
			t.Errorf("%q: another host arrived", hosts)
		}
	}
}

// TestUpgrades lets WebSockets pass, and nothing else reaches the application.
func TestUpgrades(t *testing.T) {
	t.Parallel()
	reached := make(chan string, 1)
	_, b, front := proxiedWorld(t, func(w http.ResponseWriter, r *http.Request) {
		reached <- r.Header.Get("Upgrade")
		echo(w, r)
	})
	const up = "Connection: Upgrade\r\n"
	for name, c := range map[string]struct {
		request string
		want    int
	}{
		"a WebSocket":            {"GET / HTTP/1.1\r\n" + up + "Upgrade: websocket", 101},
		"in other cases":         {"GET / HTTP/1.1\r\nconnection: keep-alive, UPGRADE\r\nUPGRADE: WebSocket", 101},
		"no upgrade":             {"GET / HTTP/1.1\r\n" + up, 200},
		"h2c":                    {"GET / HTTP/1.1\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: x\r\nUpgrade: h2c", 400},
		"two":                    {"GET / HTTP/1.1\r\n" + up + "Upgrade: websocket\r\nUpgrade: h2c", 400},
		"twice the same":         {"GET / HTTP/1.1\r\n" + up + "Upgrade: websocket\r\nUpgrade: websocket", 400},
		"a list":                 {"GET / HTTP/1.1\r\n" + up + "Upgrade: websocket, h2c", 400},
		"an empty one":           {"GET / HTTP/1.1\r\n" + up + "Upgrade:", 400},
		"with a version":         {"GET / HTTP/1.1\r\n" + up + "Upgrade: websocket/13", 400},
		"not named":              {"GET / HTTP/1.1\r\nUpgrade: websocket", 400},
		"named otherwise":        {"GET / HTTP/1.1\r\nConnection: close\r\nUpgrade: websocket", 400},
		"POST":                   {"POST / HTTP/1.1\r\n" + up + "Upgrade: websocket\r\nContent-Length: 0", 400},
		"with a body":            {"GET / HTTP/1.1\r\n" + up + "Upgrade: websocket\r\nContent-Length: 3", 400},
		"with a chunked body":    {"GET / HTTP/1.1\r\n" + up + "Upgrade: websocket\r\nTransfer-Encoding: chunked", 400},
		"HTTP/1.0":               {"GET / HTTP/1.0\r\n" + up + "Upgrade: websocket", 400},
		"TRACE":                  {"TRACE / HTTP/1.1", 400},
		"CONNECT":                {"CONNECT contracts.example HTTP/1.1", 400},
		"CONNECT as a WebSocket": {"CONNECT contracts.example HTTP/1.1\r\n" + up + "Upgrade: websocket", 400},
	} {
		l := dial(t, front)
		l.send(b, c.request)
		r := l.answer()
		if r.StatusCode != c.want {
			t.Errorf("%s: %d", name, r.StatusCode)
		}
		if c.want != 400 {
			<-reached
			continue
		}
		select {
		case got := <-reached:
			t.Errorf("%s reached the application: %q", name, got)
		default:
		}
		if text := text(t, r); !strings.Contains(text, problemRequest) || !strings.Contains(text, "WebSocket") {
			t.Errorf("%s: %s", name, text)
		}
	}
}

// echo is an application that speaks another protocol where it is asked to: it sends all back that it gets.
func echo(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Upgrade") == "" {
		return
	}
	c, in, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer c.Close()
	fmt.Fprintf(c, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: %s\r\n\r\n",
		r.Header.Get("Upgrade"))
	_, _ = io.Copy(c, in)
}

// TestAWebSocketCarriesBytesBothWays, and ends with either side.
func TestAWebSocketCarriesBytesBothWays(t *testing.T) {
	t.Parallel()
	_, b, front := proxiedWorld(t, echo)
	l := dial(t, front)
	l.send(b, "GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket")
	if r := l.answer(); r.StatusCode != http.StatusSwitchingProtocols || r.Header.Get("Upgrade") != "websocket" {
		t.Fatalf("%d %v", r.StatusCode, r.Header)
	}
	for _, word := range []string{"one", "two"} {
		got := make([]byte, len(word))
		if _, err := io.WriteString(l, word); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(l.in, got); err != nil || string(got) != word {
			t.Errorf("%q, %v", got, err)
		}
	}
}

// TestAnApplicationSwitchesOnlyToWhatWasAskedFor.
func TestAnApplicationSwitchesOnlyToWhatWasAskedFor(t *testing.T) {
	t.Parallel()
	_, b, front := proxiedWorld(t, func(w http.ResponseWriter, r *http.Request) {
		r.Header.Set("Upgrade", "h2c")
		echo(w, r)
	})
	for _, request := range []string{"GET / HTTP/1.1", "GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket"} {
		l := dial(t, front)
		l.send(b, request)
		if r := l.answer(); r.StatusCode != http.StatusBadGateway {
			t.Errorf("%q: %d", request, r.StatusCode)
		}
	}
}

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

// TestPreflightsArriveWithoutAnIdentity, where the application wants them.
func TestPreflightsArriveWithoutAnIdentity(t *testing.T) {
	t.Parallel()
	w, b, front := proxiedWorld(t, tell)
	b.cookies = nil
	const preflight = "OPTIONS /x HTTP/1.1\r\nOrigin: https://a.example\r\nAccess-Control-Request-Method: PUT\r\n" +
		"Pactius-User: forged"
	l := dial(t, front)
	l.send(b, preflight)
	if r := l.answer(); r.StatusCode != http.StatusUnauthorized {
		t.Errorf("where the application does not want it: %d", r.StatusCode)
	}
	if _, err := w.rules.Update(t.Context(), w.root, w.app.ID, 0,
		pactius.ApplicationUpdate{Preflight: new(true)}); err != nil {
		t.Fatal(err)
	}
	l = dial(t, front)
	l.send(b, preflight)
	got := readArrived(t, l.answer())
	for _, header := range headers {
		if values := got.Header[header]; len(values) != 1 || values[0] != "" {
			t.Errorf("%s: %q", header, values)
		}
	}
	for name, request := range map[string]string{"GET": strings.Replace(preflight, "OPTIONS", "GET", 1),
		"no origin": "OPTIONS / HTTP/1.1\r\nAccess-Control-Request-Method: PUT",
		"a claimed method": "GET / HTTP/1.1\r\nOrigin: https://a.example\r\nAccess-Control-Request-Method: PUT\r\n" +
			"X-Forwarded-Method: OPTIONS"} {
		l := dial(t, front)
		l.send(b, request)
		if r := l.answer(); r.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s: %d", name, r.StatusCode)
		}
	}
}

// TestRefusalsOfTheBuiltInProxy suit the request, as those of the door.
func TestRefusalsOfTheBuiltInProxy(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.proxied(t, func(http.ResponseWriter, *http.Request) { t.Error("the application was reached") })
	front := w.front(t, w.instance)
	in := b.cookies
	for name, c := range map[string]struct {
		request  string
		cookies  bool // of a person who may not open it
		want     int
		location string
		body     string
	}{
		"a page": {"GET /c?a=1&b=%2F HTTP/1.1\r\nAccept: text/html", false, 401,
			"/.pactius/start?to=%2Fc%3Fa%3D1%26b%3D%252F", `http-equiv="refresh"`},
		"an absolute address": {"GET http://contracts.example/c HTTP/1.1\r\nAccept: text/html", false, 401,
			"/.pactius/start?to=%2Fc", `http-equiv="refresh"`},
		"an address that leads elsewhere": {"GET //evil.example HTTP/1.1\r\nAccept: text/html", false, 401,
			"/.pactius/start?to=%2F", `http-equiv="refresh"`},
		"a claimed address": {"GET /c HTTP/1.1\r\nAccept: text/html\r\nX-Original-Uri: /d", false, 401,
			"/.pactius/start?to=%2Fc", `http-equiv="refresh"`},
		"a form":      {"POST / HTTP/1.1\r\nAccept: text/html\r\nContent-Length: 0", false, 401, "", "wasn&#39;t sent"},
		"a script":    {"GET / HTTP/1.1\r\nSec-Fetch-Mode: cors", false, 401, "", problemSignIn},
		"a WebSocket": {"GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket", false, 401, "", problemSignIn},
		"h2c without a session": {"GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: h2c", false, 401, "",
			problemSignIn},
		"a page without access":   {"GET / HTTP/1.1\r\nAccept: text/html", true, 403, "", "<h1>You don"},
		"a script without access": {"GET / HTTP/1.1", true, 403, "", problemAccess},
		"two hosts": {"GET / HTTP/1.1\r\nX-Forwarded-Host: contracts.example\r\nX-Forwarded-Host: a.example", false,
			403, "", problemProxy},
		"another scheme": {"GET / HTTP/1.1\r\nX-Forwarded-Proto: http", false, 403, "", problemProxy},
	} {
		b.cookies = nil
		if c.cookies {
			w.grant(t, pactius.AccessNone)
			b.cookies = in
		}
		l := dial(t, front)
		l.send(b, c.request)
		r := l.answer()
		if got := text(t, r); r.StatusCode != c.want || r.Header.Get("Location") != c.location ||
			!strings.Contains(got, c.body) || r.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d %v %s", name, r.StatusCode, r.Header, got)
		}
	}
	if err := w.store.Close(); err != nil {
		t.Fatal(err)
	}
	w.db.Clock.Advance(believed)
	for accept, body := range map[string]string{"text/html": "<h1>This isn", "*/*": problemUnavailable} {
		l := dial(t, front)
		l.send(b, "GET / HTTP/1.1\r\nAccept: "+accept)
		r := l.answer()
		if got := text(t, r); r.StatusCode != http.StatusServiceUnavailable || !strings.Contains(got, body) ||
			r.Header.Get("Retry-After") != "5" {
			t.Errorf("without a database: %d %v %s", r.StatusCode, r.Header, got)
		}
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

func TestOurNames(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{"Pactius-User": true, "PACTIUS_X": true, "pactius.x": true, "Pactius": true,
		"Pactiusx": false, "X-Pactius-User": false, "Forwarded": true, "Forwarded-For": false, "X-Real-Ip": true,
		"X_REAL_IP": true, "X-Real-Ipv": false, "X-Forwarded": true, "X-Forwarded-": true, "X-Forwardedx": false,
		"X-Original-Url": true, "Proxy": true, "Proxy-X": false, "": false, "X": false, "Accept": false} {
		if got := isOurs(name); got != want {
			t.Errorf("%q: %v", name, got)
		}
	}
	for line, want := range map[string]string{"": "", "a=1": "a=1", "pactius-app-x=1": "", " __Host-pactius-start=1": "",
		"a=1; pactius-app-x=1; b=2": "a=1; b=2", "a=pactius-app-x": "a=pactius-app-x", "xpactius-a=1": "xpactius-a=1",
		"a=1;\tpactius-app-x=2;;c": "a=1;;c", "pactius-app-x=1; a=1": "a=1"} {
		if got := withoutCookies(line); got != want {
			t.Errorf("%q became %q", line, got)
		}
	}
}

// FuzzProxyHeaders: no header with a name of ours and no cookie of the door arrives, whatever its spelling.
func FuzzProxyHeaders(f *testing.F) {
	f.Add("Pactius-User", "x", "a=1; __Host-pactius-app-1=2")
	f.Add("pactius_user", "y", "pactius-start=1;b")
	f.Fuzz(func(t *testing.T, name, value, cookies string) {
		h := http.Header{name: {value}}
		h["Cookie"] = append(h["Cookie"], cookies)
		removeOurs(h)
		for name := range maps.Keys(h) {
			plain := strings.Map(func(r rune) rune {
				if 'a' <= r && r <= 'z' || '0' <= r && r <= '9' {
					return r
				}
				return '-'
			}, strings.ToLower(name))
			if strings.HasPrefix(plain, "pactius-") || strings.HasPrefix(plain, "x-forwarded-") {
				t.Errorf("%q arrives", name)
			}
		}
		for _, line := range h["Cookie"] {
			for _, name := range []string{startName(true), startName(false), "pactius-app-1", "__Host-pactius-app-1"} {
				if got := cookieOf(http.Header{"Cookie": {line}}, name); got != "" {
					t.Errorf("%s arrives in %q", name, line)
				}
			}
		}
	})
}
