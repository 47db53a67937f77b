package mail

import (
	"errors"
	"net/textproto"
	"regexp"
	"strconv"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// SendError is the failure to send an email. Its text contains no password and no
// body, so that the outbox can store it and administrators can read it.
type SendError struct {
	// Temporary means that a retry may succeed: the server is away or busy, the
	// network fails, or the server refuses PACTIUS (a wrong password, no
	// encryption), which can be fixed without changing the email. Otherwise the
	// server refused this email or its recipient for good.
	Temporary bool
	About     About
	Code      int           // the server's reply code (RFC 5321 section 4.2), 0 where it gave none
	Status    string        // the enhanced status code such as "5.7.1" (RFC 3463), "" where it gave none
	Wait      time.Duration // the pause that the server demands before the next attempt, 0 where it demands none
	Err       error
}

// About is what a failure is about, which decides how much is put off.
type About string

// The things that a failure can be about.
const (
	// AboutEmail is this email or its recipient: others can be sent.
	AboutEmail About = ""
	// AboutPolicy is a policy of the server at one recipient: perhaps this recipient's
	// alone, perhaps a rule that no email of ours passes. The same reply for several
	// recipient domains means the latter.
	AboutPolicy About = "policy"
	// AboutSender is the sender, the relay, its quota, the sign-in or the connection: no
	// other email can be sent either.
	AboutSender About = "sender"
)

// Error returns the attempt and its failure.
func (e *SendError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *SendError) Unwrap() error { return e.Err }

// connectError is a failure before the email was sent: it is never the email's
// fault.
type connectError struct{ err error }

func (e *connectError) Error() string { return e.err.Error() }
func (e *connectError) Unwrap() error { return e.err }

// maxReason is the most characters of a server's reply that are stored.
const maxReason = 500

// permanentReplies is the first of the final reply codes (RFC 5321 section 4.2.1).
const permanentReplies = 500

// failure turns the library's error into a SendError. The library calls a broken
// connection permanent; here only a reply of the server is.
func (s *SMTP) failure(what, recipient string, err error) *SendError {
	_, early := errors.AsType[*connectError](err)
	code := replyCode(err)
	// The library adds text that is personal or known.
	reason, _, _ := strings.Cut(err.Error(), ", affected ")
	reason = s.redacted.Replace(reason)
	if recipient != "" {
		reason = strings.ReplaceAll(reason, recipient, "[recipient]")
	}
	about := AboutEmail
	if early || refusesUs(code) {
		about = AboutSender
	}
	return &SendError{Temporary: about == AboutSender || code < permanentReplies, About: about, Code: code,
		Err: &redactedError{what + " at " + s.server.host + ": " + oneLine(reason, maxReason), err}}
}

// refusesUs reports whether a reply is about the sender's sign-in or encryption
// (RFC 4954 section 6), which can come as late as at MAIL FROM.
func refusesUs(code int) bool {
	switch code {
	case 530, 534, 535, 538:
		return true
	}
	return false
}

// firstReply matches a reply code at the start of the library's text, the only
// place where some of its errors have one.
var firstReply = regexp.MustCompile(`(?:^|: )([45]\d\d)[ -]`)

func replyCode(err error) int {
	if e, ok := errors.AsType[*textproto.Error](err); ok {
		return e.Code
	}
	if e, ok := errors.AsType[*gomail.SendError](err); ok && e.ErrorCode() != 0 {
		return e.ErrorCode()
	}
	if match := firstReply.FindStringSubmatch(err.Error()); match != nil {
		code, _ := strconv.Atoi(match[1])
		return code
	}
	return 0
}

// redactedError has a redacted text and still matches its cause with errors.Is.
type redactedError struct {
	text  string
	cause error
}

func (e *redactedError) Error() string { return e.text }

// Is compares the cause. There is no Unwrap, because the cause's text is not
// redacted.
func (e *redactedError) Is(target error) bool { return errors.Is(e.cause, target) }
