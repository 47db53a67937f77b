package web

import (
	"bytes"
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

	// attemptBytes is how large the others may be together: proxies accept a cookie header of 8 kB.
	attemptBytes = 3000

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
	Begun    time.Time `json:"b"`
	Login    bool      `json:"l,omitempty"` // Microsoft was asked to ask for credentials
	Expires  time.Time `json:"e"`
	Used     bool      `json:"u,omitempty"` // it has come back from Microsoft
	Relayed  bool      `json:"c,omitempty"` // it comes back by the callback host, which Microsoft was told
}

func (a attempt) journey() microsoft.Attempt {
	return microsoft.Attempt{State: a.State, Nonce: a.Nonce, Verifier: a.Verifier}
}

// authLeeway is how far Microsoft's clock may be behind ours: as long as package microsoft allows for tokens.
const authLeeway = 5 * time.Minute

// authAt is when the person has entered credentials, as far as known. said is Microsoft's word, where the tenant has it
// sent. An attempt that asked for credentials is one that got them, unless Microsoft says that they are older; it did
// not end before it began, by the clock of whichever instance.
func (a attempt) authAt(said, now time.Time) time.Time {
	switch {
	case !a.Login, !said.IsZero() && said.Before(a.Begun.Add(-authLeeway)):
		return said
	case now.Before(a.Begun):
		return a.Begun
	}
	return now
}

// secondBegin ends the state of a sign-in that the program began because the one before came back to a browser
// without its cookie. A browser that keeps no cookies can carry nothing else, and the mark proves nothing: a forged
// one only spares its sender the second sign-in.
const secondBegin = ".2"

// found is what a browser knows of the sign-in that comes back to it.
type found int

const (
	foundNone    found = iota // the browser brought no cookie of any sign-in
	foundOthers               // it brought cookies of other sign-ins only
	foundUsed                 // this sign-in has come back to the browser before
	foundAttempt              // this sign-in is under way
)

// attemptName is the cookie of a state, without the prefix.
func attemptName(state string) string {
	return attemptCookie + users.TokenHash(state)[:attemptHash]
}

// keepAttempt gives a new attempt to the browser.
func (s *Site) keepAttempt(v *visit, a attempt) error {
	s.trimAttempts(v)
	return s.setAttempt(v, a)
}

func (s *Site) setAttempt(v *visit, a attempt) error {
	var plain bytes.Buffer
	e := json.NewEncoder(&plain)
	e.SetEscapeHTML(false) // "&" stays one byte
	err := e.Encode(a)
	if err == nil {
		s.setCookie(v, attemptName(a.State), s.Box.Seal(attemptPurpose, plain.Bytes(), string(v.env.ID)), attemptKept)
	}
	return err
}

// trimAttempts makes room for one more attempt: it drops unreadable and used
// ones, then the oldest.
func (s *Site) trimAttempts(v *visit) {
	type kept struct {
		name    string
		expires time.Time
		size    int
	}
	var all []kept
	size := 0
	for _, c := range s.attemptCookies(v) {
		name := strings.TrimPrefix(c.Name, s.cookieName(""))
		if a, ok := s.openAttempt(v, c); ok && !a.Used {
			all = append(all, kept{name, a.Expires, len(c.Value)})
			size += len(c.Value)
		} else {
			s.dropCookie(v, name)
		}
	}
	slices.SortFunc(all, func(a, b kept) int { return a.expires.Compare(b.expires) })
	for len(all) >= maxAttempts || size > attemptBytes {
		s.dropCookie(v, all[0].name)
		size -= all[0].size
		all = all[1:]
	}
}

// attemptCookies returns the browser's cookies of sign-ins, unreadable ones too.
func (s *Site) attemptCookies(v *visit) []*http.Cookie {
	return slices.DeleteFunc(v.r.Cookies(), func(c *http.Cookie) bool {
		return !strings.HasPrefix(c.Name, s.cookieName(attemptCookie))
	})
}

func (s *Site) openAttempt(v *visit, c *http.Cookie) (attempt, bool) {
	plain, err := s.Box.Open(attemptPurpose, c.Value, string(v.env.ID))
	if err != nil {
		return attempt{}, false
	}
	var a attempt
	return a, json.Unmarshal(plain, &a) == nil
}

// takeAttempt finds the attempt of a state and marks it as used, so that a page
// that is opened again is told so.
func (s *Site) takeAttempt(v *visit, state string) (attempt, found) {
	how := foundNone
	if len(s.attemptCookies(v)) > 0 {
		how = foundOthers
	}
	if state == "" {
		return attempt{}, how
	}
	c, err := v.r.Cookie(s.cookieName(attemptName(state)))
	if err != nil {
		return attempt{}, how
	}
	a, ok := s.openAttempt(v, c)
	switch {
	case !ok || a.State != state: // the name is only a part of the hash
		return attempt{}, foundOthers
	case a.Used:
		return a, foundUsed
	}
	if err := s.setAttempt(v, attempt{State: state, Return: a.Return, Expires: a.Expires, Used: true}); err != nil {
		s.dropCookie(v, attemptName(state))
	}
	return a, foundAttempt
}
