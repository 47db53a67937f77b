package store_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
)

// TestReach has memberships above, below and beside each other.
func TestReach(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		g := db.Ground(t, "a.example")
		sales, finance := g.Unit(t, g.Root, "Sales"), g.Unit(t, g.Root, "Finance")
		south := g.Unit(t, sales, "South")
		g.Unit(t, south, "Team 10")
		team := g.Unit(t, south, "Team 9")
		g.Unit(t, finance, "Payroll")
		u := g.User(t, "freja@nordhavn.example", "Freja", pactius.Grant{Unit: south, Access: pactius.AccessRead},
			pactius.Grant{Unit: team, Access: pactius.AccessWrite})
		other := g.User(t, "bo@nordhavn.example", "Bo", pactius.Grant{Unit: g.Root, Access: pactius.AccessAdminister})
		type line struct {
			Name   string
			Access pactius.Access
		}
		reach := func(user pactius.UserID) []line {
			var lines []line
			g.View(t, func(tx *store.Tx) error {
				found, err := tx.Reach(user)
				for _, r := range found {
					lines = append(lines, line{r.Unit.Name, r.Access})
				}
				return err
			})
			return lines
		}
		want := []line{{"Nordhavn", 0}, {"Sales", 0}, {"South", 1}, {"Team 9", 2}, {"Team 10", 1}}
		if diff := cmp.Diff(want, reach(u.ID)); diff != "" {
			t.Errorf("units of Freja (-want +got):\n%s", diff)
		}
		if all := reach(other.ID); len(all) != 7 || all[0] != (line{"Finance", 3}) {
			t.Errorf("units of the administrator: %v", all)
		}
	})
}
