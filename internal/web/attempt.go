package web

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/pactius/pactius/internal/microsoft"
	"github.com/pactius/pactius/internal/users"
)

const (
	// attemptTime is how long a person may take at Microsoft: a password, a code, a
	// telephone in another room.
	attemptTime = 15 * time.Minute

	// attemptKept is how long the cookie stays. A person who took too long then
	// reads that, instead of that the sign-in is unknown.
	attemptKept = time.Hour

	// maxAttempts is how many sign-ins may be under way in a browser: more tabs
	// than these push the oldest out, so that cookies cannot pile up.
	maxAttempts = 5

	attemptPurpose = "sign-in attempt"
	attemptHash    = 8 // characters of the state's hash in the cookie's name
)

// attempt is a sign-in under way. It travels sealed in a cookie, so that it is
// bound to the browser that began it and no instance needs to remember it.
type attempt struct {
	State    string    `json:"s"`
	Nonce    string    `json:"n"`
	Verifier string    `json:"v"`
	Return   string    `json:"r,omitempty"` // local path
	Expires  time.Time `json:"e"`
}

func (a attempt) journey() microsoft.Attempt {
	return microsoft.Attempt{State: a.State, Nonce: a.Nonce, Verifier: a.Verifier}
}

// attemptName is the cookie of a state, without the prefix.
func attemptName(state string) string {
	return attemptCookie + users.TokenHash(state)[:attemptHash]
}

// keepAttempt gives a new attempt to the browser.
func (s *Site) keepAttempt(v *visit, a attempt) error {
	plain, err := json.Marshal(a)
	if err != nil {
		return err
	}
	s.trimAttempts(v)
	s.setCookie(v, attemptName(a.State), s.Box.Seal(attemptPurpose, plain, string(v.env.ID)), attemptKept)
	return nil
}

// trimAttempts makes room for one more attempt: it drops unreadable ones, then
// the oldest.
func (s *Site) trimAttempts(v *visit) {
	type kept struct {
		name    string
		expires time.Time
	}
	var all []kept
	for _, c := range v.r.Cookies() {
		name, ok := strings.CutPrefix(c.Name, s.cookieName(""))
		if !ok || !strings.HasPrefix(name, attemptCookie) {
			continue
		}
		if a, ok := s.openAttempt(v, c); ok {
			all = append(all, kept{name, a.Expires})
		} else {
			s.dropCookie(v, name)
		}
	}
	slices.SortFunc(all, func(a, b kept) int { return a.expires.Compare(b.expires) })
	for len(all) >= maxAttempts {
		s.dropCookie(v, all[0].name)
		all = all[1:]
	}
}

func (s *Site) openAttempt(v *visit, c *http.Cookie) (attempt, bool) {
	plain, err := s.Box.Open(attemptPurpose, c.Value, string(v.env.ID))
	if err != nil {
		return attempt{}, false
	}
	var a attempt
	return a, json.Unmarshal(plain, &a) == nil
}

// takeAttempt finds the attempt of a state and takes it from the browser.
func (s *Site) takeAttempt(v *visit, state string) (attempt, bool) {
	if state == "" {
		return attempt{}, false
	}
	name := attemptName(state)
	c, err := v.r.Cookie(s.cookieName(name))
	if err != nil {
		return attempt{}, false
	}
	s.dropCookie(v, name)
	a, ok := s.openAttempt(v, c)
	if !ok || a.State != state { // the name is only a part of the hash
		return attempt{}, false
	}
	return a, true
}
