package pactius

import (
	"context"
	"slices"
	"sync"
	"time"
)

// Mail is one row of the outbox: an email to deliver. It is stored as kind and
// data and rendered when it is delivered.
type Mail struct {
	ID        MailID
	Kind      string // of message, see package mail
	Data      []byte // the message's values, JSON
	To        string // address
	ToName    string
	Language  string
	State     MailState
	Attempts  int       // to send it, also those that were broken off
	Failed    int       // attempts that failed for a reason of this email's own
	NextAt    time.Time // earliest attempt
	LastError string    // the mail server's answer, without secrets or bodies
	CreatedAt time.Time
	AskedAt   time.Time // when an administrator had it sent again, the zero time for never
	SentAt    time.Time
}

// Begun returns when the time began after which the email is given up.
func (m Mail) Begun() time.Time {
	if m.AskedAt.After(m.CreatedAt) {
		return m.AskedAt
	}
	return m.CreatedAt
}

// MailState is the delivery state of an email.
type MailState string

// The states of an email.
const (
	MailWaiting MailState = "waiting" // to be sent or retried
	MailSent    MailState = "sent"
	MailDead    MailState = "dead" // given up; an administrator can send it again
)

// Limits of the emails that one person causes on a day in UTC. Each person has limits of their own, for each recipient
// and kind of email, so that one cannot use up those of another. An email beyond them is not sent; the change stands.
const (
	MailsAlikeADay = 5  // to the same person: more decisions about one person on a day are no honest work
	MailsToOneADay = 50 // to the same mailbox: a crew may share one, and each new member gets the first email

	// MailsOfKindADay bounds the emails of a kind to all mailboxes together: an administrator chooses the addresses of
	// the users to welcome, and they may be anyone's. More are no work by hand.
	MailsOfKindADay = 1000
)

// Unsent collects the recipients of emails that changes did not send, because of the limits of a day or because no
// address is known. It is safe for concurrent use; nil collects nothing.
type Unsent struct {
	mu      sync.Mutex
	to      []string
	without []string
}

type unsentKey struct{}

// WithUnsent returns a context whose changes add to the Unsent.
func WithUnsent(ctx context.Context) (context.Context, *Unsent) {
	u := &Unsent{}
	return context.WithValue(ctx, unsentKey{}, u), u
}

// UnsentOf returns the Unsent of a context, nil if it has none.
func UnsentOf(ctx context.Context) *Unsent {
	u, _ := ctx.Value(unsentKey{}).(*Unsent)
	return u
}

// Add adds recipients beyond the limits.
func (u *Unsent) Add(to ...string) {
	if u == nil || len(to) == 0 {
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.to = append(u.to, to...)
}

// To returns the recipients beyond the limits so far.
func (u *Unsent) To() []string {
	if u == nil {
		return nil
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	return slices.Clone(u.to)
}

// AddWithout adds recipients without an address.
func (u *Unsent) AddWithout(names ...string) {
	if u == nil || len(names) == 0 {
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.without = append(u.without, names...)
}

// Without returns the recipients without an address so far.
func (u *Unsent) Without() []string {
	if u == nil {
		return nil
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	return slices.Clone(u.without)
}
