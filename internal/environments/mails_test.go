package environments_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/environments"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/mail"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
)

// giveUp stores an email that was given up.
func (s *scene) giveUp(t *testing.T, messages ...mail.Message) []pactius.MailID {
	t.Helper()
	mails := make([]pactius.Mail, len(messages))
	ids := make([]pactius.MailID, len(messages))
	for i, m := range messages {
		kind, data, err := mail.Encode(m)
		if err != nil {
			t.Fatal(err)
		}
		ids[i] = pactius.MailID(id.New())
		mails[i] = pactius.Mail{ID: ids[i], Kind: kind, Data: data, To: "x@nordhavn.example",
			CreatedAt: s.db.Clock.Now()}
	}
	s.Ground.Update(t, func(tx *store.Tx) error { return tx.Enqueue(mails...) })
	s.db.Exec(t, `UPDATE mails SET state = 'dead', attempts = 4, last_error = 'no such mailbox'`)
	return ids
}

// declined makes emails that are never outdated.
func declined(n int) []mail.Message {
	return slices.Repeat([]mail.Message{mail.RequestDeclined{By: "Rikke"}}, n)
}

// request stores a request in a state.
func (s *scene) request(t *testing.T, state pactius.RequestState) pactius.RequestID {
	t.Helper()
	who := storetest.Person(id.New()+"@nordhavn.example", "X")
	q := pactius.AccessRequest{ID: pactius.RequestID(id.New()), Person: who, CreatedAt: s.db.Clock.Now(), Version: 1}
	s.Ground.Update(t, func(tx *store.Tx) error {
		if err := tx.InsertRequest(q); err != nil || state == pactius.StatePending {
			return err
		}
		q.State, q.DecidedAt = state, s.db.Clock.Now()
		return tx.SettleRequest(q, store.Undo{})
	})
	return q.ID
}

// TestOutdatedEmailsAreRemovedInsteadOfSent has a line for every kind of email: a new kind has to say when it is
// outdated, or that it never is.
func TestOutdatedEmailsAreRemovedInsteadOfSent(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	pending, expired := s.request(t, pactius.StatePending), s.request(t, pactius.StateExpired)
	ends := pactius.Date("2030-01-01")
	s.support(t, pactius.EnvironmentUpdate{SecretEndsOn: &ends})
	gone := s.User(t, "gone@nordhavn.example", "Gone")
	s.db.Exec(t, `UPDATE users SET deactivated_at = 1 WHERE id = $1`, gone.ID)
	held := func(at time.Time) func() {
		return func() {
			s.Ground.Update(t, func(tx *store.Tx) error {
				_, err := tx.ClaimSweep("l", s.db.Clock.Now(), s.db.Clock.Now(), true)
				return errors.Join(err, tx.SaveSweep("l", store.Sweep{HeldAt: at}))
			})
		}
	}
	tests := []struct {
		message  mail.Message
		before   func()
		outdated bool
	}{
		{message: mail.RequestArrived{Request: pending}},
		{message: mail.RequestArrived{Request: expired}, outdated: true},
		{message: mail.RequestArrived{Request: "erased"}, outdated: true},
		{message: mail.RequestReminder{Request: pending}},
		{message: mail.RequestReminder{Request: expired}, outdated: true},
		{message: mail.SameProposed{Request: pending}},
		{message: mail.SameProposed{Request: expired}, outdated: true},
		{message: mail.Welcome{AccountName: "Root@Nordhavn.example"}},
		{message: mail.Welcome{AccountName: "gone@nordhavn.example"}, outdated: true},
		{message: mail.Welcome{AccountName: "deleted@nordhavn.example"}, outdated: true},
		{message: mail.SecretEnds{EndsOn: ends}},
		{message: mail.SecretEnds{EndsOn: "2026-01-01"}, outdated: true},
		{message: mail.SweepHeld{}, before: held(s.db.Clock.Now())},
		{message: mail.SweepHeld{}, before: held(time.Time{}), outdated: true},
		{message: mail.RequestApproved{}}, {message: mail.RequestDeclined{}}, {message: mail.RequestExpired{}},
		{message: mail.ApprovalTakenBack{}}, {message: mail.AccessAssigned{}}, {message: mail.AccountNameChanged{}},
		{message: mail.SameRefused{Request: expired}}, {message: mail.Leavers{}}, {message: mail.Connected{}},
	}
	var kinds []string
	for i, test := range tests {
		kinds = append(kinds, test.message.Kind())
		if test.before != nil {
			test.before()
		}
		one := s.giveUp(t, test.message)[0]
		done, err := s.RetryMail(t.Context(), s.root, one)
		want := environments.MailsAgain{Sent: 1, Last: one}
		event, rows := pactius.MailRetried, 1
		if test.outdated {
			want, event, rows = environments.MailsAgain{Outdated: 1, Last: one}, pactius.MailDropped, 0
		}
		if diff := cmp.Diff(done, want); diff != "" || err != nil {
			t.Errorf("%d, %s: %v (-got +want)\n%s", i, test.message.Kind(), err, diff)
		}
		if n := s.db.Count(t, `SELECT COUNT(*) FROM mails WHERE id = $1 AND state = 'waiting'`, one); n != rows {
			t.Errorf("%d, %s: %d emails wait, want %d", i, test.message.Kind(), n, rows)
		}
		if n := s.db.Count(t, `SELECT COUNT(*) FROM events WHERE kind = $1 AND actor_user = $2`, event,
			s.root.User); n != 1 {
			t.Errorf("%d, %s: %d events %s of the administrator, want 1", i, test.message.Kind(), n, event)
		}
		s.db.Exec(t, `DELETE FROM mails`)
		s.db.Exec(t, `DELETE FROM events`)
	}
	slices.Sort(kinds)
	if diff := cmp.Diff(slices.Compact(kinds), mail.Kinds()); diff != "" {
		t.Errorf("not every kind of email is tried (-tried +all)\n%s", diff)
	}
}

func TestSendingAllAgainGoesOnWhereItWasInterrupted(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.giveUp(t, declined(250)...)
	other := s.db.Ground(t, "other.example")
	other.Update(t, func(tx *store.Tx) error {
		return tx.Enqueue(pactius.Mail{ID: "o", Kind: "k", Data: []byte("{}")})
	})
	s.db.Exec(t, `UPDATE mails SET state = 'dead' WHERE id = 'o'`)

	stop := errors.New("the connection to the terminal is gone")
	first, err := s.RetryAllMails(t.Context(), s.root, environments.MaxMailsAgain, func(environments.MailsAgain) error {
		return stop
	})
	if !errors.Is(err, stop) || first.Sent != 100 {
		t.Errorf("interrupted after %d emails, %v; want 100, which is one batch", first.Sent, err)
	}
	few, err := s.RetryAllMails(t.Context(), s.root, 30, nil)
	if err != nil || few.Sent != 30 {
		t.Errorf("at most 30: %d, %v", few.Sent, err)
	}
	rest, err := s.RetryAllMails(t.Context(), s.root, environments.MaxMailsAgain, nil)
	if err != nil || rest.Sent != 120 {
		t.Errorf("the rest: %d, %v; want 120", rest.Sent, err)
	}
	states := s.db.Rows(t, `SELECT state, attempts, COUNT(*) FROM mails GROUP BY state, attempts ORDER BY state`)
	if diff := cmp.Diff(states, []string{"dead|0|1|", "waiting|4|250|"}); diff != "" {
		t.Errorf("the emails are (-got +want)\n%s", diff)
	}
	if n := s.db.Count(t, `SELECT COUNT(*) FROM events WHERE kind = 'mail.retried'`); n != 250 {
		t.Errorf("%d events, want one for each email", n)
	}
}

func TestAnEmailThatIsGivenUpAnewIsNotSentAgainByTheSameClick(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.giveUp(t, declined(150)...)
	done, err := s.RetryAllMails(t.Context(), s.root, environments.MaxMailsAgain, func(environments.MailsAgain) error {
		s.db.Exec(t, `UPDATE mails SET state = 'dead'`)
		return nil
	})
	if err != nil || done.Sent != 150 {
		t.Errorf("%d emails were sent again, %v; want each of 150 once", done.Sent, err)
	}
}

func TestNamedEmailsAreSentAgainOnce(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	ids := s.giveUp(t, declined(3)...)
	s.db.Exec(t, `UPDATE mails SET state = 'sent' WHERE id = $1`, ids[2])
	got, err := s.RetryMails(t.Context(), s.root, ids[0], ids[1], ids[0], ids[2], "none")
	want := environments.MailsAgain{Sent: 2, Left: []pactius.MailID{ids[2]}, Missing: []pactius.MailID{"none"},
		Last: ids[1]}
	if diff := cmp.Diff(got, want); diff != "" || err != nil {
		t.Errorf("%v (-got +want)\n%s", err, diff)
	}
	got, err = s.RetryMails(t.Context(), s.root, ids...)
	want = environments.MailsAgain{Left: ids}
	if diff := cmp.Diff(got, want); diff != "" || err != nil {
		t.Errorf("a second time: %v (-got +want)\n%s", err, diff)
	}
	if n := s.db.Count(t, `SELECT COUNT(*) FROM events WHERE kind = 'mail.retried'`); n != 2 {
		t.Errorf("%d events, want 2", n)
	}
}

func TestUndeliveredEmailsArePaged(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	written := s.db.Clock.Now()
	ids := s.giveUp(t, declined(110)...)
	slices.Reverse(ids)
	var got []pactius.MailID
	var sizes []string
	page, err := s.Undelivered(t.Context(), s.root, "")
	for {
		if err != nil {
			t.Fatal(err)
		}
		sizes = append(sizes, fmt.Sprintf("%d of %d", len(page.Mails), page.Total))
		for _, m := range page.Mails {
			got = append(got, m.ID)
			if len(m.Data) > 0 {
				t.Error("the list tells what the email says")
			}
		}
		if page.Next == "" {
			break
		}
		page, err = s.Undelivered(t.Context(), s.root, page.Next)
	}
	if diff := cmp.Diff(got, ids); diff != "" {
		t.Errorf("the pages have (-got +want)\n%s", diff)
	}
	if diff := cmp.Diff(sizes, []string{"50 of 110", "50 of 110", "10 of 110"}); diff != "" {
		t.Errorf("pages (-got +want)\n%s", diff)
	}
	g, err := s.GivenUp(t.Context(), s.root)
	if err != nil || g.Total != 110 || !g.Oldest.Equal(written) {
		t.Errorf("given up: %+v, %v; the oldest was written at %v", g, err, written)
	}
	listed, err := s.Mails(t.Context(), s.root, pactius.MailWaiting, "", 10)
	if err != nil || len(listed) != 0 {
		t.Errorf("%d emails wait, %v", len(listed), err)
	}
}

// TestADelayIsSaidAndItsReasonToSupport puts the queue off.
func TestADelayIsSaidAndItsReasonToSupport(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	support := pactius.SupportActor(s.root.Environment)
	if d, err := s.Delay(t.Context(), support); err != nil || d != nil {
		t.Fatalf("before: %+v, %v", d, err)
	}
	now := s.db.Clock.Now()
	queue := store.MailQueue{Since: now, Until: now.Add(time.Minute), Failures: 1,
		Reason: "550 5.7.60 of relay.internal"}
	if _, err := s.db.PutMailQueueOff(t.Context(), queue); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		actor  pactius.Actor
		reason string
	}{"Support": {support, queue.Reason}, "an administrator": {s.root, ""}} {
		want := &environments.Delay{Since: queue.Since, Until: queue.Until, Reason: test.reason}
		d, err := s.Delay(t.Context(), test.actor)
		if diff := cmp.Diff(want, d); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
		if v, err := s.View(t.Context(), test.actor); err != nil || v.Delay == nil || v.Delay.Reason != test.reason {
			t.Errorf("%s: the page has %+v, %v", name, v.Delay, err)
		}
	}
	if d, err := s.Delay(t.Context(), s.local); d != nil || pactius.KindOf(err) != pactius.KindForbidden {
		t.Errorf("a local administrator: %+v, %v", d, err)
	}
}
