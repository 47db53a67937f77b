package outbox

import (
	"errors"
	"sync"
	"time"

	"github.com/pactius/pactius/internal/crew"
	"github.com/pactius/pactius/internal/mail"
)

// Limits of recipient domains without an answer.
const (
	silentTries = 3               // emails in a row without an answer, after which a domain is put off
	silentTime  = 5 * time.Second // that a worker waited at least; one who was hung up on lost no time
	silentProbe = 2 * time.Minute // for the one email that tries again; longer than the transport waits
	silentKept  = 1000            // domains that are remembered
)

// errSilent gives an email up that was held for too long.
var errSilent = errors.New("the mail server gave no answer at the last emails to this domain; they are tried one " +
	"at a time")

// silences remembers recipient domains at which the mail server falls silent, as one does
// that looks at the recipient's server first. Each email would occupy a worker until the
// transport's time is over. It is kept in memory: each instance learns it.
type silences struct {
	mu      sync.Mutex
	domains map[string]*silence
}

type silence struct {
	tries int       // in a row
	until time.Time // no email is tried before
}

// held reports until when emails to a domain wait. Once the time is over one of them is
// let through, and the others wait for what becomes of it.
func (s *silences) held(domain string, now time.Time) (time.Time, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.domains[domain]
	if d == nil || d.tries < silentTries {
		return time.Time{}, false
	}
	if now.Before(d.until) {
		return d.until, true
	}
	d.until = now.Add(silentProbe)
	return time.Time{}, false
}

// note notes what became of an email to a domain after a time: nil is accepted.
func (s *silences) note(domain string, e *mail.SendError, took time.Duration, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	// An answer, a failure before the recipient, or one that cost no time.
	if e == nil || e.Code != 0 || e.About != mail.AboutPolicy || took < silentTime {
		delete(s.domains, domain)
		return
	}
	if s.domains == nil || len(s.domains) >= silentKept {
		s.domains = map[string]*silence{}
	}
	d := s.domains[domain]
	if d == nil {
		d = &silence{}
		s.domains[domain] = d
	}
	d.tries++
	if d.tries >= silentTries {
		d.until = now.Add(crew.Pause(d.tries-silentTries+1, firstRetry, slowest))
	}
}
