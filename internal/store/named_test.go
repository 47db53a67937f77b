package store_test

import (
	"testing"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
)

// TestUsersAreFoundByIdentityAndByName looks for users as every way in does.
func TestUsersAreFoundByIdentityAndByName(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		g := db.Ground(t, "nordhavn.example")
		bound := g.User(t, "anna@nordhavn.example", "Anna")
		invited := g.Invite(t, "Jens@nordhavn.example", "Jens")
		g.Invite(t, "third@nordhavn.example", "Tove Third")
		stranger := pactius.Identity{TenantID: bound.Identity.TenantID, ObjectID: "another"}
		elsewhere := pactius.Identity{TenantID: "another", ObjectID: bound.Identity.ObjectID}
		for _, c := range []struct {
			name          string
			identity      pactius.Identity
			username      string
			linked, named pactius.UserID
		}{
			{"both are one user's", bound.Identity, "anna@nordhavn.example", bound.ID, bound.ID},
			{"after a rename", bound.Identity, "anna.b@nordhavn.example", bound.ID, ""},
			{"the name of an invited user", bound.Identity, " JENS@Nordhavn.example", bound.ID, invited.ID},
			{"no identity", pactius.Identity{}, "jens@nordhavn.example", "", invited.ID},
			{"an unknown identity", stranger, "anna@nordhavn.example", "", bound.ID},
			{"the object of another tenant", elsewhere, "x@nordhavn.example", "", ""},
			{"neither", pactius.Identity{}, "x@nordhavn.example", "", ""},
		} {
			g.View(t, func(tx *store.Tx) error {
				got, err := tx.UsersNamed(c.identity, c.username)
				if idOf(got.Linked) != c.linked || idOf(got.Named) != c.named {
					t.Errorf("%s: linked %q, named %q; want %q and %q", c.name, idOf(got.Linked), idOf(got.Named),
						c.linked, c.named)
				}
				return err
			})
		}
	})
}

func idOf(u *pactius.User) pactius.UserID {
	if u == nil {
		return ""
	}
	return u.ID
}
