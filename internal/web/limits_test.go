package web

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/pactius/pactius"
)

// TestOneMachineLocksNoColleagueOut: the clock stands still, so no limit fills up again. A laptop uses up everything
// that it shares with the 40 colleagues behind the address, and forges what it can. All of them get in: those who
// open the sign-in page, and those who have had it open since before, with one more click.
func TestOneMachineLocksNoColleagueOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	laptop := w.browser(nordHost)
	laptop.Client.Jar = nil // it keeps no cookie
	refused := 0
	hammer := func() {
		refused = 0
		for i := range 2*newcomerBurst + 100 {
			b := laptop
			if i%3 == 0 { // a cookie that it has made up
				b = w.browser(nordHost)
				b.setCookie("__Host-pactius-browser", strings.Repeat("A", 80))
			}
			path, method := "/sign-in", http.MethodPost
			if i%2 == 0 {
				path, method = fmt.Sprintf("/sign-in/callback?code=x&state=%d", i), http.MethodGet
			}
			if b.send(method, path, "").StatusCode == http.StatusTooManyRequests {
				refused++
			}
		}
	}
	if hammer(); refused == 0 {
		t.Fatal("the laptop is never refused")
	}
	in := 0
	for i := range 40 {
		h := human{oid(100 + i), fmt.Sprintf("colleague%d@nordhavn.example", i), fmt.Sprintf("Colleague %d", i)}
		w.must(w.tenants[nordHost].Put(h.account()))
		w.user(h)
		b := w.browser(nordHost)
		var begun *page
		if i%2 == 0 {
			begun = b.get("/?return=/sessions").submit("/sign-in")
		} else { // the page was opened before there was a cookie
			begun = b.post("/sign-in", url.Values{"return": {"/sessions"}}).status(http.StatusTooManyRequests).
				shows("Select “Sign in with Microsoft” again.").submit("/sign-in")
		}
		if i%10 == 0 {
			hammer() // between the start and the callback
		}
		b.get(begun.microsoft(url.Values{"person": {h.oid}})).to("/sessions").status(http.StatusOK)
		in++
	}
	if in != 40 {
		t.Errorf("%d of 40 colleagues got in", in)
	}
}

// TestALimitHurtsItsOwnBrowserOnly: a browser that goes on and on is refused, and others at its address are not.
func TestALimitHurtsItsOwnBrowserOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b, other := w.browser(nordHost), w.browser(nordHost)
	door, theirs := b.get("/"), other.get("/")
	for range browserBurst {
		door.submit("/sign-in").onward()
	}
	p := door.submit("/sign-in").status(http.StatusTooManyRequests).shows("You've tried this too many times")
	if got := p.Header.Get("Retry-After"); got != "3" {
		t.Errorf("Retry-After %q, want 3", got)
	}
	theirs.submit("/sign-in").onward()
	moved := w.browser(sydHost)
	moved.setCookie("__Host-pactius-browser", b.Cookie("__Host-pactius-browser"))
	moved.post("/sign-in", nil).onward() // of another environment: the cookie counts for nothing
}

// TestOneSignInAsksMicrosoftAFewTimes: a kept cookie of one sign-in does not send codes to Microsoft without end.
func TestOneSignInAsksMicrosoftAFewTimes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser(nordHost)
	state := query(b.callback(vera), "state")
	kept := b.Client.Jar.Cookies(b.url("/"))
	refused := 0
	for range attemptBurst + 3 {
		for _, c := range kept {
			b.setCookie(c.Name, c.Value)
		}
		p := b.get("/sign-in/callback?code=forged&state=" + url.QueryEscape(state))
		if p.StatusCode == http.StatusTooManyRequests {
			refused++
		}
	}
	if refused != 3 {
		t.Errorf("%d codes are refused, want 3", refused)
	}
	w.as(vera)
}

// TestTryingConnectionsIsLimitedByPersonAndLink: guessed links at the same address neither stop the people who have
// the right one, nor the administrator on the connection page.
func TestTryingConnectionsIsLimitedByPersonAndLink(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stranger := w.browser(nordHost)
	for i := range newcomerBurst + connectBurst {
		stranger.get(fmt.Sprintf("/connect/guess-%d", i)).status(http.StatusNotFound)
	}
	for range connectBurst {
		stranger.get("/connect/one").status(http.StatusNotFound)
	}
	stranger.get("/connect/one").status(http.StatusTooManyRequests)
	const path = "/settings/environment/connection"
	a := w.as(ada)
	for range connectBurst {
		a.get(path).status(http.StatusOK)
	}
	a.get(path).status(http.StatusTooManyRequests)
	second := human{oid(1), "second@nordhavn.example", "Second Root"}
	w.must(w.tenants[nordHost].Put(second.account()))
	w.user(second)
	w.as(second).get(path).status(http.StatusForbidden)
}

// TestStrangersNoiseIsNotNoted sends callbacks that belong to no sign-in of the browser: they leave no incident and are
// counted apart. A failure that began in the browser is noted, that of a known person in a room of its own.
func TestStrangersNoiseIsNotNoted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	counted := map[string]int{}
	w.site.NotEntered = func(outcome string) { counted[outcome]++ }
	noted := func() int { return w.db.Count(t, `SELECT COUNT(*) FROM incidents`) }
	w.site.RequestID = func(*http.Request) string { return rand.Text() }
	stranger := w.browser(nordHost)
	for _, query := range []string{"error=access_denied&state=x", "error=server_error", "code=x&state=x.2", "",
		"state=a&state=b&code=c", "error=access_denied&error_description=AADSTS50105&state=y"} {
		stranger.get("/sign-in/callback?" + query)
	}
	if n := noted(); n != 0 || counted[OutcomeStray] == 0 || len(counted) != 1 {
		t.Errorf("%d incidents after a stranger's noise, counted %v", n, counted)
	}
	cancel := func(b *browser) {
		b.get(b.get("/").submit("/sign-in", "select", "1").microsoft(url.Values{"action": {"cancel"}})).status(400)
	}
	cancel(w.browser(nordHost))
	if n := noted(); n != 1 || counted["cancelled"] != 1 {
		t.Errorf("%d incidents after a failed sign-in, counted %v", n, counted)
	}
	b := w.as(rikke)
	b.post("/sign-out", nil)
	cancel(b)
	if n := w.db.Count(t, `SELECT COUNT(*) FROM incidents WHERE source = $1`, pactius.FromKnownBrowser); n != 1 {
		t.Errorf("%d incidents of known browsers, want 1", n)
	}
}
