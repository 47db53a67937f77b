package mailserver

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
)

func start(t *testing.T, m Mood) *Server {
	t.Helper()
	s, err := Start(t.Context(), "127.0.0.1:0", Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	s.Behave(m)
	return s
}

// send sends an email and returns the code of the refusal, 0 for a broken or
// silent connection, and 250 when it was taken.
func send(t *testing.T, s *Server, m Mood, body string) int {
	t.Helper()
	c, err := net.Dial("tcp", s.Address())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	client := smtp.NewClient(c)
	client.CommandTimeout, client.SubmissionTimeout = time.Minute, time.Minute
	if m.Silent {
		client.CommandTimeout, client.SubmissionTimeout = 50*time.Millisecond, 50*time.Millisecond
	}
	err = client.SendMail("a@x.example", []string{"b@x.example"}, strings.NewReader(body))
	if refusal, ok := errors.AsType[*smtp.SMTPError](err); ok {
		return refusal.Code
	}
	if err != nil {
		return 0
	}
	return 250
}

func TestMoods(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name        string
		mood        Mood
		code, taken int
	}{
		{"as it should", Mood{}, 250, 1},
		{"hangs up at once", Mood{At: Greeting}, 0, 0},
		{"refuses the client", Mood{At: Greeting, Code: 554, Text: "no"}, 554, 0},
		{"says nothing at all", Mood{At: Greeting, Silent: true}, 0, 0},
		{"refuses the sender", Mood{At: Sender, Code: 550, Text: "no"}, 550, 0},
		{"puts the recipient off", Mood{At: Recipient, Code: 451, Text: "later"}, 451, 0},
		{"hangs up at the recipient", Mood{At: Recipient}, 0, 0},
		{"hangs up in the content", Mood{At: Content}, 0, 0},
		{"falls silent in the content", Mood{At: Content, Silent: true}, 0, 0},
		{"refuses the content", Mood{At: Content, Code: 552, Text: "full"}, 552, 0},
		{"takes it and hangs up", Mood{At: Taken}, 0, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := start(t, test.mood)
			if code := send(t, s, test.mood, "Subject: hi\r\n\r\nhello\r\n"); code != test.code {
				t.Errorf("code %d, want %d", code, test.code)
			}
			mails := s.Mails()
			if len(mails) != test.taken {
				t.Fatalf("%d mails taken, want %d", len(mails), test.taken)
			}
			if test.taken == 1 &&
				(mails[0].To[0] != "b@x.example" || !strings.HasSuffix(mails[0].Source, "hello\r\n")) {
				t.Errorf("got %+v", mails[0])
			}
		})
	}
}

func TestAMailThatIsTooLargeIsRefused(t *testing.T) {
	t.Parallel()
	s := start(t, Mood{})
	body := "Subject: big\r\n\r\n" + strings.Repeat(strings.Repeat("x", 70)+"\r\n", maxMailBytes/60)
	if code := send(t, s, Mood{}, body); code == 250 || len(s.Mails()) > 0 {
		t.Errorf("code %d, %d mails taken, want a refusal", code, len(s.Mails()))
	}
}

// A server ends with its context, also in a silent conversation.
func TestTheServerEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	s, err := Start(ctx, "127.0.0.1:0", Options{})
	if err != nil {
		t.Fatal(err)
	}
	s.Behave(Mood{At: Greeting, Silent: true})
	c, err := net.Dial("tcp", s.Address())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	cancel()
	if _, err := io.ReadAll(c); err != nil && !errors.Is(err, net.ErrClosed) &&
		!strings.Contains(err.Error(), "reset") {
		t.Errorf("reading from the silent server: %v", err)
	}
	s.serving.Wait()
	if err := s.Close(); err != nil {
		t.Errorf("closing again: %v", err)
	}
}
