package e2e

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// leaving signs out at the client, which leads through the portal and back (RP-Initiated Logout 1.0).
func (o *openid) leaving(t *testing.T, library string) {
	c := o.shop.by(library, "basic")
	w, got := o.signsIn(t, c, gu())
	wiki := o.again(t, w, o.wiki.by(library, "post"), nil)
	_, elsewhere := o.signsIn(t, c, gu()) // another browser of the same person

	const back = "http://shop.localhost/signed-out"
	leave := c.leaves(t, "id_token_hint", got.Tokens.ID, "post_logout_redirect_uri", back, "state", "s p&ace")
	page := w.travel(http.MethodGet, leave, nil)
	o.again(t, w, c, nil, "prompt", "none") // the page alone changes nothing
	form := page.form(t, "/oauth/logout")
	answer := w.post("/oauth/logout", form)
	if to := answer.Next(); to != back+"?state="+url.QueryEscape("s p&ace") {
		t.Errorf("signing out leads to %s (status %d)", to, answer.StatusCode)
	}
	o.gone(t, w, c, got)
	o.driver.hears(t, "shop", got.Claims["sid"])
	o.driver.hears(t, "wiki", wiki.Claims["sid"])
	c.refreshes(t, elsewhere.Tokens.Refresh).works(t, "the other browser")
}

// gone checks that a sign-in has ended, at the portal too.
func (o *openid) gone(t *testing.T, w *wire, c client, got came) {
	t.Helper()
	c.refreshes(t, got.Tokens.Refresh).fails(t, "refresh after the end", "invalid_grant")
	o.refused(t, userinfoPath, got.Tokens.Access)
	o.refused(t, unitsPath, got.Tokens.Access)
	b := c.begins(t, "prompt", "none")
	at := w.walks(t, b.URL, c.redirect, nil)
	o.led(t, c, b.Flow, at)
	c.finishes(t, b.Flow, at).fails(t, "a sign-in without a page after the end", "login_required")
}

// leavingAsks signs out without proof, or to somewhere else.
func (o *openid) leavingAsks(t *testing.T) {
	c := o.shop
	w, got := o.signsIn(t, c, gu())
	_, other := o.signsIn(t, c, gu())
	const back = "http://shop.localhost/signed-out"
	for _, asked := range []struct{ name, hint, to string }{
		{"no hint", "", back},
		{"a hint of another session", other.Tokens.ID, back},
		{"a broken hint", broken(got.Tokens.ID), back},
		{"an access token for a hint", got.Tokens.Access, back},
		{"a return address of no client", got.Tokens.ID, back + "/"},
		{"a return address elsewhere", "", "https://evil.example/"},
		{"a return address of another client", "", "http://wiki.localhost/"},
	} {
		params := []string{"post_logout_redirect_uri", asked.to}
		if asked.hint != "" {
			params = append(params, "id_token_hint", asked.hint)
		}
		page := w.travel(http.MethodGet, c.leaves(t, params...), nil)
		itself := strings.Contains(page.Body, "data-go") && asked.to == back // the form would go in by itself
		if !strings.HasPrefix(page.at(), o.URL) || strings.Contains(page.Text(), "evil.example") || itself {
			t.Errorf("%s leads to %s (status %d): %s", asked.name, page.at(), page.StatusCode, page.Text())
		}
	}
	c.refreshes(t, got.Tokens.Refresh).works(t, "after pages that were only looked at")

	// A form of another site signs no one out.
	w.Header.Set("Sec-Fetch-Site", "cross-site")
	w.Header.Set("Origin", "http://shop.localhost")
	w.post("/oauth/logout", url.Values{"id_token_hint": {got.Tokens.ID}, "post_logout_redirect_uri": {back}})
	w.Header.Set("Sec-Fetch-Site", "same-origin")
	w.Header.Del("Origin")
	o.again(t, w, c, nil, "prompt", "none")
}

// endsAtPortal signs out at the portal: the client is told, and only of this browser.
func (o *openid) endsAtPortal(t *testing.T, library string) {
	c := o.shop.by(library, "basic")
	w, got := o.signsIn(t, c, gu())
	_, other := o.signsIn(t, c, gu())
	if page := w.post("/sign-out", nil); page.StatusCode >= http.StatusBadRequest {
		t.Fatalf("sign-out answers %d", page.StatusCode)
	}
	o.driver.hears(t, "shop", got.Claims["sid"])
	o.gone(t, w, c, got)
	c.refreshes(t, other.Tokens.Refresh).works(t, "the other browser")
}

// deactivated ends everything of a person, by another process.
func (o *openid) deactivated(t *testing.T) {
	_, shop := o.signsIn(t, o.shop, bo())
	_, till := o.signsIn(t, o.till, bo())
	b := o.shop.begins(t)
	w, _ := o.signsIn(t, o.wiki, bo())
	at := w.walks(t, b.URL, o.shop.redirect, nil)
	o.Must("user", "deactivate", bo().Username, "--environment", "localhost")
	o.driver.hears(t, "shop", shop.Claims["sid"])
	o.shop.refreshes(t, shop.Tokens.Refresh).fails(t, "refresh of a person who is deactivated", "invalid_grant")
	o.till.refreshes(t, till.Tokens.Refresh).fails(t, "refresh without a back channel", "invalid_grant")
	o.shop.finishes(t, b.Flow, at).fails(t, "a code from before", "invalid_grant")
	o.refused(t, userinfoPath, shop.Tokens.Access)
	o.refused(t, unitsPath, till.Tokens.Access)
}
