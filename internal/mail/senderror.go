package mail

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/textproto"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"github.com/pactius/pactius/internal/names"
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
	Advice    string        // the reason and the next step, with which Err begins; "" for a fault of PACTIUS
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

// Said returns the error without the advice: the words of the server or the network.
func (e *SendError) Said() string { return strings.TrimPrefix(e.Error(), e.Advice+" ") }

// Unwrap returns the cause.
func (e *SendError) Unwrap() error { return e.Err }

// maxReason is the most characters of a server's reply that are stored.
const maxReason = 500

// failure turns the failure of a conversation into a SendError: what happened, what to do
// next, and the server's words. Only a reply of the server can be permanent.
func (s *SMTP) failure(sender string, recipients []string, err error) *SendError {
	at := atConnect
	if failed, ok := errors.AsType[*stageError](err); ok {
		at = failed.stage
	}
	e := &SendError{}
	var means meaning
	said := err.Error()
	if reply, ok := errors.AsType[*textproto.Error](err); ok && reply.Code >= firstRefusal {
		e.Code = reply.Code
		var words string
		e.Status, words = splitReply(reply.Msg)
		means = understand(at, strconv.Itoa(reply.Code), e.Status, words)
		if s.tokens != nil && at == atConnect && reply.Code == authRefused {
			means = tokenRefused
		}
		said = fmt.Sprintf("%s answered %s: %s", s.server.host, at, joined(strconv.Itoa(reply.Code), e.Status, words))
	} else {
		means = unanswered(at, sender, err)
		said = s.server.host + ": " + said
	}
	said = s.redacted.Replace(said)
	if t, ok := errors.AsType[*tokenError](err); ok {
		said = t.hidden.Replace(said)
	}
	for _, r := range recipients {
		said = regexp.MustCompile(`(?i)`+regexp.QuoteMeta(r)).ReplaceAllString(said, "[recipient]")
	}
	e.About, e.Temporary = means.about, !means.permanent
	e.Advice = strings.ReplaceAll(means.advice, "%s", sender)
	e.Err = &redactedError{e.Advice + " " + oneLine(said, maxReason), err}
	return e
}

// unanswered returns the meaning of a failure without a reply.
func unanswered(at stage, sender string, err error) meaning {
	_, certificate := errors.AsType[*tls.CertificateVerificationError](err)
	_, alert := errors.AsType[tls.AlertError](err)
	_, noTLS := errors.AsType[tls.RecordHeaderError](err)
	switch {
	case errors.Is(err, errNoToken):
		return noToken
	case errors.Is(err, errNoSMTPUTF8) && names.NeedsSMTPUTF8(sender):
		return senderNeedsSMTPUTF8
	case errors.Is(err, errNoSMTPUTF8):
		return needsSMTPUTF8
	case errors.Is(err, gomail.ErrNoSupportedAuthDiscovered) || strings.Contains(err.Error(), "SMTP AUTH"):
		return noSignIn
	case certificate || alert || noTLS || strings.Contains(err.Error(), "STARTTLS"):
		return notEncrypted
	case at&(atConnect|atSender) != 0:
		return unreachable
	default:
		return brokenOff
	}
}

// joined joins the parts of a reply that are not empty.
func joined(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(p string) bool { return p == "" }), " ")
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
