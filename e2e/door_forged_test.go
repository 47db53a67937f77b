package e2e

import (
	"cmp"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// forgery is a request that claims more than its sender may. Its texts may hold HOST, the host and port of the
// application, and OTHER, those of another one; the session's Cookie, Host, X-Case and Connection: close are added.
type forgery struct {
	name    string
	line    string   // "GET / HTTP/1.1" when empty
	headers []string // after Host
	host    string   // the header lines instead of Host
	body    string
	closes  string // instead of Connection: close

	// Status for a stranger and for a person with a session; usual when empty. Caddy answers 200 for hosts that it
	// doesn't know.
	nginx, caddy string

	nginxToo, caddyToo string // arrives beside the headers of PACTIUS, and looks like them
}

// Pairs of statuses, for a stranger and for a person with a session.
const (
	usual          = "401 200" // a request like any other
	signedOutThere = "401 401" // the session is at another application
	malformed      = "400 400"
	notThere       = "404 404"
	unknownCoding  = "501 501"
)

// hidden is a request that a proxy must not take for one, or not for that of the person who sent the one before.
const hidden = "GET /hidden HTTP/1.1\r\nHost: HOST\r\nPactius-User: forged\r\nConnection: close\r\n\r\n"

// forgeries is the table. The values that are forged say so; upstream.judge finds them.
func forgeries() []forgery {
	var all []forgery
	for _, name := range doorHeaders {
		all = append(all, forgery{name: name, headers: []string{name + ": " + forged}})
	}
	return slices.Concat(all, forgedIdentities(), forgedForwarding(), forgedAddresses(), forgedFraming())
}

func forgedIdentities() []forgery {
	return []forgery{
		{name: "in small letters", headers: []string{"pactius-user: forged", "pactius-token: forged"}},
		{name: "in capitals", headers: []string{"PACTIUS-USER: forged", "PACTIUS-ACCESS: administer"}},
		{name: "with underscores, which CGI and WSGI read alike", headers: []string{"Pactius_User: forged",
			"PACTIUS_UNITS_URL: http://forged", "Pactius-Units_Url: http://forged"}},
		{name: "twice", headers: []string{"Pactius-User: forged", "Pactius-User: forged"}},
		{name: "empty", headers: []string{"Pactius-User:", "Pactius-Token:"}},
		{name: "with a blank before the colon", headers: []string{"Pactius-User : forged"},
			nginx: malformed, caddy: malformed},
		{name: "folded into the line before", headers: []string{"X-A: 1", " Pactius-User: forged"}, nginx: malformed},
		{name: "with a tab before it", headers: []string{"\tPactius-User: forged"}, nginx: malformed, caddy: malformed},
		{name: "with a carriage return alone", headers: []string{"X-A: 1\rPactius-User: forged"},
			nginx: malformed, caddy: malformed},
		{name: "a name that PACTIUS doesn't use", headers: []string{"Pactius-Role: forged"}, nginxToo: "Pactius-Role"},
		{name: "named as belonging to the connection", closes: "close, Pactius-User, Pactius-Token, Pactius-Access"},
		{name: "all that PACTIUS is told, named as belonging to the connection",
			closes: "close, Cookie, X-Forwarded-Host, X-Forwarded-Proto, X-Forwarded-Uri, X-Forwarded-Method"},
		{name: "as a trailer", line: "POST / HTTP/1.1", headers: []string{"Transfer-Encoding: chunked",
			"Trailer: Pactius-User"}, body: "0\r\nPactius-User: forged\r\n\r\n", caddyToo: "trailer Pactius-User"},
	}
}

func forgedForwarding() []forgery {
	preflight := []string{"Origin: https://evil.example", "Access-Control-Request-Method: POST"}
	return []forgery{
		{name: "X-Forwarded-Host", headers: []string{"X-Forwarded-Host: OTHER"}},
		{name: "X-Forwarded-Host twice", headers: []string{"X-Forwarded-Host: forged", "X-Forwarded-Host: OTHER"}},
		{name: "X-Forwarded-Proto", headers: []string{"X-Forwarded-Proto: forged", "X-Forwarded-Scheme: https"}},
		{name: "X-Forwarded-For", headers: []string{"X-Forwarded-For: forged, 127.0.0.1", "X-Real-Ip: 127.0.0.1"}},
		{name: "Forwarded", headers: []string{"Forwarded: host=forged;proto=https;for=127.0.0.1"}},
		{name: "X-Forwarded-Uri", headers: []string{"X-Forwarded-Uri: /.pactius/start"}},
		{name: "X-Original-URI", headers: []string{"X-Original-URI: /public", "X-Original-URL: /public",
			"X-Rewrite-URL: /public"}},
		{name: "X-Forwarded-Method as a preflight", headers: append(preflight, "X-Forwarded-Method: OPTIONS")},
		{name: "X-Original-Method as a preflight", headers: append(preflight, "X-Original-Method: OPTIONS")},
		{name: "a method to be taken instead", headers: append(preflight, "X-HTTP-Method-Override: OPTIONS")},
		{name: "a preflight where none may pass", line: "OPTIONS / HTTP/1.1", headers: preflight},
	}
}

func forgedAddresses() []forgery {
	return []forgery{
		{name: "another host", host: "Host: evil.example", caddy: "200 200"},
		{name: "another application's host", host: "Host: OTHER", nginx: signedOutThere, caddy: signedOutThere},
		{name: "two hosts", host: "Host: HOST\r\nHost: evil.example", nginx: malformed, caddy: malformed},
		{name: "no host", host: "X-None: 1", nginx: malformed, caddy: malformed},
		{name: "a whole address", line: "GET http://evil.example/ HTTP/1.1", caddy: "200 200"},
		{name: "a whole address of another application", line: "GET http://OTHER/ HTTP/1.1",
			nginx: signedOutThere, caddy: signedOutThere},
		{name: "HTTP/1.0", line: "GET / HTTP/1.0"},
		{name: "HTTP/1.0 without a host", line: "GET / HTTP/1.0", host: "X-None: 1", caddy: "200 200"},
		{name: "HTTP/0.9", line: "GET /", nginx: "0 0", caddy: malformed},

		{name: "another application's ID in the query", line: "GET /?application=OTHERID HTTP/1.1"},
		{name: "the question of the proxy", line: "GET /verify?application=OTHERID HTTP/1.1"},
		{name: "the question below the door", line: "GET /.pactius/verify HTTP/1.1", nginx: notThere, caddy: notThere},
		{name: "through the door and out", line: "GET /.pactius/../secret HTTP/1.1"},
		{name: "through the door and out, encoded", line: "GET /.pactius/%2e%2e/secret HTTP/1.1"},
		{name: "through the door and out, more encoded", line: "GET /.pactius%2f..%2fsecret HTTP/1.1"},
		{name: "through the door and out, twice encoded", line: "GET /.pactius/%252e%252e/secret HTTP/1.1",
			nginx: notThere, caddy: notThere},
		{name: "through the door with a backslash", line: "GET /.pactius/..\\secret HTTP/1.1",
			nginx: notThere, caddy: notThere},
		{name: "a path parameter", line: "GET /secret;/.pactius/start HTTP/1.1"},
		{name: "double slashes", line: "GET //secret HTTP/1.1"},
		{name: "a line break in the path", line: "GET /%0d%0aPactius-User:%20forged HTTP/1.1"},
		{name: "a null byte in the path", line: "GET /.pactius/start%00/../../secret HTTP/1.1", nginx: malformed},
	}
}

func forgedFraming() []forgery {
	return []forgery{
		{name: "length and chunks", line: "POST / HTTP/1.1", headers: []string{"Content-Length: 5",
			"Transfer-Encoding: chunked"}, body: "0\r\n\r\n" + hidden, nginx: malformed},
		{name: "two lengths", line: "POST / HTTP/1.1", headers: []string{"Content-Length: 0", "Content-Length: 20"},
			body: hidden, nginx: malformed, caddy: malformed},
		{name: "chunks under another name", line: "POST / HTTP/1.1", headers: []string{"Transfer-Encoding: xchunked",
			"Content-Length: 4"}, body: "0\r\n\r\n" + hidden, nginx: unknownCoding, caddy: unknownCoding},
		{name: "chunks with a blank before the colon", line: "POST / HTTP/1.1",
			headers: []string{"Transfer-Encoding : chunked", "Content-Length: 5"}, body: "0\r\n\r\n" + hidden,
			nginx: malformed, caddy: malformed},
		{name: "a request in the body of another", line: "GET / HTTP/1.1", headers: []string{"Content-Length: 0"},
			body: hidden, closes: "keep-alive"},
		{name: "an upgrade to HTTP/2", headers: []string{"Upgrade: h2c", "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA"},
			closes: "close, Upgrade, HTTP2-Settings"},
	}
}

// text writes the request for an application. cookie is a header, "" for a stranger.
func (f forgery) text(d *door, p proxy, cookie string) string {
	head := []string{cmp.Or(f.line, "GET / HTTP/1.1"), cmp.Or(f.host, "Host: HOST")}
	head = append(head, f.headers...)
	head = append(head, caseHeader+": "+f.name, "Connection: "+cmp.Or(f.closes, "close"))
	if cookie != "" {
		head = append(head, cookie)
	}
	return strings.NewReplacer("HOST", hostOf(p.origin(contractsHost)), "OTHERID", d.payroll.app,
		"OTHER", hostOf(p.origin(payrollHost))).Replace(strings.Join(head, "\r\n") + "\r\n\r\n" + f.body)
}

// forgedRequests sends the whole table through a proxy, as a stranger and as Gu.
func (d *door) forgedRequests(t *testing.T, p proxy, cookie string) {
	for _, f := range forgeries() {
		want, beside := f.caddy, f.caddyToo
		if p.name == d.nginx.name {
			want, beside = f.nginx, f.nginxToo
		}
		answer := p.send(t, f.text(d, p, ""))
		for _, u := range []*upstream{d.contracts, d.payroll} {
			if got := u.took(); len(got) != 0 {
				t.Errorf("%s: of a stranger %+v arrives", f.name, got)
			}
		}
		got := fmt.Sprint(statusOf(answer))
		answer = p.send(t, f.text(d, p, cookie))
		got += fmt.Sprintf(" %d", statusOf(answer))
		arrivals := append(d.contracts.check(t), d.payroll.check(t)...)
		if n := strings.Count(answer, "X-Upstream: yes"); n != len(arrivals) || n > 1 {
			t.Errorf("%s: %d answers of the application, %d requests there: %+v", f.name, n, len(arrivals), arrivals)
		}
		for _, a := range arrivals {
			if a.Case != f.name || strings.Contains(a.URI, "hidden") {
				t.Errorf("%s: a hidden request arrives: %+v", f.name, a)
			}
			if got := strings.Join(a.Strange, ", "); got != beside {
				t.Errorf("%s: %q arrives beside the headers of PACTIUS, want %q", f.name, got, beside)
			}
		}
		if want = cmp.Or(want, usual); got != want {
			t.Errorf("%s: a stranger and a person with a session get %s, want %s", f.name, got, want)
		}
		t.Logf("%-50s %s, %d arrived", f.name, got, len(arrivals))
	}
}

var codeIn = regexp.MustCompile(`/\.pactius/finish\?code=([^&\s"]+)`)

// forged sends forged requests, cookies of others and codes of others.
func (d *door) forged(t *testing.T) {
	b := d.visitor(t, "Gu", d.nginx.origin(contractsHost))
	b.enters("/", gu())
	fjord := d.visitor(t, "Finn", d.caddy.origin(fjordHost))
	fjord.enters("/", finn())
	for _, p := range []proxy{d.nginx, d.caddy} {
		for _, origin := range []string{p.origin(contractsHost), p.origin(payrollHost)} {
			b.Open(origin + "/")
			b.See("Hello Gu Berg")
		}
		fjord.Open(p.origin(fjordHost) + "/")
		fjord.See("Hello")
		for _, u := range []*upstream{d.contracts, d.payroll, d.fjord} {
			u.check(t)
		}
		cookie := b.cookiesAt(p.origin(contractsHost))
		d.forgedRequests(t, p, cookie)
		d.cookiesOfOthers(t, p, cookie, b.cookiesAt(p.origin(payrollHost)), fjord.cookiesAt(p.origin(fjordHost)))
	}
	d.codesOfOthers(t, b, fjord)
}

// cookiesOfOthers uses sessions at other applications at this one, under their own name and under the right one.
func (d *door) cookiesOfOthers(t *testing.T, p proxy, own, payroll, fjord string) {
	name := regexp.MustCompile(`(?:__Host-)?pactius-app-[0-9a-f]{8}`)
	renamed := func(cookie string) string { return name.ReplaceAllString(cookie, name.FindString(own)) }
	for what, cookie := range map[string]string{
		"another application's":                       payroll,
		"another environment's":                       fjord,
		"another application's under this one's name": renamed(payroll),
		"another environment's under this one's name": renamed(fjord),
		"a made-up one": "Cookie: " + name.FindString(own) +
			"=" + strings.Repeat("A", 43),
	} {
		status, answer := p.ask(t, "GET /", contractsHost, cookie)
		if got := d.contracts.took(); status != http.StatusUnauthorized || len(got) != 0 {
			t.Errorf("%s: %s answers %s", what, p.name, answer)
		}
	}
}

// codesOfOthers finishes hand-overs with codes that are for another browser, application or environment, or used.
func (d *door) codesOfOthers(t *testing.T, b, finn *Person) {
	for _, p := range []proxy{d.nginx, d.caddy} {
		codes, start := map[string]string{}, ""
		codes["this application's"], start = d.code(t, p, b, contractsHost, start)
		codes["another application's"], start = d.code(t, p, b, payrollHost, start)
		codes["another environment's"], start = d.code(t, p, finn, fjordHost, start)
		for _, what := range []string{"another application's", "another environment's"} {
			_, answer := p.ask(t, "GET /.pactius/finish?code="+codes[what], contractsHost, "Cookie: "+start)
			if strings.Contains(answer, "pactius-app-") {
				t.Errorf("%s code is taken by %s: %s", what, p.name, answer)
			}
		}
		finish := "GET /.pactius/finish?code=" + codes["this application's"]
		if _, answer := p.ask(t, finish, contractsHost); strings.Contains(answer, "pactius-app-") {
			t.Errorf("a code is taken without its browser's secret: %s", answer)
		}
		if _, answer := p.ask(t, finish, contractsHost, "Cookie: "+start); strings.Contains(answer, "pactius-app-") {
			t.Errorf("a code that another browser has tried is taken: %s", answer)
		}
		var right string
		right, start = d.code(t, p, b, contractsHost, start)
		finish = "GET /.pactius/finish?code=" + right
		if status, answer := p.ask(t, finish, contractsHost, "Cookie: "+start); status != http.StatusSeeOther {
			t.Errorf("the right code is refused: %s", answer)
		}
		if _, answer := p.ask(t, finish, contractsHost, "Cookie: "+start); strings.Contains(answer, "pactius-app-") {
			t.Errorf("a code is taken twice: %s", answer)
		}
	}
}

var startCookie = regexp.MustCompile(`(?:__Host-)?pactius-start=[^;\s]+`)

// code begins a hand-over by hand, and returns the code that the portal gives to a person. The secret of the browser is
// that of an earlier start, if there was one.
func (d *door) code(t *testing.T, p proxy, who *Person, host, start string) (code, cookie string) {
	t.Helper()
	headers := []string{}
	if start != "" {
		headers = append(headers, "Cookie: "+start)
	}
	_, answer := p.ask(t, "GET /.pactius/start?to=/", host, headers...)
	enter := regexp.MustCompile(`(?i)location: (\S+)`).FindStringSubmatch(answer)
	cookie = startCookie.FindString(answer)
	if enter == nil || cookie == "" {
		t.Fatalf("no hand-over begins: %s", answer)
	}
	answer = who.portalSays(enter[1])
	if m := codeIn.FindStringSubmatch(answer); m != nil {
		return m[1], cookie
	}
	t.Fatalf("the portal gave no code, but leads to %q", answer)
	return "", ""
}

// portalSays asks the portal with the person's session, and returns where it leads to. The browser itself would go on
// and try the code, which is void after that.
func (p *Person) portalSays(address string) string {
	p.t.Helper()
	at, err := url.Parse(address)
	p.must(err, "read %s", address)
	p.Open(at.Scheme + "://" + at.Host + "/")
	q, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, address, nil)
	p.must(err, "ask %s", address)
	q.URL.Host = net.JoinHostPort("127.0.0.1", at.Port())
	q.Host = at.Host
	for _, c := range p.Cookies() {
		q.AddCookie(&http.Cookie{Name: c.Name, Value: c.Value})
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Do(q)
	p.must(err, "ask %s", address)
	p.must(answer.Body.Close(), "close the answer")
	return answer.Header.Get("Location")
}
