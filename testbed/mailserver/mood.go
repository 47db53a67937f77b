package mailserver

import "github.com/emersion/go-smtp"

// Step is a point of an SMTP conversation.
type Step int

// The steps, in their order. Never is the zero Step.
const (
	Never     Step = iota
	Greeting       // the client has connected
	Sender         // MAIL
	Recipient      // RCPT
	Content        // DATA: the content arrives
	Taken          // the mail is kept, and the client waits for the confirmation
)

// Mood says how a server behaves. The zero Mood takes every mail.
type Mood struct {
	At     Step   // where the server does not do its work
	Code   int    // the reply instead; 0 hangs up
	Text   string // of the reply
	Silent bool   // no reply comes, and the connection stays open
}

// reply returns the reply of a mood with its enhanced code (RFC 3463).
func (m Mood) reply() *smtp.SMTPError {
	return &smtp.SMTPError{Code: m.Code, EnhancedCode: smtp.EnhancedCode{m.Code / 100, 1, 1}, Message: m.Text}
}
