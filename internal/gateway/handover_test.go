package gateway

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/applications"
	"github.com/pactius/pactius/internal/seal"
	"github.com/pactius/pactius/internal/store"
)

func TestAHandOverComesBackExactly(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, w *world) {
		b := w.browser(w.app)
		for _, to := range []string{"/", "/contracts/7", "/contracts?unit=7&page=2&q=a%26b", "/a%2Fb/%C3%B8%20",
			"/x?to=/y&status=401", "/a/../b/./c", "/?=%", "/q?return=//evil.example"} {
			b.cookies = map[string]*http.Cookie{}
			if got := b.enter(to); got != to {
				t.Errorf("%s came back as %s", to, got)
			}
			if code := b.verify().Code; code != http.StatusOK {
				t.Errorf("%s: %d afterwards", to, code)
			}
		}
		for _, c := range b.cookies {
			if !strings.HasPrefix(c.Name, hostPrefix) || !c.Secure || !c.HttpOnly || c.Path != "/" || c.Domain != "" ||
				c.SameSite != http.SameSiteLaxMode {
				t.Errorf("cookie %v", c)
			}
		}
		if len(b.cookies) != 2 {
			t.Errorf("cookies %v", b.cookies)
		}
	})
}

func TestAHandOverOnThisMachineWorksWithoutHTTPS(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser(w.add(t, "Local", local))
	if got := b.enter("/x"); got != "/x" || b.verify().Code != http.StatusOK {
		t.Errorf("came back at %s; %v", got, b.cookies)
	}
	for name := range b.cookies {
		if strings.HasPrefix(name, hostPrefix) {
			t.Errorf("browsers refuse the cookie %s on http", name)
		}
	}
}

// TestAPersonWhoIsInGoesOn is for pages of an application that are opened at the same time: one of them has come back
// before the others.
func TestAPersonWhoIsInGoesOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser(w.app)
	early := b.code(w.freja, w.session, b.start("/late"))
	delete(b.cookies, startName(true)) // started without a cookie, and overwritten
	b.enter("/first")
	if r := b.do("GET", "/.pactius/start?to=%2Fsecond"); r.Header().Get("Location") != "/second" {
		t.Errorf("start: %d %v", r.Code, r.Header())
	}
	if r := b.do("GET", "/.pactius/finish?code="+url.QueryEscape(early)); r.Header().Get("Location") != "/late" {
		t.Errorf("finish: %d %v", r.Code, r.Header())
	}
}

func TestTheSecretStaysForSeveralPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser(w.app)
	one, two := b.start("/1"), b.start("/2")
	if one.Query().Get("challenge") != two.Query().Get("challenge") {
		t.Error("the second page has made the first one's hand-over void")
	}
}

// TestWhatEndsAHandOver ends each hand-over with a page, without a session and without a redirect.
func TestWhatEndsAHandOver(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	another := w.browser(w.add(t, "Other", other))
	elsewhere := build(t, w.db, "b.example", "https://b-app.example")
	foreign := elsewhere.browser(elsewhere.app)
	for name, try := range map[string]func(b *browser) string{
		"login CSRF: the code of another browser": func(b *browser) string {
			attacker := w.browser(w.app)
			code := attacker.code(w.freja, w.session, attacker.start("/"))
			b.start("/")
			return code
		},
		"no cookie": func(b *browser) string {
			code := b.code(w.freja, w.session, b.start("/"))
			clear(b.cookies)
			return code
		},
		"a replay": func(b *browser) string {
			code := b.code(w.freja, w.session, b.start("/"))
			b.do("GET", "/.pactius/finish?code="+code)
			delete(b.cookies, w.cookieName())
			return code
		},
		"the code of another application": func(b *browser) string {
			code := another.code(w.freja, w.session, another.start("/"))
			b.cookies[startName(true)] = another.cookies[startName(true)]
			return code
		},
		"the code of another environment": func(b *browser) string {
			code := foreign.code(elsewhere.freja, elsewhere.session, foreign.start("/"))
			b.cookies[startName(true)] = foreign.cookies[startName(true)]
			return code
		},
		"too late": func(b *browser) string {
			code := b.code(w.freja, w.session, b.start("/"))
			w.db.Clock.Advance(pactius.DoorCodeLife + time.Second)
			return code
		},
		"no code":         func(b *browser) string { b.start("/"); return "" },
		"not even sealed": func(b *browser) string { b.start("/"); return "v1.AAAA" },
	} {
		b := w.browser(w.app)
		r := b.do("GET", "/.pactius/finish?code="+url.QueryEscape(try(b)))
		if r.Code != http.StatusBadRequest || r.Header().Get("Location") != "" || b.cookies[w.cookieName()] != nil {
			t.Errorf("%s: %d %v %v", name, r.Code, r.Header(), b.cookies)
		}
	}
}

// TestACodeAtTheWrongBrowserIsVoid: someone had another person's browser fetch a code that fits the own secret, and
// learns it from the page where that browser stops.
func TestACodeAtTheWrongBrowserIsVoid(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, w *world) {
		attacker, b := w.browser(w.app), w.browser(w.app)
		code := b.code(w.freja, w.session, attacker.start("/"))
		if r := b.do("GET", "/.pactius/finish?code="+code); r.Code != http.StatusBadRequest {
			t.Fatalf("the victim's browser: %d", r.Code)
		}
		if r := attacker.do("GET", "/.pactius/finish?code="+code); r.Code != http.StatusBadRequest {
			t.Errorf("the attacker's browser: %d %v", r.Code, attacker.cookies)
		}
	})
}

func (w *world) cookieName() string { secure, _ := cookieNames(w.app.ID); return secure }

func TestAccessThatIsLostDuringAHandOverCounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser(w.app)
	code := b.code(w.freja, w.session, b.start("/"))
	w.grant(t, pactius.AccessNone)
	r := b.do("GET", "/.pactius/finish?code="+url.QueryEscape(code), "Accept", "text/html")
	if r.Code != http.StatusForbidden || b.cookies[w.cookieName()] != nil ||
		!strings.Contains(r.Body.String(), portal+"/applications/"+string(w.app.ID)) {
		t.Errorf("%d %s", r.Code, r.Body)
	}
}

// TestStartLeadsNowhereElse begins hand-overs with paths that a browser reads as other hosts, or that lead to the door.
func TestStartLeadsNowhereElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser(w.app)
	for _, to := range []string{"//evil.example", `/\evil.example`, "https://evil.example/", "javascript:alert(1)",
		"/\t/evil.example", "/%0d%0aSet-Cookie:x=y\r\nX: y", "/.pactius/sign-out",
		"/x/../.pactius/start", "/%2epactius/start", "/.pactius%2fstart",
		"//.pactius/start", "", strings.Repeat("/a", applications.MaxReturnPath)} {
		address := b.start(to)
		if got := address.Query().Get("to"); address.Host != "portal.example" || got != "/" &&
			got != "/%0d%0aSet-Cookie:x=y\r\nX: y" || strings.ContainsAny(got, "\r\n") {
			t.Errorf("%q leads to %s", to, address)
		}
		clear(b.cookies)
	}
}

// TestACodeLeadsNowhereElse, although the portal takes the path from the browser.
func TestACodeLeadsNowhereElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, to := range []string{"//evil.example", `/\evil.example`, "https://evil.example/", "/.pactius/start", "",
		"/\r\nX: y"} {
		b := w.browser(w.app)
		address := b.start("/")
		q := address.Query()
		q.Set("to", to)
		address.RawQuery = q.Encode()
		r := b.do("GET", "/.pactius/finish?code="+b.code(w.freja, w.session, address))
		if got := r.Header().Get("Location"); r.Code != http.StatusSeeOther || got != "/" {
			t.Errorf("%q: %d, leads to %q", to, r.Code, got)
		}
	}
}

func TestStartTellsThePortalWhereThePersonIs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser(w.app)
	address := b.start("/x")
	want := url.Values{"application": {string(w.app.ID)}, "origin": {string(contracts)}, "to": {"/x"},
		"challenge": {applications.Challenge(readStart(b.cookies[startName(true)].Value).secret)}}
	if got := address.String(); got != portal+"/enter?"+want.Encode() {
		t.Errorf("%s", got)
	}
}

// TestABrowserDoesNotGoInCircles counts: a proxy that keeps the cookie from /verify would send people around for ever.
func TestABrowserDoesNotGoInCircles(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser(w.app)
	b.enter("/")
	last := 0
	for range maxStarts {
		last = b.do("GET", "/.pactius/start?to=%2F").Code
	}
	if last != http.StatusForbidden || !strings.Contains(w.log.String(), "Cookie header") {
		t.Errorf("the last start: %d; log %s", last, w.log)
	}
	w.db.Clock.Advance(startsCounted)
	if code := b.do("GET", "/.pactius/start?to=%2F").Code; code != http.StatusSeeOther {
		t.Errorf("a minute later: %d", code)
	}
}

func TestSignOutEndsEverything(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, w *world) {
		b, second := w.browser(w.app), w.browser(w.add(t, "Other", other))
		b.enter("/")
		second.enter("/")
		page := b.do("GET", "/.pactius/sign-out")
		policy := page.Header().Get("Content-Security-Policy")
		if page.Code != 200 || !strings.Contains(policy, "form-action 'self' "+portal) || b.verify().Code != 200 {
			t.Fatalf("looking at the page: %d %v", page.Code, page.Header())
		}
		for name, header := range map[string][]string{
			"another site":                {"Sec-Fetch-Site", "cross-site"},
			"another host of the company": {"Sec-Fetch-Site", "same-site"},
			"an old browser elsewhere":    {"Origin", "https://evil.example"},
		} {
			r := b.do("POST", "/.pactius/sign-out", header...)
			if r.Code != http.StatusForbidden || b.verify().Code != 200 {
				t.Errorf("a form of %s: %d", name, r.Code)
			}
		}
		r := b.do("POST", "/.pactius/sign-out", "Origin", string(contracts), "X-Forwarded-Host", b.origin.Host(),
			"Host", "pactius.internal")
		to := r.Header().Get("Location")
		if r.Code != http.StatusSeeOther || to != portal+"/" || b.cookies[w.cookieName()] != nil {
			t.Errorf("sign-out: %d %v", r.Code, r.Header())
		}
		if code := second.verify().Code; code != http.StatusUnauthorized {
			t.Errorf("the other application: %d", code)
		}
		w.View(t, func(tx *store.Tx) error {
			if _, err := tx.Session(applications.TokenHash(w.session)); pactius.KindOf(err) != pactius.KindNotFound {
				t.Errorf("the session at the portal: %v", err)
			}
			return nil
		})
		if r := b.do("POST", "/.pactius/sign-out"); r.Code != http.StatusSeeOther {
			t.Errorf("once more: %d", r.Code)
		}
	})
}

// TestAStrangersSignOutTakesNoTurn has forms sent without a session while someone writes: they do not wait.
func TestAStrangersSignOutTakesNoTurn(t *testing.T) {
	t.Parallel()
	w := newWorld(t) // on SQLite one writes at a time
	b := w.browser(w.app)
	b.cookies[w.cookieName()] = &http.Cookie{Name: w.cookieName(), Value: seal.NewToken()}
	w.Update(t, func(*store.Tx) error {
		r := httptest.NewRequestWithContext(t.Context(), "POST", "/.pactius/sign-out", nil)
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second) // where it would wait for ever
		defer cancel()
		r.Host, r.RemoteAddr = contracts.Host(), proxyAddress
		r.Header.Set("X-Forwarded-Proto", "https")
		b.addTo(r)
		answer := httptest.NewRecorder()
		b.door.ServeHTTP(answer, r.WithContext(ctx))
		if answer.Code != http.StatusSeeOther {
			t.Errorf("%d %s", answer.Code, answer.Body)
		}
		return nil
	})
}

func TestRefusedSaysWhy(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser(w.app)
	page := []string{"Accept", "text/html", "Sec-Fetch-Mode", "navigate"}
	with := func(more ...string) []string { return append(more, page...) }
	for name, c := range map[string]struct {
		method, path   string
		header         []string
		code           int
		location, body string
	}{
		"a navigation": {"GET", "?status=401&to=/c?a=1&b=%2F", page, 302,
			"/.pactius/start?to=%2Fc%3Fa%3D1%26b%3D%252F", ""},
		"encoded": {"GET", "?status=401&to=%2Fc%3Fa%3D1", page, 302, "/.pactius/start?to=%2Fc%3Fa%3D1", ""},
		"by a header": {"GET", "?status=401", with("X-Original-Uri", "/c?a=1"), 302,
			"/.pactius/start?to=%2Fc%3Fa%3D1", ""},
		"a form": {"POST", "?status=401&to=/c", page, 401, "", "sent"},
		"a form whose method was changed": {"GET", "?status=401&to=/c", with("X-Original-Method", "POST"), 401, "",
			"sent"},
		"a script": {"GET", "?status=401&to=/c", []string{"Sec-Fetch-Mode", "cors"},
			401, "", problemSignIn},
		"a script's upload":      {"PUT", "?status=401&to=/c", nil, 401, "", string(contracts) + "/.pactius/start"},
		"no access":              {"GET", "?status=403", page, 403, "", "/applications/" + string(w.app.ID)},
		"no access for a script": {"GET", "?status=403", nil, 403, "", problemAccess},
		"no access for a form":   {"POST", "?status=403", page, 403, "", "/applications/" + string(w.app.ID)},
		"no status":              {"DELETE", "", nil, 401, "", problemSignIn},
	} {
		r := b.do(c.method, "/.pactius/refused"+c.path, c.header...)
		if r.Code != c.code || r.Header().Get("Location") != c.location || !strings.Contains(r.Body.String(), c.body) {
			t.Errorf("%s: %d %q %s", name, r.Code, r.Header().Get("Location"), r.Body)
		}
	}
}

func TestPagesOfTheDoorSpeakThePersonsLanguage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.browser(w.app).do("GET", "/.pactius/sign-out", "Accept-Language", "da")
	if !strings.Contains(r.Body.String(), "Vil du logge af?") || r.Header().Get("Content-Language") != "da" {
		t.Errorf("%s", r.Body)
	}
	if r := w.browser(w.app).do("GET", "/.pactius/other"); r.Code != http.StatusNotFound {
		t.Errorf("another path: %d", r.Code)
	}
}

func TestOtherHostsAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser(w.app)
	for name, header := range map[string][]string{
		"another scheme":      {"X-Forwarded-Proto", "", "X-Forwarded-Proto", "http"},
		"another host":        {"X-Forwarded-Host", "evil.example"},
		"two hosts":           {"X-Forwarded-Host", "contracts.example", "X-Forwarded-Host", "other.example"},
		"a list of hosts":     {"X-Forwarded-Host", "contracts.example, other.example"},
		"PACTIUS itself":      {"X-Forwarded-Host", "portal.example"},
		"no host":             {"X-Forwarded-Host", "@"},
		"another port":        {"X-Forwarded-Host", "contracts.example:8443"},
		"a host with a path":  {"X-Forwarded-Host", "contracts.example/x"},
		"a host with a query": {"X-Forwarded-Host", "contracts.example?"},
	} {
		for _, path := range []string{"start", "finish?code=x", "refused?status=401", "sign-out"} {
			if r := b.do("GET", "/.pactius/"+path, header...); r.Code != http.StatusForbidden ||
				!strings.Contains(r.Body.String(), problemProxy) {
				t.Errorf("%s, %s: %d %s", name, path, r.Code, r.Body)
			}
		}
	}
	if r := b.do("GET", "/.pactius/start", "X-Forwarded-Host", "evil.example", "Accept", "text/html"); r.Code != 403 ||
		!strings.Contains(r.Body.String(), "Tell Support") {
		t.Errorf("a person: %d %s", r.Code, r.Body)
	}
	if r := b.do("GET", "/.pactius/start", "X-Forwarded-Host", "CONTRACTS.Example:443"); r.Code != http.StatusSeeOther {
		t.Errorf("another spelling: %d", r.Code)
	}
}

func TestKeysArePublished(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser(w.app)
	b.origin = portal
	r := b.do("GET", applications.KeysPath)
	if r.Code != 200 || !strings.Contains(r.Body.String(), `"crv":"P-256"`) ||
		strings.Contains(r.Body.String(), `"d"`) {
		t.Errorf("%d %s", r.Code, r.Body)
	}
	b.origin = contracts
	if r := b.do("GET", applications.KeysPath); r.Code != http.StatusMisdirectedRequest {
		t.Errorf("on an application's host: %d", r.Code)
	}
}
