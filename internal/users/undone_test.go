package users_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/store/storetest"
	"github.com/pactius/pactius/internal/users"
)

// TestAnApprovalIsUndoneAlthoughThePersonIsIn: the user is gone with all sessions, and the person waits again.
func TestAnApprovalIsUndoneAlthoughThePersonIsIn(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		w := build(t, db, "nordhavn.example")
		p := storetest.Person("zorba@nordhavn.example", "Zorba Quist")
		before, waiting := w.users(t), w.signIn(t, p)
		q := w.ask(t, p, w.sales)
		w.db.Clock.Advance(time.Minute)
		d := w.approve(t, w.local, q, grant(w.north, pactius.AccessAdminister))
		in, err := w.rules.Enter(t.Context(), w.Env, waiting.Token, users.Visit{Address: "192.0.2.7"})
		must(t, err)
		must(t, w.rules.SignOut(t.Context(), w.Env, in.Token, "192.0.2.7"))
		tokens := []string{w.signIn(t, p).Token, w.signIn(t, p).Token}
		v, err := w.rules.Request(t.Context(), w.Actor(w.local), q.ID)
		if err != nil || !v.CanTakeBack || !v.SignedIn {
			t.Errorf("the page offers it: %v, and says that the person has signed in: %v, %v", v.CanTakeBack,
				v.SignedIn, err)
		}
		w.expect(t, "undoing", func() { must(t, takeBack(t, w, w.local, q)()) },
			[]string{"user.removed", "request.taken_back"}, []string{"approval-taken-back to zorba@nordhavn.example"})
		for _, token := range tokens {
			if _, err := w.rules.Session(t.Context(), w.Env, token); pactius.KindOf(err) != pactius.KindNotSignedIn {
				t.Errorf("a session is still open: %v", err)
			}
		}
		if n := w.db.Count(t, `SELECT COUNT(*) FROM sessions WHERE environment_id = $1 AND oid = $2`, w.Env,
			p.ObjectID); n != 0 || w.users(t) != before {
			t.Errorf("%d sessions and %d users, want 0 and %d", n, w.users(t), before)
		}
		if in := w.signIn(t, p); in.Decision.Outcome != users.OutcomeUnrecognised {
			t.Errorf("the person signs in as %+v", in.Decision)
		}
		s, err := w.rules.Standing(t.Context(), w.visitor(p))
		if err != nil || s.CanAsk || s.Request == nil || s.Request.ID != q.ID ||
			s.Request.State != pactius.StatePending {
			t.Errorf("the person's page says %+v, %v", s, err)
		}
		w.checked(t)
		again := w.approve(t, w.local, q, grant(w.north, pactius.AccessRead))
		if !again.Created || again.User.ID == d.User.ID || w.signIn(t, p).Session.UserID != again.User.ID {
			t.Errorf("approving again gives %+v", again)
		}
		w.checked(t)
		_, err = w.rules.Erase(t.Context(), w.Actor(w.root), again.User.ID, 0)
		must(t, err)
		nowhere(t, w, "zorba", p.ObjectID, "192.0.2.7")
		w.checked(t)
	})
}

// TestWhatHappenedSinceAnApproval decides whether it can be undone.
func TestWhatHappenedSinceAnApproval(t *testing.T) {
	t.Parallel()
	type since func(*testing.T, *office, pactius.User) error
	for name, test := range map[string]struct {
		step since
		says string // "": it can
	}{
		"the person acted as an administrator": {func(t *testing.T, w *office, u pactius.User) error {
			_, err := w.rules.Assign(t.Context(), w.Actor(u), w.seller.ID,
				[]pactius.Grant{grant(w.north, pactius.AccessWrite)})
			return err
		}, "acted as an administrator"},
		"the person ended another's sessions": {func(t *testing.T, w *office, u pactius.User) error {
			w.session(t, w.seller)
			_, err := w.rules.EndSessions(t.Context(), w.Actor(u), w.seller.ID)
			return err
		}, "acted as an administrator"},
		"the person ended the own sessions": {func(t *testing.T, w *office, u pactius.User) error {
			_, err := w.rules.EndSessions(t.Context(), w.Actor(u), u.ID)
			return err
		}, ""},
		"the account was renamed": {func(t *testing.T, w *office, u pactius.User) error {
			w.signIn(t, pactius.Person{Identity: u.Identity, Username: "renamed@nordhavn.example", Name: "Renamed"})
			return nil
		}, ""},
		"the person asked for more": {func(t *testing.T, w *office, u pactius.User) error {
			_, err := w.rules.Ask(t.Context(), w.Actor(u), users.Wish{Message: "More."})
			return err
		}, "sent a new request"},
		"the person asked for more in vain": {func(t *testing.T, w *office, u pactius.User) error {
			if _, err := w.rules.Ask(t.Context(), w.Actor(u), users.Wish{Message: "More."}); err != nil {
				return err
			}
			_, err := w.rules.Withdraw(t.Context(), w.Actor(u))
			return err
		}, "sent a new request"},
		"someone else gave more": {func(t *testing.T, w *office, u pactius.User) error {
			_, err := w.rules.Assign(t.Context(), w.Actor(w.root), u.ID,
				[]pactius.Grant{grant(w.north, pactius.AccessRead)})
			return err
		}, "has been changed"},
		"the actor gave more": {func(t *testing.T, w *office, u pactius.User) error {
			_, err := w.rules.Assign(t.Context(), w.Actor(w.local), u.ID,
				[]pactius.Grant{grant(w.sales, pactius.AccessRead)})
			return err
		}, ""},
		"Support deactivated": {func(t *testing.T, w *office, u pactius.User) error {
			_, err := w.rules.Deactivate(t.Context(), pactius.SupportActor(w.Env), u.ID)
			return err
		}, "has been changed"},
		"the actor deactivated": {func(t *testing.T, w *office, u pactius.User) error {
			_, err := w.rules.Deactivate(t.Context(), w.Actor(w.local), u.ID)
			return err
		}, ""},
		"someone else ended the sessions": {func(t *testing.T, w *office, u pactius.User) error {
			_, err := w.rules.EndSessions(t.Context(), w.Actor(w.root), u.ID)
			return err
		}, ""},
		"another user was merged into it": {func(t *testing.T, w *office, u pactius.User) error {
			_, err := w.rules.Merge(t.Context(), w.Actor(w.root), users.Merge{Kept: u.ID, Other: w.loose.ID})
			return err
		}, "merged"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newOffice(t)
			p := storetest.Person("new@nordhavn.example", "New")
			q := w.ask(t, p, w.north)
			u := w.approve(t, w.local, q, grant(w.north, pactius.AccessAdminister)).User
			w.signIn(t, p)
			w.db.Clock.Advance(time.Minute)
			must(t, test.step(t, w, u))
			v, err := w.rules.Request(t.Context(), w.Actor(w.local), q.ID)
			if err != nil || v.CanTakeBack != (test.says == "") {
				t.Errorf("the page offers it: %v, %v", v.CanTakeBack, err)
			}
			if test.says != "" {
				w.refused(t, name, pactius.KindConflict, test.says, takeBack(t, w.world, w.local, q))
				return
			}
			must(t, takeBack(t, w.world, w.local, q)())
			w.checked(t)
		})
	}
}

// TestTheWrongPersonLosesAnInvitedUser that an administrator took for theirs: the user is as before, the person waits.
func TestTheWrongPersonLosesAnInvitedUser(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna := w.Invite(t, "anna.kjaer@nordhavn.example", "Anna Kjær", grant(w.legal, pactius.AccessWrite))
	was := w.Reload(t, anna.ID)
	wrong := storetest.Person("annak@nordhavn.example", "Anna Krog")
	q := w.ask(t, wrong)
	_, err := w.same(w.Actor(w.root), q, anna, users.Approval{Despite: true})
	must(t, err)
	if in := w.signIn(t, wrong); in.Session.UserID != anna.ID {
		t.Fatalf("the wrong person: %+v", in.Decision)
	}
	must(t, takeBack(t, w, w.root, q)())
	got := w.Reload(t, anna.ID)
	got.Version, got.Language = was.Version, was.Language
	if diff := cmp.Diff(was, got); diff != "" {
		t.Errorf("Anna (-want +got):\n%s", diff)
	}
	if in := w.signIn(t, wrong); in.Decision.Outcome != users.OutcomeUnrecognised {
		t.Errorf("the wrong person: %+v", in.Decision)
	}
	if n := w.db.Count(t, `SELECT COUNT(*) FROM sessions WHERE user_id = $1`, anna.ID); n != 0 {
		t.Errorf("%d sessions of the user", n)
	}
	w.checked(t)
	if in := w.signIn(t, storetest.Person(anna.Username, anna.Name)); in.Session.UserID != anna.ID {
		t.Errorf("the right person: %+v", in.Decision)
	}
}

// TestANewAccountNameStays with a linked user, so the approval stands.
func TestANewAccountNameStays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna := w.Invite(t, "anna.kjaer@nordhavn.example", "Anna Kjær")
	wrong := storetest.Person("annak@nordhavn.example", "Anna Krog")
	q := w.ask(t, wrong)
	_, err := w.same(w.Actor(w.root), q, anna, users.Approval{Despite: true})
	must(t, err)
	wrong.Username = "anna.krog@nordhavn.example"
	w.signIn(t, wrong)
	w.refused(t, "renamed", pactius.KindConflict, "has been changed", takeBack(t, w, w.root, q))
}

// TestUndoingKeepsNoUserOut who was added under the very account name: nothing is undone in vain.
func TestUndoingKeepsNoUserOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := storetest.Person("new@nordhavn.example", "New")
	q := w.ask(t, p)
	w.Invite(t, p.Username, "New")
	w.rules.Directory = told{p.ObjectID: {Username: p.Username}}
	w.approve(t, w.root, q)
	w.signIn(t, p)
	w.refused(t, "already a user", pactius.KindConflict, "wouldn't end their access", takeBack(t, w, w.root, q))
}

// TestARequestIsNotReopenedBehindAnother of the same user, which the person sees.
func TestARequestIsNotReopenedBehindAnother(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	w.session(t, w.seller)
	q := w.askMore(t, w.seller, w.sales)
	w.approve(t, w.local, q, grant(w.sales, pactius.AccessRead))
	w.db.Clock.Advance(time.Minute)
	w.askMore(t, w.seller, w.legal)
	_, err := w.rules.Withdraw(t.Context(), w.Actor(w.seller))
	must(t, err)
	w.refused(t, "behind a newer one", pactius.KindConflict, "sent a new request", takeBack(t, w.world, w.local, q))
}
