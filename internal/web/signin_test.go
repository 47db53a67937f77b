package web

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/environments"
	"github.com/pactius/pactius/internal/microsoft"
	"github.com/pactius/pactius/internal/users"
	"github.com/pactius/pactius/testbed/devtenant"
)

func TestEverySignInThatFailsSaysWhatToDo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	outside := human{"0f3b6c1e-6666-4c5b-b112-00000000000a", "bo@nordhavn.example", "Bo Unassigned"}
	account := outside.account()
	account.NotAssigned = true
	w.must(w.tenants[nordHost].Put(account))
	gone := human{"0f3b6c1e-6666-4c5b-b112-00000000000b", "per@nordhavn.example", "Per Disabled"}
	account = gone.account()
	account.Disabled = true
	w.must(w.tenants[nordHost].Put(account))
	begin := func(b *browser) *page {
		return b.post("/sign-in", url.Values{"select": {"1"}, "return": {"/settings/users"}})
	}
	for _, c := range []struct {
		name   string
		back   func(b *browser) string // the path to come back with
		status int
		says   string
	}{
		{"cancelled at Microsoft", func(b *browser) string {
			return begin(b).
				microsoft(url.Values{"action": {"cancel"}})
		}, 400, "You cancelled the sign-in"},
		{"not assigned to the application", func(b *browser) string {
			return begin(b).
				microsoft(url.Values{"person": {outside.oid}})
		}, 403, "hasn't given you access to this application"},
		{"switched off in Microsoft 365", func(b *browser) string {
			return begin(b).
				microsoft(url.Values{"person": {gone.oid}})
		}, 403, "disabled or locked"},
		{"a state that this browser never had",
			func(b *browser) string { begin(b); return "/sign-in/callback?code=x&state=forged" }, 400,
			"This sign-in can't be completed here"},
		{"neither code nor error", func(*browser) string { return "/sign-in/callback" }, 400,
			"We couldn't use Microsoft's response"},
		{"the state twice", func(*browser) string { return "/sign-in/callback?state=a&state=b&code=c" }, 400,
			"We couldn't use Microsoft's response"},
		{"a code that Microsoft never gave", func(b *browser) string {
			state := query(b.callback(vera), "state")
			return "/sign-in/callback?code=forged&state=" + url.QueryEscape(state)
		}, 400, "no longer valid"},
		{"an error nobody knows", func(*browser) string { return "/sign-in/callback?error=%3Cscript%3E&state=a" }, 400,
			"We couldn't use Microsoft's response"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := w.browser(nordHost)
			before := w.db.Dump(t)
			p := b.get(c.back(b)).status(c.status).shows(c.says, "What to do now", "REFERENCE",
				"support@pactius.example")
			p.lacks("<script>")
			p.submit("/sign-in", "select", "1").onward()
			if b.token() != "" {
				t.Error("there is a session")
			}
			same(t, before, w.db.Dump(t))
		})
	}
}

func query(path, name string) string {
	u, err := url.Parse(path)
	if err != nil {
		return ""
	}
	return u.Query().Get(name)
}

func TestACallbackWorksOnceAndInItsBrowserOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser(nordHost)
	path := b.callback(rikke, "return", "/settings/users?q=x")
	other := w.browser(nordHost)
	other.get(path).onward() // begins one of its own
	if other.token() != "" {
		t.Error("another browser is signed in")
	}
	cookies := b.Client.Jar.Cookies(b.url("/"))
	b.get(path).to("/settings/users?q=x").status(http.StatusForbidden)
	token := b.token()
	b.get(path).to("/").shows("Welcome, Rikke", "Rikke Reader")
	if got := b.token(); got != token {
		t.Error("the replayed callback changed the session")
	}
	// A kept cookie of the attempt is used again.
	thief := w.browser(nordHost)
	thief.Client.Jar.SetCookies(thief.url("/"), cookies)
	for _, c := range cookies {
		thief.setCookie(c.Name, c.Value)
	}
	thief.get(path).status(http.StatusBadRequest)
	if thief.token() != "" {
		t.Error("the replay opened a session")
	}
}

// TestEveryStateOfACallbackIsToldTheTruth comes back from Microsoft with every state
// of the browser's cookies.
func TestEveryStateOfACallbackIsToldTheTruth(t *testing.T) {
	t.Parallel()
	const replayed, elsewhere, late = "This sign-in has already been used", "This sign-in can't be completed here",
		"This sign-in is no longer valid"
	forget := func(b *browser) {
		jar, err := cookiejar.New(nil)
		b.must(err)
		b.Client.Jar = jar
	}
	for _, c := range []struct {
		name string
		back func(b *browser) string
		says string
	}{
		{"cancelled, then reloaded", func(b *browser) string {
			path := b.post("/sign-in", nil).microsoft(url.Values{"action": {"cancel"}})
			b.get(path).status(http.StatusBadRequest).shows("You cancelled the sign-in")
			return path
		}, replayed},
		{"a code that failed, then reloaded", func(b *browser) string {
			path := "/sign-in/callback?code=forged&state=" + url.QueryEscape(query(b.callback(vera), "state"))
			b.get(path).status(http.StatusBadRequest).shows(late)
			return path
		}, replayed},
		{"another sign-in's cookie only", func(b *browser) string {
			other := b.world.browser(nordHost).callback(vera)
			b.callback(vera)
			return other
		}, elsewhere},
		{"used, and another has begun since", func(b *browser) string {
			path := "/sign-in/callback?code=forged&state=" + url.QueryEscape(query(b.callback(vera), "state"))
			b.get(path)
			b.callback(vera)
			return path
		}, elsewhere},
		{"pushed out by newer ones", func(b *browser) string {
			path := b.callback(vera)
			for range maxAttempts {
				b.db.Clock.Advance(time.Second)
				b.callback(vera)
			}
			return path
		}, elsewhere},
		{"too late", func(b *browser) string {
			path := b.callback(vera)
			b.db.Clock.Advance(attemptTime)
			return path
		}, late},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newWorld(t).browser(nordHost)
			b.get(c.back(b)).status(http.StatusBadRequest).shows(c.says, "What to do now")
		})
	}
	t.Run("no cookie once", func(t *testing.T) {
		t.Parallel()
		b := newWorld(t).browser(nordHost)
		path := b.callback(rikke)
		forget(b)
		again := b.get(path).shows("Your browser came back without the cookie")
		b.get(again.microsoft(url.Values{"person": {rikke.oid}})).to("/").shows("Welcome, Rikke", "Rikke Reader")
	})
	t.Run("no cookie ever", func(t *testing.T) {
		t.Parallel()
		b := newWorld(t).browser(nordHost)
		path := b.callback(rikke)
		forget(b)
		path = b.get(path).microsoft(url.Values{"person": {rikke.oid}})
		forget(b)
		before := b.db.Dump(t)
		for range 2 {
			b.get(path).status(http.StatusBadRequest).shows("Your browser didn't keep our cookie", "Allow cookies").
				lacks(replayed, elsewhere)
		}
		same(t, before, b.db.Dump(t))
		forget(b)
		b.get("/sign-in/callback?error=access_denied&error_subcode=cancel&state=x").
			status(http.StatusBadRequest).shows("You cancelled the sign-in")
	})
	t.Run("two tabs", func(t *testing.T) {
		t.Parallel()
		b := newWorld(t).browser(nordHost)
		first, second := b.callback(rikke), b.callback(rikke)
		b.get(second).to("/").shows("Welcome")
		b.get(first).to("/").shows("Welcome")
		b.get(first).to("/").shows("Welcome") // reloaded
	})
}

func TestASignInThatTookTooLongIsToldSo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser(nordHost)
	path := b.callback(rikke)
	w.db.Clock.Advance(attemptTime)
	b.get(path).status(http.StatusBadRequest).shows("This sign-in is no longer valid")
	b.get(b.callback(rikke)).to("/").shows("Welcome")
}

func TestMicrosoftAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser(nordHost)
	w.microsoft.Close()
	b.post("/sign-in", url.Values{"return": {"/settings/units"}}).status(http.StatusServiceUnavailable).
		shows("Microsoft isn't responding", "Try again")
}

func TestSeveralTabsSignInAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser(nordHost)
	var paths []string
	for range maxAttempts + 2 {
		w.db.Clock.Advance(time.Second)
		paths = append(paths, b.callback(rikke))
	}
	attempts := 0
	for _, c := range b.Client.Jar.Cookies(b.url("/")) {
		if strings.HasPrefix(c.Name, "__Host-"+attemptCookie) {
			attempts++
		}
	}
	if attempts != maxAttempts {
		t.Errorf("%d attempts are kept, want %d", attempts, maxAttempts)
	}
	b.get(paths[0]).status(http.StatusBadRequest)
	b.get(paths[2]).to("/").shows("Welcome")
	b.get(paths[len(paths)-1]).to("/").shows("Welcome")
}

func TestANewSignInIsANewSession(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.as(rikke)
	first := b.token()
	b.get(b.callback(nils)).to("/").shows("Welcome, Nils", "Nils Nothing")
	if b.token() == first {
		t.Error("the token is the same")
	}
	old := w.browser(nordHost)
	old.setCookie("__Host-pactius", first)
	old.get("/").shows("Your session has ended")
}

func TestSwitchingTheAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.as(vera)
	shown := b.get("/access").shows("Not you? Switch account")
	answer := b.post("/sign-in", shown.fields("/sign-in"))
	if got := query(answer.onward(), "prompt"); got != "select_account" {
		t.Errorf("prompt %q, want select_account", got)
	}
	b.get(answer.microsoft(url.Values{"person": {rikke.oid}})).to("/").shows("Welcome, Rikke", "Rikke Reader")
	// Without the choice Microsoft's own session brings the same person back.
	again := b.post("/sign-in", url.Values{}).microsoft(nil)
	b.get(again).to("/").shows("Welcome, Rikke", "Rikke Reader")
}

func TestWhereASignInLeads(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"/settings/users?q=a%20b": "/settings/users?q=a%20b", "/": "/", "/a/../b": "/a/../b",
		"": "", "//evil.example": "", "///evil.example": "", `/\evil.example`: "", `\\evil.example`: "",
		"https://evil.example/": "",
		"javascript:alert(1)":   "", "evil.example": "", "/\tevil": "", "/\n/evil.example": "", "/ evil": "",
		"/%5Cevil.example":  "",
		"/%2F/evil.example": "", "/.//evil.example": "", "/a//b": "", "/sign-in/callback?code=1": "", "/sign-in": "",
		"/sign-out":   "",
		"/\u202eevil": "", "/%zz": "", "/" + strings.Repeat("a", maxReturn): "", "?x": "", "#x": "",
	} {
		if got := localPath(in); got != want {
			t.Errorf("localPath(%q) = %q, want %q", in, got, want)
		}
	}
	w := newWorld(t)
	b := w.browser(nordHost)
	b.get(b.callback(rikke, "return", "//evil.example/")).to("/")
	if got := w.browser(nordHost).get("/?return=https://evil.example").fields("/sign-in").Get("return"); got != "" {
		t.Errorf("the form leads to %q", got)
	}
}

func TestCookiesThatAreNone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.as(ada)
	for _, value := range []string{"", "short", strings.Repeat("A", 42), strings.Repeat("A", 44), strings.Repeat("!",
		43), strings.Repeat("A", 4000)} {
		b := w.browser(nordHost)
		b.setCookie("__Host-pactius", value)
		b.get("/").status(http.StatusOK).lacks("Your session has ended")
	}
	b := w.browser(nordHost)
	b.setCookie("__Host-pactius", strings.Repeat("A", 43))
	b.get("/").shows("Your session has ended")
	b.setCookie("__Host-pactius-flash", "v1.garbage")
	b.setCookie("__Host-pactius-in-12345678", "v1.garbage")
	b.setCookie("language", "tlh")
	b.setCookie("tz", "../../etc/passwd")
	b.get("/").status(http.StatusOK)
	syd := w.browser(sydHost)
	syd.setCookie("__Host-pactius", a.token())
	syd.get("/").shows("Sign in to Sydhavn", "Your session has ended")
	syd.get("/settings/users").onward()
}

func TestTheSessionCookie(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser(nordHost)
	answer := b.get(b.callback(rikke))
	for _, line := range answer.Header.Values("Set-Cookie") {
		if !strings.HasPrefix(line, "__Host-pactius=") {
			continue
		}
		for _, want := range []string{"; Path=/", "; HttpOnly", "; Secure", "; SameSite=Lax"} {
			if !strings.Contains(line, want) {
				t.Errorf("%s lacks %s", line, want)
			}
		}
		for _, not := range []string{"Domain", "Expires", "Max-Age"} {
			if strings.Contains(line, not) {
				t.Errorf("%s has %s", line, not)
			}
		}
		return
	}
	t.Error("no session cookie")
}

func TestAnEnvironmentWithoutConnection(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser(looseHost)
	b.get("/").status(http.StatusOK).shows("Sign-in isn't set up yet", "support@pactius.example")
	b.post("/sign-in", url.Values{}).status(http.StatusConflict).shows("Sign-in isn't set up yet")
	// An environment that loses its connection refuses new users.
	a := w.as(ada)
	none := ""
	_, err := w.site.Environments.Update(t.Context(), pactius.SupportActor(w.nord.ID), 0,
		pactius.EnvironmentUpdate{TenantID: &none, CutOff: 1000})
	w.must(err)
	a.get("/settings/users/add").shows("isn't connected to Microsoft 365", "support@pactius.example")
	a.post("/settings/users/add", url.Values{"username": {"x@nordhavn.example"}, "name": {"X"}}).
		status(http.StatusConflict).shows("isn't connected to Microsoft 365")
}

func TestAHostThatNobodyKnows(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, host := range []string{"evil.example", "", "nordhavn.example.evil.example", strings.Repeat("a", 300)} {
		b := w.browser(nordHost)
		r := w.browser(host)
		r.Client.Jar = b.Client.Jar
		if host == "" {
			continue // no request without a host reaches a handler
		}
		r.get("/").status(http.StatusMisdirectedRequest).shows("There's nothing at this address")
		r.post("/sign-in", url.Values{}).status(http.StatusMisdirectedRequest)
	}
	upper := w.browser("NordHavn.Example:8443")
	upper.get("/").status(http.StatusOK).shows("Sign in to Nordhavn")
}

func TestTheLanguageOfSomebodyWhoHasChosen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser(nordHost)
	b.Header.Set("Accept-Language", "da-DK,da;q=0.9")
	b.get("/").shows("Dansk")
	if got := b.get("/").Header.Get("Content-Language"); got != "da" {
		t.Errorf("speaks %s, want da", got)
	}
	b.signIn(rikke)
	b.Header.Del("Accept-Language")
	if got := b.get("/").Header.Get("Content-Language"); got != "da" {
		t.Errorf("a first sign-in keeps %s, want da", got)
	}
	b.post("/language", url.Values{"language": {"en"}, "return": {"/?x=1"}}).to("/?x=1").
		shows("Welcome, Rikke", "Rikke Reader")
	other := w.browser(nordHost)
	other.Header.Set("Accept-Language", "da")
	other.signIn(rikke)
	if got := other.get("/").Header.Get("Content-Language"); got != "en" {
		t.Errorf("speaks %s, want what the user has chosen", got)
	}
	b.post("/language", url.Values{"language": {"klingon"}}).status(http.StatusBadRequest)
	b.post("/language", url.Values{"language": {"da"}, "return": {"//evil.example"}}).to("/")
}

// A visitor who waits chooses a language: the emails about the request follow it, and later the user's pages.
func TestTheLanguageOfSomebodyWhoWaits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	v := w.as(vera)
	v.get("/access").submit("/access", "message", "English").to("/access")
	waiting := w.request(walt) // of another person: stays as it is
	v.post("/language", url.Values{"language": {"da"}, "return": {"/access"}}).to("/access").shows("Din anmodning")
	q, err := w.site.Users.Requests(t.Context(), pactius.SupportActor(w.nord.ID),
		pactius.RequestFilter{State: pactius.StatePending})
	w.must(err)
	for _, r := range q.Requests {
		if r.ID == waiting {
			if r.Person.Language == "da" {
				t.Error("the language of somebody else's request changed")
			}
			continue
		}
		if r.Person.Language != "da" {
			t.Errorf("the request speaks %q, want da", r.Person.Language)
		}
		_, err := w.site.Users.Approve(t.Context(), pactius.UserActor(w.nord.ID, w.users[ada.username], ""), r.ID,
			users.Approval{})
		w.must(err)
	}
	sent := `SELECT language FROM mails WHERE kind = 'request-approved'`
	if got := w.db.Rows(t, sent); !slices.Equal(got, []string{"da|"}) {
		t.Errorf("the emails about the approval are in %v, want da", got)
	}
	v.post("/language", url.Values{"language": {"en"}, "return": {"/access"}})
	v.post("/access/enter", nil).to("/").shows("Welcome, Vera", "Vera Visitor")
	other := w.browser(nordHost)
	other.Header.Set("Accept-Language", "da")
	if got := other.signIn(vera).get("/").Header.Get("Content-Language"); got != "en" {
		t.Errorf("speaks %s, want what the person chose last", got)
	}
}

func TestReasonsHaveAStatus(t *testing.T) {
	t.Parallel()
	for _, r := range microsoft.Reasons() {
		if got := failureStatus(r); got < 400 || got > 503 || got == http.StatusInternalServerError {
			t.Errorf("%s: status %d", r, got)
		}
	}
}

func TestAnAccountRenamedInMicrosoft365IsTheSamePerson(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.as(rikke)
	renamed := rikke.account()
	renamed.AccountName = "rikke.married@nordhavn.example"
	w.must(w.tenants[nordHost].Put(renamed))
	w.as(rikke).get("/").shows("Welcome, Rikke", "Rikke Reader")
	// Her old name goes to a new person, who is not her.
	newcomer := devtenant.Person{ObjectID: "0f3b6c1e-6666-4c5b-b112-00000000000c", AccountName: rikke.username,
		Name: "Rikke New"}
	w.must(w.tenants[nordHost].Put(newcomer))
	b := w.browser(nordHost)
	b.get(b.callback(human{newcomer.ObjectID, newcomer.AccountName, newcomer.Name})).to("/access").
		shows("Request access")
}

func TestTheCallbackPathIsTheOneRegistered(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	answer := w.browser(nordHost).post("/sign-in", url.Values{})
	if got, want := query(answer.onward(), "redirect_uri"), "https://"+nordHost+environments.CallbackPath; got != want {
		t.Errorf("redirect_uri %q, want %q", got, want)
	}
}
