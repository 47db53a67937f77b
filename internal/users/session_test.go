package users_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/store/storetest"
	"github.com/pactius/pactius/internal/users"
)

func TestSessions(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	session := func(token string) error {
		s, err := w.rules.Session(t.Context(), w.Env, token)
		if err == nil && s.Due {
			err = w.rules.See(t.Context(), w.Env, token)
		}
		return err
	}
	over := func(name, token string) {
		t.Helper()
		if err := session(token); pactius.KindOf(err) != pactius.KindNotSignedIn {
			t.Errorf("%s: %v, want NotSignedIn", name, err)
		}
	}
	token := w.session(t, w.root)
	s, err := w.rules.Session(t.Context(), w.Env, token)
	if err != nil || s.User.ID != w.root.ID || s.Session.IsVisitor() {
		t.Fatalf("%+v, %v", s, err)
	}
	if m, err := w.rules.Menu(t.Context(), w.Actor(w.root)); err != nil || !m.RootAdministrator || !m.Administrator {
		t.Errorf("the menu of an administrator of the root: %+v, %v", m, err)
	}
	over("no token", "")
	over("a forged token", "x")
	other := buildOffice(t, w.db, "other.example")
	if _, err := w.rules.Session(t.Context(), other.Env, token); pactius.KindOf(err) != pactius.KindNotSignedIn {
		t.Errorf("in another environment: %v", err)
	}
	for range 4 { // kept alive
		w.db.Clock.Advance(pactius.SessionIdle - time.Second)
		if err := session(token); err != nil {
			if w.db.Clock.Now().Sub(storetest.Start) < pactius.SessionAbsolute {
				t.Errorf("ended after %v: %v", w.db.Clock.Now().Sub(storetest.Start), err)
			}
		}
	}
	over("past the absolute end", token)
	token = w.session(t, w.root)
	w.db.Clock.Advance(pactius.SessionIdle)
	over("idle", token)
	token = w.session(t, w.seller)
	if n, err := w.rules.EndSessions(t.Context(), w.Actor(w.seller), w.seller.ID); n != 3-2 || err != nil {
		t.Errorf("signing oneself out everywhere: %d, %v", n, err)
	}
	over("revoked", token)
	w.refused(t, "signing somebody else out", pactius.KindForbidden, "",
		func() error { _, err := w.rules.EndSessions(t.Context(), w.Actor(w.seller), w.both.ID); return err })
	token = w.session(t, w.seller)
	if _, err := w.rules.Deactivate(t.Context(), w.Actor(w.root), w.seller.ID); err != nil {
		t.Fatal(err)
	}
	over("deactivated", token)
	if _, err := w.rules.Reactivate(t.Context(), w.Actor(w.root), w.seller.ID); err != nil {
		t.Fatal(err)
	}
	over("the session does not come back with the user", token)
	token = w.session(t, w.seller)
	w.db.Exec(t, `UPDATE users SET ends_on = '2026-01-01' WHERE id = $1`, w.seller.ID)
	over("past the last day", token)
	token = w.session(t, w.both)
	for range 2 {
		if err := w.rules.SignOut(t.Context(), w.Env, token, ""); err != nil {
			t.Errorf("sign out: %v", err)
		}
	}
	over("signed out", token)
	if n := w.db.Count(t, `SELECT COUNT(*) FROM events WHERE kind = 'user.signed_out'`); n != 1 {
		t.Errorf("%d events of one sign-out", n)
	}
}

// TestOwnSessions plays two users, each with several sessions: what one ends is
// theirs, at the next request, and nothing of the other.
func TestOwnSessions(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	me, victim := w.Actor(w.seller), w.Actor(w.both)
	here, there, third := w.session(t, w.seller), w.session(t, w.seller), w.session(t, w.seller)
	theirs := w.session(t, w.both)
	open := func(name, token string, want bool) {
		t.Helper()
		_, err := w.rules.Session(t.Context(), w.Env, token)
		if got := err == nil; got != want || (!want && pactius.KindOf(err) != pactius.KindNotSignedIn) {
			t.Errorf("%s is open: %v (%v), want %v", name, got, err, want)
		}
	}
	id := func(token string) pactius.SessionID {
		t.Helper()
		s, err := w.rules.Session(t.Context(), w.Env, token)
		if err != nil {
			t.Fatal(err)
		}
		return s.Session.ID
	}
	own, err := w.rules.OwnSessions(t.Context(), me)
	if len(own) != 3 || err != nil {
		t.Fatalf("%d sessions, %v; want 3", len(own), err)
	}
	for _, s := range own {
		if s.UserID != w.seller.ID {
			t.Errorf("shows a session of %s", s.UserID)
		}
	}
	ends := func(name string, who pactius.Actor, session pactius.SessionID, want bool) {
		t.Helper()
		if ended, err := w.rules.EndOwnSession(t.Context(), who, session); ended != want || err != nil {
			t.Errorf("%s: %v, %v; want %v", name, ended, err, want)
		}
	}
	before := w.db.Dump(t)
	ends("somebody else's session", me, id(theirs), false)
	ends("one that never was", me, "no session", false)
	if diff := cmp.Diff(before, w.db.Dump(t)); diff != "" {
		t.Errorf("something has changed (-before +after):\n%s", diff)
	}
	ends("one of my own", me, id(there), true)
	open("the one I ended", there, false)
	open("this one", here, true)
	for _, want := range []int{1, 0} {
		if n, err := w.rules.EndOtherSessions(t.Context(), me, id(here)); n != want || err != nil {
			t.Errorf("all others: %d, %v; want %d", n, err, want)
		}
	}
	open("this one", here, true)
	open("another of mine", third, false)
	open("a session of somebody else", theirs, true)
	if n, err := w.rules.EndOtherSessions(t.Context(), me, id(theirs)); n != 1 || err != nil {
		t.Errorf("all but somebody else's: %d, %v; want all of mine", n, err)
	}
	open("a session of somebody else", theirs, true)
	if n := w.db.Count(t, `SELECT COUNT(*) FROM events WHERE kind = 'user.sessions_ended' AND actor_user = $1
		AND user_id = $1`, w.seller.ID); n != 3 {
		t.Errorf("%d events, want 3", n)
	}
	for name, who := range map[string]pactius.Actor{"Support": pactius.SupportActor(w.Env),
		"a visitor": pactius.Visitor(w.Env, storetest.Person("v@nordhavn.example", "V"), "")} {
		_, see := w.rules.OwnSessions(t.Context(), who)
		_, end := w.rules.EndOwnSession(t.Context(), who, id(theirs))
		_, all := w.rules.EndOtherSessions(t.Context(), who, "")
		for _, err := range []error{see, end, all} {
			if pactius.KindOf(err) != pactius.KindNotSignedIn {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	ends("my own, as the last one", victim, id(theirs), true)
	open("the last one", theirs, false)
}

// TestSignedOutEverywhereIsEverywhere keeps a session that the user had as a visitor,
// which could be exchanged for a user's.
func TestSignedOutEverywhereIsEverywhere(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	newcomer := storetest.Person("newcomer@nordhavn.example", "Newcomer")
	sign := func(p pactius.Person) string {
		t.Helper()
		in, err := w.rules.SignIn(t.Context(), w.Env, p, users.Visit{})
		if err != nil {
			t.Fatal(err)
		}
		return in.Token
	}
	visitor, other := sign(newcomer), sign(storetest.Person("other@nordhavn.example", "Other"))
	u := w.Invite(t, newcomer.Username, newcomer.Name)
	sign(newcomer)
	if n, err := w.rules.EndSessions(t.Context(), w.Actor(w.root), u.ID); n != 1 || err != nil {
		t.Errorf("ended %d, %v; want the user's one", n, err)
	}
	_, err := w.rules.Enter(t.Context(), w.Env, visitor, users.Visit{})
	if pactius.KindOf(err) != pactius.KindNotSignedIn {
		t.Errorf("the visitor's session leads in: %v", err)
	}
	if _, err := w.rules.Session(t.Context(), w.Env, other); err != nil {
		t.Errorf("another visitor's session ended too: %v", err)
	}
}

// TestSessionsOfAnotherTenantEnd: sessions of people authenticated by
// an earlier tenant end where the environment is connected to another one.
func TestSessionsOfAnotherTenantEnd(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	token := w.session(t, w.root)
	for _, step := range []struct {
		name, tenant string
		over         bool
	}{
		{"without connection whoever is in stays in", "", false},
		{"another tenant knows nobody", "11111111-0b5a-4c7d-9e21-5f4a3b2c1d0e", true},
		{"the old one still does", storetest.Tenant, false},
	} {
		w.db.Exec(t, `UPDATE environments SET tenant_id = $1 WHERE id = $2`, step.tenant, w.Env)
		_, err := w.rules.Session(t.Context(), w.Env, token)
		if got := pactius.KindOf(err) == pactius.KindNotSignedIn; got != step.over || (err != nil) != step.over {
			t.Errorf("%s: %v", step.name, err)
		}
	}
}
