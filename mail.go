package pactius

import "time"

// Mail is one row of the outbox: a message that must reach somebody. It is
// stored by its kind and data and rendered when it is delivered.
type Mail struct {
	ID        MailID
	Kind      string // which message
	Data      []byte // its values, JSON
	To        string // address
	ToName    string
	Language  string
	State     MailState
	Attempts  int
	NextAt    time.Time // not before
	LastError string    // what the mail server said, without secrets or bodies
	CreatedAt time.Time
	SentAt    time.Time
}

// MailState is how far a mail is.
type MailState string

// The states of a mail.
const (
	MailWaiting MailState = "waiting" // to be sent, maybe again
	MailSent    MailState = "sent"
	MailDead    MailState = "dead" // given up; an administrator can send it again
)
