package web

import (
	"encoding/base64"
	"net/http"
	"time"

	"github.com/pactius/pactius/internal/seal"
)

// Names of cookies, without the prefix.
const (
	sessionCookie  = "pactius"
	attemptCookie  = "pactius-in-"     // a part of the state's hash follows
	consentCookie  = "pactius-consent" // a round trip to grant permissions, sealed
	flashCookie    = "pactius-flash"
	hintCookie     = "pactius-hint" // of Microsoft's sign-out, sealed
	languageCookie = "language"     // no secret, and the same on every environment's host
	zoneCookie     = "tz"           // set by a script
)

// cookieName adds the prefix that binds a cookie to this very host, to https
// and to the whole site (RFC 6265bis section 4.1.3.2). Browsers refuse it on http.
func (s *Site) cookieName(name string) string {
	if s.secure {
		return "__Host-" + name
	}
	return name
}

// setCookie sets a cookie that no script reads. SameSite is Lax: with Strict
// a person who follows a link in a mail would look signed out. maxAge 0 lasts as
// long as the browser runs.
func (s *Site) setCookie(v *visit, name, value string, maxAge time.Duration) {
	http.SetCookie(v.w, s.cookie(s.cookieName(name), value, int(maxAge.Seconds())))
}

// dropCookie deletes a cookie.
func (s *Site) dropCookie(v *visit, name string) {
	http.SetCookie(v.w, s.cookie(s.cookieName(name), "", -1))
}

// cookie makes one by its whole name; maxAge is in seconds, as in http.Cookie.
func (s *Site) cookie(name, value string, maxAge int) *http.Cookie {
	return &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: maxAge, HttpOnly: true, Secure: s.secure,
		SameSite: http.SameSiteLaxMode}
}

// sessionToken is the token in the browser's cookie, "" if it has not the form of
// one.
func (s *Site) sessionToken(r *http.Request) string {
	c, err := r.Cookie(s.cookieName(sessionCookie))
	if err != nil || len(c.Value) != seal.TokenLength {
		return ""
	}
	if _, err := base64.RawURLEncoding.Strict().DecodeString(c.Value); err != nil {
		return ""
	}
	return c.Value
}

// setSession gives the browser the token of a new session. The cookie has no end:
// the server ends sessions.
func (s *Site) setSession(v *visit, token string) { s.setCookie(v, sessionCookie, token, 0) }

// dropSession takes the token from the browser.
func (s *Site) dropSession(v *visit) {
	s.dropCookie(v, sessionCookie)
	s.dropHint(v)
}
