package users_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/store/storetest"
	"github.com/pactius/pactius/internal/users"
)

func TestSignIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	invited := w.Invite(t, "anna@nordhavn.example", "anna@nordhavn.example")
	p := storetest.Person("Anna@Nordhavn.example", "Anna Hansen")
	p.Language = "da"
	w.expect(t, "the first sign-in links", func() {
		in := w.signIn(t, p)
		if in.Decision.Outcome != users.OutcomeLink || in.Session.UserID != invited.ID || in.Token == "" {
			t.Errorf("%+v", in)
		}
		if want := w.db.Clock.Now().Add(pactius.SessionAbsolute); !in.Session.ExpiresAt.Equal(want) {
			t.Errorf("the session ends at %v, want %v", in.Session.ExpiresAt, want)
		}
	}, []string{"user.bound", "user.signed_in"}, nil)
	u := w.Reload(t, invited.ID)
	if u.Identity != p.Identity || u.Name != "Anna Hansen" || u.Language != "da" ||
		!u.FirstSignInAt.Equal(w.db.Clock.Now()) {
		t.Errorf("linked as %+v", u)
	}
	w.db.Clock.Advance(time.Hour)
	w.expect(t, "the second sign-in enters", func() { w.signIn(t, p) }, []string{"user.signed_in"}, nil)
	if again := w.Reload(t, u.ID); !again.FirstSignInAt.Equal(u.FirstSignInAt) ||
		!again.LastSignInAt.Equal(w.db.Clock.Now()) {
		t.Errorf("sign-ins noted at %v and %v", again.FirstSignInAt, again.LastSignInAt)
	}
	p.Username, p.Name = "anna.jensen@nordhavn.example", "Anna Jensen"
	w.expect(t, "a rename in Microsoft 365 is followed", func() { w.signIn(t, p) },
		[]string{"user.renamed", "user.signed_in"}, nil)
	if got := w.Reload(t, u.ID); got.Username != p.Username || got.Name != p.Name {
		t.Errorf("renamed to %s, %s", got.Username, got.Name)
	}
	p.Username = "root@nordhavn.example"
	w.expect(t, "a name that somebody had here is taken from them: Microsoft has just said whose it is",
		func() { w.signIn(t, p) },
		[]string{"user.name_released", "user.renamed", "user.signed_in"}, nil)
	if got := w.Reload(t, w.root.ID).Username; got != "root#before@nordhavn.example" {
		t.Errorf("who had it is called %s", got)
	}
	w.Invite(t, "newcomer@nordhavn.example", "New")
	p.Username = "newcomer@nordhavn.example"
	w.expect(t, "the name of somebody invited is left alone", func() { w.signIn(t, p) }, []string{"user.signed_in"},
		nil)
	p.Username = "anna.jensen@nordhavn.example"
	w.expect(t, "a rename back", func() { w.signIn(t, p) }, []string{"user.renamed", "user.signed_in"}, nil)
	p.Username = "+45 12345678"
	w.expect(t, "a name that is none is not taken", func() { w.signIn(t, p) }, []string{"user.signed_in"}, nil)
	if got := w.Reload(t, u.ID).Username; got != "anna.jensen@nordhavn.example" {
		t.Errorf("called %s", got)
	}
	twin := storetest.Person("anna.jensen@nordhavn.example", "Anna Jensen")
	w.expect(t, "another account under the same name is not let in", func() {
		in := w.signIn(t, twin)
		if in.Decision.Outcome != users.OutcomeUnrecognised || !in.Session.IsVisitor() {
			t.Errorf("%+v", in)
		}
		if want := w.db.Clock.Now().Add(pactius.VisitorAbsolute); !in.Session.ExpiresAt.Equal(want) {
			t.Errorf("the visitor's session ends at %v, want %v", in.Session.ExpiresAt, want)
		}
	}, []string{"visitor.signed_in"}, nil)
}

func TestSignInsThatAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Invite(t, "anna@nordhavn.example", "Anna")
	p := storetest.Person("anna@nordhavn.example", "Anna")
	signIn := func(p pactius.Person) func() error {
		return func() error {
			_, err := w.rules.SignIn(t.Context(), w.Env, p, users.Visit{})
			return err
		}
	}
	nobody, nowhere, foreign := p, p, p
	nobody.ObjectID, nowhere.TenantID, foreign.TenantID = "", "", "00000000-0000-0000-0000-000000000000"
	w.refused(t, "without object ID an invited name proves nothing", pactius.KindNotSignedIn, "", signIn(nobody))
	w.refused(t, "without tenant neither", pactius.KindNotSignedIn, "", signIn(nowhere))
	w.unchanged(t, "another tenant's account", func() error {
		if in := w.signIn(t, foreign); in.Decision.Outcome != users.OutcomeForeign || in.Token != "" {
			t.Errorf("%+v", in)
		}
		return nil
	})
	v := users.Visit{State: "state", StateEnd: w.db.Clock.Now().Add(time.Hour)}
	if _, err := w.rules.SignIn(t.Context(), w.Env, p, v); err != nil {
		t.Fatal(err)
	}
	w.refused(t, "a state that was used", pactius.KindConflict, "already been used", func() error {
		_, err := w.rules.SignIn(t.Context(), w.Env, p, v)
		if !errors.Is(err, users.ErrStateUsed) {
			t.Errorf("not ErrStateUsed: %v", err)
		}
		return err
	})
	off := w.User(t, "off@nordhavn.example", "Off")
	w.db.Exec(t, `UPDATE users SET ends_on = '2026-03-01' WHERE id = $1`, off.ID)
	w.expect(t, "past the last day", func() {
		in := w.signIn(t, pactius.Person{Identity: off.Identity, Username: off.Username})
		if in.Decision.Outcome != users.OutcomeBlocked || !in.Session.IsVisitor() || in.Token == "" {
			t.Errorf("%+v", in)
		}
	}, []string{"user.sign_in_refused"}, nil)
}

// TestTheLastDayIsTheEnvironmentsDay: in Copenhagen the 3rd begins an hour
// before it does in UTC.
func TestTheLastDayIsTheEnvironmentsDay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := w.User(t, "anna@nordhavn.example", "Anna")
	w.db.Exec(t, `UPDATE users SET ends_on = '2026-03-02' WHERE id = $1`, u.ID)
	p := pactius.Person{Identity: u.Identity, Username: u.Username}
	w.db.Clock.Advance(14*time.Hour - time.Second) // 22:59:59 UTC
	if got := w.signIn(t, p).Decision.Outcome; got != users.OutcomeEnter {
		t.Errorf("a second before midnight: %s", got)
	}
	w.db.Clock.Advance(time.Second)
	if got := w.signIn(t, p).Decision.Outcome; got != users.OutcomeBlocked {
		t.Errorf("at midnight: %s", got)
	}
}

func TestABindingSignInSettlesTheOwnRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := storetest.Person("old@nordhavn.example", "Anna")
	q := w.ask(t, p)
	invited := w.Invite(t, "new@nordhavn.example", "Anna")
	p.Username = "new@nordhavn.example"
	w.expect(t, "signing in under the new name", func() { w.signIn(t, p) },
		[]string{"user.bound", "request.approved", "user.signed_in"}, nil)
	if got := w.request(t, q.ID); got.State != pactius.StateApproved || got.UserID != invited.ID ||
		got.DecidedBy.Kind != pactius.ActorSystem {
		t.Errorf("%s for %s", describe(got), got.UserID)
	}
	w.refused(t, "the person is in", pactius.KindConflict, "wouldn't end", takeBack(t, w, w.root, q))
}

func TestEnter(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := storetest.Person("new@nordhavn.example", "New")
	in := w.signIn(t, p)
	enter := func(token string) (users.SignedIn, error) {
		return w.rules.Enter(t.Context(), w.Env, token, users.Visit{})
	}
	w.unchanged(t, "looking before being let in", func() error {
		got, err := enter(in.Token)
		if err == nil && (got.Token != in.Token || got.Decision.Outcome != users.OutcomeUnrecognised ||
			got.Session.ID != in.Session.ID) {
			t.Errorf("%+v", got)
		}
		return err
	})
	w.approve(t, w.root, w.ask(t, p))
	got, err := enter(in.Token)
	if err != nil || got.Session.IsVisitor() || got.Token == in.Token {
		t.Fatalf("%+v, %v", got, err)
	}
	for name, token := range map[string]string{"the exchanged token": in.Token, "a user's token": got.Token,
		"no token": "", "a forged token": "x"} {
		w.refused(t, name, pactius.KindNotSignedIn, "", func() error { _, err := enter(token); return err })
	}
	late := w.signIn(t, storetest.Person("late@nordhavn.example", "Late"))
	w.db.Clock.Advance(pactius.VisitorAbsolute)
	w.refused(t, "a session that has ended", pactius.KindNotSignedIn, "",
		func() error { _, err := enter(late.Token); return err })
	if err := w.db.Sweep(t.Context(), w.db.Clock.Now()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(1, w.db.Count(t, `SELECT COUNT(*) FROM sessions`)); diff != "" {
		t.Errorf("sessions left after the sweep (-want +got):\n%s", diff)
	}
}

// An old session links no identity to a user who was added by name, which may have
// become another's since. The next sign-in does.
func TestEnteringLinksNoIdentityByName(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	former := storetest.Person("anna@nordhavn.example", "Anna Before")
	in := w.signIn(t, former)
	invited := w.Invite(t, former.Username, "Anna After", grant(w.Root, pactius.AccessAdminister))
	w.db.Clock.Advance(pactius.VisitorAbsolute - time.Minute)
	w.unchanged(t, "the former owner of the name enters", func() error {
		got, err := w.rules.Enter(t.Context(), w.Env, in.Token, users.Visit{})
		if err == nil && (got.Decision.Outcome != users.OutcomeLink || got.Token != in.Token ||
			!got.Session.IsVisitor()) {
			t.Errorf("%+v", got)
		}
		return err
	})
	former.Username = "anna.before@nordhavn.example"
	if got := w.signIn(t, former); got.Decision.Outcome != users.OutcomeUnrecognised {
		t.Errorf("the former owner signs in again: %+v", got.Decision)
	}
	owner := w.signIn(t, storetest.Person(invited.Username, "Anna After"))
	if owner.Decision.Outcome != users.OutcomeLink || owner.Session.UserID != invited.ID {
		t.Errorf("the owner: %+v", owner.Decision)
	}
}

// TestAVisitorsWordIsAsOldAsItsSignIn: entering with an old session does not
// prove that a closed account is back, nor take an account name from its present owner.
func TestAVisitorsWordIsAsOldAsItsSignIn(t *testing.T) {
	t.Parallel()
	visit := func(t *testing.T) (*world, users.SignedIn, pactius.User) {
		w := newWorld(t)
		p := storetest.Person("anna@nordhavn.example", "Anna")
		in := w.signIn(t, p)
		u := w.approve(t, w.root, w.ask(t, p)).User
		w.db.Clock.Advance(time.Minute)
		return w, in, u
	}
	enter := func(t *testing.T, w *world, token string) (users.SignedIn, error) {
		return w.rules.Enter(t.Context(), w.Env, token, users.Visit{})
	}
	for name, swept := range map[string]string{
		"deactivated by the sweep": `account_state = 'disabled', swept_out = 1, deactivated_at = $2`,
		"marked by the sweep":      `account_state = 'deleted'`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, in, u := visit(t)
			w.db.Exec(t, `UPDATE users SET account_state_at = $2, `+swept+` WHERE id = $1`, u.ID,
				w.db.Clock.Now().UnixMicro())
			got, err := enter(t, w, in.Token)
			if pactius.KindOf(err) != pactius.KindNotSignedIn && got.Decision.Outcome != users.OutcomeBlocked {
				t.Errorf("entered: %+v, %v", got.Decision, err)
			}
			if now := w.Reload(t, u.ID); !now.AccountState.Gone() || !now.LastSignInAt.IsZero() {
				t.Errorf("after entering: %+v", now)
			}
			if n := w.db.Count(t, `SELECT COUNT(*) FROM sessions WHERE user_id = $1`, u.ID); n != 0 {
				t.Errorf("%d sessions", n)
			}
			w.db.Clock.Advance(time.Minute)
			if again := w.signIn(t, in.Session.Person); again.Decision.Outcome != users.OutcomeEnter ||
				w.Reload(t, u.ID).AccountState.Gone() {
				t.Errorf("Microsoft has vouched again: %+v", again.Decision)
			}
		})
	}
	t.Run("found by the sweep, and nothing done yet", func(t *testing.T) {
		t.Parallel()
		w, in, u := visit(t)
		found := w.db.Clock.Now()
		w.db.Clock.Advance(time.Minute)
		if _, err := enter(t, w, in.Token); err != nil {
			t.Fatal(err)
		}
		if last := w.Reload(t, u.ID).LastSignInAt; last.After(found) {
			t.Errorf("counts as signed in at %v, after %v", last, found)
		}
	})
	t.Run("a name that is another's since", func(t *testing.T) {
		t.Parallel()
		w, in, u := visit(t)
		moved := in.Session.Person
		moved.Username = "anna.smith@nordhavn.example"
		w.signIn(t, moved)
		owner := w.User(t, "owner@nordhavn.example", "Anna After")
		w.signIn(t, pactius.Person{Identity: owner.Identity, Username: "anna@nordhavn.example", Name: owner.Name})
		if _, err := enter(t, w, in.Token); err != nil {
			t.Fatal(err)
		}
		if got := w.Reload(t, owner.ID).Username; got != "anna@nordhavn.example" {
			t.Errorf("the owner is called %s", got)
		}
		if got := w.Reload(t, u.ID).Username; got != moved.Username {
			t.Errorf("the visitor is called %s", got)
		}
	})
	t.Run("a request under a name that is another's since", func(t *testing.T) {
		t.Parallel()
		w, in, _ := visit(t)
		q := w.ask(t, storetest.Person("anna@nordhavn.example", "Anna After"))
		if _, err := enter(t, w, in.Token); err != nil {
			t.Fatal(err)
		}
		if got := w.request(t, q.ID).Person.Username; got != "anna@nordhavn.example" {
			t.Errorf("the request of the owner is called %s", got)
		}
	})
}

func TestTroubleOfTheDatabaseIsNotCalledASessionThatEnded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	in := w.signIn(t, storetest.Person("new@nordhavn.example", "New"))
	w.db.Exec(t, `ALTER TABLE sessions RENAME TO lost`)
	_, err := w.rules.Enter(t.Context(), w.Env, in.Token, users.Visit{})
	if got := pactius.KindOf(err); got != pactius.KindInternal {
		t.Errorf("kind %d, %v; want an internal error", got, err)
	}
}

func TestExplainSaysWhatTheSignInWouldDo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Invite(t, "anna@nordhavn.example", "Anna")
	for username, want := range map[string]users.Outcome{"anna@nordhavn.example": users.OutcomeLink,
		"root@nordhavn.example": users.OutcomeEnter, "no@nordhavn.example": users.OutcomeUnrecognised} {
		d, err := w.rules.Explain(t.Context(), pactius.SupportActor(w.Env), pactius.Person{Username: username})
		if err != nil || d.Outcome != want {
			t.Errorf("%s: %s, %v; want %s", username, d.Outcome, err, want)
		}
	}
}

// TestSessionsDoNotPileUp: a program that signs in again and again keeps its
// latest sessions, and those of other users.
func TestSessionsDoNotPileUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	person := func(u pactius.User) pactius.Person {
		return pactius.Person{Identity: u.Identity, Username: u.Username, Name: u.Name}
	}
	other := w.signIn(t, person(w.local))
	first := w.signIn(t, person(w.root))
	var last users.SignedIn
	for range pactius.MaxSessions {
		w.db.Clock.Advance(time.Second)
		last = w.signIn(t, person(w.root))
	}
	if n := w.db.Count(t, `SELECT COUNT(*) FROM sessions WHERE user_id = $1`, w.root.ID); n != pactius.MaxSessions {
		t.Errorf("%d sessions, want %d", n, pactius.MaxSessions)
	}
	for name, c := range map[string]struct {
		token string
		over  bool
	}{"the oldest": {first.Token, true}, "the newest": {last.Token, false}, "somebody else's": {other.Token, false}} {
		_, err := w.rules.Session(t.Context(), w.Env, c.token)
		if (pactius.KindOf(err) == pactius.KindNotSignedIn) != c.over {
			t.Errorf("%s: %v", name, err)
		}
	}
}
