package store_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/dbtool"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
)

// called lists the users that a search finds, by their present account names.
func called(t *testing.T, g *storetest.Ground, search string) []string {
	t.Helper()
	var found []string
	g.View(t, func(tx *store.Tx) error {
		page, err := tx.Users(pactius.UserFilter{Search: search}, store.UserScope{All: true})
		for _, u := range page.Users {
			found = append(found, u.Username)
		}
		return err
	})
	return found
}

func TestANameOfBeforeKeepsFindingItsUser(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		g, other := db.Ground(t, "a.example"), db.Ground(t, "b.example")
		anna := g.User(t, "Anna.Hansen@nordhavn.example", "Anna Hansen")
		other.User(t, "anna.hansen@nordhavn.example", "Anna Hansen")
		rename := func(to string) {
			t.Helper()
			db.Clock.Advance(time.Hour)
			g.Update(t, func(tx *store.Tx) error {
				u, err := tx.User(anna.ID)
				if err != nil {
					return err
				}
				old := u.Username
				u.Username = to
				return tx.RenameUser(u, old, db.Clock.Now())
			})
		}
		rename("anna.smith@nordhavn.example")
		for search, want := range map[string][]string{"anna.hansen": {"anna.smith@nordhavn.example"},
			"smith": {"anna.smith@nordhavn.example"}, "jensen": nil} {
			if diff := cmp.Diff(want, called(t, g, search)); diff != "" {
				t.Errorf("search for %q (-want +got):\n%s", search, diff)
			}
		}
		g.View(t, func(tx *store.Tx) error {
			owners, err := tx.FormerOwners("ANNA.HANSEN@nordhavn.example")
			want := []pactius.FormerUsername{{User: anna.ID, Username: "Anna.Hansen@nordhavn.example",
				Until: db.Clock.Now()}}
			if diff := cmp.Diff(want, owners); diff != "" {
				t.Errorf("who had the name (-want +got):\n%s", diff)
			}
			return err
		})
		for i := range 7 {
			rename(fmt.Sprintf("name%d@nordhavn.example", i))
		}
		rename("Anna.Hansen@nordhavn.example") // back again: no other user had the name before
		g.View(t, func(tx *store.Tx) error {
			former, err := tx.FormerUsernames(anna.ID)
			if len(former) != 5 || former[0].Username != "name6@nordhavn.example" {
				t.Errorf("names of before: %v", former)
			}
			owners, ownersErr := tx.FormerOwners("anna.hansen@nordhavn.example")
			if len(owners) > 0 {
				t.Errorf("who had the name before and has another now: %v", owners)
			}
			if err == nil {
				err = ownersErr
			}
			return err
		})
		found, err := dbtool.Check(t.Context(), db.URL, dbtool.Options{Now: db.Clock.Now})
		for _, f := range found {
			if strings.Contains(f.Detail, "found by") {
				t.Errorf("the check finds %+v", f)
			}
		}
		if err != nil {
			t.Error(err)
		}
	})
}
