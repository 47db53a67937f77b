package store_test

import (
	"testing"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
)

// TestWhatMakesAnotherRootAdministrator decides whether the last administrator of
// the environment may go.
func TestWhatMakesAnotherRootAdministrator(t *testing.T) {
	t.Parallel()
	on := func(access pactius.Access) func(*storetest.Ground, pactius.UnitID) pactius.Grant {
		return func(g *storetest.Ground, _ pactius.UnitID) pactius.Grant {
			return pactius.Grant{Unit: g.Root, Access: access}
		}
	}
	onUnit := func(_ *storetest.Ground, unit pactius.UnitID) pactius.Grant {
		return pactius.Grant{Unit: unit, Access: pactius.AccessAdminister}
	}
	cases := []struct {
		name   string
		grant  func(*storetest.Ground, pactius.UnitID) pactius.Grant
		change func(*pactius.User)
		want   int
	}{
		{"administers the root", on(pactius.AccessAdminister), nil, 1},
		{"writes on the root", on(pactius.AccessWrite), nil, 0},
		{"reads on the root", on(pactius.AccessRead), nil, 0},
		{"administers a sub-unit", onUnit, nil, 0},
		{"is deactivated", on(pactius.AccessAdminister), func(u *pactius.User) { u.DeactivatedAt = storetest.Start },
			0},
		{"has an end date", on(pactius.AccessAdminister), func(u *pactius.User) { u.EndsOn = "2099-12-31" }, 0},
		{"has a disabled account", on(pactius.AccessAdminister),
			func(u *pactius.User) { u.AccountState = pactius.AccountDisabled }, 0},
		{"has a deleted account", on(pactius.AccessAdminister),
			func(u *pactius.User) { u.AccountState = pactius.AccountDeleted }, 0},
		{"is cut off", on(pactius.AccessAdminister),
			func(u *pactius.User) { u.Identity.TenantID = "11111111-0b5a-4c7d-9e21-5f4a3b2c1d0e" }, 0},
		{"is not linked yet", on(pactius.AccessAdminister),
			func(u *pactius.User) { u.Identity = pactius.Identity{} }, 1},
	}
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		for i, c := range cases {
			g := db.Ground(t, string(rune('a'+i))+".example")
			unit := g.Unit(t, g.Root, "Sales")
			last := g.User(t, "last@nordhavn.example", "Last",
				pactius.Grant{Unit: g.Root, Access: pactius.AccessAdminister})
			other := g.User(t, "other@nordhavn.example", "Other", c.grant(g, unit))
			g.Update(t, func(tx *store.Tx) error {
				if c.change == nil {
					return nil
				}
				c.change(&other)
				return tx.UpdateUser(other)
			})
			g.View(t, func(tx *store.Tx) error {
				got, err := tx.OtherRootAdministrators(last.ID)
				if got != c.want {
					t.Errorf("another user who %s counts as %d root administrators, want %d", c.name, got, c.want)
				}
				return err
			})
		}
	})
}
