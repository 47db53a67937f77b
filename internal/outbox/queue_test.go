package outbox_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/mail"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/testbed/mailserver"
)

// server is a transport that answers by the address of the recipient.
type server struct {
	mu      sync.Mutex
	answers map[string]*mail.SendError // by recipient, or "" for all others
	tried   []string
}

func (s *server) Send(_ context.Context, e mail.Envelope) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tried = append(s.tried, e.To)
	if answer, ok := s.answers[e.To]; ok {
		return answer
	}
	if answer := s.answers[""]; answer != nil {
		return answer
	}
	return nil
}

// say changes the answers; what was tried is forgotten.
func (s *server) say(answers map[string]*mail.SendError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers, s.tried = answers, nil
}

func (s *server) took() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.tried, " ")
}

func refusal(about mail.About, code int, status string) *mail.SendError {
	return &mail.SendError{Temporary: true, About: about, Code: code, Status: status,
		Err: fmt.Errorf("the server says %d %s", code, status)}
}

// all is one answer to every recipient.
func all(e *mail.SendError) map[string]*mail.SendError { return map[string]*mail.SendError{"": e} }

func TestAFailureAboutUsPutsTheQueueOff(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := &server{answers: all(refusal(mail.AboutSender, 550, "5.7.60"))}
	var log strings.Builder
	w.out.Transport, w.out.Logger = s, slog.New(slog.NewTextHandler(&log, nil))
	for i := range 5 {
		w.put(t, fmt.Sprintf("p%d@nordhavn.example", i))
	}
	var pauses []time.Duration
	for range 8 {
		w.deliver(t, 1) // one email probes, the others wait
		w.deliver(t, 0)
		q, err := w.db.MailQueue(t.Context())
		if err != nil || !q.PutOff() || q.Code != 550 || q.Status != "5.7.60" || !strings.Contains(q.Reason, "550") {
			t.Fatalf("the queue is %+v, %v", q, err)
		}
		next, err := w.db.NextMail(t.Context())
		if err != nil || !next.Equal(q.Until) {
			t.Errorf("the next email is due at %s, %v, want %s", next, err, q.Until)
		}
		pause := q.Until.Sub(w.db.Clock.Now())
		pauses = append(pauses, pause)
		w.db.Clock.Advance(pause)
	}
	want := []time.Duration{30 * time.Second, time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute,
		15 * time.Minute, 15 * time.Minute, 15 * time.Minute}
	if diff := cmp.Diff(want, pauses); diff != "" {
		t.Errorf("pauses (-want +got):\n%s", diff)
	}
	if n := w.db.Count(t, `SELECT COUNT(*) FROM mails WHERE state = 'waiting' AND failed = 0`); n != 5 {
		t.Errorf("%d emails wait without a failure of their own, want all", n)
	}
	if n := strings.Count(log.String(), "level=ERROR"); n != 1 {
		t.Errorf("%d errors were logged in one episode:\n%s", n, log.String())
	}
	s.say(nil)
	w.deliver(t, 5)
	if q, err := w.db.MailQueue(t.Context()); err != nil || q.PutOff() {
		t.Errorf("after the server took one: %+v, %v", q, err)
	}
	if !strings.Contains(log.String(), "emails are sent again") {
		t.Error("the end was not logged")
	}
}

func TestTheServerSaysHowLongToWait(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := refusal(mail.AboutSender, 429, "")
	e.Wait = 7 * time.Minute
	w.out.Transport = &server{answers: all(e)}
	w.put(t, "anna@nordhavn.example")
	w.deliver(t, 1)
	q, err := w.db.MailQueue(t.Context())
	if got := q.Until.Sub(w.db.Clock.Now()); err != nil || got != e.Wait {
		t.Errorf("the queue waits %s, %v, want %s", got, err, e.Wait)
	}
}

func TestAnotherInstanceKnowsThatTheQueueIsPutOff(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := &server{answers: all(refusal(mail.AboutSender, 535, ""))}
	w.out.Transport = s
	w.put(t, "anna@nordhavn.example")
	w.deliver(t, 1)
	other := w.deliverer(t)
	other.Transport = s
	if n, err := other.DeliverDue(t.Context()); n != 0 || err != nil {
		t.Errorf("the other instance tried %d emails, %v", n, err)
	}
	w.db.Clock.Advance(30 * time.Second)
	w.deliver(t, 1)
	if n, err := other.DeliverDue(t.Context()); n != 0 || err != nil {
		t.Errorf("both instances probed: %d, %v", n, err)
	}
	s.say(nil)
	w.db.Clock.Advance(time.Hour)
	if n, err := other.DeliverDue(t.Context()); n != 1 || err != nil {
		t.Errorf("the other instance probed %d emails, %v", n, err)
	}
}

func TestAPolicyForThreeDomainsIsAboutUs(t *testing.T) {
	t.Parallel()
	policy := refusal(mail.AboutPolicy, 554, "5.7.1")
	for name, test := range map[string]struct {
		to     string
		answer func(to string) *mail.SendError
		off    bool
	}{
		"three domains": {"a@one.example b@two.example c@three.example", func(string) *mail.SendError { return policy },
			true},
		"one domain, and many recipients": {"a@one.example b@one.example c@ONE.example d@one.example",
			func(string) *mail.SendError { return policy }, false},
		"two domains": {"a@one.example b@two.example c@two.example",
			func(string) *mail.SendError { return policy }, false},
		"three domains, and different replies": {"a@one.example b@two.example c@three.example",
			func(to string) *mail.SendError { return refusal(mail.AboutPolicy, 554, "5.7."+to[:1]) }, false},
		"three domains, and one between is accepted": {"a@one.example b@two.example ok@fine.example c@three.example",
			func(to string) *mail.SendError {
				if strings.HasPrefix(to, "ok") {
					return nil
				}
				return policy
			}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			answers := map[string]*mail.SendError{}
			for to := range strings.FieldsSeq(test.to) {
				if e := test.answer(to); e != nil {
					answers[to] = e
				}
				w.put(t, to)
			}
			w.out.Transport = &server{answers: answers}
			for n := 1; n > 0; {
				var err error
				if n, err = w.out.DeliverDue(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			q, err := w.db.MailQueue(t.Context())
			if err != nil || q.PutOff() != test.off {
				t.Errorf("put off: %t, %v, want %t", q.PutOff(), err, test.off)
			}
		})
	}
}

func TestEmailsOfAQueueThatIsPutOffAreGivenUpAfterFiveDays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := &server{answers: all(refusal(mail.AboutSender, 550, "5.7.60"))}
	w.out.Transport = s
	w.put(t, "anna@nordhavn.example")
	w.put(t, "bo@nordhavn.example")
	w.deliver(t, 1)
	w.db.Clock.Advance(5*24*time.Hour - time.Minute)
	w.deliver(t, 1)
	w.put(t, "late@nordhavn.example")
	if n := w.db.Count(t, `SELECT COUNT(*) FROM mails WHERE state = 'dead'`); n != 0 {
		t.Fatalf("%d emails were given up before five days", n)
	}
	w.db.Clock.Advance(time.Minute)
	if _, err := w.out.DeliverDue(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.deliver(t, 0)
	if got := w.states(t); strings.Count(got, "dead") != 2 {
		t.Errorf("states %s, want the two old ones dead", got)
	}
	if n := w.db.Count(t, `SELECT COUNT(*) FROM events WHERE kind = 'mail.failed'`); n != 2 {
		t.Errorf("%d events of giving up, want 2", n)
	}
}

func TestOneFullMailboxDelaysNoOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	full := refusal(mail.AboutEmail, 452, "4.2.2")
	s := &server{answers: map[string]*mail.SendError{"full@nordhavn.example": full}}
	w.out.Transport = s
	w.put(t, "full@nordhavn.example")
	for range 40 {
		w.put(t, "anna@nordhavn.example")
	}
	w.deliver(t, 41)
	if n := w.db.Count(t, `SELECT COUNT(*) FROM mails WHERE state = 'sent'`); n != 40 {
		t.Errorf("%d emails were sent, want 40", n)
	}
}

func TestARefusedSenderIsTriedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.server.Behave(mailserver.Mood{At: mailserver.Greeting})
	w.put(t, "anna@nordhavn.example")
	w.deliver(t, 1)
	if q, err := w.db.MailQueue(t.Context()); err != nil || !q.PutOff() {
		t.Errorf("a server that hangs up: %+v, %v, want put off", q, err)
	}
	w.server.Behave(mailserver.Mood{})
	w.db.Clock.Advance(30 * time.Second)
	w.deliver(t, 1)
	if s := w.states(t); s != "sent|2|" {
		t.Errorf("states %s", s)
	}
}

// TestAnEmailThatIsSentAgainHasFiveDaysAnew sends an old email again: greylisting does not give it up at once.
func TestAnEmailThatIsSentAgainHasFiveDaysAnew(t *testing.T) {
	t.Parallel()
	for name, about := range map[string]mail.About{"one email": mail.AboutEmail, "all": mail.AboutSender} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			s := &server{answers: all(refusal(mail.AboutEmail, 451, "4.7.1"))}
			w.out.Transport = s
			w.put(t, "anna@nordhavn.example")
			w.deliver(t, 1)
			w.db.Clock.Advance(5 * 24 * time.Hour)
			w.deliver(t, 1)
			if got := w.states(t); got != "dead|2|" {
				t.Fatalf("states %s", got)
			}
			w.Update(t, func(tx *store.Tx) error {
				dead, err := tx.DeadMails()
				if err != nil {
					return err
				}
				return tx.MailsAgain([]pactius.MailID{dead[0].ID}, w.db.Clock.Now())
			})
			s.say(all(refusal(about, 451, "4.7.1")))
			w.deliver(t, 1)
			w.db.Clock.Advance(5*24*time.Hour - time.Hour)
			w.deliver(t, 1)
			if got := w.states(t); !strings.HasPrefix(got, "waiting|") {
				t.Errorf("states %s before five days", got)
			}
			w.db.Clock.Advance(time.Hour)
			if _, err := w.out.DeliverDue(t.Context()); err != nil {
				t.Fatal(err)
			}
			w.deliver(t, 0)
			if got := w.states(t); !strings.HasPrefix(got, "dead|") {
				t.Errorf("states %s after five days", got)
			}
		})
	}
}

// TestASilentDomainIsTriedByOneEmailAtATime lets every email to a domain end without an answer.
func TestASilentDomainIsTriedByOneEmailAtATime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	silent := refusal(mail.AboutPolicy, 0, "")
	s := &server{answers: map[string]*mail.SendError{"p@silent.example": silent, "P@SILENT.example": silent}}
	w.out.Transport = transport(func(ctx context.Context, e mail.Envelope) error {
		err := s.Send(ctx, e)
		if err != nil {
			w.db.Clock.Advance(6 * time.Second)
		}
		return err
	})
	for range 20 {
		w.put(t, "p@silent.example")
	}
	w.put(t, "P@SILENT.example")
	w.put(t, "anna@nordhavn.example")
	w.deliver(t, 22)
	if got := s.took(); strings.Count(strings.ToLower(got), "silent") != 3 || !strings.Contains(got, "anna@") {
		t.Errorf("tried %s, want three to the silent domain, and the other", got)
	}
	for _, pause := range []time.Duration{30 * time.Second, time.Minute, 2 * time.Minute} {
		s.say(s.answers)
		w.db.Clock.Advance(pause)
		for n := 1; n > 0; {
			var err error
			if n, err = w.out.DeliverDue(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if got := strings.Count(strings.ToLower(s.took()), "silent"); got != 1 {
			t.Errorf("after %s %d emails were tried, want one", pause, got)
		}
	}
	s.say(nil)
	w.db.Clock.Advance(time.Hour)
	for range 3 { // those that waited for the probe are due after it
		for n := 1; n > 0; {
			var err error
			if n, err = w.out.DeliverDue(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		w.db.Clock.Advance(time.Hour)
	}
	if n := w.db.Count(t, `SELECT COUNT(*) FROM mails WHERE state = 'sent'`); n != 22 {
		t.Errorf("%d emails were sent, want all", n)
	}
}
