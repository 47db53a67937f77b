package web

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/clients"
)

// idToken signs a person in at the client, and returns the ID token.
func (b *browser) idToken(a pactius.Application) string {
	b.Helper()
	_, secret, err := b.site.Applications.NewSecret(b.Context(), pactius.SupportActor(b.nord.ID), a.ID, 0, true)
	b.must(err)
	code := b.get(asking(a)).atClient("").Get("code")
	tokens, err := b.site.Clients.Exchange(b.Context(), b.nord.ID, clients.Credentials{ID: a.ID, Secret: secret}, code,
		clientBack, clientVerifier)
	b.must(err)
	return tokens.ID
}

// leaving is a logout request of a client: pairs of a name and a value.
func leaving(pairs ...string) string {
	q := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	return clients.LogoutPath + "?" + q.Encode()
}

// signedIn reports whether the browser's session still stands.
func (b *browser) signedIn() bool {
	b.Helper()
	return b.get("/sessions").StatusCode == http.StatusOK
}

func TestAClientSignsThePersonOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.client()
	b := w.as(lone)
	hint := b.idToken(a)
	other := w.as(lone)
	otherHint := other.idToken(a)
	for _, test := range []struct {
		name   string
		hint   string
		proven bool
	}{{"this session's", hint, true}, {"another browser's", otherHint, false}, {"none", "", false}} {
		t.Run(test.name, func(t *testing.T) {
			page := b.get(leaving("id_token_hint", test.hint, "client_id", string(a.ID), "post_logout_redirect_uri",
				clientLeft, "state", "a b")).status(http.StatusOK).shows("Contracts asks to sign you out of Nordhavn")
			if got := strings.Contains(page.Body, "data-go"); got != test.proven {
				t.Errorf("the form goes in by itself: %v, want %v", got, test.proven)
			}
			if !b.signedIn() {
				t.Error("a GET has signed the person out")
			}
		})
	}
	before := len(w.db.Rows(t, `SELECT id FROM sessions`))
	page := b.get(leaving("id_token_hint", hint, "post_logout_redirect_uri", clientLeft, "state", "a b"))
	out := page.submit(clients.LogoutPath).status(http.StatusOK).shows("You've signed out",
		"still signed in to Microsoft", "Go back to Contracts")
	if got := out.Header.Get("Refresh"); got != "0; url="+clientLeft+"?state=a+b" {
		t.Errorf("leads to %q", got)
	}
	if b.signedIn() || !other.signedIn() || b.token() != "" {
		t.Error("the wrong session has ended, or none")
	}
	if after := len(w.db.Rows(t, `SELECT id FROM sessions`)); after != before-1 {
		t.Errorf("%d sessions have ended", before-after)
	}
	b.get("/").lacks("Lone").shows("Sign in with Microsoft")
	// The browser is not signed in silently, as after the portal's own sign-out.
	b.get("/settings/users").status(http.StatusSeeOther)
	// A second time there is nothing to end.
	again := b.get(leaving("client_id", string(a.ID), "post_logout_redirect_uri", clientLeft+"?from=pactius", "state",
		"x")).status(http.StatusSeeOther)
	if got := again.Header.Get("Location"); got != clientLeft+"?from=pactius&state=x" {
		t.Errorf("leads to %q", got)
	}
	b.get(leaving()).status(http.StatusOK).shows("You've signed out")
	b.post(clients.LogoutPath, url.Values{}).status(http.StatusOK).shows("You've signed out")
}

func TestNoSignOutLeadsAnywhereElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.client()
	l, stranger := w.as(lone), w.browser(nordHost)
	hint := l.idToken(a)
	for _, request := range [][]string{
		{"client_id", string(a.ID), "post_logout_redirect_uri", "https://evil.example/"},
		{"client_id", string(a.ID), "post_logout_redirect_uri", clientLeft + "/"},
		{"client_id", string(a.ID), "post_logout_redirect_uri", clientBack},
		{"client_id", string(a.ID), "post_logout_redirect_uri", "javascript:alert(1)"},
		{"client_id", string(w.nord.ID), "post_logout_redirect_uri", clientLeft},
		{"post_logout_redirect_uri", clientLeft},
		{"id_token_hint", "x.y.z", "client_id", string(a.ID), "post_logout_redirect_uri", clientLeft},
		{"id_token_hint", hint + "x", "post_logout_redirect_uri", clientLeft},
		{"id_token_hint", hint, "client_id", string(w.nord.ID), "post_logout_redirect_uri", clientLeft},
	} {
		q := url.Values{}
		for i := 0; i < len(request); i += 2 {
			q.Set(request[i], request[i+1])
		}
		for _, page := range []*page{l.get(leaving(request...)).status(http.StatusOK),
			stranger.get(leaving(request...)).status(http.StatusOK),
			l.post(clients.LogoutPath, q).status(http.StatusUnprocessableEntity)} {
			if page.Header.Get("Location") != "" || page.Header.Get("Refresh") != "" ||
				strings.Contains(page.Body, `"https://evil.example`) || strings.Contains(page.Body, "data-go") {
				t.Errorf("%v leads on", request)
			}
		}
		if !l.signedIn() {
			t.Fatalf("%v has signed the person out", request)
		}
	}
	// The person can sign out all the same.
	l.get(leaving("client_id", string(a.ID), "post_logout_redirect_uri", "https://evil.example/")).
		shows("Do you want to sign out?", "isn't registered").submit(clients.LogoutPath).shows("You've signed out")
	if l.signedIn() {
		t.Error("the session still stands")
	}
}

// Clients may send the request as a form. It is answered with the page, and changes nothing.
func TestALogoutRequestFromElsewhereIsAPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	foreign := w.site.Foreign(pactius.Refuse(pactius.KindForbidden, pactius.Text{}))
	post := func(path, body string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodPost, "https://"+nordHost+path, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		rec := httptest.NewRecorder()
		foreign.ServeHTTP(rec, r)
		return rec
	}
	for body, want := range map[string]string{
		"state=a%26b&client_id=c&x=y&id_token_hint=h": clients.LogoutPath + "?client_id=c&id_token_hint=h&state=a%26b",
		"":                clients.LogoutPath + "?",
		"%zz":             clients.LogoutPath + "?",
		"state=1&state=2": clients.LogoutPath + "?",
		"state=" + strings.Repeat("x", maxLogoutField+1): clients.LogoutPath + "?",
	} {
		rec := post(clients.LogoutPath, body)
		if got := rec.Header().Get("Location"); rec.Code != http.StatusSeeOther || got != want {
			t.Errorf("%.40q: status %d, leads to %q, want %q", body, rec.Code, got, want)
		}
	}
	if rec := post("/sign-out", ""); rec.Code != http.StatusForbidden {
		t.Errorf("another form: status %d", rec.Code)
	}
}
