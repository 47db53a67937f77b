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
