package mailserver

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// Limits of a server.
const (
	maxMailBytes  = 1 << 20          // PACTIUS sends a few kilobytes; the reply is 552 beyond
	maxRecipients = 50               // of one email
	idleTimeout   = 60 * time.Second // of a connection, reading or writing
)

// Options say what a server offers. The zero Options are a server without TLS
// and without sign-in that keeps emails for [Server.Mails].
type Options struct {
	TLS            *tls.Config // offers STARTTLS with it
	TLSFromStart   bool        // every connection begins with TLS
	User, Password string      // AUTH PLAIN is offered where they are set
	WithoutUTF8    bool        // SMTPUTF8 is not offered
	PerConnection  int         // emails over one connection, then 421; 0 is any number
	Take           func(Mail)  // takes the emails instead of the server keeping them
	Logger         *slog.Logger
}

// Mail is an email as it came over the wire.
type Mail struct {
	From   string // envelope sender
	To     []string
	UTF8   bool   // the client asked for SMTPUTF8
	Hello  string // the client's EHLO name
	Source string
}

// Server is a running mail server. It is safe for concurrent use.
type Server struct {
	options  Options
	logger   *slog.Logger
	smtp     *smtp.Server
	listener net.Listener
	serving  sync.WaitGroup
	closing  sync.Once
	closed   chan struct{}

	mu          sync.Mutex
	mood        Mood
	mails       []Mail
	opened      int
	connections []*farewell // without TLS from the start
}

// Start opens an address, usually "127.0.0.1:0", and takes emails until Close or
// the end of ctx.
func Start(ctx context.Context, address string, o Options) (*Server, error) {
	s := &Server{options: o, logger: o.Logger, closed: make(chan struct{})}
	if s.logger == nil {
		s.logger = slog.New(slog.DiscardHandler)
	}
	var err error
	if s.listener, err = new(net.ListenConfig).Listen(ctx, "tcp", address); err != nil {
		return nil, fmt.Errorf("open the port of the mail server: %w", err)
	}
	s.smtp = smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		return s.session(c), nil
	}))
	s.smtp.Domain = "localhost"
	s.smtp.MaxMessageBytes, s.smtp.MaxRecipients = maxMailBytes, maxRecipients
	s.smtp.ReadTimeout, s.smtp.WriteTimeout = idleTimeout, idleTimeout
	s.smtp.EnableSMTPUTF8, s.smtp.AllowInsecureAuth = !o.WithoutUTF8, true
	s.smtp.ErrorLog = slog.NewLogLogger(s.logger.Handler(), slog.LevelDebug)
	if !o.TLSFromStart {
		s.smtp.TLSConfig = o.TLS
	}
	s.serving.Go(func() {
		if err := s.smtp.Serve(&doorkeeper{s.listener, s}); err != nil && !isClosed(err) {
			s.logger.Error("the mail server takes no more mails", "error", err)
		}
	})
	context.AfterFunc(ctx, func() { _ = s.Close() })
	return s, nil
}

// Address returns the host and port.
func (s *Server) Address() string { return s.listener.Addr().String() }

// URL returns the address as PACTIUS_SMTP_URL names a server without TLS.
func (s *Server) URL() string { return "smtp://" + s.Address() + "?tls=none" }

// Behave changes the mood. Conversations under way are in the new mood from
// their next step on.
func (s *Server) Behave(m Mood) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mood = m
}

// Mails returns the emails that were taken, the oldest first.
func (s *Server) Mails() []Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.mails)
}

// Connections returns the number of connections that were opened.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.opened
}

// HangUp closes all connections without TLS, as a server does whose clients were idle for
// too long: with 421 first, or without a word.
func (s *Server) HangUp(m Mood) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.connections {
		if m.Code != 0 {
			_, _ = io.WriteString(c.Conn, m.line())
		}
		_ = c.Conn.Close()
	}
	s.connections = nil
}

// Close ends the server and its connections. What was taken stays. Closing twice
// is fine.
func (s *Server) Close() error {
	var err error
	s.closing.Do(func() { // the SMTP server cannot be closed by two at a time
		close(s.closed)
		err = s.smtp.Close()
		_ = s.listener.Close() // the SMTP server does not know it before it serves
	})
	s.serving.Wait()
	if err != nil && !isClosed(err) {
		return fmt.Errorf("close the mail server: %w", err)
	}
	return nil
}

// isClosed reports errors that only say that the server was closed before.
func isClosed(err error) bool {
	return errors.Is(err, smtp.ErrServerClosed) || errors.Is(err, net.ErrClosed)
}

// at returns the mood, if it is about this step.
func (s *Server) at(step Step) (Mood, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mood, s.mood.At == step
}

// doorkeeper is the listener. It meets the mood of the greeting, which the SMTP
// server has no place for.
type doorkeeper struct {
	net.Listener
	server *Server
}

// Accept returns the next connection that is to be served.
func (d *doorkeeper) Accept() (net.Conn, error) {
	for {
		c, err := d.Listener.Accept()
		if err != nil {
			return nil, err
		}
		d.server.mu.Lock()
		d.server.opened++
		d.server.mu.Unlock()
		m, bad := d.server.at(Greeting)
		switch {
		case !bad && d.server.options.TLSFromStart:
			return tls.Server(c, d.server.options.TLS), nil
		case !bad:
			return d.server.welcome(c), nil
		case m.Silent:
			d.server.serving.Go(func() { d.server.ignore(c) })
		case m.Code != 0:
			_, _ = io.WriteString(c, m.line())
			fallthrough
		default:
			_ = c.Close()
		}
	}
}

// welcome begins a connection.
func (s *Server) welcome(c net.Conn) net.Conn {
	f := &farewell{Conn: c, server: s}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.connections = append(s.connections, f)
	return f
}

// ignore says nothing on a connection until the client or the server closes it.
func (s *Server) ignore(c net.Conn) {
	gone := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, c)
		close(gone)
	}()
	select {
	case <-gone:
	case <-s.closed:
	}
	_ = c.Close()
}

// session is one SMTP conversation.
type session struct {
	server *Server
	conn   *smtp.Conn
	mail   Mail
	to     string // the recipient last named
	taken  int    // emails over this connection
}

// session begins a conversation, with sign-in where the server has a password.
func (s *Server) session(c *smtp.Conn) smtp.Session {
	one := &session{server: s, conn: c}
	if s.options.User == "" {
		return one
	}
	return &authSession{one}
}

// meet does what the mood wants at a step: it returns the reply, or the error of
// a broken connection.
func (s *session) meet(step Step) error {
	m, bad := s.server.at(step)
	switch {
	case !bad || m.BareHello && strings.Contains(s.conn.Hostname(), "."):
		return nil
	case m.To != "" && m.To != s.to:
		return nil
	case m.Twice:
		_, err := io.WriteString(s.conn.Conn(), "250 2.0.0 taken\r\n")
		return err
	case m.Silent:
		<-s.server.closed
	case m.Code != 0:
		return m.reply()
	}
	return errors.Join(io.ErrUnexpectedEOF, s.conn.Conn().Close())
}

// Reset forgets the email that was begun.
func (s *session) Reset() { s.mail = Mail{} }

// Logout ends the conversation.
func (s *session) Logout() error { return nil }

// Mail begins a mail.
func (s *session) Mail(from string, o *smtp.MailOptions) error {
	s.mail, s.to = Mail{From: from, UTF8: o != nil && o.UTF8, Hello: s.conn.Hostname()}, ""
	if most := s.server.options.PerConnection; most > 0 && s.taken >= most {
		return Mood{Code: 421, Status: "4.7.0", Text: "too many mails over this connection"}.reply()
	}
	return s.meet(Sender)
}

// Rcpt adds a recipient.
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = to
	if err := s.meet(Recipient); err != nil {
		return err
	}
	s.mail.To = append(s.mail.To, to)
	return nil
}

// Data reads the content and keeps the mail.
func (s *session) Data(r io.Reader) error {
	if m, bad := s.server.at(Content); bad && m.Code == 0 && !m.Silent {
		_, _ = io.CopyN(io.Discard, r, 1) // hangs up in the middle
		return s.meet(Content)
	}
	source, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if err := s.meet(Content); err != nil {
		return err
	}
	s.mail.Source = string(source)
	s.taken++
	s.server.take(s.mail)
	return s.meet(Taken)
}

// take keeps a mail.
func (s *Server) take(m Mail) {
	if s.options.Take != nil {
		s.options.Take(m)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mails = append(s.mails, m)
}

// authSession is a conversation with sign-in.
type authSession struct{ *session }

// AuthMechanisms lists the ways to sign in.
func (*authSession) AuthMechanisms() []string { return []string{sasl.Plain} }

// Auth checks the user and the password. The refusal repeats the password, as
// some servers do: clients must not log it.
func (s *authSession) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if o := s.server.options; user != o.User || password != o.Password {
			return &smtp.SMTPError{Code: 535, EnhancedCode: smtp.EnhancedCode{5, 7, 8},
				Message: "wrong password " + password}
		}
		return nil
	}), nil
}
