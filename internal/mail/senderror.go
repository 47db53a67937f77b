package mail

import (
	"errors"
	"net/textproto"
	"regexp"
	"strconv"
	"strings"

	gomail "github.com/wneessen/go-mail"
)

// SendError says why a mail was not taken over. Its text is fit for the outbox
// and for administrators: no password, no body.
type SendError struct {
	// Temporary means that the same mail may well be taken later: the server is
	// away or busy, the network fails, or the server refuses us (a wrong
	// password, no encryption), which somebody mends without touching the mail.
	// Otherwise the server refused this mail or its recipient for good.
	Temporary bool
	Code      int // the server's reply code (RFC 5321 section 4.2), 0 where it gave none
	Err       error
}

// Error tells what was attempted and what came of it.
func (e *SendError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *SendError) Unwrap() error { return e.Err }

// connectError marks a failure before the mail was named: it is never the
// mail's fault.
type connectError struct{ err error }

func (e *connectError) Error() string { return e.err.Error() }
func (e *connectError) Unwrap() error { return e.err }

// maxReason bounds what is kept of a server's reply, in characters.
const maxReason = 500

// permanentReplies starts at the first of the replies that are final (RFC 5321
// section 4.2.1).
const permanentReplies = 500

// failure turns what the library reports into a SendError. The library calls a
// broken connection permanent; here only a reply of the server is.
func (s *SMTP) failure(what, recipient string, err error) *SendError {
	_, early := errors.AsType[*connectError](err)
	code := replyCode(err)
	// What the library adds is personal or known already.
	reason, _, _ := strings.Cut(err.Error(), ", affected ")
	reason = s.redacted.Replace(reason)
	if recipient != "" {
		reason = strings.ReplaceAll(reason, recipient, "[recipient]")
	}
	return &SendError{
		Temporary: early || code < permanentReplies || refusesUs(code),
		Code:      code,
		Err:       &redactedError{what + " at " + s.server.host + ": " + oneLine(reason, maxReason), err},
	}
}

// refusesUs reports replies about the sender's sign-in and encryption (RFC 4954
// section 6), which can come as late as at MAIL FROM.
func refusesUs(code int) bool {
	switch code {
	case 530, 534, 535, 538:
		return true
	}
	return false
}

// firstReply finds a reply code at the start of the library's text, the only
// place where some of its errors carry one.
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

// redactedError says text and still matches its cause with errors.Is.
type redactedError struct {
	text  string
	cause error
}

func (e *redactedError) Error() string { return e.text }

// Is passes the comparison on. There is no Unwrap: the cause's own text may hold
// what was redacted.
func (e *redactedError) Is(target error) bool { return errors.Is(e.cause, target) }
