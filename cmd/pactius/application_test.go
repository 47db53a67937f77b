package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/doorcheck"
)

// guarded makes a world with an application whose proxy answers each request, and returns the application's ID.
func guarded(t *testing.T, proxy http.HandlerFunc) (*world, string) {
	t.Helper()
	server := httptest.NewServer(proxy)
	t.Cleanup(server.Close)
	u, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	w := newCompany(t)
	out := w.must("application", "add", "Contracts", "--origin", "http://contracts.localhost:"+u.Port(),
		"--unit", "Sales", "--json")
	var r applicationRecord
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatal(err)
	}
	return w, r.ID
}

// TestAClosedDoorIsSaid checks an application whose proxy does what it should.
func TestAClosedDoorIsSaid(t *testing.T) {
	t.Parallel()
	id := ""
	w, added := guarded(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/.pactius/start":
			http.SetCookie(w, &http.Cookie{Name: "pactius-start", Value: "secret"})
			q := url.Values{"application": {id}, "origin": {"http://" + r.Host}}
			http.Redirect(w, r, "http://localhost:1/enter?"+q.Encode(), http.StatusFound)
		case "/.pactius/finish":
			w.Header().Set("Permissions-Policy", "camera=()")
			w.WriteHeader(http.StatusBadRequest)
		default:
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprint(w, `<a href="/.pactius/start?to=%2F">`)
		}
	})
	id = added
	r := w.run("", "application", "check", "Contracts")
	if r.code != exitDone || r.stderr != "" || !strings.Contains(r.stdout, "closed  a WebSocket") ||
		!strings.Contains(r.stdout, "Not visible from outside") {
		t.Errorf("exit code %d\n%s%s", r.code, r.stdout, r.stderr)
	}
	lines := strings.Split(strings.TrimSpace(w.must("application", "check", "Contracts", "--json")), "\n")
	if len(lines) < 25 {
		t.Errorf("%d probes as JSON", len(lines))
	}
	for _, line := range lines {
		var p probeRecord
		if err := json.Unmarshal([]byte(line), &p); err != nil || p.Result != string(doorcheck.VerdictClosed) {
			t.Errorf("got %s, %v", line, err)
		}
	}
}

// TestAnOpenDoorIsRefused: scripts that run the check see it by the exit code.
func TestAnOpenDoorIsRefused(t *testing.T) {
	t.Parallel()
	w, _ := guarded(t, func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "<title>All \x1b[1mcontracts</title>")
	})
	r := w.run("", "application", "check", "contracts")
	if r.code != exitRefused || !strings.Contains(r.stderr, "open to everyone: 1 answer\n") ||
		!strings.Contains(r.stdout, "OPEN  a person opens /") || !strings.Contains(r.stdout, "titled") ||
		!strings.Contains(r.stdout, "docs/applications.md") || strings.Contains(r.stdout, "\x1b") {
		t.Errorf("exit code %d\n%s%s", r.code, r.stdout, r.stderr)
	}
}

// TestAnAddressIsAskedWithTheApplicationsHost, so that a proxy is checked before its name leads there.
func TestAnAddressIsAskedWithTheApplicationsHost(t *testing.T) {
	t.Parallel()
	w, _ := guarded(t, http.NotFound)
	host := make(chan string, 100)
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { host <- r.Host }))
	defer proxy.Close()
	w.must("application", "set", "Contracts", "--origin", "https://contracts.nordhavn.example")
	r := w.run("", "application", "check", "Contracts", "--address", proxy.URL)
	if got := <-host; r.code != exitRefused || got != "contracts.nordhavn.example" {
		t.Errorf("asked for %s, exit code %d\n%s%s", got, r.code, r.stdout, r.stderr)
	}
}

// TestApplicationsNeedTheSecretOfTheServer, because their signing keys are stored encrypted.
func TestApplicationsNeedTheSecretOfTheServer(t *testing.T) {
	t.Parallel()
	w := newCompany(t)
	w.environ = slices.DeleteFunc(w.environ, func(s string) bool { return strings.HasPrefix(s, "PACTIUS_SECRET=") })
	for _, args := range [][]string{
		{"application", "add", "Contracts", "--origin", "https://contracts.nordhavn.example", "--unit", "/"},
		{"application", "rotate"},
	} {
		if r := w.run("", args...); r.code != exitRefused || !strings.Contains(r.stderr, "PACTIUS_SECRET") {
			t.Errorf("%v: exit code %d: %s", args, r.code, r.stderr)
		}
	}
}

// TestDangerousCommandsOfApplicationsAsk, and do nothing when the answer isn't yes.
func TestDangerousCommandsOfApplicationsAsk(t *testing.T) {
	t.Parallel()
	w, _ := guarded(t, http.NotFound)
	for _, args := range [][]string{{"application", "remove", "Contracts"}, {"application", "rotate", "--now"}} {
		before := w.must("application", "show", "Contracts")
		for _, answer := range []string{"no\n", "y\n", ""} {
			if r := w.answer(answer, args...); r.code != exitRefused || !strings.Contains(r.stderr, "Type yes") {
				t.Errorf("%v: exit code %d: %s", args, r.code, r.stderr)
			}
		}
		if after := w.must("application", "show", "Contracts"); after != before {
			t.Errorf("%v: after the answer no there is\n%s\nbefore\n%s", args, after, before)
		}
	}
	if r := w.answer("yes\n", "application", "remove", "Contracts"); r.code != exitDone {
		t.Errorf("exit code %d: %s", r.code, r.stderr)
	}
}

// TestWhatAKeyDoes follows three keys through their lives.
func TestWhatAKeyDoes(t *testing.T) {
	t.Parallel()
	day := func(n int) time.Time { return time.Date(2027, 3, n, 12, 0, 0, 0, time.UTC) }
	d := &desk{printer: &printer{zone: time.UTC}}
	keys := []pactius.SigningKey{
		{StartsAt: day(1), EndsAt: day(12)}, {StartsAt: day(11), EndsAt: day(22)}, {StartsAt: day(21)},
	}
	got := d.keyTimes(keys, day(11).Add(time.Hour))
	want := []string{"no longer signs, published until 2027-03-12 12:00 +00:00",
		"signs since 2027-03-11 12:00 +00:00 until 2027-03-21 12:00 +00:00",
		"published, signs from 2027-03-21 12:00 +00:00"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// TestAClientIsChecked with what is good, what is wrong, and the exit code that scripts see. Its own pages aren't
// tried, because it signs people in itself.
func TestAClientIsChecked(t *testing.T) {
	t.Parallel()
	logout := http.StatusBadRequest
	requests := make(chan string, 100)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests <- r.Method + " " + r.URL.Path
		w.WriteHeader(logout)
	}))
	defer server.Close()
	w := newCompany(t)
	w.must("application", "add", "Wiki", "--origin", "http://wiki.localhost", "--unit", "Sales", "--client", "web",
		"--redirect", "http://localhost:3000/cb", "--back-channel", server.URL+"/logout")
	r := w.run("", "application", "check", "Wiki") // the portal doesn't run
	if r.code != exitRefused || !strings.Contains(r.stdout, "UNASKED  the discovery document") ||
		!strings.Contains(r.stdout, "good     redirect to http://localhost:3000/cb") ||
		!strings.Contains(r.stdout, "good     sign-out at "+server.URL+"/logout") ||
		!strings.Contains(r.stdout, "so its own pages weren't tried") {
		t.Errorf("exit code %d\n%s%s", r.code, r.stdout, r.stderr)
	}
	if got := <-requests; got != "POST /logout" || len(requests) > 0 {
		t.Errorf("asked for %s, and %d more", got, len(requests))
	}
	logout = http.StatusNotFound
	out := w.run("", "application", "check", "Wiki", "--json").stdout
	lines := strings.Split(strings.TrimSpace(out), "\n")
	var last probeRecord
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &last); err != nil || len(lines) != 3 ||
		last.Result != "wrong" || last.Detail != "404 Not Found" || last.Remedy == "" {
		t.Errorf("got %s, %v", out, err)
	}
}
