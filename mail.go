package pactius

import "time"

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
	Attempts  int
	NextAt    time.Time // earliest attempt
	LastError string    // the mail server's answer, without secrets or bodies
	CreatedAt time.Time
	SentAt    time.Time
}

// MailState is the delivery state of an email.
type MailState string

// The states of an email.
const (
	MailWaiting MailState = "waiting" // to be sent or retried
	MailSent    MailState = "sent"
	MailDead    MailState = "dead" // given up; an administrator can send it again
)
