package web

import (
	"bytes"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/environments"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/seal"
	"github.com/pactius/pactius/internal/web/view"
	"github.com/pactius/pactius/testbed/scripted"
)

const callbackHost = "signin.example"

// relay makes the callback host the only one that the shared app registration knows.
func (w *world) relay() {
	w.Helper()
	w.site.Environments.CallbackHost = callbackHost
	for _, t := range w.tenants {
		app, _ := t.App(application)
		app.RedirectURLs = []string{callback(callbackHost), "https://" + callbackHost + environments.SignedOutPath}
		w.must(t.PutApp(app))
	}
}

// at is the same browser on another host.
func (b *browser) at(host string) *browser {
	return &browser{b.world, &scripted.Browser{Origin: "https://" + host, Header: b.Header, Client: b.Client}}
}

// relayed goes on to Microsoft, answers the page there and returns the answer of the callback host.
func (p *page) relayed(choice url.Values) *page {
	p.b.Helper()
	there := &page{p.Page, p.b.at(callbackHost)}
	return there.b.get(there.microsoft(choice))
}

// on checks that the callback host leads on to another host, leaves nothing in the browser and tells other sites
// nothing. It returns the path there.
func (p *page) on(host string) string {
	p.b.Helper()
	p.status(http.StatusSeeOther)
	path, ok := strings.CutPrefix(p.Header.Get("Location"), "https://"+host)
	if !ok || path[0] != '/' {
		p.b.Fatalf("leads to %s, want %s", p.Header.Get("Location"), host)
	}
	p.leavesNothing()
	return path
}

func (p *page) leavesNothing() {
	p.b.Helper()
	if len(p.Cookies()) > 0 {
		p.b.Errorf("the callback host sets %v", p.Cookies())
	}
	for name, want := range map[string]string{"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"} {
		if got := p.Header.Get(name); got != want {
			p.b.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

// signInRelayed signs somebody in by the callback host.
func (w *world) signInRelayed(host string, h human) *browser {
	w.Helper()
	b := w.browser(host)
	p := b.post("/sign-in", url.Values{"select": {"1"}})
	b.get(p.relayed(url.Values{"person": {h.oid}}).on(host)).status(http.StatusSeeOther)
	return b
}

func TestOneCallbackHostServesAllEnvironments(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.relay()
	for host, h := range map[string]human{nordHost: rikke, sydHost: sara} {
		b := w.browser(host)
		begun := b.post("/sign-in", url.Values{"select": {"1"}, "return": {"/sessions"}})
		if to := query(begun.onward(), "redirect_uri"); to != callback(callbackHost) {
			t.Errorf("Microsoft is to come back to %s", to)
		}
		path := begun.relayed(url.Values{"person": {h.oid}}).on(host)
		b.get(path).to("/sessions").shows("Active sessions")
		b.get("/").shows(h.name)

		out := b.post("/sign-out", nil)
		home := (&page{out.Page, b.at(callbackHost)}).relayed(nil).on(host)
		if home != "/" {
			t.Errorf("after the sign-out at Microsoft: %s", home)
		}
		b.get(home).shows("You've signed out.", "Sign in with Microsoft")
	}
}

func TestPermissionsAreGrantedByTheCallbackHost(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.relay()
	w.must(w.tenants[nordHost].Put(chief))
	w.must(w.tenants[nordHost].Grant(application))
	a := w.signInRelayed(nordHost, ada)
	form := url.Values{"registration": {"shared"}}
	accept := url.Values{"person": {chief.ObjectID}, "decision": {"accept"}}
	back := a.post(view.ConnectionPath+"/consent", form).relayed(accept).on(nordHost)
	w.browser(nordHost).get(back).status(http.StatusConflict).shows("wasn't requested in this browser")
	w.browser(sydHost).get(back).status(http.StatusBadRequest).shows("This sign-in can't be completed here")
	a.get(back).status(http.StatusOK).shows("Everything works.")
	a.get(back).status(http.StatusConflict).shows("has already been used")

	path := w.connectLink("")
	b := w.browser(looseHost)
	// the customer who registers an application has the environment's own address
	b.get(path).shows(callback(looseHost)).lacks(callbackHost)
	trip := b.post(path+"/consent", url.Values{"tenant": {nordTenant}, "registration": {"shared"}})
	b.get(trip.relayed(accept).on(looseHost)).status(http.StatusOK).shows("The permissions are granted and work.")
	b.post(path, url.Values{"registration": {"shared"}, "tenant": {nordTenant}, "confirmed": {nordTenant}}).
		status(http.StatusOK).shows("Loose is connected to Microsoft 365")
}

// TestTheCallbackHostLeadsNobodyAstray takes a callback to other browsers and to other environments.
func TestTheCallbackHostLeadsNobodyAstray(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.relay()
	b := w.browser(nordHost)
	path := b.post("/sign-in", url.Values{"select": {"1"}}).relayed(url.Values{"person": {rikke.oid}}).on(nordHost)

	// Another environment refuses it, also where a sign-in of its own is under way.
	syd := w.browser(sydHost)
	syd.get(path).status(http.StatusBadRequest).shows("This sign-in can't be completed here")
	syd.post("/sign-in", nil)
	syd.get(path).status(http.StatusBadRequest).shows("This sign-in can't be completed here")

	// Another browser begins a sign-in of its own, once.
	other := w.browser(nordHost)
	again := other.get(path).status(http.StatusOK).shows("came back without the cookie")
	second := again.relayed(url.Values{"person": {rikke.oid}}).on(nordHost)
	w.browser(nordHost).get(second).status(http.StatusBadRequest).shows("Your browser didn't keep our cookie")
	other.get(second).to("/").shows("Welcome")

	// A code that was slipped into a sign-in under way is refused by Microsoft: its verifier is in the first browser.
	victim := w.browser(nordHost)
	state := query(victim.post("/sign-in", url.Values{"select": {"1"}}).onward(), "state")
	forged := environments.CallbackPath + "?" + url.Values{"code": {query(path, "code")}, "state": {state}}.Encode()
	victim.get(victim.at(callbackHost).get(forged).on(nordHost)).status(http.StatusBadRequest)
	if victim.token() != "" {
		t.Error("another person's code opened a session")
	}
	w.signInRelayed(nordHost, lone).get("/").shows("Lone Local")
}

// TestTheCallbackHostIsNobodys asks it for what it has not.
func TestTheCallbackHostIsNobodys(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.relay()
	var log bytes.Buffer
	w.site.Logger = slog.New(slog.NewTextHandler(&log, nil))
	strays := 0
	w.site.NotEntered = func(outcome string) {
		if outcome == OutcomeStray {
			strays++
		}
	}
	state := func(e pactius.Environment) string {
		return url.QueryEscape(w.site.Environments.State(e, seal.NewToken()))
	}
	good := state(w.nord)
	gone := state(pactius.Environment{ID: pactius.EnvironmentID(id.New()), Host: "evil.example"})
	other, err := seal.New(strings.Repeat("o", seal.MinSecret))
	w.must(err)
	c := w.browser(callbackHost)
	for name, query := range map[string]string{
		"no state": "code=x", "not sealed": "code=x&state=" + seal.NewToken(), "altered": "code=x&state=" + good + "x",
		"an environment that is gone":   "code=x&state=" + gone,
		"sealed with another secret":    "code=x&state=" + other.Seal("callback", []byte(string(w.nord.ID)+" 1 x"), ""),
		"an error of Microsoft without": "error=access_denied",
		"an address for a state":        "code=x&state=https%3A%2F%2Fevil.example%2F",
	} {
		before := strays
		p := c.get(environments.CallbackPath+"?"+query).status(http.StatusBadRequest).
			shows("Start at your company's address", "What to do now", "support@pactius.example", "REFERENCE").
			lacks("evil.example", "/sign-in\"")
		p.leavesNothing()
		if strays != before+1 || !strings.Contains(log.String(), "on the callback host") {
			t.Errorf("%s: it is neither counted nor logged: %s", name, log.String())
		}
		log.Reset()
	}
	for _, path := range []string{"/", "/settings/users", "/sign-in", "/access", environments.CallbackPath + "/"} {
		c.get(path).status(http.StatusNotFound).shows("Start at your company's address").leavesNothing()
		c.post(path, nil).status(http.StatusNotFound).leavesNothing()
	}
	_, sheet, _ := strings.Cut(c.get("/").Body, `<link rel="stylesheet" href="`)
	sheet, _, _ = strings.Cut(sheet, `"`)
	c.get(sheet).status(http.StatusOK)
	c.get(environments.SignedOutPath).status(http.StatusOK).shows("You've signed out").leavesNothing()
	c.get(environments.SignedOutPath + "?state=" + gone).status(http.StatusOK).leavesNothing()
	w.browser(nordHost).get(environments.SignedOutPath).status(http.StatusNotFound)

	w.db.Clock.Advance(environments.StateTime + time.Second)
	late := c.get(environments.CallbackPath+"?code=x&state="+good).status(http.StatusBadRequest).
		shows("This sign-in is no longer valid", "Go to sign-in")
	if !strings.Contains(late.Body, `href="https://`+nordHost+`/"`) {
		t.Error("a late sign-in is not led to its environment")
	}
	if got := c.get(environments.SignedOutPath + "?state=" + good).on(nordHost); got != "/" {
		t.Errorf("a late sign-out leads to %s", got)
	}
}

// TestTheCallbackHostPassesOnWhatMicrosoftGave, and nothing else.
func TestTheCallbackHostPassesOnWhatMicrosoftGave(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.relay()
	given := url.Values{"state": {w.site.Environments.State(w.nord, "x")}, "error": {"access_denied"},
		"error_description": {"AADSTS65004: no æøå & more"}, "error_subcode": {"cancel"}}
	sent := url.Values{"return": {"https://evil.example"}, "session_state": {"y"}}
	maps.Copy(sent, given)
	path := w.browser(callbackHost).get(environments.CallbackPath + "?" + sent.Encode()).on(nordHost)
	got, err := url.Parse(path)
	w.must(err)
	if got.Path != environments.CallbackPath || got.RawQuery != given.Encode() {
		t.Errorf("passes on %s", path)
	}
	w.browser(nordHost).get(path).status(http.StatusBadRequest).shows("You declined the permissions", "AADSTS65004")
}

func TestAnOwnRegistrationIsNotSentByTheCallbackHost(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.connectOwn()
	w.relay()
	app, _ := w.tenants[nordHost].App(ownApp)
	app.RedirectURLs = append(app.RedirectURLs, "https://"+nordHost+"/")
	w.must(w.tenants[nordHost].PutApp(app))
	b := w.browser(nordHost)
	begun := b.post("/sign-in", url.Values{"select": {"1"}})
	if to := query(begun.onward(), "redirect_uri"); to != callback(nordHost) {
		t.Errorf("Microsoft is to come back to %s", to)
	}
	b.get(begun.microsoft(url.Values{"person": {rikke.oid}})).to("/").shows("Welcome")
	if back := b.post("/sign-out", nil).microsoft(nil); back != "/" {
		t.Errorf("a sign-out comes back to %s", back)
	}
}

// TestASignInOutlivesTheSetting begins sign-ins on an instance without the callback host that end on one with it.
func TestASignInOutlivesTheSetting(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser(nordHost)
	path := b.callback(rikke)
	w.relay()
	b.get(path).to("/").shows("Welcome")
}

// TestTheStateIsShort: Microsoft's pages and our cookies carry it.
func TestTheStateIsShort(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.relay()
	state := w.site.Environments.State(w.nord, seal.NewToken()) + secondBegin
	if len(state) > maxState {
		t.Errorf("the state has %d bytes", len(state))
	}
	e, err := w.site.Environments.OfState(t.Context(), strings.TrimSuffix(state, secondBegin))
	if err != nil || e.ID != w.nord.ID || e.Host != nordHost {
		t.Errorf("it leads to %s, %v", e.Host, err)
	}
	b := w.browser(nordHost)
	long := "/settings/users?q=" + strings.Repeat("x", maxReturn-len("/settings/users?q="))
	for _, c := range b.post("/sign-in", url.Values{"return": {long}}).Cookies() {
		if n := len(c.Name) + len(c.Value); n > 4096 { // RFC 6265, section 6.1
			t.Errorf("the cookie %s has %d bytes", c.Name, n)
		}
	}
}
