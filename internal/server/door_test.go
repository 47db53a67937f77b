package server

import (
	"bufio"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/pactius/pactius"
)

// TestTheDoorStandsBeforeThePages asks a whole server on hosts that no environment has.
func TestTheDoorStandsBeforeThePages(t *testing.T) {
	t.Parallel()
	d := deploy(t, "sqlite", 1)
	log := &lines{}
	d.logger = slog.New(slog.NewTextHandler(log, nil))
	i := d.start()
	support := pactius.SupportActor(d.env)
	tree, err := i.Units.Tree(t.Context(), support)
	d.must(err)
	a, err := i.Applications.Add(t.Context(), support, pactius.ApplicationUpdate{Name: new("Contracts"),
		Unit: new(tree.Tree.Root().ID), Origins: &[]string{"http://contracts.localhost:8090"}})
	d.must(err)
	for _, c := range []struct {
		request, host string
		code          int
		location      string
	}{
		{"GET /verify?application=" + string(a.ID), "pactius.internal", 401, ""},
		{"OPTIONS /verify?application=" + string(a.ID), "pactius.internal", 401, ""},
		{"GET /verify", "localhost", 403, ""},
		{"GET /verify/x", "localhost", 403, ""},
		{"CONNECT /verify", "localhost", 403, ""},
		{"GET /.pactius/start?to=%2Fx", "contracts.localhost:8090", 303, publicURL + "/enter"},
		{"POST /.pactius/sign-out", "contracts.localhost:8090", 303, publicURL + "/"},
		{"GET /.pactius/start", "localhost", 403, ""},
		{"GET /.well-known/jwks.json", "localhost", 200, ""},
		{"GET /", "localhost", 200, ""},
		{"GET /", "contracts.localhost:8090", 421, ""},
		{"GET /verifying", "localhost", 404, ""},
	} {
		r := i.send(t, c.request, c.host)
		location, err := url.Parse(r.Header.Get("Location"))
		d.must(err)
		location.RawQuery = ""
		if r.StatusCode != c.code || location.String() != c.location {
			t.Errorf("%s of %s: %d %v", c.request, c.host, r.StatusCode, r.Header)
		}
		if got := r.Header.Get("Strict-Transport-Security"); got != "" {
			t.Errorf("%s of %s: %s", c.request, c.host, got)
		}
	}
	if text := scrape(t, i.meters); !strings.Contains(text, `pactius_door_answers_total{outcome="no_session"} 2`) ||
		!strings.Contains(text, `pactius_door_answers_total{outcome="admitted"} 0`) {
		t.Error("the answers are not counted")
	}
	if text := log.String(); !strings.Contains(text, `route="GET /.pactius/start"`) || strings.Contains(text, "to=") ||
		strings.Contains(text, "route=/verify") {
		t.Errorf("the log:\n%s", text)
	}
}

// send sends a request as it is.
func (i *instance) send(t *testing.T, request, host string) *http.Response {
	t.Helper()
	c, err := new(net.Dialer).DialContext(t.Context(), "tcp", i.address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	text := request + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
	if _, err := c.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	r, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}
