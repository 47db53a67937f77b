package mailserver

import (
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/emersion/go-smtp"
)

// Step is a point of an SMTP conversation.
type Step int

// The steps, in their order. Never is the zero Step.
const (
	Never     Step = iota
	Greeting       // the client has connected
	Sender         // MAIL
	Recipient      // RCPT
	Content        // DATA: the content arrives
	Taken          // the email is kept, and the client waits for the confirmation
	Goodbye        // QUIT; only in conversations without TLS
)

// Mood says how a server behaves. The zero Mood takes every mail.
type Mood struct {
	At     Step   // where the server does not do its work
	Code   int    // the reply instead; 0 hangs up
	Status string // its enhanced code (RFC 3463) such as "5.7.1", "" for none
	Text   string // of the reply
	Silent bool   // no reply comes, and the connection stays open
	Twice  bool   // at Taken: the confirmation comes twice; at Goodbye: Text comes after it

	To        string // only for this recipient; "" for all
	BareHello bool   // only for clients whose EHLO name has no dot
}

// Moods of servers that are known. The words are theirs.
var (
	// HelloRefused is Postfix with reject_non_fqdn_helo_hostname, which answers only to RCPT.
	HelloRefused = Mood{At: Recipient, Code: 504, Status: "5.5.2", BareHello: true,
		Text: "<vm>: Helo command rejected: need fully-qualified hostname"}
	// SenderDenied is Exchange where the account may not send as the sender.
	SenderDenied = Mood{At: Sender, Code: 550, Status: "5.7.60",
		Text: "SMTP; Client does not have permissions to send as this sender"}
	// SendAsDenied is Exchange Online, which says so only after the content.
	SendAsDenied = Mood{At: Content, Code: 554, Status: "5.2.252",
		Text: "SendAsDenied; account@pactius.example not allowed to send as no-reply@pactius.example"}
	// QuotaUsed is Exchange Online after 10,000 recipients on a day.
	QuotaUsed = Mood{At: Content, Code: 554, Status: "5.2.0",
		Text: "STOREDRV.Submission.Exception:SubmissionQuotaExceededException; Failed to process message"}
	// RelayDenied is Postfix for a client that it does not know.
	RelayDenied = Mood{At: Recipient, Code: 554, Status: "5.7.1", Text: "<bo@x.example>: Relay access denied"}
	// Greylisted is Postfix with postgrey, here for ever.
	Greylisted = Mood{At: Recipient, Code: 450, Status: "4.2.0",
		Text: "<bo@x.example>: Recipient address rejected: Greylisted"}
	// Overloaded is any server that has no time, here for ever.
	Overloaded = Mood{At: Sender, Code: 451, Status: "4.3.2", Text: "System not accepting network messages"}
	// TalksOn answers after QUIT has been answered, and keeps the connection open.
	TalksOn = Mood{At: Goodbye, Twice: true, Code: 250, Status: "2.0.0", Text: "and another thing"}
	// IdleTooLong is for HangUp.
	IdleTooLong = Mood{Code: 421, Status: "4.4.2", Text: "Error: timeout exceeded"}
	// IgnoresQuit does not answer QUIT, and keeps the connection open.
	IgnoresQuit = Mood{At: Goodbye, Silent: true}
)

// MailboxFull is a server on which the mailbox of one recipient is full.
func MailboxFull(recipient string) Mood {
	return Mood{At: Recipient, Code: 452, Status: "4.2.2", Text: "The recipient's mailbox is full", To: recipient}
}

// reply returns the reply of a mood.
func (m Mood) reply() *smtp.SMTPError {
	e := &smtp.SMTPError{Code: m.Code, EnhancedCode: smtp.NoEnhancedCode, Message: m.Text}
	for i, part := range strings.SplitN(m.Status, ".", len(e.EnhancedCode)) {
		if n, err := strconv.Atoi(part); err == nil {
			e.EnhancedCode[i] = n
		}
	}
	return e
}

// line returns the reply of a mood as it goes over the wire.
func (m Mood) line() string {
	if m.Status == "" {
		return fmt.Sprintf("%d %s\r\n", m.Code, m.Text)
	}
	return fmt.Sprintf("%d %s %s\r\n", m.Code, m.Status, m.Text)
}

// farewell is a connection that meets the mood of QUIT, which the SMTP server has no
// place for.
type farewell struct {
	net.Conn
	server *Server
	stays  atomic.Bool // the next Close is not done: the client must close
}

// Write writes a reply.
func (f *farewell) Write(b []byte) (int, error) {
	m, bad := f.server.at(Goodbye)
	if !bad || !strings.HasPrefix(string(b), "221 ") {
		return f.Conn.Write(b)
	}
	f.stays.Store(true)
	if m.Silent {
		return len(b), nil
	}
	n, err := f.Conn.Write(b)
	if err == nil && m.Twice {
		_, err = io.WriteString(f.Conn, m.line())
	}
	return n, err
}

// Close closes the connection, or leaves that to the client.
func (f *farewell) Close() error {
	if f.stays.CompareAndSwap(true, false) {
		return nil
	}
	return f.Conn.Close()
}
