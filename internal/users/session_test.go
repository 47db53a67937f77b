package users_test

import (
	"testing"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/store/storetest"
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
