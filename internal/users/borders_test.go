package users_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/store/storetest"
	"github.com/pactius/pactius/internal/users"
)

// TestReplacingUnitsLeavesThoseOfOthers replaces the units of a user who also has one
// that the administrator does not administer.
func TestReplacingUnitsLeavesThoseOfOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := w.User(t, "both@nordhavn.example", "Bo Both", grant(w.sales, pactius.AccessRead),
		grant(w.legal, pactius.AccessWrite))
	if _, err := w.rules.Replace(t.Context(), w.Actor(w.local), u.ID, 0,
		[]pactius.Grant{grant(w.north, pactius.AccessRead)}); err != nil {
		t.Fatal(err)
	}
	want := map[pactius.UnitID]pactius.Access{w.north: pactius.AccessRead, w.legal: pactius.AccessWrite}
	if diff := cmp.Diff(want, w.Memberships(t, u.ID)); diff != "" {
		t.Errorf("units (-want +got):\n%s", diff)
	}
}

// TestCorrectingANameDoesNotDecideOnesOwnRequest corrects an invited user's account name
// to the administrator's own, which Microsoft has given to a new account of theirs.
func TestCorrectingANameDoesNotDecideOnesOwnRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	me := w.User(t, "me@nordhavn.example", "Me", grant(w.Root, pactius.AccessAdminister))
	w.db.Clock.Advance(time.Minute)
	p := storetest.Person(me.Username, "Me")
	w.ask(t, p)
	invited := w.Invite(t, "mee@nordhavn.example", "Me", grant(w.Root, pactius.AccessAdminister))
	w.refused(t, "correcting the name", pactius.KindForbidden, "own request", func() error {
		_, err := w.rules.Edit(t.Context(), w.Actor(me), invited.ID, 0, pactius.UserUpdate{Username: &p.Username,
			Identity: p.Identity, Settle: true})
		return err
	})
}

// TestTakingBackDoesNotUndoOnesOwnRequest gives the administrator the account name of
// a request that was approved.
func TestTakingBackDoesNotUndoOnesOwnRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	q := w.ask(t, storetest.Person("anna@nordhavn.example", "Anna"))
	d := w.approve(t, w.root, q)
	w.db.Exec(t, `UPDATE users SET username = 'a2@x.example', username_key = 'a2@x.example' WHERE id = $1`, d.User.ID)
	me := w.User(t, "anna@nordhavn.example", "Me", grant(w.Root, pactius.AccessAdminister))
	w.refused(t, "taking back", pactius.KindForbidden, "own request", func() error {
		_, err := w.rules.TakeBack(t.Context(), w.Actor(me), q.ID)
		return err
	})
}

// TestApprovingDoesNotLinkSomeoneWhoIsSwitchedOff approves a request whose account name
// a deactivated user has by now.
func TestApprovingDoesNotLinkSomeoneWhoIsSwitchedOff(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	q := w.ask(t, storetest.Person("anna@nordhavn.example", "Anna"))
	u := w.Invite(t, "anna@nordhavn.example", "Anna", grant(w.sales, pactius.AccessRead))
	w.db.Exec(t, `UPDATE users SET deactivated_at = 1 WHERE id = $1`, u.ID)
	w.refused(t, "approving", pactius.KindConflict, "deactivated", func() error {
		_, err := w.rules.Approve(t.Context(), w.Actor(w.root), q.ID, users.Approval{})
		return err
	})
}
