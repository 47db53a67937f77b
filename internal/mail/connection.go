package mail

import (
	"context"
	"errors"
	"net"
	"net/textproto"
	"time"

	gomail "github.com/wneessen/go-mail"
	gosmtp "github.com/wneessen/go-mail/smtp"
)

// connection is a connection to the mail server that is signed in. One goroutine at a
// time uses it.
type connection struct {
	*gosmtp.Client
	conn   net.Conn // below TLS where STARTTLS was used; closing it ends every wait
	emails int      // begun over it
	expiry *time.Timer
}

// stage is a step of the conversation with a mail server.
type stage int

// The stages, in their order. A reply means something else at each.
const (
	atConnect   stage = 1 << iota // the connection, TLS, EHLO and the sign-in
	atSender                      // MAIL
	atRecipient                   // RCPT
	atContent                     // DATA, and the reply after the content
	anywhere    = atConnect | atSender | atRecipient | atContent
)

// String names what a reply answers.
func (s stage) String() string {
	switch s {
	case atSender:
		return "MAIL FROM"
	case atRecipient:
		return "RCPT TO"
	case atContent:
		return "the content"
	default:
		return "the connection or sign-in"
	}
}

// stageError is a failure at a stage.
type stageError struct {
	stage stage
	err   error
}

func (e *stageError) Error() string { return "at " + e.stage.String() + ": " + e.err.Error() }
func (e *stageError) Unwrap() error { return e.err }

// errNoSMTPUTF8 is the failure to send to or from a local part beyond ASCII by a server
// without SMTPUTF8 (RFC 6531 section 3.2).
var errNoSMTPUTF8 = errors.New("the mail server doesn't offer SMTPUTF8")

// dial connects, encrypts and signs in, with a token if there are any.
func (s *SMTP) dial(ctx context.Context) (*connection, error) {
	if s.tokens != nil {
		return s.dialWithToken(ctx)
	}
	return s.dialAs(ctx, "")
}

// dialAs is dial with a token, or with the URL's password where that is empty.
func (s *SMTP) dialAs(ctx context.Context, token string) (*connection, error) {
	var opened net.Conn
	letGo := func() bool { return true }
	client, err := gomail.NewClient(s.server.host, s.options(token, func(c net.Conn) {
		opened = c
		letGo = context.AfterFunc(ctx, func() { _ = c.Close() })
	})...)
	if err != nil {
		return nil, &stageError{atConnect, err}
	}
	conversation, err := client.DialToSMTPClientWithContext(ctx)
	if err == nil && letGo() {
		return &connection{Client: conversation, conn: opened}, nil
	}
	// The library leaves the connection open when the greeting or the sign-in fails.
	if opened != nil {
		_ = opened.Close()
	}
	return nil, withCause(&stageError{atConnect, err}, ctx)
}

// withCause adds the end of the caller's context to an error.
func withCause(err error, ctx context.Context) error {
	if err == nil || ctx.Err() == nil {
		return err
	}
	return errors.Join(err, ctx.Err())
}

// begin opens a mail transaction. SMTPUTF8 is asked for only where an address needs it,
// because a relay refuses such an email if the next one has no SMTPUTF8.
func (c *connection) begin(from string, utf8 bool) error {
	c.emails++
	if offered, _ := c.Extension("SMTPUTF8"); utf8 && !offered {
		return &stageError{atSender, errNoSMTPUTF8}
	}
	c.SkipSMTPUTF8(!utf8)
	if err := c.Mail(from); err != nil {
		return &stageError{atSender, err}
	}
	return nil
}

// reset ends a transaction that was refused. It reports whether the server is ready for
// another one.
func (c *connection) reset() bool { return c.UpdateDeadline(quitTime) == nil && c.Reset() == nil }

// send sends an email. nil means that the server has accepted it.
func (c *connection) send(o *outgoing) error {
	if err := c.begin(o.from, o.utf8); err != nil {
		return err
	}
	if err := c.Rcpt(o.to); err != nil {
		return &stageError{atRecipient, err}
	}
	content, err := c.Data()
	if err == nil {
		_, err = o.msg.WriteTo(content)
	}
	if err == nil {
		err = content.Close()
	}
	if err != nil {
		return &stageError{atContent, err}
	}
	return nil
}

// inStep reports whether no reply is left over. After one that answers no command, a
// reply would be taken for that to the next command.
func (c *connection) inStep() bool { return c.Text.R.Buffered() == 0 }

// quit says goodbye and closes the connection, whatever the server answers.
func (c *connection) quit() {
	if c.UpdateDeadline(quitTime) == nil {
		_ = c.Quit()
	}
	_ = c.conn.Close()
}

// answered reports whether the server refused with a reply after which the connection
// can be used again; 421 announces that the server closes it (RFC 5321 section 3.8).
func answered(err error) bool {
	if errors.Is(err, errNoSMTPUTF8) {
		return true
	}
	reply, ok := errors.AsType[*textproto.Error](err)
	return ok && reply.Code >= firstRefusal && reply.Code != closing
}

// isStale reports whether a kept connection had ended before an email was given to the
// server: it answers nothing or 421 to the first command.
func isStale(err error) bool {
	failed, ok := errors.AsType[*stageError](err)
	return ok && failed.stage == atSender && !answered(err)
}
