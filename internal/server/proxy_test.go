package server

import (
	"bufio"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/applications"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/seal"
	"github.com/pactius/pactius/internal/store"
)

const proxiedHost = "contracts.localhost:8090"

// proxied is a deployment with an application that PACTIUS itself is the proxy of. Ada has a session there; the cookie
// is returned.
func proxied(t *testing.T, d *deployment, upstream string) (app pactius.Application, cookie string) {
	t.Helper()
	i, support := d.instances[0], pactius.SupportActor(d.env)
	tree, err := i.Units.Tree(t.Context(), support)
	d.must(err)
	app, err = i.Applications.Add(t.Context(), support, pactius.ApplicationUpdate{Name: new("Contracts"),
		Unit: new(tree.Tree.Root().ID), Origins: &[]string{"http://" + proxiedHost}, Upstream: &upstream})
	d.must(err)
	d.browser().signIn()
	now, session, token := time.Now(), seal.NewToken(), seal.NewToken()
	ada, err := i.Users.Find(t.Context(), support, "ada@nordhavn.example")
	d.must(err)
	d.must(i.store.Update(t.Context(), d.env, func(tx *store.Tx) error {
		u, err := tx.User(ada.ID)
		if err != nil {
			return err
		}
		if err := tx.InsertSession(applications.TokenHash(session), pactius.Session{ID: pactius.SessionID(id.New()),
			UserID: u.ID, Person: pactius.Person{Identity: u.Identity}, CreatedAt: now, SeenAt: now,
			ExpiresAt: now.Add(pactius.SessionAbsolute)}); err != nil {
			return err
		}
		return tx.InsertDoorSession(applications.TokenHash(token), pactius.DoorSession{Application: app.ID,
			Session: applications.TokenHash(session), CreatedAt: now})
	}))
	return app, "Cookie: pactius-app-" + string(app.ID[len(app.ID)-8:]) + "=" + token
}

// exchange sends a request as it is, with more headers, and returns the answer with the connection.
func (i *instance) exchange(t *testing.T, request string, more ...string) (*http.Response, net.Conn) {
	t.Helper()
	c, err := new(net.Dialer).DialContext(t.Context(), "tcp", i.address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	_ = c.SetDeadline(time.Now().Add(patience))
	if _, err := io.WriteString(c, request+" HTTP/1.1\r\n"+strings.Join(more, "\r\n")+"\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	r, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	return r, c
}

// TestAProxiedHostBelongsToItsApplication, with all paths that PACTIUS has itself. Other hosts stay as they are.
func TestAProxiedHostBelongsToItsApplication(t *testing.T) {
	t.Parallel()
	d := deploy(t, "sqlite", 1, "PACTIUS_TRUSTED_PROXIES=127.0.0.0/8")
	log := &lines{}
	d.logger = slog.New(slog.NewTextHandler(log, nil))
	i := d.start()
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "the application: %s %s, %s", r.Method, r.RequestURI, r.Header.Get("X-Forwarded-For"))
	}))
	t.Cleanup(upstream.Close)
	app, cookie := proxied(t, d, upstream.URL)
	own, portal := "Host: "+proxiedHost, "Host: localhost"
	const forwarded = "X-Forwarded-Host: " + proxiedHost
	for _, c := range []struct {
		request string
		headers []string
		code    int
		passed  bool
	}{
		{"GET /", []string{own}, 200, true},
		{"GET /livez", []string{own}, 200, true},
		{"GET /readyz", []string{own}, 200, true},
		{"GET /verify?application=" + string(app.ID), []string{own}, 200, true},
		{"GET /verify/secret-path", []string{own}, 200, true},
		{"POST /api/v1/units", []string{own, "Content-Length: 0"}, 200, true},
		{"GET /.well-known/jwks.json", []string{own}, 200, true},
		{"POST /sign-out", []string{own, "Content-Length: 0", "Origin: https://evil.example"}, 200, true},
		{"GET /settings/users", []string{own}, 200, true},
		{"GET /.pactius/sign-out", []string{own}, 200, false},
		{"GET /.pactius/x", []string{own}, 404, false},
		{"GET /a/../.pactius/x", []string{own}, 200, true},
		{"GET /", []string{"Host: a.internal", forwarded}, 200, true},
		{"GET /", []string{"Host: a.internal", forwarded, forwarded}, 421, false},
		{"GET /", []string{own, forwarded, forwarded}, 403, false},
		{"GET /livez", []string{portal}, 200, false},
		{"GET /.well-known/jwks.json", []string{portal}, 200, false},
		{"GET /", []string{portal}, 200, false},
		{"GET /", []string{"Host: contracts.localhost"}, 421, false},
		{"GET /livez", []string{"Host: no.example"}, 200, false},
	} {
		r, _ := i.exchange(t, c.request, append(c.headers, cookie)...)
		body, err := io.ReadAll(r.Body)
		d.must(err)
		if r.StatusCode != c.code || strings.HasPrefix(string(body), "the application: ") != c.passed {
			t.Errorf("%s %q: %d %s", c.request, c.headers, r.StatusCode, body)
		}
		if c.passed && (r.Header.Get("X-Frame-Options") != "" || r.Header.Get("X-Request-Id") == "" ||
			!strings.HasSuffix(string(body), ", 127.0.0.1")) {
			t.Errorf("%s: %v %s", c.request, r.Header, body)
		}
	}
	r, _ := i.exchange(t, "GET /livez", own)
	if r.StatusCode != http.StatusUnauthorized {
		t.Errorf("without a session: %d", r.StatusCode)
	}
	const counted = `http_requests_total{code="200",method="GET",route="application"}`
	if text := scrape(t, i.meters); !strings.Contains(text, counted) ||
		!strings.Contains(text, `pactius_door_answers_total{outcome="no_session"} 1`) {
		t.Errorf("the metrics:\n%s", text)
	}
	if text := log.String(); !strings.Contains(text, "route=application") || strings.Contains(text, "secret-path") {
		t.Errorf("the log:\n%s", text)
	}
	support := pactius.SupportActor(d.env)
	_, err := d.instances[0].Applications.Update(t.Context(), support, app.ID, 0,
		pactius.ApplicationUpdate{Upstream: new("")}) // on the other instance
	d.must(err)
	eventually(t, "the host is PACTIUS's own", func() bool {
		r, _ := i.exchange(t, "GET /", own, cookie)
		return r.StatusCode == http.StatusMisdirectedRequest
	})
}

// TestForwardedHostsOfStrangersDoNotCount: the client of an instance without a trusted proxy names no host.
func TestForwardedHostsOfStrangersDoNotCount(t *testing.T) {
	t.Parallel()
	d := deploy(t, "sqlite", 1)
	upstream := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(upstream.Close)
	_, cookie := proxied(t, d, upstream.URL)
	i := d.instances[0]
	if r, _ := i.exchange(t, "GET /livez", "Host: localhost", "X-Forwarded-Host: "+proxiedHost, cookie); r.StatusCode !=
		http.StatusOK {
		t.Errorf("%d", r.StatusCode)
	}
	if r, _ := i.exchange(t, "GET /livez", "Host: "+proxiedHost, "X-Forwarded-Host: localhost", cookie); r.StatusCode !=
		http.StatusNotFound {
		t.Errorf("%d", r.StatusCode)
	}
}

// TestHostsAreRememberedWithoutADatabase: probes have their answers, and applications stay where they are.
func TestHostsAreRememberedWithoutADatabase(t *testing.T) {
	t.Parallel()
	d := deploy(t, "sqlite", 1)
	upstream := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(upstream.Close)
	_, cookie := proxied(t, d, upstream.URL)
	i := d.instances[0]
	ask := func(host string) int {
		r, _ := i.exchange(t, "GET /livez", "Host: "+host, cookie)
		return r.StatusCode
	}
	if got := []int{ask(proxiedHost), ask("localhost")}; !slices.Equal(got, []int{404, 200}) {
		t.Fatal(got)
	}
	d.must(i.store.Close())
	eventually(t, "no one passes", func() bool { return ask(proxiedHost) == http.StatusServiceUnavailable })
	for host, want := range map[string]int{proxiedHost: 503, "localhost": 200, "new.example": 200} {
		if got := ask(host); got != want {
			t.Errorf("%s: %d", host, got)
		}
	}
}

// TestStreamsEndWhenTheServerStops: events end when the server stops, without being waited for.
func TestStreamsEndWhenTheServerStops(t *testing.T) {
	t.Parallel()
	d := deploy(t, "sqlite", 1)
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	}))
	t.Cleanup(upstream.Close)
	_, cookie := proxied(t, d, upstream.URL)
	i := d.instances[0]
	r, c := i.exchange(t, "GET /", "Host: "+proxiedHost, cookie)
	if r.StatusCode != http.StatusOK {
		t.Fatal(r.StatusCode)
	}
	began := time.Now()
	i.stop()
	if _, err := io.Copy(io.Discard, c); err != nil || time.Since(began) > drainTime/2 {
		t.Errorf("it ended after %v, %v", time.Since(began), err)
	}
}
