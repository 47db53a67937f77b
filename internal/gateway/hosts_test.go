package gateway

import (
	"fmt"
	"net/http/httptest"
	"testing"

	"github.com/pactius/pactius"
)

// TestADoubtedHostIsSearchedForAgain: an own change counts immediately, another one after a look, and without changes a
// host is searched for once a second.
func TestADoubtedHostIsSearchedForAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	second := w.second(t)
	r := httptest.NewRequestWithContext(t.Context(), "GET", string(contracts), nil)
	is := func(i *instance, want bool) {
		t.Helper()
		if got := i.door.Proxied(r); got != want {
			t.Errorf("proxied: %v", got)
		}
	}
	w.browser(w.app).at(second).do("GET", "/.pactius/start") // it looks at the environment from now on
	is(w.instance, false)
	is(second, false)
	w.app = w.lead(t, w.app, "http://127.0.0.1:1")
	is(w.instance, true)
	is(second, false)
	second.door.look(t.Context())
	is(second, true)
	before := w.db.Statements()
	is(w.instance, true)
	if n := w.db.Statements() - before; n != 0 {
		t.Errorf("%d statements for a host that is remembered", n)
	}
	w.db.Clock.Advance(believed)
	is(w.instance, true)
	if w.db.Statements() == before {
		t.Error("a host is remembered for good")
	}
	if _, err := w.rules.Update(t.Context(), pactius.SupportActor(w.Env), w.app.ID, 0,
		pactius.ApplicationUpdate{Upstream: new("")}); err != nil {
		t.Fatal(err)
	}
	is(w.instance, false)
}

func TestRememberedHostsAreBounded(t *testing.T) {
	t.Parallel()
	h := hosts{all: map[string]*knownHost{}}
	for n := range maxHosts + 100 {
		h.keep(fmt.Sprint(n), &knownHost{})
	}
	if len(h.all) != maxHosts || h.find(fmt.Sprint(maxHosts+99)) == nil {
		t.Errorf("%d hosts", len(h.all))
	}
}
