package mail

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/pactius/pactius/testbed/mailserver"
)

// sendMany sends emails one after the other and demands that all arrive.
func sendMany(t *testing.T, s *SMTP, n int) {
	t.Helper()
	for i := range n {
		e := envelope(t)
		e.ID = fmt.Sprintf("mail-%d", i)
		if err := s.Send(t.Context(), e); err != nil {
			t.Fatalf("mail %d: %v", i, err)
		}
	}
}

func TestSeveralMailsShareAConnection(t *testing.T) {
	t.Parallel()
	certificate, roots := selfSigned(t)
	for _, test := range []struct {
		name        string
		options     mailserver.Options
		mails       int
		connections int
	}{
		{"one after the other", mailserver.Options{}, 5, 1},
		{"signed in and encrypted",
			mailserver.Options{TLS: tlsOf(certificate), User: "pactius", Password: "s3cr3t"}, 3, 1},
		{"a server that takes three over a connection", mailserver.Options{PerConnection: 3}, 7, 3},
		{"as many as most servers take", mailserver.Options{}, maxEmails + 1, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			server, address := startServer(t, test.options)
			url := "smtp://" + address
			if test.options.TLS != nil {
				url = "smtp://pactius:s3cr3t@" + address + "?tls=required"
			}
			s := newSMTP(t, url, SMTPOptions{Roots: roots})
			sendMany(t, s, test.mails)
			if got := len(server.Mails()); got != test.mails {
				t.Errorf("%d mails arrived, want %d", got, test.mails)
			}
			if got := server.Connections(); got != test.connections {
				t.Errorf("%d connections, want %d", got, test.connections)
			}
		})
	}
}

func TestARefusedMailLeavesTheConnection(t *testing.T) {
	t.Parallel()
	for name, mood := range map[string]mailserver.Mood{
		"at MAIL":           mailserver.SenderDenied,
		"at RCPT":           mailserver.RelayDenied,
		"after the content": mailserver.SendAsDenied,
		"put off for ever":  mailserver.Greylisted,
		"one full mailbox":  mailserver.MailboxFull("anna.hansen@nordhavn.example"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, address := startServer(t, mailserver.Options{})
			s := newSMTP(t, "smtp://"+address, SMTPOptions{})
			server.Behave(mood)
			for range 3 {
				if err := s.Send(t.Context(), envelope(t)); err == nil {
					t.Fatal("the mail was taken")
				}
			}
			server.Behave(mailserver.Mood{})
			sendMany(t, s, 2)
			if got := server.Connections(); got != 1 {
				t.Errorf("%d connections, want 1", got)
			}
		})
	}
}

// The server has closed the connection that was kept. That costs the next email no attempt.
func TestAClosedConnectionIsNoFailureOfTheNextMail(t *testing.T) {
	t.Parallel()
	for name, goodbye := range map[string]mailserver.Mood{"without a word": {}, "with 421": mailserver.IdleTooLong} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, address := startServer(t, mailserver.Options{})
			s := newSMTP(t, "smtp://"+address, SMTPOptions{})
			for range 3 {
				sendMany(t, s, 1)
				server.HangUp(goodbye)
			}
			if got := server.Connections(); got != 3 {
				t.Errorf("%d connections, want 3", got)
			}
			sendMany(t, s, 1)
			server.Behave(mailserver.Mood{At: mailserver.Sender})
			if failure := sendError(t, s.Send(t.Context(), envelope(t))); !failure.Temporary {
				t.Errorf("%v is permanent", failure)
			}
			if got := server.Connections(); got != 5 {
				t.Errorf("%d connections, want 5: one more attempt, not an endless number", got)
			}
		})
	}
}

// A reply that answers no command must not be taken for the confirmation of another email.
func TestASurplusReplyConfirmsNoOtherMail(t *testing.T) {
	t.Parallel()
	server, address := startServer(t, mailserver.Options{})
	s := newSMTP(t, "smtp://"+address, SMTPOptions{})
	server.Behave(mailserver.Mood{At: mailserver.Taken, Twice: true})
	accepted := 0
	for range 10 {
		if s.Send(t.Context(), envelope(t)) == nil {
			accepted++
		}
	}
	if got := len(server.Mails()); got != accepted {
		t.Errorf("%d mails were reported as sent, and %d arrived", accepted, got)
	}
}

func TestMailsSentTogetherUseSeveralConnections(t *testing.T) {
	t.Parallel()
	const together, each = 12, 5
	server, address := startServer(t, mailserver.Options{})
	s := newSMTP(t, "smtp://"+address, SMTPOptions{})
	var sending sync.WaitGroup
	for range together {
		sending.Go(func() {
			for range each {
				if err := s.Send(t.Context(), envelope(t)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	sending.Wait()
	if got := len(server.Mails()); got != together*each {
		t.Errorf("%d mails arrived, want %d", got, together*each)
	}
	if got := server.Connections(); got > together*each/2 {
		t.Errorf("%d connections for %d mails: too few were kept", got, together*each)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// Nothing is left behind by servers that do not end a conversation as they should.
func TestNoServerLeavesAConnectionOrAGoroutine(t *testing.T) {
	for name, mood := range map[string]mailserver.Mood{
		"as it should":           {},
		"answers after QUIT":     mailserver.TalksOn,
		"does not answer QUIT":   mailserver.IgnoresQuit,
		"puts off for ever":      mailserver.Overloaded,
		"closes after the email": {At: mailserver.Taken},
		"falls silent":           {At: mailserver.Content, Silent: true},
	} {
		t.Run(name, func(t *testing.T) {
			before := goleak.IgnoreCurrent()
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			server, err := mailserver.Start(ctx, "127.0.0.1:0", mailserver.Options{})
			if err != nil {
				t.Fatal(err)
			}
			server.Behave(mood)
			s := newSMTP(t, server.URL(), SMTPOptions{Timeout: 300 * time.Millisecond})
			for range 3 {
				_ = s.Send(ctx, envelope(t))
			}
			kept := slices.Clone(s.pool.idle)
			if err := s.Close(); err != nil {
				t.Error(err)
			}
			for _, c := range kept {
				if err := c.conn.Close(); !errors.Is(err, net.ErrClosed) {
					t.Errorf("a kept connection is still open: closing it says %v", err)
				}
			}
			_ = s.Send(ctx, envelope(t)) // after Close no connection is kept
			s.pool.quitting.Wait()
			if len(s.pool.idle) > 0 {
				t.Errorf("%d connections are kept after Close", len(s.pool.idle))
			}
			if err := server.Close(); err != nil {
				t.Error(err)
			}
			if err := goleak.Find(before); err != nil {
				t.Error(err)
			}
		})
	}
}
