package doorcheck_test

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/doorcheck"
)

// provider is the portal of an environment and an application, both right, which tests make wrong.
type provider struct {
	issuer  string
	kid     string
	logout  http.HandlerFunc
	replace map[string]http.HandlerFunc // by path
	alter   func(document map[string]any)
	form    url.Values // that the application got
	asked   []string
}

func (p *provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.asked = append(p.asked, r.Method+" "+r.URL.Path)
	if h := p.replace[r.URL.Path]; h != nil {
		h(w, r)
		return
	}
	switch r.URL.Path {
	case "/.well-known/openid-configuration":
		document := map[string]any{"issuer": p.issuer, "authorization_endpoint": p.issuer + "/oauth/authorize",
			"token_endpoint": p.issuer + "/oauth/token", "userinfo_endpoint": p.issuer + "/oauth/userinfo",
			"jwks_uri": p.issuer + "/.well-known/jwks.json", "end_session_endpoint": p.issuer + "/oauth/logout",
			"revocation_endpoint": p.issuer + "/oauth/revoke"}
		if p.alter != nil {
			p.alter(document)
		}
		_ = json.NewEncoder(w).Encode(document)
	case "/.well-known/jwks.json":
		_ = json.NewEncoder(w).Encode(map[string]any{"keys": []any{map[string]any{"kid": "old"},
			map[string]any{"kid": p.kid}}})
	case "/logout":
		_ = r.ParseForm()
		p.form = r.PostForm
		p.logout(w, r)
	default:
		http.NotFound(w, r)
	}
}

// answers makes a handler that answers with a status.
func answers(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }
}

// checkClient checks a client against a server that is the portal and the application. change makes something wrong.
func checkClient(t *testing.T, change func(*provider, *doorcheck.Client)) ([]doorcheck.Result, *provider) {
	t.Helper()
	p := &provider{kid: "current", logout: answers(http.StatusBadRequest), replace: map[string]http.HandlerFunc{}}
	server := httptest.NewServer(p)
	defer server.Close()
	p.issuer = server.URL
	cl := doorcheck.Client{Portal: parsed(t, server.URL), Key: "current", Application: pactius.Application{ID: id,
		Client: pactius.Client{Kind: pactius.ClientWeb, RedirectURIs: []string{"http://127.0.0.1/cb"},
			BackChannel: server.URL + "/logout"}}}
	if change != nil {
		change(p, &cl)
	}
	return doorcheck.Checker{}.CheckClient(t.Context(), cl), p
}

func TestAClientThatIsRight(t *testing.T) {
	t.Parallel()
	all, p := checkClient(t, nil)
	if len(all) != 4 {
		t.Errorf("got %+v", all)
	}
	for _, r := range all {
		if r.Verdict != doorcheck.VerdictGood || r.Probe == "" || r.Detail == "" || r.Remedy != "" {
			t.Errorf("got %+v", r)
		}
	}
	if detail := all[3].Detail; !strings.Contains(detail, "127.0.0.1 only if PACTIUS_ALLOWED_NETWORKS") {
		t.Errorf("a private address: %s", detail)
	}
	if diff := cmp.Diff(url.Values{"logout_token": {"made-up"}}, p.form); diff != "" {
		t.Errorf("the application got -want +got\n%s", diff)
	}
	want := []string{"GET /.well-known/openid-configuration", "GET /.well-known/jwks.json", "POST /logout"}
	if diff := cmp.Diff(want, p.asked); diff != "" {
		t.Errorf("asked for -want +got\n%s", diff)
	}
}

// TestWhatIsWrongWithAClientIsFound lists what goes wrong in deployments, and what the check says.
func TestWhatIsWrongWithAClientIsFound(t *testing.T) {
	t.Parallel()
	const wrong, unasked = doorcheck.VerdictWrong, doorcheck.VerdictUnasked
	alter := func(name, value string) func(*provider, *doorcheck.Client) {
		return func(p *provider, _ *doorcheck.Client) {
			p.alter = func(document map[string]any) { document[name] = value }
		}
	}
	at := func(path string, h http.HandlerFunc) func(*provider, *doorcheck.Client) {
		return func(p *provider, _ *doorcheck.Client) { p.replace[path] = h }
	}
	logout := func(h http.HandlerFunc) func(*provider, *doorcheck.Client) { return at("/logout", h) }
	const discovery, keys = "/.well-known/openid-configuration", "/.well-known/jwks.json"
	for _, test := range []struct {
		name    string
		change  func(*provider, *doorcheck.Client)
		probe   string // beginning
		verdict doorcheck.Verdict
		detail  string
		remedy  string
	}{
		{"the proxy routes discovery elsewhere", at(discovery, http.NotFound), "the discovery", wrong,
			"It isn't PACTIUS that answers: 404", "Route /.well-known/"},
		{"a page instead of the document", at(discovery, application), "the discovery", wrong, `titled "Contracts"`,
			"Route /.well-known/"},
		{"discovery leads elsewhere",
			at(discovery, http.RedirectHandler("https://x.example/", http.StatusFound).ServeHTTP),
			"the discovery", wrong, "302 Found, to https://x.example/", "Route /.well-known/"},
		{"another issuer", alter("issuer", "http://other.example"), "the discovery", wrong,
			`It names the issuer "http://other.example" instead of`, "PACTIUS_URL"},
		{"the issuer with a slash", alter("issuer", "http://127.0.0.1/"), "the discovery", wrong, "instead of", "Host"},
		{"an endpoint at another host", alter("token_endpoint", "https://evil.example/oauth/token"), "the discovery",
			wrong, "evil.example", "PACTIUS_URL"},
		{"an endpoint without TLS", alter("userinfo_endpoint", "ftp://127.0.0.1/x"), "the discovery", wrong, "ftp://",
			"PACTIUS_URL"},
		{"no endpoint", alter("revocation_endpoint", ""), "the discovery", wrong, `the address ""`, "PACTIUS_URL"},
		{"an old list of keys", func(p *provider, _ *doorcheck.Client) { p.kid = "stale" }, "the signing keys", wrong,
			"isn't among them: current", "cache"},
		{"no list of keys", at(keys, http.NotFound), "the signing keys", wrong, "404", "Route /.well-known/"},

		{"a logout token that is believed", logout(answers(http.StatusOK)), "sign-out", wrong, "doesn't verify",
			"front-channel"},
		{"no content", logout(answers(http.StatusNoContent)), "sign-out", wrong, "doesn't verify", "front-channel"},
		{"nothing takes sign-outs", logout(http.NotFound), "sign-out", wrong, "404 Not Found", "Nothing there"},
		{"only a page", logout(answers(http.StatusMethodNotAllowed)), "sign-out", wrong, "405", "Nothing there"},
		{"a sign-out that is redirected", logout(http.RedirectHandler("/login", http.StatusFound).ServeHTTP),
			"sign-out", wrong, "302 Found, to /login", "doesn't follow redirects"},
		{"a proxy wants a session", logout(answers(http.StatusUnauthorized)), "sign-out", wrong, "401",
			"POST requests"},
		{"a token against forgery is wanted", logout(answers(http.StatusForbidden)), "sign-out", wrong, "403",
			"POST requests"},
		{"it falls", logout(answers(http.StatusInternalServerError)), "sign-out", wrong, "500", "log"},
		{"it hangs up", logout(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }), "sign-out",
			unasked, "EOF", "runs"},
		{"nothing listens", func(_ *provider, cl *doorcheck.Client) {
			l := listen(t)
			cl.Application.Client.BackChannel = "http://" + l.Addr().String() + "/logout"
			l.Close()
		}, "sign-out", unasked, "refused", "listens"},
		{"redirects to nothing that listens", func(_ *provider, cl *doorcheck.Client) {
			l := listen(t)
			cl.Application.Client.RedirectURIs = []string{"https://" + l.Addr().String() + "/cb"}
			l.Close()
		}, "redirect to https://127.0.0.1", unasked, "refused", "listens"},
		{"a redirect without TLS", func(p *provider, cl *doorcheck.Client) {
			cl.Application.Client.RedirectURIs = []string{strings.Replace(p.issuer, "http:", "https:", 1) + "/cb"}
		}, "redirect to https://127.0.0.1", unasked, "tls", "listens"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			all, _ := checkClient(t, test.change)
			var bad []doorcheck.Result
			for _, r := range all {
				if r.Verdict != doorcheck.VerdictGood {
					bad = append(bad, r)
				}
			}
			if len(bad) != 1 || !strings.HasPrefix(bad[0].Probe, test.probe) || bad[0].Verdict != test.verdict ||
				!strings.Contains(bad[0].Detail, test.detail) || !strings.Contains(bad[0].Remedy, test.remedy) {
				t.Errorf("got %+v", bad)
			}
		})
	}
}

// TestRedirectAddressesAreConnectedTo, once for each host, and nothing is sent: they take codes.
func TestRedirectAddressesAreConnectedTo(t *testing.T) {
	t.Parallel()
	connections := 0
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("a request: %s %s", r.Method, r.URL)
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	defer server.Close()
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		host, _, _ := net.SplitHostPort(address)
		if host == "missing.example" {
			return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
		}
		connections++
		return new(net.Dialer).DialContext(ctx, network, server.Listener.Addr().String())
	}
	all := doorcheck.Checker{Roots: roots, Dial: dial}.CheckClient(t.Context(), doorcheck.Client{
		Portal: parsed(t, "https://missing.example"), Application: pactius.Application{Client: pactius.Client{
			RedirectURIs: []string{"https://example.com/a", "https://example.com/b", "https://wrong.example/",
				"https://missing.example/", "com.example.app:/cb", "http://localhost/cb"}}}})
	got := map[string]doorcheck.Verdict{}
	for _, r := range all {
		got[r.Probe] = r.Verdict
	}
	const good, unasked = doorcheck.VerdictGood, doorcheck.VerdictUnasked
	want := map[string]doorcheck.Verdict{"the discovery document": unasked,
		"redirect to https://example.com/a": good, "redirect to https://example.com/b": good,
		"redirect to https://wrong.example/": unasked, "redirect to https://missing.example/": unasked,
		"redirect to com.example.app:/cb": good, "redirect to http://localhost/cb": good}
	if diff := cmp.Diff(want, got); diff != "" || connections != 2 {
		t.Errorf("%d connections, -want +got\n%s", connections, diff)
	}
	if r := all[3]; !strings.Contains(r.Detail, "wrong.example") || !strings.Contains(r.Remedy, "certificate") {
		t.Errorf("another host's certificate: %+v", r)
	}
	if r := all[4]; !strings.Contains(r.Remedy, "Correct the host name") {
		t.Errorf("no such host: %+v", r)
	}
	through := doorcheck.Checker{Dial: dial, Proxy: http.ProxyURL(parsed(t, "http://127.0.0.1:1"))}
	all = through.CheckClient(t.Context(), doorcheck.Client{Portal: parsed(t, "https://missing.example"),
		Application: pactius.Application{Client: pactius.Client{RedirectURIs: []string{"https://example.com/a"}}}})
	if r := all[len(all)-1]; r.Verdict != good || !strings.Contains(r.Detail, "Not tried") {
		t.Errorf("through a proxy: %+v", r)
	}
}
