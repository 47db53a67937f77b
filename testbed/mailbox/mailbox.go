package mailbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
)

// What the mailbox keeps and takes at most.
const (
	maxMessages   = 1000             // the oldest goes first
	maxTotalBytes = 64 << 20         // of all mails together: a demo lives on small machines
	maxMailBytes  = 1 << 20          // PACTIUS sends a few kilobytes; the server answers 552 beyond
	maxRecipients = 50               // of one mail
	idleTimeout   = 60 * time.Second // of a connection, reading or writing
)

// Config is what New needs. All fields are required.
type Config struct {
	Logger *slog.Logger
	Now    func() time.Time
}

// Mailbox is a mail server with a page. It is safe for concurrent use.
type Mailbox struct {
	logger *slog.Logger
	now    func() time.Time
	server *smtp.Server

	listener net.Listener
	serving  sync.WaitGroup
	closing  sync.Once

	mu       sync.RWMutex
	messages []Message // oldest first
	bytes    int       // of all sources
	last     int       // the newest ID
}

// New makes an empty mailbox that does not listen yet.
func New(c Config) *Mailbox {
	m := &Mailbox{logger: c.Logger, now: c.Now}
	m.server = smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) {
		return &session{mailbox: m}, nil
	}))
	m.server.Domain = "localhost"
	m.server.MaxMessageBytes = maxMailBytes
	m.server.MaxRecipients = maxRecipients
	m.server.ReadTimeout = idleTimeout
	m.server.WriteTimeout = idleTimeout
	m.server.EnableSMTPUTF8 = true
	m.server.ErrorLog = slog.NewLogLogger(c.Logger.Handler(), slog.LevelDebug)
	return m
}

// Listen opens the SMTP port, usually "127.0.0.1:0", and takes mails from then
// on until Close or the end of ctx. It is called once.
func (m *Mailbox) Listen(ctx context.Context, address string) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("opening the mailbox's SMTP port: %w", err)
	}
	m.listener = listener
	m.serving.Go(func() {
		if err := m.server.Serve(listener); err != nil && !closed(err) {
			m.logger.Error("the mailbox takes no more mails", "error", err)
		}
	})
	context.AfterFunc(ctx, func() { _ = m.Close() })
	return nil
}

// SMTPAddr is the host and port that take mails, "" before Listen.
func (m *Mailbox) SMTPAddr() string {
	if m.listener == nil {
		return ""
	}
	return m.listener.Addr().String()
}

// Close ends the SMTP server and its connections. What was taken stays to be
// looked at. Closing twice is fine.
func (m *Mailbox) Close() error {
	var err error
	m.closing.Do(func() { // the server itself cannot be closed by two at a time
		err = m.server.Close()
		if m.listener != nil {
			// The server does not know a listener it has not begun to serve.
			_ = m.listener.Close()
		}
	})
	m.serving.Wait()
	if err != nil && !closed(err) {
		return fmt.Errorf("closing the mailbox: %w", err)
	}
	return nil
}

// closed reports errors that only say that somebody closed before.
func closed(err error) bool {
	return errors.Is(err, smtp.ErrServerClosed) || errors.Is(err, net.ErrClosed)
}

// Messages lists the mails, newest first.
func (m *Mailbox) Messages() []Message {
	m.mu.RLock()
	defer m.mu.RUnlock()
	all := slices.Clone(m.messages)
	slices.Reverse(all)
	return all
}

// find is the mail with the ID.
func (m *Mailbox) find(id int) (Message, bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	i, ok := slices.BinarySearchFunc(m.messages, id, func(one Message, id int) int { return one.ID - id })
	if !ok {
		return Message{}, false
	}
	return m.messages[i], true
}

// add keeps a mail and lets the oldest go where there are too many.
func (m *Mailbox) add(message Message) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.last++
	message.ID, message.ReceivedAt = m.last, m.now()
	m.messages = append(m.messages, message)
	m.bytes += len(message.Source)
	drop := 0
	for len(m.messages)-drop > maxMessages || m.bytes > maxTotalBytes {
		m.bytes -= len(m.messages[drop].Source)
		drop++
	}
	m.messages = slices.Delete(m.messages, 0, drop)
}

// session is one SMTP conversation.
type session struct {
	mailbox *Mailbox
	from    string
	to      []string
}

func (s *session) Reset()        { s.from, s.to = "", nil }
func (s *session) Logout() error { return nil }

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	s.from = from
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = append(s.to, to)
	return nil
}

func (s *session) Data(r io.Reader) error {
	source, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.mailbox.add(parse(s.from, s.to, string(source)))
	return nil
}
