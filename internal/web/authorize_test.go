package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/clients"
)

const (
	clientHost = "https://contracts.example"
	clientBack = clientHost + "/signed-in"
	clientLeft = clientHost + "/signed-out"
)

// asking is an authorization request of a client, with changes: pairs of a name and a value, "" removes it.
func asking(a pactius.Application, pairs ...string) string {
	q := url.Values{"client_id": {string(a.ID)}, "redirect_uri": {clientBack}, "response_type": {"code"},
		"scope": {"openid profile"}, "state": {"s t&te"}, "nonce": {"n"},
		"code_challenge": {clientChallenge}, "code_challenge_method": {"S256"}}
	for i := 0; i < len(pairs); i += 2 {
		if q.Set(pairs[i], pairs[i+1]); pairs[i+1] == "" {
			q.Del(pairs[i])
		}
	}
	return clients.AuthorizePath + "?" + q.Encode()
}

// atClient checks that the answer leads to the client's registered address, with an error or, where that is "", a code.
func (p *page) atClient(fault string) url.Values {
	p.b.Helper()
	p.status(http.StatusSeeOther)
	to, err := url.Parse(p.Header.Get("Location"))
	p.b.must(err)
	q := to.Query()
	if got := to.Scheme + "://" + to.Host + to.Path; got != clientBack || q.Get("error") != fault ||
		q.Has("code") == (fault != "") || q.Get("state") != "s t&te" || q.Get("iss") != "https://"+nordHost {
		p.b.Fatalf("leads to %s, want the client with the error %q", to, fault)
	}
	return q
}

// atMicrosoft returns what the browser is sent to Microsoft with.
func (p *page) atMicrosoft() url.Values {
	p.b.Helper()
	u, err := url.Parse(p.onward())
	p.b.must(err)
	return u.Query()
}

// follow follows the answer's redirect here.
func (p *page) follow() *page {
	p.b.Helper()
	p.status(http.StatusSeeOther)
	to := p.Header.Get("Location")
	if !strings.HasPrefix(to, "/") {
		p.b.Fatalf("leads to %s, which is elsewhere", to)
	}
	return p.b.get(to)
}

// entered goes on to Microsoft, enters a person's credentials there, and comes back to the request.
func (p *page) entered(h human) *page {
	p.b.Helper()
	return p.b.get(p.microsoft(url.Values{"person": {h.oid}})).follow()
}

// tellAuthTime configures the optional claim auth_time.
func (w *world) tellAuthTime() {
	w.Helper()
	app, _ := w.tenants[nordHost].App(application)
	app.AuthTime = true
	w.must(w.tenants[nordHost].PutApp(app))
}

func TestASignInAtAClient(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.client()
	w.as(lone).get(asking(a)).atClient("")

	b := w.browser(nordHost)
	b.get(asking(a, "prompt", "none")).atClient("login_required")
	first := b.get(asking(a, "login_hint", lone.username))
	sent := first.atMicrosoft()
	if sent.Get("login_hint") != lone.username || sent.Has("prompt") || sent.Has("max_age") {
		t.Errorf("Microsoft is asked for %v", sent)
	}
	first.entered(lone).atClient("")
	b.get(asking(a, "prompt", "none")).atClient("")
}

// The session of a silent sign-in has no age, so that a request for one needs credentials. One round is enough, and the
// next request within the age needs none.
func TestCredentialsAreAskedForOnce(t *testing.T) {
	t.Parallel()
	for _, told := range []bool{false, true} {
		for _, ask := range [][]string{{"prompt", "login"}, {"max_age", "0"}, {"max_age", "60"},
			{"prompt", "login", "max_age", "60"}} {
			w := newWorld(t)
			a := w.client()
			if told {
				w.tellAuthTime()
			}
			b := w.as(lone)
			w.db.Clock.Advance(2 * time.Minute)
			if ask[0] == "max_age" {
				b.get(asking(a, append(ask, "prompt", "none")...)).atClient("login_required")
			}
			first := b.get(asking(a, ask...))
			if got := first.atMicrosoft(); got.Get("prompt") != "login" ||
				(ask[len(ask)-1] == "60") != (got.Get("max_age") == "60") {
				t.Errorf("%v: Microsoft is asked for %v", ask, got)
			}
			back := first.microsoft(url.Values{"person": {lone.oid}})
			w.db.Clock.Advance(time.Second) // on the way
			again := b.get(back).status(http.StatusSeeOther).Header.Get("Location")
			b.get(again).atClient("")
			at := w.authAt(lone)
			if want := w.db.Clock.Now(); at.IsZero() || want.Sub(at) > time.Second {
				t.Errorf("%v: authenticated at %v, want %v", ask, at, want)
			}
			b.get(asking(a, "max_age", "60", "prompt", "none")).atClient("")
			b.get(asking(a)).atClient("")
			b.get(asking(a, ask...)) // a new request asks anew
			if strings.Contains(ask[0], "prompt") || ask[1] == "0" {
				b.get(asking(a, ask...)).onward()
			}
			w.db.Clock.Advance(61 * time.Second)
			b.get(asking(a, "max_age", "60")).onward()
			b.get(again + "&x=y").status(http.StatusOK).onward() // the mark is of that request alone
			w.db.Clock.Advance(attemptTime)
			b.get(again).onward() // and for a while
		}
	}
}

// A browser that is signed out is asked for credentials at its first sign-in, and not at a second one.
func TestAFirstSignInWithCredentialsIsOneRound(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.client()
	for _, ask := range [][]string{{"prompt", "login"}, {"max_age", "0"}, {"max_age", "3600"}} {
		b := w.browser(nordHost)
		page := b.get(asking(a, ask...))
		if got := page.atMicrosoft().Get("prompt"); got != "login" {
			t.Errorf("%v: prompt is %q", ask, got)
		}
		page.entered(lone).atClient("")
	}
}

// Microsoft says that no credentials were entered: the person removed prompt=login on the way. The browser does not go
// in circles, and trying again asks for them.
func TestASignInWithoutCredentialsIsNotTakenForOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.client()
	w.tellAuthTime()
	b := w.as(lone)
	w.db.Clock.Advance(time.Hour)
	page := b.get(asking(a, "prompt", "login"))
	silent, err := url.Parse(page.onward())
	w.must(err)
	q := silent.Query()
	q.Del("prompt")
	silent.RawQuery = q.Encode()
	there, err := b.Send(b.Context(), http.MethodGet, silent.String(), nil)
	w.must(err)
	refused := b.get(strings.TrimPrefix(there.Next(), b.Origin)).follow().status(http.StatusForbidden).
		shows("Your sign-in wasn't confirmed", "Try again", "REFERENCE")
	if refused.Header.Get("Refresh") != "" {
		t.Error("the page leads on")
	}
	again := refused.submit("/sign-in")
	if got := again.atMicrosoft().Get("prompt"); got != "login" {
		t.Errorf("trying again has the prompt %q", got)
	}
	again.entered(lone).atClient("")
}

// A mark that was made elsewhere or for something else counts as none.
func TestMarksCannotBeForged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.client()
	b := w.browser(nordHost)
	b.get(asking(a, "prompt", "login")).entered(lone).atClient("")
	now := w.db.Clock.Now()
	q, err := url.ParseQuery(strings.TrimPrefix(asking(a, "prompt", "login"), clients.AuthorizePath+"?"))
	w.must(err)
	right := &visit{env: w.nord}
	for name, mark := range map[string]string{
		"none":                "x",
		"another purpose":     w.site.Box.Seal(flashPurpose, []byte("12345678"), ""),
		"another environment": w.site.mark(&visit{env: w.syd}, q, now),
		"another request":     w.site.mark(right, url.Values{"prompt": {"login"}}, now),
		"too old":             w.site.mark(right, q, now.Add(-attemptTime-time.Second)),
	} {
		t.Log(name)
		b.get(asking(a, "prompt", "login", askedField, mark)).onward()
	}
	b.get(asking(a, "prompt", "login", askedField, w.site.mark(right, q, now))).atClient("")
	b.get(asking(a, "prompt", "login", askedField, w.site.mark(right, q, now.Add(time.Second)))).
		status(http.StatusForbidden)
}

func TestAnotherAccountIsChosen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.client()
	b := w.as(rikke)
	page := b.get(asking(a, "prompt", "select_account", "login_hint", rikke.username))
	if got := page.atMicrosoft(); got.Get("prompt") != "select_account" || got.Has("login_hint") {
		t.Errorf("Microsoft is asked for %v", got)
	}
	page.entered(lone).atClient("")
	b.get(asking(a, "prompt", "select_account")).onward()
	// The switch on the page of a person without access asks for what the client asks for.
	refused := w.as(rikke).get(asking(a)).status(http.StatusForbidden).submit("/sign-in")
	if got := refused.atMicrosoft().Get("prompt"); got != "select_account" {
		t.Errorf("switching has the prompt %q", got)
	}
	refused.entered(lone).atClient("")
}

// Nothing is sent to an address that is not the client's.
func TestAWrongClientIsAPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.client()
	for _, b := range []*browser{w.browser(nordHost), w.as(lone), w.as(vera)} {
		for _, wrong := range [][]string{{"client_id", ""}, {"client_id", "x"}, {"client_id", string(w.nord.ID)},
			{"redirect_uri", ""}, {"redirect_uri", "https://evil.example/"}, {"redirect_uri", clientBack + "/"},
			{"redirect_uri", "//evil.example"}, {"redirect_uri", "javascript:alert(1)"}} {
			for _, prompt := range []string{"", "none", "login"} {
				page := b.get(asking(a, append(wrong, "prompt", prompt)...)).
					shows("This sign-in can't start", "What to do now", "REFERENCE")
				want := http.StatusBadRequest
				if wrong[0] == "client_id" {
					want = http.StatusNotFound
				}
				if page.StatusCode != want || page.Header.Get("Location") != "" || page.Header.Get("Refresh") != "" {
					t.Errorf("%v: status %d, want %d", wrong, page.StatusCode, want)
				}
			}
		}
		twice := asking(a) + "&redirect_uri=" + url.QueryEscape("https://evil.example/")
		b.get(twice).status(http.StatusBadRequest)
	}
	w.as(sara).get(asking(a)).status(http.StatusNotFound)
}

func TestFaultsAreToldToTheClient(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.client()
	for _, b := range []*browser{w.browser(nordHost), w.as(lone)} {
		b.get(asking(a, "response_type", "token")).atClient("unsupported_response_type")
		b.get(asking(a, "max_age", "-1")).atClient("invalid_request")
		b.get(asking(a, "x", strings.Repeat("x", maxAskedPath))).atClient("invalid_request")
	}
	longest := asking(a, "x", strings.Repeat("x", maxAskedPath-len(asking(a))-len("&x="))) // not a parameter of ours
	if len(longest) != maxAskedPath {
		t.Fatalf("%d bytes", len(longest))
	}
	w.as(lone).get(longest).atClient("")
	for _, ask := range []string{"", "login"} {
		rest := strings.Repeat("x", maxAskedPath-len(asking(a, "prompt", ask))-len("&x="))
		b := w.browser(nordHost)
		b.get(asking(a, "prompt", ask, "x", rest)).entered(lone).atClient("")
	}
}

// The longest mark fits into what is kept free for it.
func TestAMarkFits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mark := url.Values{askedField: {w.site.mark(&visit{env: w.nord}, nil, w.db.Clock.Now())}}
	if n := len("&" + mark.Encode()); n > askedRoom {
		t.Errorf("%d bytes, want at most %d", n, askedRoom)
	}
}

func TestAUserWithoutTheAccessAtAClient(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.client()
	b := w.as(rikke)
	b.get(asking(a)).status(http.StatusForbidden).shows("You don't have access to Contracts", "Sales · Write",
		"Request access")
	b.get(asking(a, "prompt", "none")).atClient("access_denied")
}

// A person without a user requests access, and after the approval the sign-in at the client goes on: by a page, because
// Chromium lets no redirect after a form leave the host.
func TestAVisitorComesToTheClientInTheEnd(t *testing.T) {
	t.Parallel()
	for _, ask := range []string{"", "login"} {
		w := newWorld(t)
		a := w.client()
		b := w.browser(nordHost)
		b.get(asking(a, "prompt", "none")).atClient("login_required")
		first := b.get(asking(a, "prompt", ask))
		form := first.entered(vera).shows("To open Contracts", "Sales")
		b.get(asking(a, "prompt", "none")).atClient("interaction_required")
		pending := form.submit("/access").follow().shows("Your request is pending")
		back := pending.Request.URL.RequestURI()
		w.db.Clock.Advance(time.Minute)
		w.approve(vera, pactius.Grant{Unit: w.sales, Access: pactius.AccessWrite})
		onward := b.get(back).shows("You now have access").submit("/access/enter").status(http.StatusOK)
		to, found := strings.CutPrefix(onward.Header.Get("Refresh"), "0; url=")
		if !found || !strings.HasPrefix(to, clients.AuthorizePath+"?") {
			t.Fatalf("leads on to %q", to)
		}
		b.get(to).atClient("")
		if at := w.authAt(vera); at.IsZero() != (ask == "") {
			t.Errorf("authenticated at %v", at)
		}
	}
}

// authAt is when the person of the newest session authenticated.
func (w *world) authAt(h human) time.Time {
	w.Helper()
	rows := w.db.Rows(w.TB.(*testing.T), `SELECT auth_at FROM sessions WHERE oid = $1 ORDER BY created_at DESC`, h.oid)
	var n int64
	for _, c := range strings.Trim(rows[0], "|") {
		n = n*10 + int64(c-'0')
	}
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMicro(n)
}

// FuzzAuthorize makes sure that no authorization request leads a browser anywhere but to Microsoft or to the registered
// address, and none is a fault of ours.
func FuzzAuthorize(f *testing.F) {
	w := newWorld(f)
	a := w.client()
	for _, seed := range []string{"", strings.TrimPrefix(asking(a), clients.AuthorizePath+"?"),
		"client_id=" + string(a.ID),
		"redirect_uri=https://evil.example/&client_id=" + string(a.ID), "%zz", "client_id=a;b=c", "prompt=none", "=&&=",
		strings.TrimPrefix(asking(a, "prompt", "none", "max_age", "99999999999999999999"), clients.AuthorizePath+"?"),
		strings.TrimPrefix(asking(a, "state", "\r\nSet-Cookie: x=y", "prompt", "none"), clients.AuthorizePath+"?"),
		strings.TrimPrefix(asking(a, "login_hint", "\x00ø", askedField, "v1.x"), clients.AuthorizePath+"?")} {
		f.Add(seed)
	}
	signedIn := w.as(lone)
	f.Fuzz(func(t *testing.T, raw string) {
		for _, token := range []string{"", signedIn.token()} {
			r, rec := get(clients.AuthorizePath, raw, token)
			w.site.ServeHTTP(rec, r)
			if rec.Code >= 500 {
				t.Errorf("%q: status %d", raw, rec.Code)
			}
			to := rec.Header().Get("Location")
			if refresh, ok := strings.CutPrefix(rec.Header().Get("Refresh"), "0; url="); ok {
				if !strings.HasPrefix(refresh, w.microsoft.URL+"/") {
					t.Errorf("%q leads to %s", raw, refresh)
				}
			}
			if to != "" && to != clientBack && !strings.HasPrefix(to, clientBack+"?") {
				t.Errorf("%q leads to %s", raw, to)
			}
		}
	})
}
