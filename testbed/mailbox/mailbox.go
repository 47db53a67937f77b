package mailbox

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/pactius/pactius/testbed/mailserver"
)

// Limits of what a mailbox keeps.
const (
	maxMessages   = 1000     // the oldest goes first
	maxTotalBytes = 64 << 20 // of all emails together: a demo lives on small machines
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
	server *mailserver.Server // nil before Listen

	mu       sync.RWMutex
	messages []Message // oldest first
	bytes    int       // of all sources
	last     int       // the newest ID
}

// New makes an empty mailbox that does not listen yet.
func New(c Config) *Mailbox { return &Mailbox{logger: c.Logger, now: c.Now} }

// Listen opens the SMTP port, usually "127.0.0.1:0", and takes emails from then
// on until Close or the end of ctx. It is called once.
func (m *Mailbox) Listen(ctx context.Context, address string) error {
	var err error
	m.server, err = mailserver.Start(ctx, address, mailserver.Options{
		Logger: m.logger,
		Take:   func(mail mailserver.Mail) { m.add(parse(mail.From, mail.To, mail.Source)) },
	})
	return err
}

// SMTPAddr returns the host and port that take emails, "" before Listen.
func (m *Mailbox) SMTPAddr() string {
	if m.server == nil {
		return ""
	}
	return m.server.Address()
}

// Close ends the SMTP server and its connections. The emails stay readable.
// Closing twice is fine.
func (m *Mailbox) Close() error {
	if m.server == nil {
		return nil
	}
	return m.server.Close()
}

// Messages lists the emails, newest first.
func (m *Mailbox) Messages() []Message {
	m.mu.RLock()
	defer m.mu.RUnlock()
	all := slices.Clone(m.messages)
	slices.Reverse(all)
	return all
}

// find is the email with the ID.
func (m *Mailbox) find(id int) (Message, bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	i, ok := slices.BinarySearchFunc(m.messages, id, func(one Message, id int) int { return one.ID - id })
	if !ok {
		return Message{}, false
	}
	return m.messages[i], true
}

// add keeps an email and lets the oldest go where there are too many.
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
