package outbox_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/mail"
	"github.com/pactius/pactius/internal/outbox"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
)

// server is a real mail server with answers chosen by the test.
type server struct {
	mu       sync.Mutex
	answer   func(from, to string) error
	received []string
	address  string
}

func listen(t *testing.T) *server {
	t.Helper()
	s := &server{answer: func(string, string) error { return nil }}
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.address = listener.Addr().String()
	backend := smtp.NewServer(
		smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &conversation{server: s}, nil }))
	backend.Domain = "localhost"
	backend.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug)
	go func() { _ = backend.Serve(listener) }() // ends with Close
	t.Cleanup(func() { _ = backend.Close() })
	return s
}

func (s *server) answering(answer error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = func(string, string) error { return answer }
}

func (s *server) mails() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.received...)
}

// conversation is one connection to the server.
type conversation struct {
	server *server
	to     string
}

func (c *conversation) Mail(string, *smtp.MailOptions) error { return nil }
func (c *conversation) Rcpt(to string, _ *smtp.RcptOptions) error {
	c.to = to
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	return c.server.answer("", to)
}
func (c *conversation) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	c.server.received = append(c.server.received, c.to+"\n"+string(text))
	return err
}
func (c *conversation) Reset()        {}
func (c *conversation) Logout() error { return nil }

type world struct {
	*storetest.Ground
	db     *storetest.DB
	server *server
	out    *outbox.Deliverer
}

func newWorld(t *testing.T) *world {
	t.Helper()
	db := storetest.New(t)
	w := &world{Ground: db.Ground(t, "nordhavn.example"), db: db, server: listen(t)}
	w.out = w.deliverer(t, db.Store, w.server.address)
	return w
}

func (w *world) deliverer(t *testing.T, s *store.Store, address string) *outbox.Deliverer {
	t.Helper()
	transport, err := mail.NewSMTP("smtp://"+address, mail.SMTPOptions{Timeout: 2 * time.Second, Hello: "localhost"})
	if err != nil {
		t.Fatal(err)
	}
	return &outbox.Deliverer{DB: &change.DB{Store: s, Now: w.db.Clock.Now}, Transport: transport, From: "PACTIUS <pactius@nordhavn.example>", Logger: slog.New(slog.DiscardHandler),
		Head: func(pactius.Environment) (string, string) { return "https://nordhavn.example", "help@nordhavn.example" }}
}

func (w *world) put(t *testing.T, to string) {
	t.Helper()
	err := w.db.Work().Change(t.Context(), pactius.SupportActor(w.Env), change.RoleUser, func(tx *change.Tx) error {
		tx.Mail(change.Recipient{Address: to, Name: "Anna Hansen", Language: "da"}, mail.RequestDeclined{By: "Rikke Root", Note: "A private word."})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (w *world) deliver(t *testing.T, want int) {
	t.Helper()
	n := 0
	for {
		tried, err := w.out.DeliverDue(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if tried == 0 {
			break
		}
		n += tried
	}
	if n != want {
		t.Errorf("%d mails were tried, want %d", n, want)
	}
}

func (w *world) states(t *testing.T) string {
	t.Helper()
	return strings.Join(w.db.Rows(t, `SELECT state, attempts FROM mails ORDER BY id`), " ")
}

func TestAMailReachesItsRecipientOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.put(t, "anna@nordhavn.example")
	w.put(t, "bo@nordhavn.example")
	w.deliver(t, 2)
	w.deliver(t, 0)
	got := w.server.mails()
	if len(got) != 2 || !strings.HasPrefix(got[0], "anna@") || !strings.HasPrefix(got[1], "bo@") {
		t.Fatalf("received %d mails: %.100q", len(got), got)
	}
	if rows := strings.Join(w.db.Rows(t, `SELECT * FROM mails`), ""); strings.Contains(rows, "private word") {
		t.Error("the outbox keeps what was said")
	}
	if s := w.states(t); s != "sent|1| sent|1|" {
		t.Errorf("states %s", s)
	}
}

func TestTemporaryTroubleIsTriedAgainWithLongerPauses(t *testing.T) {
	t.Parallel()
	tests := map[string]func(*testing.T, *world){
		"the server says 451": func(_ *testing.T, w *world) {
			w.server.answering(&smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 7, 1},
				Message: "greylisted"})
		},
		"the server hangs up": func(t *testing.T, w *world) { w.out = w.deliverer(t, w.db.Store, dropping(t)) },
	}
	for name, trouble := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			trouble(t, w)
			w.put(t, "anna@nordhavn.example")
			var pauses []time.Duration
			for range 9 {
				w.deliver(t, 1)
				w.deliver(t, 0)
				next, err := w.db.NextMail(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				pause := next.Sub(w.db.Clock.Now())
				pauses = append(pauses, pause)
				w.db.Clock.Advance(pause - time.Second)
				w.deliver(t, 0)
				w.db.Clock.Advance(time.Second)
			}
			want := []time.Duration{30 * time.Second, time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute,
				16 * time.Minute, 30 * time.Minute, 30 * time.Minute, 30 * time.Minute}
			if diff := cmp.Diff(want, pauses); diff != "" {
				t.Errorf("pauses (-want +got):\n%s", diff)
			}
			w.out = w.deliverer(t, w.db.Store, w.server.address)
			w.server.answering(nil)
			w.deliver(t, 1)
			if n := len(w.server.mails()); n != 1 {
				t.Errorf("%d mails arrived once the server was back", n)
			}
		})
	}
}

// dropping returns the address of a server that closes every connection.
func dropping(t *testing.T) string {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			_ = c.Close()
		}
	}()
	return listener.Addr().String()
}

func TestAfterFiveDaysItIsGivenUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.server.answering(&smtp.SMTPError{Code: 450, Message: "busy"})
	w.put(t, "anna@nordhavn.example")
	w.deliver(t, 1)
	w.db.Clock.Advance(5*24*time.Hour - time.Minute)
	w.deliver(t, 1)
	if s := w.states(t); s != "dead|2|" {
		t.Errorf("states %s", s)
	}
	if n := w.db.Count(t, `SELECT COUNT(*) FROM events WHERE kind = 'mail.failed'`); n != 1 {
		t.Errorf("%d events of giving up, want 1", n)
	}
}

func TestAPermanentRefusalIsDeadAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.server.answering(&smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1},
		Message: "no such user anna@nordhavn.example"})
	w.put(t, "anna@nordhavn.example")
	w.deliver(t, 1)
	w.View(t, func(tx *store.Tx) error {
		dead, err := tx.DeadMails()
		if len(dead) != 1 || !strings.Contains(dead[0].LastError, "550") {
			t.Errorf("dead letters %+v", dead)
		}
		return err
	})
	for _, row := range w.db.Rows(t, `SELECT facts FROM events`) {
		if strings.Contains(row, "anna") {
			t.Errorf("the facts of the event name the person: %s", row)
		}
	}
	w.server.answering(nil)
	w.db.Clock.Advance(time.Hour)
	w.deliver(t, 0)
}

func TestAMailNobodyCanReadIsDead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Update(t, func(tx *store.Tx) error {
		return tx.Enqueue(pactius.Mail{ID: "m", Kind: "from-the-future", Data: []byte("{"), To: "anna@nordhavn.example", CreatedAt: w.db.Clock.Now()})
	})
	w.deliver(t, 1)
	if s := w.states(t); s != "dead|1|" {
		t.Errorf("states %s", s)
	}
}

// transport is a mail server whose answer the test decides while it is awaited.
type transport func(context.Context) error

func (f transport) Send(ctx context.Context, _ mail.Envelope) error { return f(ctx) }

func TestAStaleWorkerCannotNote(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.put(t, "anna@nordhavn.example")
	slow := *w.out
	slow.Transport = transport(func(context.Context) error {
		w.db.Clock.Advance(3 * time.Minute) // the lease ends before the server's answer
		w.server.answering(&smtp.SMTPError{Code: 451, Message: "later"})
		w.deliver(t, 1) // another worker claims the email and puts it off
		return &mail.SendError{Code: 550, Err: errors.New("refused")}
	})
	if _, err := slow.DeliverDue(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s := w.states(t); s != "waiting|2|" {
		t.Errorf("states %s: the worker whose lease ran out decided", s)
	}
	if n := w.db.Count(t, `SELECT COUNT(*) FROM events`); n != 0 {
		t.Errorf("%d events of a failure that was not noted", n)
	}
}

func TestShuttingDown(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer error
		want   string
	}{
		"after the server's yes it is noted": {nil, "sent|1|"},
		"before the server's answer it waits again": {&mail.SendError{Temporary: true, Err: context.Canceled},
			"waiting|1|"},
	} {
		w := newWorld(t)
		w.put(t, "anna@nordhavn.example")
		ctx, cancel := context.WithCancel(t.Context())
		w.out.Transport = transport(func(context.Context) error { cancel(); return test.answer })
		if _, err := w.out.DeliverDue(ctx); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if s := w.states(t); s != test.want {
			t.Errorf("%s: states %s, want %s", name, s, test.want)
		}
		if test.answer == nil {
			continue
		}
		w.out.Transport = transport(func(context.Context) error { return nil })
		w.deliver(t, 1) // without waiting for the end of the lease
		if s := w.states(t); s != "sent|2|" {
			t.Errorf("%s: states %s after the next start", name, s)
		}
	}
}

func TestManyWorkersSendEveryMailOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const mails = 30
	for range mails {
		w.put(t, "anna@nordhavn.example")
	}
	var mu sync.Mutex
	sent := 0
	second := w.db.Again(t)
	var wg sync.WaitGroup
	for i := range 4 {
		worker := *w.out
		if i%2 == 1 {
			worker.DB = &change.DB{Store: second, Now: w.db.Clock.Now}
		}
		worker.Transport = transport(func(context.Context) error { mu.Lock(); defer mu.Unlock(); sent++; return nil })
		wg.Go(func() {
			for {
				n, err := worker.DeliverDue(context.Background())
				if err != nil {
					t.Error(err)
				}
				if n == 0 || err != nil {
					return
				}
			}
		})
	}
	wg.Wait()
	if sent != mails {
		t.Errorf("%d mails were sent, want %d", sent, mails)
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	if got := change.ToPerson(pactius.Person{Username: "a@b.example"}).Address; got != "a@b.example" {
		t.Errorf("without e-mail: %q", got)
	}
	if got := change.ToUser(pactius.User{Username: "a@b.example", Email: "c@d.example"}).Address; got != "c@d.example" {
		t.Errorf("with e-mail: %q", got)
	}
}
