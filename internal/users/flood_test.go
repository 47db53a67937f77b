package users_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/store/storetest"
	"github.com/pactius/pactius/internal/users"
)

// mails counts the emails of a kind in the outbox; "" is every kind.
func (w *world) mails(t *testing.T, kind string) int {
	t.Helper()
	return w.db.Count(t, `SELECT COUNT(*) FROM mails WHERE $1 = '' OR kind = $1`, kind)
}

// TestNobodyIsFloodedByOneAdministrator repeats what sends emails, as often as someone
// likes: each act happens, the emails end, and each person's first email is sent.
func TestNobodyIsFloodedByOneAdministrator(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	q := w.ask(t, storetest.Person("new@nordhavn.example", "New"), w.north)
	again := func(by pactius.User) (unsent []string) {
		t.Helper()
		ctx, collected := pactius.WithUnsent(t.Context())
		approval := users.Approval{Grants: []pactius.Grant{grant(w.north, pactius.AccessRead)}}
		if _, err := w.rules.Approve(ctx, w.Actor(by), q.ID, approval); err != nil {
			t.Fatal(err)
		}
		if _, err := w.rules.TakeBack(ctx, w.Actor(by), q.ID); err != nil {
			t.Fatal(err)
		}
		return collected.To()
	}
	for i := range pactius.MailsAlikeADay + 3 {
		if got, want := len(again(w.local)), 0; i < pactius.MailsAlikeADay && got != want {
			t.Errorf("round %d: %d emails are not sent", i, got)
		} else if i >= pactius.MailsAlikeADay && got != 2 {
			t.Errorf("round %d: %d emails are reported as not sent, want 2", i, got)
		}
	}
	for _, kind := range []string{"request-approved", "approval-taken-back"} {
		if n := w.mails(t, kind); n != pactius.MailsAlikeADay {
			t.Errorf("%d emails %s, want %d", n, kind, pactius.MailsAlikeADay)
		}
	}
	if n := w.db.Count(t, `SELECT COUNT(*) FROM events WHERE kind = 'mail.held' AND actor_user = $1`,
		w.local.ID); n != 2*3 {
		t.Errorf("%d events of emails that were not sent, want 6", n)
	}
	if unsent := again(w.root); len(unsent) > 0 {
		t.Errorf("emails of another administrator are not sent: %v", unsent)
	}
	w.db.Clock.Advance(24 * time.Hour)
	if unsent := again(w.local); len(unsent) > 0 {
		t.Errorf("emails of the next day are not sent: %v", unsent)
	}
}

// TestOneMailboxIsNotFloodedUnderManyNames adds users whose email goes to one mailbox.
func TestOneMailboxIsNotFloodedUnderManyNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	add := func(actor pactius.Actor, n int, email string) int {
		t.Helper()
		ctx, unsent := pactius.WithUnsent(t.Context())
		_, err := w.rules.Add(ctx, actor, users.NewUser{Username: fmt.Sprintf("worker%d@nordhavn.example", n),
			Name: fmt.Sprint("Worker ", n), Email: email, Welcome: true, Despite: true,
			Grants: []pactius.Grant{grant(w.north, pactius.AccessRead)}})
		if err != nil {
			t.Fatal(err)
		}
		return len(unsent.To())
	}
	held := 0
	for n := range pactius.MailsToOneADay + 5 {
		held += add(w.Actor(w.local), n, [...]string{"crew@nordhavn.example", "Crew@Nordhavn.example",
			fmt.Sprintf("crew+%d@nordhavn.example", n)}[n%3])
	}
	if n := w.mails(t, "welcome"); n != pactius.MailsToOneADay || held != 5 {
		t.Errorf("%d emails, %d held; want %d and 5", n, held, pactius.MailsToOneADay)
	}
	for n, email := range []string{"", "other@nordhavn.example"} { // the first email of a person is always sent
		if add(w.Actor(w.local), 1000+n, email) != 0 {
			t.Errorf("the first email to %q is not sent", email)
		}
	}
	for n := range pactius.MailsToOneADay + 5 {
		if add(pactius.SupportActor(w.Env), 2000+n, "crew@nordhavn.example") != 0 {
			t.Fatal("Support's emails are bounded")
		}
	}
}

// TestProposalsFloodNobody proposes two users by turns.
func TestProposalsFloodNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	one, other := w.Invite(t, "bos@nordhavn.example", "B"), w.Invite(t, "bosss@nordhavn.example", "B")
	q := w.ask(t, storetest.Person("boss@nordhavn.example", "Bea Boss"), w.north)
	for range pactius.MailsAlikeADay {
		for _, u := range []pactius.User{one, other} {
			if d, err := w.same(w.Actor(w.local), q, u, users.Approval{}); err != nil || !d.Proposed {
				t.Fatalf("%+v, %v", d, err)
			}
		}
	}
	if n := w.mails(t, "same-proposed"); n != pactius.MailsAlikeADay {
		t.Errorf("%d emails, want %d", n, pactius.MailsAlikeADay)
	}
}

// TestManyMailboxesAreNotFloodedByOneAdministrator welcomes users at invented addresses: the emails end.
func TestManyMailboxesAreNotFloodedByOneAdministrator(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	unsent := func(by pactius.User, name string) int {
		t.Helper()
		ctx, unsent := pactius.WithUnsent(t.Context())
		_, err := w.rules.Add(ctx, w.Actor(by), users.NewUser{Username: name + "@nordhavn.example", Name: "N",
			Email: name + "@invented.example", Welcome: true, Despite: true})
		if err != nil {
			t.Fatal(err)
		}
		return len(unsent.To())
	}
	unsent(w.local, "first")
	w.db.Exec(t, `UPDATE daily_counts SET n = n + $1`, pactius.MailsOfKindADay-2) // all but the first and the last
	if unsent(w.local, "last") != 0 {
		t.Error("the last email of the day is not sent")
	}
	if unsent(w.local, "more") != 1 {
		t.Error("one more is sent")
	}
	if unsent(w.root, "other") != 0 {
		t.Error("the email of another administrator is not sent")
	}
}

// TestAPersonWithoutAccessDoesNotFillTheLog signs in again and again.
func TestAPersonWithoutAccessDoesNotFillTheLog(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	off := w.Invite(t, "off@nordhavn.example", "Otto Off")
	w.db.Exec(t, `UPDATE users SET deactivated_at = 1 WHERE id = $1`, off.ID)
	stranger := storetest.Person("stranger@nordhavn.example", "S")
	for name, c := range map[string]struct {
		who  pactius.Person
		kind pactius.EventKind
	}{
		"a stranger":         {stranger, pactius.VisitorSignedIn},
		"a deactivated user": {storetest.Person("off@nordhavn.example", "Otto Off"), pactius.SignInRefused},
	} {
		before := w.db.Count(t, `SELECT COUNT(*) FROM events WHERE kind = $1`, c.kind)
		for range 5 {
			if in := w.signIn(t, c.who); in.Token == "" {
				t.Fatalf("%s cannot sign in", name)
			}
		}
		grown := w.db.Count(t, `SELECT COUNT(*) FROM events WHERE kind = $1`, c.kind) - before
		if grown != 1 {
			t.Errorf("%s has written %d events, want 1", name, grown)
		}
	}
	w.db.Exec(t, `UPDATE users SET deactivated_at = 0 WHERE id = $1`, off.ID)
	w.db.Exec(t, `UPDATE users SET username_key = 'renamed', username = 'renamed' WHERE id = $1`, off.ID)
	if events, _ := w.news(t, func() { w.signIn(t, storetest.Person("off@nordhavn.example", "O")) }); len(events) != 1 {
		t.Errorf("a person who was refused and is unknown now writes %v", events)
	}
	events, _ := w.news(t, func() { w.signIn(t, storetest.Person("other@nordhavn.example", "O")) })
	if len(events) != 1 {
		t.Errorf("another stranger's sign-in writes %v", events)
	}
	w.db.Clock.Advance(24 * time.Hour)
	if events, _ := w.news(t, func() { w.signIn(t, stranger) }); len(events) != 1 {
		t.Errorf("a day later a sign-in writes %v", events)
	}
}
