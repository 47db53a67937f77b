package web

import (
	"encoding/json"
	"time"

	"github.com/pactius/pactius/internal/seal"
)

const (
	browserCookie  = "pactius-browser" // tells browsers apart before a sign-in, sealed
	browserPurpose = "browser"

	// browserKept is how long a browser is told apart: longer than most holidays. The cookie is renewed by every
	// sign-in, and without it a browser is only a new one.
	browserKept = 90 * 24 * time.Hour
)

// known is what the cookie of a browser says. It gives no access. It is a key for limits that people behind one
// network address do not share, and nothing about it is stored.
type known struct {
	ID   string `json:"i"`           // random
	User bool   `json:"u,omitempty"` // a user has signed in with this browser
	Out  bool   `json:"o,omitempty"` // the last thing was a sign-out
}

// browser returns what a browser's cookie says; zero for a browser without one of this environment.
func (s *Site) browser(v *visit) known {
	var k known
	c, err := v.r.Cookie(s.cookieName(browserCookie))
	if err != nil {
		return k
	}
	plain, err := s.Box.Open(browserPurpose, c.Value, string(v.env.ID))
	if err != nil || json.Unmarshal(plain, &k) != nil {
		return known{}
	}
	return k
}

// meetBrowser gives a browser without a cookie one.
func (s *Site) meetBrowser(v *visit) {
	if v.env.ID != "" && s.browser(v).ID == "" {
		s.keepBrowser(v, known{ID: seal.NewToken()})
	}
}

// trustBrowser notes in the cookie that a user has signed in.
func (s *Site) trustBrowser(v *visit) {
	k := s.browser(v)
	if k.ID == "" {
		k.ID = seal.NewToken()
	}
	k.User, k.Out = true, false
	s.keepBrowser(v, k)
}

// partFromBrowser notes in the cookie that the person has signed out.
func (s *Site) partFromBrowser(v *visit) {
	if k := s.browser(v); k.ID != "" {
		k.Out = true
		s.keepBrowser(v, k)
	}
}

func (s *Site) keepBrowser(v *visit, k known) {
	plain, err := json.Marshal(k)
	if err == nil {
		s.setCookie(v, browserCookie, s.Box.Seal(browserPurpose, plain, string(v.env.ID)), browserKept)
	}
}
