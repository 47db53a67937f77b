package e2e

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/pactius/pactius"
)

func (o *openid) metadata(t *testing.T) {
	m := o.shop.ask(t, "metadata", nil).works(t, "discovery").Metadata
	if m["issuer"] != o.URL || m["authorization_response_iss_parameter_supported"] != true ||
		m["backchannel_logout_supported"] != true || m["backchannel_logout_session_supported"] != true {
		t.Errorf("the metadata is %v", m)
	}
	w := newWire(t, o.URL)
	for name, value := range m {
		address, ok := value.(string)
		if !ok || (!strings.HasSuffix(name, "_endpoint") && !strings.HasSuffix(name, "_uri")) {
			continue
		}
		if !strings.HasPrefix(address, o.URL+"/") {
			t.Errorf("%s is %s", name, address)
		} else if got := w.get(strings.TrimPrefix(address, o.URL)); strings.Contains(got.Text(), "Page not found") {
			t.Errorf("%s is %s, where nothing is", name, address)
		}
	}
	one, other := w.get("/.well-known/openid-configuration"), w.get("/.well-known/oauth-authorization-server")
	if one.Body != other.Body || other.StatusCode != http.StatusOK {
		t.Errorf("the two documents differ: %s\n%s", one.Body, other.Body)
	}
}

// prompts asks for a page, or for none.
func (o *openid) prompts(t *testing.T, library string) {
	c, account := o.shop.by(library, "basic"), gu()
	w := newWire(t, o.URL)
	b := c.begins(t, "prompt", "none")
	at := w.walks(t, b.URL, c.redirect, nil)
	o.led(t, c, b.Flow, at)
	c.finishes(t, b.Flow, at).fails(t, "prompt=none without a session", "login_required")

	o.again(t, w, c, &account)
	o.again(t, w, c, nil, "prompt", "none")

	asks := func(what string, params ...string) came {
		t.Helper()
		b := c.begins(t, params...)
		if at, _ := w.wanders(t, b.URL, c.redirect, nil); at != "" {
			t.Errorf("%s leads back without a question", what)
		}
		return o.again(t, w, c, &account, params...)
	}
	login := asks("prompt=login", "prompt", "login")
	aged := asks("max_age=0", "max_age", "0")
	o.again(t, w, c, nil, "max_age", "1000") // it is known when
	asks("prompt=select_account", "prompt", "select_account")
	for what, got := range map[string]came{"prompt=login": login, "max_age=0": aged} {
		if got.Claims["auth_time"] == nil {
			t.Errorf("after %s nobody knows when: %v", what, got.Claims)
		}
	}
	asked := map[string]bool{}
	for _, a := range o.Tenant.Asked(t, "authorize") {
		asked["prompt="+a.Params["prompt"]] = true
	}
	if !asked["prompt=login"] || !asked["prompt=select_account"] {
		t.Errorf("Microsoft was asked with %v", asked)
	}
	b = c.begins(t, "prompt", "none", "max_age", "0")
	at = w.walks(t, b.URL, c.redirect, nil)
	o.led(t, c, b.Flow, at)
	c.finishes(t, b.Flow, at).fails(t, "prompt=none with max_age=0", "login_required")
}

// notLedBack are requests of which PACTIUS cannot know where to lead: there is a page, and no way on.
func (o *openid) notLedBack(t *testing.T) {
	w, _ := o.signsIn(t, o.shop, gu())
	good := o.shop.begins(t).URL
	wrong := []string{good + "&redirect_uri=http://evil.example/", good + "&client_id=" + o.wiki.ID}
	for _, redirect := range []string{o.shop.redirect + "/", strings.TrimSuffix(o.shop.redirect, "n"),
		"http://SHOP.localhost/signed-in", "http://shop.localhost:80/signed-in", "https://shop.localhost/signed-in",
		o.shop.redirect + "?a=b", o.shop.redirect + "?tenant=10", o.shop.redirect + "#a", o.shop.redirect + "%20",
		"http://shop.localhost@evil.example/signed-in", "http://shop.localhost/x/../signed-in",
		"http://shop.localhost./signed-in", o.wiki.redirect, ""} {
		wrong = append(wrong, changed(t, good, "redirect_uri", redirect))
	}
	for _, id := range []string{"0198a1c2-0000-7000-8000-000000000000", o.fjord.ID, strings.ToUpper(o.shop.ID),
		"' OR 1=1 --", ""} {
		wrong = append(wrong, changed(t, good, "client_id", id))
	}
	for _, address := range wrong {
		o.staysAt(t, w, address)
	}
}

// staysAt checks that an authorization request ends at a page of PACTIUS.
func (o *openid) staysAt(t *testing.T, w *wire, address string) {
	t.Helper()
	page := w.travel(http.MethodGet, address, nil)
	if !strings.HasPrefix(page.at(), o.URL+"/oauth/authorize") || page.StatusCode/100 != 4 {
		t.Errorf("%s: status %d at %s", address, page.StatusCode, page.at())
	}
}

// ledBack are requests that are wrong in a way that the client is told.
func (o *openid) ledBack(t *testing.T) {
	w, _ := o.signsIn(t, o.shop, gu())
	b := o.shop.begins(t)
	for what, wrong := range map[string]struct {
		address string
		code    string
	}{
		"a token at once":     {changed(t, b.URL, "response_type", "token"), "unsupported_response_type"},
		"code and ID token":   {changed(t, b.URL, "response_type", "code id_token"), "unsupported_response_type"},
		"no response type":    {changed(t, b.URL, "response_type", ""), "invalid_request"},
		"no PKCE":             {changed(t, b.URL, "code_challenge", ""), "invalid_request"},
		"plain PKCE":          {changed(t, b.URL, "code_challenge_method", "plain"), "invalid_request"},
		"PKCE of no method":   {changed(t, b.URL, "code_challenge_method", ""), "invalid_request"},
		"a short challenge":   {changed(t, b.URL, "code_challenge", "abc"), "invalid_request"},
		"no openid":           {changed(t, b.URL, "scope", "profile"), "invalid_scope"},
		"a request object":    {changed(t, b.URL, "request", "eyJ.e30."), "request_not_supported"},
		"a request elsewhere": {changed(t, b.URL, "request_uri", "https://a.example"), "request_uri_not_supported"},
		"none and login":      {changed(t, b.URL, "prompt", "none login"), "invalid_request"},
		"a negative age":      {changed(t, b.URL, "max_age", "-1"), "invalid_request"},
		"a fragment":          {changed(t, b.URL, "response_mode", "fragment"), "invalid_request"},
		"two scopes":          {b.URL + "&scope=openid", "invalid_request"},
	} {
		at, page := w.wanders(t, wrong.address, o.shop.redirect, nil)
		if at == "" {
			t.Errorf("%s: status %d at %s", what, page.StatusCode, page.at())
			continue
		}
		o.led(t, o.shop, b.Flow, at)
		if got := parameter(t, at, "error"); got != wrong.code {
			t.Errorf("%s leads back with %q, want %s", what, got, wrong.code)
		}
		if parameter(t, at, "code") != "" {
			t.Errorf("%s leads back with a code", what)
		}
	}

	// An authorization request may be a form of the client (OpenID Connect Core, section 3.1.2.1).
	u := mustURL(t, b.URL)
	w.Header.Set("Sec-Fetch-Site", "cross-site")
	w.Header.Set("Origin", "http://shop.localhost")
	got := w.post(u.Path, u.Query())
	if got.StatusCode != http.StatusSeeOther {
		t.Fatalf("a request by POST gets %d", got.StatusCode)
	}
	w.Header.Del("Origin")
	at := w.walks(t, o.here(got.Next()), o.shop.redirect, nil)
	o.shop.finishes(t, b.Flow, at).works(t, "a request by POST")
	// The redirect address has a query of its own, which stays.
	c := o.shop
	c.redirect += "?tenant=1"
	b = c.begins(t)
	if at := w.walks(t, b.URL, c.redirect+"&", nil); parameter(t, at, "code") == "" {
		t.Errorf("led to %s", at)
	}
}

// here makes an address of the portal a whole one.
func (o *openid) here(address string) string {
	if strings.HasPrefix(address, "/") {
		return o.URL + address
	}
	return address
}

// loopback has programs on the person's device listen where they can (RFC 8252, section 7.3).
func (o *openid) loopback(t *testing.T) {
	c := o.till
	w, _ := o.signsIn(t, c, gu())
	for _, redirect := range []string{"http://127.0.0.1/signed-in", "http://127.0.0.1:1/signed-in",
		"http://127.0.0.1:65535/signed-in", "http://[::1]:50123/signed-in", "example.nordhavn.till:/signed-in"} {
		c.redirect = redirect
		b := c.begins(t)
		at := w.walks(t, b.URL, redirect, nil)
		o.led(t, c, b.Flow, at)
		if !strings.Contains(redirect, "till") { // oauth4webapi reads no address of that kind
			c.finishes(t, b.Flow, at).works(t, redirect)
		}
	}
	good := o.till.begins(t).URL
	for _, redirect := range []string{"http://127.0.0.1:50123/other", "http://127.0.0.2:50123/signed-in",
		"http://127.0.0.1:50123@evil.example/signed-in", "http://localhost:50123/signed-in",
		"https://127.0.0.1:50123/signed-in", "http://127.0.0.1:50123/signed-in?a=b", "http://127.0.0.1:/signed-in",
		"http://127.0.0.1:99999/signed-in", "http://127.0.0.1.evil.example:50123/signed-in",
		"example.nordhavn.till:/other", "example.nordhavn:/signed-in"} {
		o.staysAt(t, w, changed(t, good, "redirect_uri", redirect))
	}
}

func (o *openid) withoutAccess(t *testing.T) {
	w, account := newWire(t, o.URL), eva()
	b := o.shop.begins(t)
	at, page := w.wanders(t, b.URL, o.shop.redirect, &account)
	if at != "" || page.StatusCode != http.StatusForbidden || !strings.Contains(page.Text(), "Shop") {
		t.Errorf("Eva comes to %s, %s (status %d): %s", at, page.at(), page.StatusCode, page.Text())
	}
	b = o.shop.begins(t, "prompt", "none")
	at = w.walks(t, b.URL, o.shop.redirect, nil)
	o.led(t, o.shop, b.Flow, at)
	o.shop.finishes(t, b.Flow, at).fails(t, "without access and without a page", "access_denied")
}

// codesOfOtherClients shows codes and refresh tokens with another verifier, address, secret, client or environment.
func (o *openid) codesOfOtherClients(t *testing.T, library string) {
	shop, wiki, till := o.shop.by(library, "basic"), o.wiki.by(library, "basic"), o.till.by(library, "none")
	fjord := o.fjord.by(library, "basic")
	w, signedIn := o.signsIn(t, shop, gu())
	for what, spoil := range map[string]func(c *client, f *flow){
		"a wrong verifier":            func(_ *client, f *flow) { f.Verifier = strings.Repeat("v", 43) },
		"the client's other redirect": func(_ *client, f *flow) { f.Redirect = shop.redirect + "?tenant=1" },
		"another client":              func(c *client, _ *flow) { *c = wiki },
		"a native client":             func(c *client, _ *flow) { *c = till },
		"another environment":         func(c *client, _ *flow) { *c = fjord },
		"a wrong secret":              func(c *client, _ *flow) { c.Secret = wiki.Secret },
		"no secret":                   func(c *client, _ *flow) { c.Auth, c.Secret = "none", "" },
	} {
		c, b := shop, shop.begins(t)
		f, at := b.Flow, w.walks(t, b.URL, shop.redirect, nil)
		spoil(&c, &f)
		if c.Issuer != shop.Issuer {
			at = changed(t, at, "iss", c.Issuer) // the library refuses it otherwise
		}
		code := "invalid_grant"
		if strings.HasSuffix(what, "secret") {
			code = "invalid_client"
		}
		if c.redirect = f.Redirect; strings.Contains(f.Redirect, "?") {
			at = strings.Replace(at, "?", "?tenant=1&", 1)
		}
		if library == "openid-client" && strings.Contains(f.Redirect, "?") {
			continue // it reads its redirect address from where the browser is led
		}
		c.finishes(t, f, at).fails(t, what, code)
	}
	for _, c := range []client{wiki, till, fjord} {
		c.refreshes(t, signedIn.Tokens.Refresh).fails(t, "at "+c.String(), "invalid_grant")
		c.ask(t, "revoke", map[string]any{"token": signedIn.Tokens.Refresh})
	}
	shop.refreshes(t, signedIn.Tokens.Refresh).works(t, "the token that others have tried")
}

// secrets are replaced without an interruption, or immediately.
func (o *openid) secrets(t *testing.T) {
	c := o.register(t, "localhost", "Spare", "Sales", pactius.ClientWeb, pactius.ApplicationUpdate{
		RedirectURIs: &[]string{"http://spare.localhost/signed-in"}})
	_, got := o.signsIn(t, c, gu())
	next := c
	next.Secret = o.newSecret(t, c, false)
	again := c.refreshes(t, got.Tokens.Refresh).works(t, "the secret before")
	again = next.refreshes(t, again.Tokens.Refresh).works(t, "the new secret")
	last := c
	last.Secret = o.newSecret(t, c, true)
	for what, c := range map[string]client{"the first": c, "the second": next} {
		c.refreshes(t, again.Tokens.Refresh).fails(t, what+" secret", "invalid_client")
	}
	again = last.refreshes(t, again.Tokens.Refresh).works(t, "the last secret")
	if strings.Contains(o.Log(), last.Secret) || strings.Contains(o.Log(), again.Tokens.Refresh) {
		t.Error("a secret is in the log")
	}

	o.Must("application", "remove", "Spare", "--environment", "localhost", "--yes")
	last.refreshes(t, again.Tokens.Refresh).fails(t, "an application that was removed", "invalid_client")
	o.refused(t, userinfoPath, again.Tokens.Access)
}

// tokenForm posts to the token endpoint by hand.
func (o *openid) tokenForm(t *testing.T, form url.Values) answer {
	t.Helper()
	return newWire(t, o.URL).post("/oauth/token", form)
}
