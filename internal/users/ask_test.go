package users_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/store/storetest"
	"github.com/pactius/pactius/internal/users"
)

func TestAskTellsThoseWhoMayDecide(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.User(t, "north@nordhavn.example", "Nora North", grant(w.north, pactius.AccessAdminister))
	w.User(t, "writer@nordhavn.example", "Will Write", grant(w.north, pactius.AccessWrite))
	gone := w.User(t, "gone@nordhavn.example", "Gone", grant(w.north, pactius.AccessAdminister))
	w.db.Exec(t, `UPDATE users SET deactivated_at = 1 WHERE id = $1`, gone.ID)
	ended := w.User(t, "ended@nordhavn.example", "Ended", grant(w.north, pactius.AccessAdminister))
	w.db.Exec(t, `UPDATE users SET ends_on = '2026-03-01' WHERE id = $1`, ended.ID)
	w.User(t, "legal@nordhavn.example", "Lea Legal", grant(w.legal, pactius.AccessAdminister))
	tests := []struct {
		name  string
		units []pactius.UnitID
		mails []string
	}{
		{"no wish reaches the root", nil, []string{"root"}},
		{"a wish reaches its administrators and all above, the nearest first", []pactius.UnitID{w.north},
			[]string{"north", "local", "root"}},
		{"two wishes reach both branches", []pactius.UnitID{w.legal, w.sales}, []string{"local", "legal", "root"}},
		{"a wish named twice counts once", []pactius.UnitID{w.legal, w.legal}, []string{"legal", "root"}},
	}
	for i, test := range tests {
		p := storetest.Person(fmt.Sprintf("new%d@nordhavn.example", i), "New")
		var want []string
		for _, name := range test.mails {
			want = append(want, "request-arrived to "+name+"@nordhavn.example")
		}
		w.expect(t, test.name, func() { w.ask(t, p, test.units...) }, []string{"request.sent"}, want)
		standing, err := w.rules.Standing(t.Context(), w.visitor(p))
		if err != nil {
			t.Fatal(err)
		}
		var deciders []string
		for _, u := range standing.Deciders {
			deciders = append(deciders, strings.TrimSuffix(u.Username, "@nordhavn.example"))
		}
		if diff := cmp.Diff(test.mails, deciders); diff != "" {
			t.Errorf("%s: the page names (-want +got):\n%s", test.name, diff)
		}
		if standing.CanAsk || standing.Request == nil || standing.Request.State != pactius.StatePending {
			t.Errorf("%s: the page says %+v", test.name, standing)
		}
	}
}

func TestAskTellsAtMostSoMany(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range pactius.MaxDeciderMails + 3 {
		w.User(t, fmt.Sprintf("a%d@nordhavn.example", i), "A", grant(w.legal, pactius.AccessAdminister))
	}
	_, mails := w.news(t, func() { w.ask(t, storetest.Person("new@nordhavn.example", "New"), w.legal) })
	if len(mails) != pactius.MaxDeciderMails {
		t.Errorf("%d mails, want %d", len(mails), pactius.MaxDeciderMails)
	}
}

func TestAskingTwiceIsAskingOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := storetest.Person("new@nordhavn.example", "New")
	first := w.ask(t, p, w.sales)
	w.unchanged(t, "a second click", func() error {
		second := w.ask(t, p)
		if second.ID != first.ID {
			t.Errorf("request %s, want the first one %s", second.ID, first.ID)
		}
		return nil
	})
	w.unchanged(t, "a second click after a rename in Microsoft 365", func() error {
		p.Username = "renamed@nordhavn.example"
		if second := w.ask(t, p); second.ID != first.ID {
			t.Errorf("request %s, want the first one %s", second.ID, first.ID)
		}
		return nil
	})
}

func TestRequestsThatCannotBeSent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	archived := w.Unit(t, w.Root, "Old")
	w.db.Exec(t, `UPDATE units SET archived_at = 1 WHERE id = $1`, archived)
	elsewhere := w.db.Ground(t, "other.example")
	off := w.User(t, "off@nordhavn.example", "Off")
	w.db.Exec(t, `UPDATE users SET deactivated_at = 1 WHERE id = $1`, off.ID)
	invited := w.Invite(t, "invited@nordhavn.example", "Invited")
	p := storetest.Person("new@nordhavn.example", "New")
	foreign := p
	foreign.TenantID = id.New()
	many := make([]pactius.UnitID, pactius.MaxWishedUnits+1)
	tests := []struct {
		name  string
		actor pactius.Actor
		wish  users.Wish
		kind  pactius.Kind
		says  string
	}{
		{"a user has access already", w.visitor(pactius.Person{Identity: w.root.Identity, Username: w.root.Username}),
			users.Wish{}, pactius.KindConflict, "already have access"},
		{"an invited user has access already", w.visitor(storetest.Person(invited.Username, "X")), users.Wish{},
			pactius.KindConflict, "already have access"},
		{"a deactivated user talks to somebody",
			w.visitor(pactius.Person{Identity: off.Identity, Username: off.Username}), users.Wish{},
			pactius.KindForbidden, "is deactivated"},
		{"an account of another tenant", w.visitor(foreign), users.Wish{}, pactius.KindForbidden, "Switch"},
		{"a user who claims to be a person",
			pactius.Actor{Kind: pactius.ActorUser, Environment: w.Env, User: w.root.ID, Person: p}, users.Wish{},
			pactius.KindConflict, "whole company"},
		{"a visitor of nowhere", pactius.Visitor("", p, ""), users.Wish{}, pactius.KindNotSignedIn, "signed in"},
		{"a visitor without identity", w.visitor(pactius.Person{Username: p.Username}), users.Wish{},
			pactius.KindNotSignedIn, "signed in"},
		{"too many wishes", w.visitor(p), users.Wish{Units: many}, pactius.KindInvalid, "at most 20"},
		{"a unit that does not exist", w.visitor(p), users.Wish{Units: []pactius.UnitID{"no"}}, pactius.KindInvalid,
			"no longer exists"},
		{"a unit of another environment", w.visitor(p), users.Wish{Units: []pactius.UnitID{elsewhere.Root}},
			pactius.KindInvalid, "no longer exists"},
		{"an archived unit", w.visitor(p), users.Wish{Units: []pactius.UnitID{archived}}, pactius.KindInvalid,
			"archived"},
		{"a message that is too long", w.visitor(p), users.Wish{Message: strings.Repeat("x", pactius.MaxMessage+1)},
			pactius.KindInvalid, "too long"},
		{"a message that turns the reading direction", w.visitor(p), users.Wish{Message: "\u202eevil"},
			pactius.KindInvalid, "invisible"},
		{"a message with NUL", w.visitor(p), users.Wish{Message: "a\x00b"}, pactius.KindInvalid, "invisible"},
	}
	for _, test := range tests {
		w.refused(t, test.name, test.kind, test.says, func() error {
			_, err := w.rules.Ask(t.Context(), test.actor, test.wish)
			return err
		})
	}
}

func TestTheDeclinedWaitADay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := storetest.Person("new@nordhavn.example", "New")
	q := w.ask(t, p)
	w.expect(t, "declining", func() {
		if _, err := w.rules.Decline(t.Context(), w.Actor(w.root), q.ID, "Not yet."); err != nil {
			t.Fatal(err)
		}
	}, []string{"request.declined"}, []string{"request-declined to new@nordhavn.example"})
	w.db.Clock.Advance(pactius.AskAgainInterval - time.Second)
	w.refused(t, "a second too early", pactius.KindTooMany, "a day after", func() error {
		_, err := w.rules.Ask(t.Context(), w.visitor(p), users.Wish{})
		return err
	})
	s, err := w.rules.Standing(t.Context(), w.visitor(p))
	if err != nil || s.CanAsk || !s.AskAgain.Equal(w.db.Clock.Now().Add(time.Second)) {
		t.Errorf("standing: can ask %v, again %v, %v", s.CanAsk, s.AskAgain, err)
	}
	w.db.Clock.Advance(time.Second)
	if again := w.ask(t, p); again.ID == q.ID {
		t.Error("the declined request was sent again")
	}
}

func TestWithdraw(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := storetest.Person("new@nordhavn.example", "New")
	withdraw := func() error {
		q, err := w.rules.Withdraw(t.Context(), w.visitor(p))
		if err == nil && q.State != pactius.StateWithdrawn {
			t.Errorf("the request is %s", q.State)
		}
		return err
	}
	w.refused(t, "nothing to withdraw", pactius.KindNotFound, "", withdraw)
	w.ask(t, p)
	w.expect(t, "withdrawing", func() {
		if err := withdraw(); err != nil {
			t.Fatal(err)
		}
	}, []string{"request.withdrawn"}, nil)
	w.unchanged(t, "withdrawing twice", withdraw)
	w.ask(t, p) // at once
	w.refused(t, "somebody else's request", pactius.KindNotFound, "", func() error {
		_, err := w.rules.Withdraw(t.Context(), w.visitor(storetest.Person(p.Username, "Twin")))
		return err
	})
}

func TestAnEmailThatIsNoneIsNotKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := storetest.Person("new@nordhavn.example", "New")
	p.Email = "new@nordhavn.example\r\nBcc: all@nordhavn.example"
	q := w.ask(t, p)
	if q.Person.Email != "" {
		t.Errorf("kept %q", q.Person.Email)
	}
	d := w.approve(t, w.root, q)
	if got := d.User.MailAddress(); got != "new@nordhavn.example" {
		t.Errorf("mails go to %q", got)
	}
}

func TestExpiryAndReminder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.ask(t, storetest.Person("new@nordhavn.example", "New"), w.sales)
	run := func(job func(context.Context, func()) error, want int) func() {
		return func() {
			tried := 0
			if err := job(t.Context(), func() { tried++ }); tried != want || err != nil {
				t.Errorf("%d, %v; want %d", tried, err, want)
			}
		}
	}
	remind, expire := w.rules.Remind, w.rules.Expire
	w.db.Clock.Advance(pactius.RequestReminder - time.Second)
	w.expect(t, "too early to remind", run(remind, 0), nil, nil)
	w.db.Clock.Advance(time.Second)
	w.expect(t, "the reminder", run(remind, 1), []string{"request.reminded"},
		[]string{"request-reminder to local@nordhavn.example", "request-reminder to root@nordhavn.example"})
	w.expect(t, "a second reminder", run(remind, 0), nil, nil)
	w.db.Clock.Advance(pactius.RequestLifetime - pactius.RequestReminder - time.Second)
	w.expect(t, "too early to expire", run(expire, 0), nil, nil)
	w.db.Clock.Advance(time.Second)
	w.expect(t, "the expiry", run(expire, 1), []string{"request.expired"},
		[]string{"request-expired to new@nordhavn.example"})
	w.expect(t, "a second expiry", run(expire, 0), nil, nil)
}

// TestTwoInstancesTellOnce lets a second instance do the same work after the
// first has read what is due.
func TestTwoInstancesTellOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	second := users.New(&change.DB{Store: w.db.Again(t), Now: w.db.Clock.Now})
	w.ask(t, storetest.Person("new@nordhavn.example", "New"), w.sales)
	both := func(first, second func(context.Context, func()) error) func() {
		return func() {
			tried := 0
			err := first(t.Context(), func() {
				if err := second(t.Context(), func() { tried++ }); err != nil {
					t.Error(err)
				}
			})
			if tried != 1 || err != nil {
				t.Errorf("the second instance tried %d requests, want 1; the first: %v", tried, err)
			}
		}
	}
	w.db.Clock.Advance(pactius.RequestReminder)
	w.expect(t, "the reminder", both(w.rules.Remind, second.Remind), []string{"request.reminded"},
		[]string{"request-reminder to local@nordhavn.example", "request-reminder to root@nordhavn.example"})
	w.db.Clock.Advance(pactius.RequestLifetime - pactius.RequestReminder)
	w.expect(t, "the expiry", both(w.rules.Expire, second.Expire), []string{"request.expired"},
		[]string{"request-expired to new@nordhavn.example"})
}

func TestABrokenEnvironmentDoesNotHoldUpTheOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := build(t, w.db, "other.example")
	w.ask(t, storetest.Person("a@nordhavn.example", "A"))
	q := other.ask(t, storetest.Person("b@nordhavn.example", "B"))
	w.db.Clock.Advance(pactius.RequestLifetime)
	w.db.Break(t, "UPDATE", "access_requests", w.Env)
	if err := w.rules.Expire(t.Context(), func() {}); err == nil {
		t.Error("the failure was not told")
	}
	if got := other.request(t, q.ID); got.State != pactius.StateExpired {
		t.Errorf("the other environment's request is %s", got.State)
	}
	if w.db.Count(t, `SELECT COUNT(*) FROM mails WHERE kind = 'request-expired'`) != 1 {
		t.Error("a mail tells of an expiry that did not happen")
	}
}

// TestAskingAndWithdrawingInALoopIsStopped keeps one person from filling the
// administrators' mailboxes.
func TestAskingAndWithdrawingInALoopIsStopped(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := storetest.Person("new@nordhavn.example", "New")
	visitor := pactius.Visitor(w.Env, p, "")
	for range pactius.MaxRequestsADay {
		w.ask(t, p)
		if _, err := w.rules.Withdraw(t.Context(), visitor); err != nil {
			t.Fatal(err)
		}
	}
	ask := func() error { _, err := w.rules.Ask(t.Context(), visitor, users.Wish{}); return err }
	w.refused(t, "once more", pactius.KindTooMany, "several requests today", ask)
	w.db.Clock.Advance(24 * time.Hour)
	if err := ask(); err != nil {
		t.Errorf("the next day: %v", err)
	}
}

// Administrators whose account is gone are neither named nor emailed.
func TestWhoCannotSignInIsNoApprover(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	named := func(want ...string) {
		t.Helper()
		got, err := w.rules.Approvers(t.Context(), pactius.SupportActor(w.Env), w.sales)
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, u := range got {
			all = append(all, u.Name)
		}
		if diff := cmp.Diff(want, all); diff != "" {
			t.Errorf("approvers (-want +got):\n%s", diff)
		}
	}
	named("Lars Local", "Rikke Root")
	w.gone(t, w.local)
	named("Rikke Root")
	p := storetest.Person("new@nordhavn.example", "New")
	w.expect(t, "a request", func() { w.ask(t, p, w.sales) }, []string{"request.sent"},
		[]string{"request-arrived to root@nordhavn.example"})
	w.gone(t, w.root) // the last administrator
	named()
	standing, err := w.rules.Standing(t.Context(), w.visitor(p))
	if err != nil || len(standing.Deciders) != 0 || standing.Request.State != pactius.StatePending {
		t.Errorf("the page says %+v, %v; want a pending request without approvers", standing, err)
	}
	w.signIn(t, pactius.Person{Identity: w.root.Identity, Username: w.root.Username, Name: w.root.Name,
		VouchedAt: w.db.Clock.Now()})
	named("Rikke Root") // Microsoft has authenticated her again
}

// gone marks the Microsoft 365 account of a user as disabled; the user is not deactivated.
func (w *world) gone(t *testing.T, u pactius.User) {
	t.Helper()
	w.db.Exec(t, `UPDATE users SET account_state = 'disabled', account_state_at = $1 WHERE id = $2`,
		w.db.Clock.Now().UnixMicro(), u.ID)
	w.db.Clock.Advance(time.Minute)
}

func TestPendingIsWhatThePageSays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := storetest.Person("new@nordhavn.example", "New")
	pending := func(want bool, when string) {
		t.Helper()
		if got, err := w.rules.Pending(t.Context(), w.visitor(p)); err != nil || got != want {
			t.Errorf("%s: pending %t, %v; want %t", when, got, err, want)
		}
	}
	pending(false, "before the request")
	q := w.ask(t, p)
	pending(true, "after it")
	w.approve(t, w.root, q)
	pending(false, "approved")
	p = storetest.Person("other@nordhavn.example", "Other")
	w.ask(t, p)
	w.Invite(t, p.Username, p.Name)
	pending(false, "added by another way, so that the page is the welcome")
}
