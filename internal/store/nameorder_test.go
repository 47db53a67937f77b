package store_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/names"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
)

// TestNamesOfPeopleSortWithÆØÅLast adds people in another order than lists have, and then gives them the keys of a
// version that sorted ø as o.
func TestNamesOfPeopleSortWithÆØÅLast(t *testing.T) {
	t.Parallel()
	want := []string{"Aage Holm", "Ärmel", "Desk 2", "Desk 10", "Odin", "Olga", "Zenia", "Ærlig", "Østergaard", "Åge"}
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		g := db.Ground(t, "a.example")
		unit := g.Unit(t, g.Root, "Sales")
		all := map[string]pactius.UserID{}
		for i := range want {
			name := want[(i*7+3)%len(want)]
			all[name] = g.User(t, fmt.Sprintf("user%d@nordhavn.example", i), name).ID
			g.Update(t, func(tx *store.Tx) error {
				grant := []pactius.Grant{{Unit: unit, Access: pactius.AccessRead}}
				return tx.SetMemberships(all[name], grant, db.Clock.Now())
			})
		}
		check := func(when string) {
			t.Helper()
			for which, f := range map[string]pactius.UserFilter{
				"all": {}, "of a unit": {Unit: unit}, "found": {Search: "nordhavn"},
			} {
				var got []string
				g.View(t, func(tx *store.Tx) error {
					page, err := tx.Users(f, store.UserScope{All: true})
					for _, u := range page.Users {
						got = append(got, u.Name)
					}
					return err
				})
				if !slices.Equal(got, want) {
					t.Errorf("%s, %s users: %q, want %q", when, which, got, want)
				}
			}
		}
		check("added")
		before := db.Dump(t)
		for name, user := range all {
			for _, column := range []string{"users.id", "memberships.user_id", "user_words.user_id"} {
				table, key, _ := strings.Cut(column, ".")
				db.Exec(t, `UPDATE `+table+` SET name_key = $1 WHERE `+key+` = $2`, names.Fold(name), user)
			}
		}
		if err := db.FillNameOrder(t.Context()); err != nil {
			t.Fatal(err)
		}
		same(t, before, db.Dump(t))
		check("upgraded")
	})
}
