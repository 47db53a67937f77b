package store_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
)

func TestUnitsOfBeforeGetTheirOrderAndWords(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		for _, host := range []string{"a.example", "b.example"} {
			g := db.Ground(t, host)
			g.Unit(t, g.Unit(t, g.Root, "Østre Havn 7"), "Deck")
		}
		want := db.Dump(t)
		db.Exec(t, `UPDATE units SET order_key = ''`)
		db.Exec(t, `DELETE FROM unit_words`)
		if err := db.FillUnits(t.Context()); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, db.Dump(t)); diff != "" {
			t.Errorf("(-before +after):\n%s", diff)
		}
	})
}

func TestFirstMembershipsAreTheHighest(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		g := db.Ground(t, "a.example")
		var grants []pactius.Grant
		for i, name := range []string{"A", "B", "C", "D"} {
			grants = append(grants, pactius.Grant{Unit: g.Unit(t, g.Root, name), Access: pactius.Access(1 + i%3)})
		}
		many := g.User(t, "many@a.example", "Many", grants...)
		one := g.User(t, "one@a.example", "One", grants[0])
		none := g.User(t, "none@a.example", "None")
		g.View(t, func(tx *store.Tx) error {
			got, err := tx.FirstMemberships([]pactius.UserID{many.ID, one.ID, none.ID}, 2)
			if err != nil {
				return err
			}
			access := func(u pactius.UserID) (all []pactius.Access) {
				for _, m := range got[u] {
					all = append(all, m.Access)
				}
				return all
			}
			want := []pactius.Access{pactius.AccessAdminister, pactius.AccessWrite}
			if diff := cmp.Diff(want, access(many.ID)); diff != "" || len(got[one.ID]) != 1 || len(got[none.ID]) != 0 {
				t.Errorf("%d and %d, (-want +got):\n%s", len(got[one.ID]), len(got[none.ID]), diff)
			}
			return nil
		})
	})
}
