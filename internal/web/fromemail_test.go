package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/web/view"
)

// A page that is opened from an email without a session leads to Microsoft and back.
func TestALinkInAnEmailLeadsThroughMicrosoftToItsPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	q := requestPath(w.request(vera, w.north))
	for _, path := range []string{q, view.UsersPath + "?q=a%20b&status=active", "/sessions", view.MorePath} {
		b := w.browser(nordHost)
		b.Header.Set("Sec-Fetch-Site", "cross-site")
		b.Header.Set("Sec-Fetch-Mode", "navigate")
		before := w.db.Dump(t)
		leaving := b.get(path)
		same(t, before, w.db.Dump(t))
		if got := query(leaving.onward(), "prompt"); got != "" {
			t.Errorf("%s: prompt %q, want none", path, got)
		}
		b.get(leaving.microsoft(url.Values{"person": {ada.oid}})).to(path).status(http.StatusOK)
	}
	// A session that has ended makes no difference.
	b := w.as(ada)
	b.setCookie("__Host-pactius", strings.Repeat("A", 43))
	b.Client.Jar.SetCookies(b.url("/"), forgotten(b))
	b.get(q).onward()
}

// forgotten deletes the cookies of sign-ins, as an hour does.
func forgotten(b *browser) []*http.Cookie {
	var all []*http.Cookie
	for _, c := range b.Client.Jar.Cookies(b.url("/")) {
		if strings.Contains(c.Name, attemptCookie) {
			all = append(all, &http.Cookie{Name: c.Name, Path: "/", Secure: true, MaxAge: -1})
		}
	}
	return all
}

// Scripts, scanners, frames of other sites and clicks within the site stop at the sign-in page.
func TestWhoStopsAtTheSignInPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stop := "/?return=%2Fsettings%2Fusers"
	for _, c := range []struct{ method, header, value string }{
		{http.MethodHead, "", ""}, {http.MethodGet, "Sec-Fetch-Mode", "cors"},
		{http.MethodGet, "Sec-Purpose", "prefetch"}, {http.MethodGet, "Sec-Fetch-Site", "same-origin"},
		{http.MethodGet, "Sec-Fetch-Dest", "iframe"},
	} {
		b := w.browser(nordHost)
		if c.header != "" {
			b.Header.Set(c.header, c.value)
		}
		answer := b.send(c.method, view.UsersPath, "").status(http.StatusSeeOther)
		if got := answer.Header.Get("Location"); got != stop {
			t.Errorf("%s with %s %s leads to %s, want %s", c.method, c.header, c.value, got, stop)
		}
	}
	w.browser(looseHost).get(view.UsersPath).status(http.StatusSeeOther) // it has no connection
	w.browser(nordHost).post(view.UsersPath+"/add", nil).status(http.StatusUnauthorized)
}

// A browser never goes in circles between a page and Microsoft, and a sign-out is final.
func TestAfterAFailureOrASignOutTheSignInPageIsShown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stop := "/?return=%2Fsettings%2Fusers"
	b := w.browser(nordHost)
	b.get(b.get(view.UsersPath).microsoft(url.Values{"action": {"cancel"}})).status(http.StatusBadRequest).
		shows("You cancelled the sign-in")
	b.get(view.UsersPath).to(stop).shows("Sign in to Nordhavn").submit("/sign-in").onward()

	out := w.as(ada)
	out.Client.Jar.SetCookies(out.url("/"), forgotten(out))
	out.post("/sign-out", nil)
	back := out.get(view.UsersPath).to(stop).shows("You've signed out.").submit("/sign-in")
	out.get(back.microsoft(url.Values{"person": {ada.oid}})).to(view.UsersPath)
	out.Client.Jar.SetCookies(out.url("/"), forgotten(out))
	out.setCookie("__Host-pactius", "")
	out.get(view.UsersPath).onward() // the sign-in since has made it good

	// A session that the browser does not keep ends at the sign-in page too.
	loop := w.browser(nordHost)
	loop.get(loop.get(view.UsersPath).microsoft(url.Values{"person": {ada.oid}})).status(http.StatusSeeOther)
	loop.setCookie("__Host-pactius", "")
	loop.get(view.UsersPath).to(stop)

	// Many tabs at once keep the sign-ins of all that have begun.
	tabs := w.browser(nordHost)
	for range maxAttempts - 1 {
		tabs.get(view.UsersPath).onward()
	}
	tabs.get(view.UsersPath).to(stop)
}

// A scanner that opens every link from the network of a company costs its people a click, and no more.
func TestScannersOfLinksLockNobodyOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for range newcomerBurst {
		w.browser(nordHost).get(view.RequestsPath).onward()
	}
	b := w.browser(nordHost)
	more := b.get(view.RequestsPath).status(http.StatusTooManyRequests).
		shows("Select “Sign in with Microsoft” again.")
	b.get(more.submit("/sign-in").microsoft(url.Values{"person": {ada.oid}})).to(view.RequestsPath)
}

func TestTheWrongAccountIsSwitchedAndComesBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	q := requestPath(w.request(walt, w.north))
	switches := func(b *browser, p *page, as human, to string) {
		t.Helper()
		leaving := p.submit("/sign-in")
		if got := query(leaving.onward(), "prompt"); got != "select_account" {
			t.Errorf("prompt %q, want select_account", got)
		}
		b.get(leaving.microsoft(url.Values{"person": {as.oid}})).to(to).status(http.StatusOK)
	}
	hint := "If an email brought you here, it may be for another account of yours."
	// A user without the right, for a page that exists and for one that does not.
	missing := view.RequestsPath + "/" + string(w.north)
	for path, status := range map[string]int{q: http.StatusForbidden, missing: http.StatusForbidden} {
		b := w.as(rikke)
		p := b.get(path).status(status).shows(rikke.username, hint, "Switch account")
		if path == q {
			switches(b, p, ada, q)
		}
	}
	other := w.as(sara)
	other.get(q).status(http.StatusNotFound).shows(sara.username, hint)
	other.post(q+"/approve", nil).lacks("Switch account")
	scripts := w.as(rikke)
	scripts.Header.Set("Sec-Fetch-Mode", "cors")
	scripts.get(q).status(http.StatusForbidden).lacks(hint)

	// A visitor, who is signed in already or signs in now.
	v := w.as(vera)
	here := "/access?return=" + url.QueryEscape(q)
	asking := v.get(q).to(here).shows("The page you opened isn't available to this account.", vera.username)
	kept := asking.submit("/access", "message", strings.Repeat("x", pactius.MaxMessage+1)).
		status(http.StatusUnprocessableEntity)
	if got := kept.fields("/sign-in").Get("return"); got != q {
		t.Errorf("the form that came back leads to %q, want %q", got, q)
	}
	switches(v, asking, ada, q)
	v = w.browser(nordHost)
	v.get(v.get(q).microsoft(url.Values{"person": {vera.oid}})).to(here)

	// A user who may not sign in.
	_, err := w.site.Users.Deactivate(t.Context(), pactius.SupportActor(w.nord.ID), w.users[nils.username])
	w.must(err)
	n := w.browser(nordHost)
	blocked := n.get(n.get(q).microsoft(url.Values{"person": {nils.oid}})).to(here).status(http.StatusForbidden).
		shows("Your access is deactivated", "Switch account")
	switches(n, blocked, ada, q)
}

func TestWhatAVisitorCameForIsALocalPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	v := w.as(vera)
	for _, to := range []string{"https://evil.example/", "//evil.example", `/\evil.example`, "/\r\nSet-Cookie: x=1",
		"/" + strings.Repeat("a", 4096), "/sign-in/callback?code=x", "/access", "/access?return=/settings/users", "/"} {
		p := v.get("/access?return=" + url.QueryEscape(to)).status(http.StatusOK)
		if got := p.fields("/sign-in").Get("return"); got != "" {
			t.Errorf("%q: the form leads to %q", to, got)
		}
	}
}
