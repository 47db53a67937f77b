package users_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/store/storetest"
	"github.com/pactius/pactius/internal/users"
)

func TestTakeBack(t *testing.T) {
	t.Parallel()
	t.Run("a user it created is gone and the request waits again", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		before := w.users(t)
		p := storetest.Person("new@nordhavn.example", "New")
		q := w.ask(t, p, w.sales)
		d := w.approve(t, w.local, q, grant(w.north, pactius.AccessRead))
		w.expect(t, "taking back", func() {
			got, err := w.rules.TakeBack(t.Context(), w.Actor(w.local), q.ID)
			if err != nil || got.State != pactius.StatePending || got.UserID != "" || got.Created ||
				!got.DecidedAt.IsZero() {
				t.Errorf("%+v, %v", got, err)
			}
		}, []string{"user.removed", "request.taken_back"}, []string{"approval-taken-back to new@nordhavn.example"})
		if w.users(t) != before {
			t.Errorf("%d users, want %d", w.users(t), before)
		}
		w.refused(t, "twice", pactius.KindConflict, "no approval to undo", takeBack(t, w, w.local, q))
		again := w.approve(t, w.root, q)
		if !again.Created || again.User.ID == d.User.ID {
			t.Errorf("approving again gives %+v", again)
		}
	})
	t.Run("an account it linked is as before, and keeps what others changed", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		p := storetest.Person("new@nordhavn.example", "New")
		q := w.ask(t, p)
		invited := w.Invite(t, p.Username, "New", grant(w.sales, pactius.AccessRead))
		w.rules.Directory = told{p.ObjectID: {Username: p.Username}}
		w.approve(t, w.root, q, grant(w.sales, pactius.AccessWrite), grant(w.legal, pactius.AccessRead),
			grant(w.north, pactius.AccessRead))
		if _, err := w.rules.Assign(t.Context(), w.Actor(w.root), invited.ID,
			[]pactius.Grant{grant(w.legal, pactius.AccessAdminister)}); err != nil {
			t.Fatal(err)
		}
		w.expect(t, "taking back", func() {
			if err := takeBack(t, w, w.root, q)(); err != nil {
				t.Fatal(err)
			}
		}, []string{"user.units_assigned", "request.taken_back"},
			[]string{"approval-taken-back to new@nordhavn.example"})
		want := map[pactius.UnitID]pactius.Access{w.sales: pactius.AccessRead, w.legal: pactius.AccessAdminister}
		if diff := cmp.Diff(want, w.Memberships(t, invited.ID)); diff != "" {
			t.Errorf("access (-want +got):\n%s", diff)
		}
		if u := w.Reload(t, invited.ID); !u.Identity.IsZero() || u.UnitCount != 2 {
			t.Errorf("still linked or miscounted: %+v", u)
		}
		if d := w.approve(t, w.root, q); d.Created || d.User.ID != invited.ID {
			t.Errorf("approving again gives %+v", d)
		}
	})
}

func TestTakeBackRefused(t *testing.T) {
	t.Parallel()
	t.Run("after ten minutes it stands", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		q := w.ask(t, storetest.Person("new@nordhavn.example", "New"))
		w.approve(t, w.root, q)
		w.db.Clock.Advance(pactius.TakeBackTime - time.Second)
		if v, err := w.rules.Request(t.Context(), w.Actor(w.root), q.ID); err != nil || !v.CanTakeBack {
			t.Errorf("a second before the page offers it: %v, %v", v.CanTakeBack, err)
		}
		w.db.Clock.Advance(time.Second)
		if v, err := w.rules.Request(t.Context(), w.Actor(w.root), q.ID); err != nil || v.CanTakeBack {
			t.Errorf("the page offers it too late: %v, %v", v.CanTakeBack, err)
		}
		w.refused(t, "too late", pactius.KindConflict, "no longer", takeBack(t, w, w.root, q))
	})
	t.Run("a request settled by adding is not taken back", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		p := storetest.Person("new@nordhavn.example", "New")
		q := w.ask(t, p)
		if _, err := w.rules.Add(t.Context(), w.Actor(w.root),
			users.NewUser{Username: p.Username, Name: "New", Identity: p.Identity, Settle: true}); err != nil {
			t.Fatal(err)
		}
		w.refused(t, "added instead", pactius.KindConflict, "the user was added", takeBack(t, w, w.root, q))
	})
	t.Run("a declined or pending request has nothing to take back", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		q := w.ask(t, storetest.Person("new@nordhavn.example", "New"))
		w.refused(t, "pending", pactius.KindConflict, "no approval to undo", takeBack(t, w, w.root, q))
		if _, err := w.rules.Decline(t.Context(), w.Actor(w.root), q.ID, ""); err != nil {
			t.Fatal(err)
		}
		w.refused(t, "declined", pactius.KindConflict, "no approval to undo", takeBack(t, w, w.root, q))
	})
	t.Run("what somebody else gave elsewhere is not theirs to take", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		q := w.ask(t, storetest.Person("new@nordhavn.example", "New"), w.sales)
		w.approve(t, w.root, q, grant(w.sales, pactius.AccessRead), grant(w.legal, pactius.AccessRead))
		if v, err := w.rules.Request(t.Context(), w.Actor(w.local), q.ID); err != nil || v.CanTakeBack {
			t.Errorf("the page offers it: %v, %v", v.CanTakeBack, err)
		}
		w.refused(t, "a local administrator", pactius.KindForbidden, "outside", takeBack(t, w, w.local, q))
	})
	t.Run("without units an approval is taken back by its approver and from above", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		q := w.ask(t, storetest.Person("new@nordhavn.example", "New"), w.sales)
		w.approve(t, w.root, q)
		if v, err := w.rules.Request(t.Context(), w.Actor(w.local), q.ID); err != nil || v.CanTakeBack {
			t.Errorf("the page offers it: %v, %v", v.CanTakeBack, err)
		}
		w.refused(t, "another administrator of the unit", pactius.KindForbidden, "outside", takeBack(t, w, w.local, q))
		if err := takeBack(t, w, w.root, q)(); err != nil {
			t.Fatal(err)
		}
		w.approve(t, w.local, q)
		if err := takeBack(t, w, w.local, q)(); err != nil {
			t.Errorf("the approver: %v", err)
		}
	})
	t.Run("the last administrator of the company is not taken back", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		q := w.ask(t, storetest.Person("new@nordhavn.example", "New"), w.sales)
		w.approve(t, w.root, q, grant(w.Root, pactius.AccessAdminister))
		if _, err := w.rules.Deactivate(t.Context(), pactius.SupportActor(w.Env), w.root.ID); err != nil {
			t.Fatal(err)
		}
		w.refused(t, "the last one", pactius.KindConflict, "last administrator", func() error {
			_, err := w.rules.TakeBack(t.Context(), pactius.SupportActor(w.Env), q.ID)
			return err
		})
	})
}

func takeBack(t *testing.T, w *world, by pactius.User, q pactius.AccessRequest) func() error {
	t.Helper()
	return func() error {
		_, err := w.rules.TakeBack(t.Context(), w.Actor(by), q.ID)
		return err
	}
}
