package outbox_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/clock"
	"github.com/pactius/pactius/internal/mail"
	"github.com/pactius/pactius/internal/outbox"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
	"github.com/pactius/pactius/testbed/mailserver"
)

type world struct {
	*storetest.Ground
	db     *storetest.DB
	server *mailserver.Server
	out    *outbox.Deliverer
}

func newWorld(t *testing.T) *world {
	t.Helper()
	db := storetest.New(t)
	server, err := mailserver.Start(t.Context(), "127.0.0.1:0", mailserver.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	w := &world{Ground: db.Ground(t, "nordhavn.example"), db: db, server: server}
	w.out = w.deliverer(t)
	return w
}

func (w *world) deliverer(t *testing.T) *outbox.Deliverer {
	t.Helper()
	transport, err := mail.NewSMTP("smtp://"+w.server.Address(),
		mail.SMTPOptions{Timeout: 2 * time.Second, Hello: "localhost"})
	if err != nil {
		t.Fatal(err)
	}
	return &outbox.Deliverer{
		DB: w.db.Work(), Transport: transport, From: "PACTIUS <pactius@nordhavn.example>",
		Logger: slog.New(slog.DiscardHandler),
		Head: func(pactius.Environment) (string, string) {
			return "https://nordhavn.example",
				"help@nordhavn.example"
		},
	}
}

func (w *world) put(t *testing.T, to string) {
	t.Helper()
	err := w.db.Work().Change(t.Context(), pactius.SupportActor(w.Env), change.RoleUser, func(tx *change.Tx) error {
		tx.Mail(change.Recipient{Address: to, Name: "Anna Hansen", Language: "da"},
			mail.RequestDeclined{By: "Rikke Root", Note: "A private word."})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestTheLogoIsPartOfTheEmail gives the environment a logo and sends an email with it.
func TestTheLogoIsPartOfTheEmail(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.put(t, "before@nordhavn.example")
	w.deliver(t, 1)
	w.Update(t, func(tx *store.Tx) error {
		e, err := tx.EnvironmentRow()
		if err != nil {
			return err
		}
		e.Brand.Logo = pactius.Logo{Hash: "hash", Width: 96, Height: 96}
		return errors.Join(tx.SetLogo("hash", []byte("an image")), tx.UpdateEnvironment(e))
	})
	w.put(t, "after@nordhavn.example")
	w.deliver(t, 1)
	for i, want := range []bool{false, true} {
		source := w.server.Mails()[i].Source
		for _, part := range []string{"multipart/related", "Content-Id: <logo@pactius>", "Content-Type: image/png",
			"YW4gaW1hZ2U", "cid:logo@pactius"} {
			if strings.Contains(strings.ReplaceAll(source, "=\r\n", ""), part) != want {
				t.Errorf("email %d has %q: %v, want %v\n%s", i+1, part, !want, want, source)
			}
		}
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
	var got []string
	for _, m := range w.server.Mails() {
		got = append(got, m.To...)
	}
	if diff := cmp.Diff(got, []string{"anna@nordhavn.example", "bo@nordhavn.example"}); diff != "" {
		t.Fatalf("mails arrived at (-got +want)\n%s", diff)
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
	for name, mood := range map[string]mailserver.Mood{
		"the server says 451": {At: mailserver.Recipient, Code: 451, Text: "greylisted"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.server.Behave(mood)
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
			want := []time.Duration{
				30 * time.Second, time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute, 16 * time.Minute,
				30 * time.Minute, 30 * time.Minute, 30 * time.Minute,
			}
			if diff := cmp.Diff(want, pauses); diff != "" {
				t.Errorf("pauses (-want +got):\n%s", diff)
			}
			w.server.Behave(mailserver.Mood{})
			w.deliver(t, 1)
			if n := len(w.server.Mails()); n != 1 {
				t.Errorf("%d mails arrived once the server was back", n)
			}
		})
	}
}

func TestAfterFiveDaysItIsGivenUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.server.Behave(mailserver.Mood{At: mailserver.Recipient, Code: 450, Text: "busy"})
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

// TestAClockThatIsAheadGivesNothingUp puts the clock forward, but not the time for which the process has run.
func TestAClockThatIsAheadGivesNothingUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.out.DB.Clock = clock.New(w.db.Clock.Now(), time.Time{}, func() time.Duration { return 0 })
	w.server.Behave(mailserver.Mood{At: mailserver.Recipient, Code: 450, Text: "busy"})
	w.put(t, "anna@nordhavn.example")
	w.db.Clock.Advance(365 * 24 * time.Hour)
	w.deliver(t, 1)
	if s := w.states(t); !strings.HasPrefix(s, "waiting|1|") {
		t.Errorf("states %s", s)
	}
	w.server.Behave(mailserver.Mood{At: mailserver.Sender, Code: 450, Text: "busy"}) // the queue is put off
	w.db.Clock.Advance(time.Hour)
	w.deliver(t, 1)
	w.deliver(t, 0)
	if s := w.states(t); !strings.HasPrefix(s, "waiting|2|") {
		t.Errorf("states while all emails wait: %s", s)
	}
}

func TestAPermanentRefusalIsDeadAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.server.Behave(mailserver.Mood{At: mailserver.Recipient, Code: 550, Text: "no such user anna@nordhavn.example"})
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
	w.server.Behave(mailserver.Mood{})
	w.db.Clock.Advance(time.Hour)
	w.deliver(t, 0)
}

func TestAMailNobodyCanReadIsDead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Update(t, func(tx *store.Tx) error {
		return tx.Enqueue(pactius.Mail{ID: "m", Kind: "from-the-future", Data: []byte("{"), To: "anna@nordhavn.example",
			CreatedAt: w.db.Clock.Now()})
	})
	w.deliver(t, 1)
	if s := w.states(t); s != "dead|1|" {
		t.Errorf("states %s", s)
	}
}

// transport is a mail server whose answer the test decides while it is awaited.
type transport func(context.Context, mail.Envelope) error

func (f transport) Send(ctx context.Context, e mail.Envelope) error { return f(ctx, e) }

func TestAStaleWorkerCannotNote(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.put(t, "anna@nordhavn.example")
	slow := w.deliverer(t)
	slow.Transport = transport(func(context.Context, mail.Envelope) error {
		w.db.Clock.Advance(3 * time.Minute) // the lease runs out while the server thinks
		w.server.Behave(mailserver.Mood{At: mailserver.Recipient, Code: 451, Text: "later"})
		w.deliver(t, 1) // another worker takes the email and puts it off
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
		w.out.Transport = transport(func(context.Context, mail.Envelope) error { cancel(); return test.answer })
		if _, err := w.out.DeliverDue(ctx); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if s := w.states(t); s != test.want {
			t.Errorf("%s: states %s, want %s", name, s, test.want)
		}
		if test.answer == nil {
			continue
		}
		w.out.Transport = transport(func(context.Context, mail.Envelope) error { return nil })
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
		worker := w.deliverer(t)
		if i%2 == 1 {
			worker.DB = &change.DB{Store: second, Now: w.db.Clock.Now}
		}
		worker.Transport = transport(func(context.Context, mail.Envelope) error {
			mu.Lock()
			defer mu.Unlock()
			sent++
			return nil
		})
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
