package web

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// Browsers refuse the prefix __Host- and Secure on http, which is for the
// loopback interface only.
func TestCookiesOnPlainHTTP(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.site.Config
	c.PublicURL = &url.URL{Scheme: "http", Host: "localhost:8080"}
	s := New(c)
	rec := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodPost, "http://"+nordHost+"/sign-in", nil)
	s.ServeHTTP(rec, r)
	for _, line := range rec.Result().Header.Values("Set-Cookie") {
		age := "Max-Age=3600" // of the sign-in
		if strings.HasPrefix(line, browserCookie+"=") {
			age = "Max-Age=7776000"
		} else if !strings.HasPrefix(line, attemptCookie) {
			t.Errorf("set %s", line)
		}
		if strings.Contains(line, "Secure") {
			t.Errorf("%s is for https only", line)
		}
		for _, want := range []string{"HttpOnly", "SameSite=Lax", "Path=/", age} {
			if !strings.Contains(line, want) {
				t.Errorf("%s lacks %s", line, want)
			}
		}
	}
	if len(rec.Result().Cookies()) != 2 {
		t.Errorf("%d cookies, want 2", len(rec.Result().Cookies()))
	}
}

// The cookie of a sign-in is sealed, and works in its own environment only.
func TestTheCookieOfASignInTellsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser(nordHost)
	answer := b.post("/sign-in", url.Values{"return": {"/settings/users"}})
	state := query(answer.onward(), "state")
	for _, c := range answer.Cookies() {
		if strings.Contains(c.Value, state) || strings.Contains(c.Value, "settings") {
			t.Errorf("the cookie %s can be read", c.Name)
		}
		if strings.HasSuffix(c.Name, browserCookie) {
			continue // it is of no sign-in
		}
		syd := w.browser(sydHost)
		syd.setCookie(c.Name, c.Value)
		syd.get("/sign-in/callback?code=x&state=" + state).status(http.StatusBadRequest).
			shows("This sign-in can't be completed here")
	}
}
