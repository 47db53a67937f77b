package gateway

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"testing"

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
	l.send(b, "GET /a HTTP/1.1\r\nConnection: Pactius-User, Pactius-Token, X-Forwarded-Host, close\r\n"+
		"Accept: text/x\r\nCookie: a=1; "+secure+"=x; b=\"2\";"+plain+"=y\r\nCookie: "+startName(true)+"=z\r\n"+
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
		"a WebSocket":    {"GET / HTTP/1.1\r\n" + up + "Upgrade: websocket", 101},
		"in other cases": {"GET / HTTP/1.1\r\nconnection: keep-alive, UPGRADE\r\nUPGRADE: WebSocket", 101},
		"no upgrade":     {"GET / HTTP/1.1\r\n" + up, 200},
		"h2c": {"GET / HTTP/1.1\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: x\r\nUpgrade: h2c",
			400},
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
	for line, want := range map[string]string{"": "", "a=1": "a=1",
		"pactius-app-x=1": "", " __Host-pactius-start=1": "",
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
