package change_test

import (
	"errors"
	"testing"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
)

// TestARefusalSaysWhichBorderItMeets distinguishes units of others from users of
// others, as pages do.
func TestARefusalSaysWhichBorderItMeets(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	both := c.User(t, "both@nordhavn.example", "Bo Both", grant(c.sales, pactius.AccessRead),
		grant(c.legal, pactius.AccessRead))
	none := c.User(t, "none@nordhavn.example", "Nina None")
	err := c.work.Read(t.Context(), c.Actor(c.local), change.RoleAdministrator, func(tx *change.Tx) error {
		if err := tx.CheckManage(both.ID, []pactius.UnitID{c.sales, c.legal}); !errors.Is(err, change.ErrOutside) {
			t.Errorf("a user with units elsewhere: %v", err)
		}
		if err := tx.CheckManage(none.ID, nil); !errors.Is(err, change.ErrOfOthers) {
			t.Errorf("a user whom someone else added: %v", err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestOnlyAdministratorsOfTheRootAreTheLast asks in a company whose only administrator
// of the root leaves on a day.
func TestOnlyAdministratorsOfTheRootAreTheLast(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	c.db.Exec(t, `UPDATE users SET ends_on = '2099-12-31' WHERE id = $1`, c.root.ID)
	reader := c.User(t, "reader@nordhavn.example", "Rie Reader", grant(c.Root, pactius.AccessWrite))
	err := c.work.Read(t.Context(), c.Actor(c.root), change.RoleUser, func(tx *change.Tx) error {
		for u, want := range map[pactius.UserID]bool{c.root.ID: true, reader.ID: false, c.local.ID: false} {
			memberships, err := tx.Memberships(u)
			if err != nil {
				return err
			}
			if last, err := tx.IsLastAdministrator(u, memberships); err != nil || last != want {
				t.Errorf("last administrator with %v: %v, %v; want %v", memberships, last, err, want)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
