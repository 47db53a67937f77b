package users_test

import (
	"testing"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/mail"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
	"github.com/pactius/pactius/internal/users"
)

// known keeps a profile of a person, and reads it back.
func (w *world) known(t *testing.T, i pactius.Identity, p pactius.Profile) {
	t.Helper()
	w.Update(t, func(tx *store.Tx) error { return tx.StoreLook(store.Look{Identity: i, Profile: p}, nil) })
	if got := w.profileOf(t, i); got != p {
		t.Fatalf("kept %+v, want %+v", got, p)
	}
}

func (w *world) profileOf(t *testing.T, i pactius.Identity) (p pactius.Profile) {
	t.Helper()
	w.View(t, func(tx *store.Tx) error {
		all, err := tx.Profiles([]pactius.Identity{i})
		p = all[i]
		return err
	})
	return p
}

// TestAProfileEndsWithThePerson: it stays while a request becomes a user, and goes with the user, also as the manager
// of others.
func TestAProfileEndsWithThePerson(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	cara := storetest.Person("cara@nordhavn.example", "Cara")
	q, err := w.rules.Ask(t.Context(), pactius.Visitor(w.Env, cara, ""), users.Wish{})
	if err != nil {
		t.Fatal(err)
	}
	pilot := pactius.Profile{Title: "Pilot", ManagerID: w.root.Identity.ObjectID, ManagerName: "Root"}
	w.known(t, cara.Identity, pilot)
	w.known(t, w.local.Identity, pactius.Profile{Title: "Head", ManagerID: cara.ObjectID, ManagerName: "Cara"})
	d, err := w.rules.Approve(t.Context(), w.Actor(w.root), q.ID, users.Approval{})
	if err != nil {
		t.Fatal(err)
	}
	if got := w.profileOf(t, cara.Identity); got != pilot {
		t.Errorf("after the approval: %+v", got)
	}
	v, err := w.rules.User(t.Context(), w.Actor(w.root), d.User.ID)
	if err != nil || v.User.Profile != pilot || v.Manager == nil || v.Manager.ID != w.root.ID {
		t.Errorf("the user's page has %+v with the manager %v, %v", v.User.Profile, v.Manager, err)
	}
	if _, err := w.rules.Erase(t.Context(), w.Actor(w.root), d.User.ID, 0); err != nil {
		t.Fatal(err)
	}
	if got := w.profileOf(t, cara.Identity); got != (pactius.Profile{}) ||
		w.db.Count(t, `SELECT COUNT(*) FROM profiles WHERE oid = $1`, cara.ObjectID) != 0 {
		t.Errorf("after the erasure: %+v", got)
	}
	if got := w.profileOf(t, w.local.Identity); got != (pactius.Profile{Title: "Head"}) {
		t.Errorf("of a person whose manager was erased: %+v", got)
	}
}

// TestAProfileFollowsItsAccount to the user that a merge keeps.
func TestAProfileFollowsItsAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	invited := w.Invite(t, "old@nordhavn.example", "Dora Old")
	other := w.User(t, "dora@nordhavn.example", "Dora")
	pilot := pactius.Profile{Title: "Pilot"}
	w.known(t, other.Identity, pilot)
	merge := users.Merge{Kept: invited.ID, Other: other.ID}
	if _, err := w.rules.Merge(t.Context(), w.Actor(w.root), merge); err != nil {
		t.Fatal(err)
	}
	v, err := w.rules.User(t.Context(), w.Actor(w.root), invited.ID)
	if err != nil || v.User.Identity != other.Identity || v.User.Profile != pilot {
		t.Errorf("after the merge: %+v of %+v, %v", v.User.Profile, v.User.Identity, err)
	}
}

// TestApproversAreToldWhoAsks: a user is known at once, a visitor by the time of the reminder.
func TestApproversAreToldWhoAsks(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	w.known(t, w.seller.Identity, pactius.Profile{Title: "Seller", Department: "Sales"})
	if _, err := w.rules.Ask(t.Context(), w.Actor(w.seller), users.Wish{Units: []pactius.UnitID{w.legal}}); err != nil {
		t.Fatal(err)
	}
	arrived := sent[mail.RequestArrived](t, w.world)
	if len(arrived) == 0 {
		t.Error("no one is told of the request")
	}
	for i, m := range arrived {
		if m.Title != "Seller" || m.Department != "Sales" {
			t.Errorf("email %d tells %q, %q", i, m.Title, m.Department)
		}
	}
	cara := storetest.Person("cara@nordhavn.example", "Cara")
	w.ask(t, cara)
	w.known(t, cara.Identity, pactius.Profile{Title: "Pilot"})
	w.db.Clock.Advance(pactius.RequestReminder + time.Hour)
	if err := w.rules.Remind(t.Context(), func() {}); err != nil {
		t.Fatal(err)
	}
	titles := map[string]string{}
	for _, m := range sent[mail.RequestReminder](t, w.world) {
		titles[m.Name] = m.Title
	}
	if titles["Cara"] != "Pilot" || titles[w.seller.Name] != "Seller" {
		t.Errorf("the reminders tell %v", titles)
	}
}
