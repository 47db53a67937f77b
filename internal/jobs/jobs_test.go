package jobs_test

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/database"
	"github.com/pactius/pactius/internal/environments"
	"github.com/pactius/pactius/internal/jobs"
	"github.com/pactius/pactius/internal/mail"
	"github.com/pactius/pactius/internal/outbox"
	"github.com/pactius/pactius/internal/retention"
	"github.com/pactius/pactius/internal/store/storetest"
	"github.com/pactius/pactius/internal/users"
	"github.com/pactius/pactius/testbed/mailbox"
)

type world struct {
	*storetest.Ground
	db     *storetest.DB
	rules  *users.Rules
	runner *jobs.Runner
	log    *syncBuffer
}

// syncBuffer collects the log of several goroutines.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func newWorld(t *testing.T) *world {
	t.Helper()
	db := storetest.New(t)
	w := &world{Ground: db.Ground(t, "nordhavn.example"), db: db, rules: users.New(db.Work()), log: &syncBuffer{}}
	w.User(t, "root@nordhavn.example", "Root", pactius.Grant{Unit: w.Root, Access: pactius.AccessAdminister})
	w.runner = &jobs.Runner{Store: db.Store, Users: w.rules, Now: db.Clock.Now,
		Logger: slog.New(slog.NewTextHandler(w.log, nil))}
	return w
}

func (w *world) ask(t *testing.T, name string) {
	t.Helper()
	if _, err := w.rules.Ask(t.Context(), pactius.Visitor(w.Env, storetest.Person(name+"@nordhavn.example", name), ""),
		users.Wish{}); err != nil {
		t.Fatal(err)
	}
}

func (w *world) events(t *testing.T, kind pactius.EventKind) int {
	t.Helper()
	return w.db.Count(t, `SELECT COUNT(*) FROM events WHERE kind = $1`, kind)
}

func TestTidyRemindsOnceAndExpiresOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, name := range []string{"a", "b", "c"} {
		w.ask(t, name)
	}
	for range 3 {
		w.runner.Tidy(t.Context())
	}
	if n := w.events(t, pactius.RequestReminded); n != 0 {
		t.Errorf("%d reminders on the first day", n)
	}
	w.db.Clock.Advance(pactius.RequestReminder)
	for range 3 {
		w.runner.Tidy(t.Context())
	}
	if n := w.events(t, pactius.RequestReminded); n != 3 {
		t.Errorf("%d reminders, want one for each of 3", n)
	}
	w.db.Clock.Advance(pactius.RequestLifetime - pactius.RequestReminder)
	w.ask(t, "late")
	for range 3 {
		w.runner.Tidy(t.Context())
	}
	if expired, reminded := w.events(t, pactius.RequestExpired), w.events(t, pactius.RequestReminded); expired != 3 ||
		reminded != 3 {
		t.Errorf("%d expired and %d reminded, want 3 and 3", expired, reminded)
	}
	if log := w.log.String(); log != "" {
		t.Errorf("the log says %s", log)
	}
}

func TestTidyWarnsOfSecretsThatEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.runner.Environments = environments.New(environments.Config{DB: w.db.Work()})
	w.db.Exec(t, `UPDATE environments SET secret_ends_on = $1`, pactius.DateOf(storetest.Start.AddDate(0, 0, 30)))
	for range 3 {
		w.runner.Tidy(t.Context())
	}
	if n := w.events(t, pactius.SecretEndWarned); n != 1 {
		t.Errorf("%d warnings, want one", n)
	}
	if log := w.log.String(); log != "" {
		t.Errorf("the log says %s", log)
	}
}

// TestARoundTriesEveryRequestOnce makes the database forget reminders, so that
// every request stays due.
func TestARoundTriesEveryRequestOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	trigger := `CREATE TRIGGER forget AFTER UPDATE OF reminded_at ON access_requests
		BEGIN UPDATE access_requests SET reminded_at = 0 WHERE id = new.id; END`
	if w.db.Engine() == "postgres" {
		w.db.Exec(t, `CREATE FUNCTION forget() RETURNS trigger LANGUAGE plpgsql
			AS 'BEGIN new.reminded_at := 0; RETURN new; END'`)
		trigger = `CREATE TRIGGER forget BEFORE UPDATE OF reminded_at ON access_requests
			FOR EACH ROW EXECUTE FUNCTION forget()`
	}
	w.db.Exec(t, trigger)
	w.ask(t, "a")
	w.ask(t, "b")
	w.db.Clock.Advance(pactius.RequestReminder)
	for round := range 2 {
		w.runner.Tidy(t.Context())
		if got, want := w.events(t, pactius.RequestReminded), 2*(round+1); got != want {
			t.Fatalf("%d reminders after round %d, want %d", got, round+1, want)
		}
	}
}

func TestTidyWorksThroughEverythingInOneRound(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range 120 {
		w.ask(t, "p"+strings.Repeat("x", i%60)+string(rune('a'+i/60)))
	}
	w.db.Clock.Advance(pactius.RequestLifetime)
	w.runner.Tidy(t.Context())
	if n := w.events(t, pactius.RequestExpired); n != 120 {
		t.Errorf("%d expired in one round, want 120", n)
	}
}

func TestTidySweepsWhatIsOver(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.runner.Retention = retention.New(retention.Config{DB: w.db.Work(), Logger: w.runner.Logger,
		Keep: retention.Keep{References: 30, SentEmails: 30}})
	_, err := w.rules.SignIn(t.Context(), w.Env, storetest.Person("v@nordhavn.example", "V"),
		users.Visit{State: "s", StateEnd: w.db.Clock.Now().Add(time.Minute)})
	if err != nil {
		t.Fatal(err)
	}
	w.ask(t, "a")
	w.db.Exec(t, `UPDATE mails SET state = 'sent', sent_at = created_at`)
	w.db.Exec(t, `INSERT INTO incidents (environment_id, reference, at, kind) VALUES ($1, 'r', $2, 'fault')`, w.Env,
		w.db.Clock.Now().UnixMicro())
	w.runner.Tidy(t.Context())
	left := func() [4]int {
		return [4]int{w.db.Count(t, `SELECT COUNT(*) FROM sessions`), w.db.Count(t, `SELECT COUNT(*) FROM used_states`),
			w.db.Count(t, `SELECT COUNT(*) FROM mails WHERE state = 'sent'`),
			w.db.Count(t, `SELECT COUNT(*) FROM incidents`)}
	}
	if got := left(); got != [4]int{1, 1, 1, 1} {
		t.Errorf("swept too early: %v", got)
	}
	w.db.Clock.Advance(pactius.VisitorAbsolute)
	w.runner.Tidy(t.Context())
	if got := left(); got != [4]int{0, 0, 1, 1} {
		t.Errorf("after the session's end: %v sessions, states, sent mails, incidents; want 0, 0, 1, 1", got)
	}
	w.db.Clock.Advance(30 * 24 * time.Hour)
	w.runner.Tidy(t.Context())
	if got := left(); got != [4]int{} {
		t.Errorf("after a month: %v sessions, states, sent mails, incidents; want none", got)
	}
}

func TestTroubleIsLoggedAndTheRestGoesOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.ask(t, "a")
	w.db.Clock.Advance(pactius.RequestLifetime)
	w.db.Break(t, "UPDATE", "access_requests", "")
	w.db.Exec(t, `INSERT INTO used_states VALUES ($1, 'x', 0)`, w.Env)
	w.runner.Tidy(t.Context())
	if !strings.Contains(w.log.String(), "expiring requests failed") {
		t.Errorf("the log says %q", w.log.String())
	}
	if n := w.db.Count(t, `SELECT COUNT(*) FROM used_states`); n != 0 {
		t.Error("the sweep did not happen")
	}
}

// TestRunDeliversAtOnceAndEnds uses a real mail server and waits for its mail.
func TestRunDeliversAtOnceAndEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	box := mailbox.New(mailbox.Config{Logger: slog.New(slog.DiscardHandler), Now: w.db.Clock.Now})
	if err := box.Listen(t.Context(), "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	transport, err := mail.NewSMTP("smtp://"+box.SMTPAddr(), mail.SMTPOptions{Hello: "localhost"})
	if err != nil {
		t.Fatal(err)
	}
	sent := make(chan struct{}, 10)
	w.runner.Mail = &outbox.Deliverer{DB: w.db.Work(), Transport: signalling{transport, sent},
		From: "pactius@nordhavn.example", Logger: slog.New(slog.DiscardHandler),
		Head: func(pactius.Environment) (string, string) { return "https://nordhavn.example", "" }}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { w.runner.Run(ctx); close(ended) }()
	for _, name := range []string{"a", "b"} {
		w.ask(t, name)
		<-sent
	}
	cancel()
	<-ended
	if n := len(box.Messages()); n != 2 {
		t.Errorf("%d mails in the box, want 2", n)
	}
	if n := w.db.Count(t, `SELECT COUNT(*) FROM mails WHERE state = 'sent'`); n != 2 {
		t.Errorf("%d mails noted as sent, want 2: the last one was taken while shutting down", n)
	}
}

// signalling tells when an email has been handed over.
type signalling struct {
	outbox.Transport
	sent chan<- struct{}
}

func (s signalling) Send(ctx context.Context, e mail.Envelope) error {
	err := s.Transport.Send(ctx, e)
	s.sent <- struct{}{}
	return err
}

// hanging is a mail server that never answers.
type hanging struct{ began chan<- struct{} }

func (h hanging) Send(ctx context.Context, _ mail.Envelope) error {
	select {
	case h.began <- struct{}{}:
	default: // the first is waited for
	}
	<-ctx.Done()
	return &mail.SendError{Temporary: true, Err: ctx.Err()}
}

// TestWhoStopsHandsTheMailBack also sees that work which hangs is noticed.
func TestWhoStopsHandsTheMailBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	began := make(chan struct{}, 1)
	var mu sync.Mutex
	var told []outbox.Delivery
	w.runner.Mail = &outbox.Deliverer{DB: w.db.Work(), Transport: hanging{began}, From: "pactius@nordhavn.example",
		Logger: slog.New(slog.DiscardHandler),
		Head:   func(pactius.Environment) (string, string) { return "https://nordhavn.example", "" },
		Told:   func(o outbox.Delivery) { mu.Lock(); defer mu.Unlock(); told = append(told, o) }}
	if got := w.runner.Stalled(); got != "" {
		t.Errorf("before it runs, %q is stalled", got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { w.runner.Run(ctx); close(ended) }()
	w.ask(t, "a")
	<-began
	if got := w.runner.Stalled(); got != "" {
		t.Errorf("while a mail is being sent, %q is stalled", got)
	}
	w.db.Clock.Advance(time.Hour)
	if got := w.runner.Stalled(); got != "delivering mail" {
		t.Errorf("after an hour with one mail, %q is stalled", got)
	}
	cancel()
	<-ended
	// After the hour the lease is over, so another worker may have taken the email too.
	if others := func(o outbox.Delivery) bool { return o != outbox.DeliveryHandedBack }; len(told) == 0 ||
		slices.ContainsFunc(told, others) {
		t.Errorf("told of %q, want the mail handed back", told)
	}
	due, err := w.db.ClaimMails(t.Context(), w.Env, w.db.Clock.Now(), time.Minute, 10)
	if err != nil || len(due) != 1 {
		t.Errorf("%d mails are due after the stop, want the one handed back (%v)", len(due), err)
	}
}

// TestTidyShortensTheWriteAheadLog that is longer than it may be, here by zeros.
func TestTidyShortensTheWriteAheadLog(t *testing.T) {
	t.Parallel()
	db := storetest.On(t, "sqlite")
	r := &jobs.Runner{Store: db.Store, Users: users.New(db.Work()), Now: db.Clock.Now,
		Logger: slog.New(slog.DiscardHandler)}
	if err := os.Truncate(strings.TrimPrefix(db.URL, "sqlite:")+"-wal", database.WALLimit+1); err != nil {
		t.Fatal(err)
	}
	r.Tidy(t.Context())
	if size := db.WALSize(); size > database.WALLimit {
		t.Errorf("it has %d bytes", size)
	}
}
