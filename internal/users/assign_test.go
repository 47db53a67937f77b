package users_test

import (
	"fmt"
	"testing"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/store"
)

func TestAssign(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	assign := func(u pactius.User, grants ...pactius.Grant) error {
		_, err := w.rules.Assign(t.Context(), w.Actor(w.root), u.ID, grants)
		return err
	}
	w.unchanged(t, "a form saved unchanged", func() error {
		return assign(w.both, grant(w.sales, pactius.AccessWrite), grant(w.legal, pactius.AccessRead),
			grant(w.north, pactius.AccessNone))
	})
	w.db.Exec(t, `UPDATE users SET created_by = 'request' WHERE id = $1`, w.loose.ID)
	for range 2 {
		if err := assign(w.loose, grant(w.north, pactius.AccessRead)); err != nil {
			t.Fatal(err)
		}
	}
	if n := w.db.Count(t, `SELECT COUNT(*) FROM mails WHERE kind = 'access-assigned'
			AND to_address = 'loose@nordhavn.example'`); n != 1 {
		t.Errorf("%d mails to somebody who waited for units, want 1", n)
	}
	w.refused(t, "a level that does not exist", pactius.KindInvalid, "",
		func() error { return assign(w.loose, grant(w.north, 9)) })
	w.refused(t, "a negative level", pactius.KindInvalid, "",
		func() error { return assign(w.loose, grant(w.north, -1)) })
	w.refused(t, "a unit that does not exist", pactius.KindInvalid, "",
		func() error { return assign(w.loose, grant("no", pactius.AccessRead)) })
	w.refused(t, "a unit twice", pactius.KindInvalid, "", func() error {
		return assign(w.loose, grant(w.legal, pactius.AccessRead), grant(w.legal, pactius.AccessWrite))
	})
}

// TestAFullUserCanStillBeChanged: changing the access to a unit was counted as
// one unit more.
func TestAFullUserCanStillBeChanged(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	var grants []pactius.Grant
	w.Update(t, func(tx *store.Tx) error {
		for i := range pactius.MaxGrants {
			u := pactius.Unit{ID: pactius.UnitID(id.New()), ParentID: w.legal, Name: fmt.Sprint("Unit ", i),
				CreatedAt: w.db.Clock.Now()}
			if err := tx.InsertUnit(u); err != nil {
				return err
			}
			grants = append(grants, grant(u.ID, pactius.AccessRead))
		}
		return tx.SetMemberships(w.loose.ID, grants, w.db.Clock.Now())
	})
	assign := func(grants ...pactius.Grant) error {
		_, err := w.rules.Assign(t.Context(), w.Actor(w.root), w.loose.ID, grants)
		return err
	}
	if err := assign(grant(grants[0].Unit, pactius.AccessWrite)); err != nil {
		t.Errorf("changing: %v", err)
	}
	w.refused(t, "one more", pactius.KindInvalid, "",
		func() error { return assign(grant(w.sales, pactius.AccessRead)) })
	if err := assign(grant(grants[1].Unit, pactius.AccessNone), grant(w.sales, pactius.AccessRead)); err != nil {
		t.Errorf("exchanging: %v", err)
	}
}
