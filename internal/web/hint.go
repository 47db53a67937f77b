package web

import (
	"github.com/pactius/pactius/internal/users"
)

const (
	// maxHint bounds a kept login_hint in bytes: real ones have about 100, and proxies accept a cookie header of 8 kB.
	maxHint = 512

	hintPurpose = "sign-out hint"
)

// keepHint keeps Microsoft's login_hint of a sign-in in the browser, for the end of the session: Microsoft then doesn't
// ask which account to sign out. It is personal data, so it is sealed, for this session only, and goes with the
// session; nothing of it is stored here that an erasure would have to find.
func (s *Site) keepHint(v *visit, token, hint string) {
	if token == "" || hint == "" || len(hint) > maxHint {
		s.dropHint(v)
		return
	}
	s.setCookie(v, hintCookie, s.Box.Seal(hintPurpose, []byte(hint), s.hintOf(v, token)), 0)
}

// hintOf binds a hint to a session of an environment.
func (s *Site) hintOf(v *visit, token string) string {
	return string(v.env.ID) + " " + users.TokenHash(token)
}

// hint returns the login_hint of the browser's session, "" for none.
func (s *Site) hint(v *visit) string {
	c, err := v.r.Cookie(s.cookieName(hintCookie))
	if err != nil {
		return ""
	}
	hint, err := s.Box.Open(hintPurpose, c.Value, s.hintOf(v, v.token))
	if err != nil {
		return ""
	}
	return string(hint)
}

// dropHint takes the hint from a browser that has one.
func (s *Site) dropHint(v *visit) {
	if _, err := v.r.Cookie(s.cookieName(hintCookie)); err == nil {
		s.dropCookie(v, hintCookie)
	}
}
