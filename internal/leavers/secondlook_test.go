package leavers_test

import (
	"testing"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/leavers"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
)

// removed is an account that the list of changes calls deleted, but that is in no recycle bin.
func (d *directory) removed(u pactius.User) {
	d.put(u, pactius.AccountDeleted)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.nowhere[u.Identity.ObjectID] = true
}

// TestASecondLook: an account that is nowhere may be Graph's eventual consistency. Its user is not deactivated until it
// is still nowhere some minutes later, whatever the rounds in between say.
func TestASecondLook(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		c := newCompany(t, db, "nordhavn.example", 6)
		c.sweep(t)
		anna, bo, ida, per, eva := c.staff[0], c.staff[1], c.staff[2], c.staff[3], c.staff[4]
		c.directory.drop(anna)                         // nowhere, and stays there
		c.directory.drop(bo)                           // nowhere for a moment
		c.directory.removed(ida)                       // deleted by the changes, and nowhere
		c.directory.removed(per)                       // likewise, for a moment
		c.leave(pactius.AccountDeleted, eva)           // in the recycle bin
		again := func() { c.directory.gone = 1 << 30 } // the next round reads all accounts
		again()
		report := c.sweep(t)
		for _, u := range []pactius.User{anna, bo, ida, per} {
			c.want(t, "not found once", u, "active, signed in")
		}
		c.want(t, "in the recycle bin", eva, "deactivated, by the sweep, deleted")
		if report.Unsettled != 4 || report.Found != 1 {
			t.Errorf("%+v, want 4 unsettled and 1 found", report)
		}
		soon := func(want bool) {
			t.Helper()
			due, err := db.DueSweeps(t.Context(), db.Clock.Now().Add(leavers.SecondLook), false, 9)
			if err != nil || (len(due) == 1) != want {
				t.Errorf("due within the time of the second look: %v, %v, want it: %v", due, err, want)
			}
		}
		soon(true)
		for range 3 { // rounds in between do not look again, and do not begin to count anew
			db.Clock.Advance(leavers.SecondLook/3 - time.Second)
			again()
			c.sweep(t)
			c.want(t, "a moment later", anna, "active, signed in")
		}
		c.directory.put(bo, pactius.AccountPresent)
		c.directory.put(per, pactius.AccountPresent)
		db.Clock.Advance(10 * time.Second)
		report = c.sweep(t)
		c.want(t, "nowhere twice", anna, "deactivated, by the sweep, deleted")
		c.want(t, "called deleted, and nowhere twice", ida, "deactivated, by the sweep, deleted")
		c.want(t, "there again", bo, "active, signed in")
		c.want(t, "called deleted, and there", per, "active, signed in")
		if report.Unsettled != 0 || db.Count(t, `SELECT COUNT(*) FROM sweep_findings WHERE done_at = 0`) != 0 {
			t.Errorf("%+v, and findings are left", report)
		}
		soon(false)
	})
}

// TestASignInBetweenTheLooks: Microsoft has vouched for the account meanwhile.
func TestASignInBetweenTheLooks(t *testing.T) {
	t.Parallel()
	c := newCompany(t, storetest.New(t), "nordhavn.example", 2)
	c.sweep(t)
	anna := c.staff[0]
	c.directory.removed(anna)
	c.sweep(t)
	c.db.Clock.Advance(time.Minute)
	c.Update(t, func(tx *store.Tx) error {
		u, err := tx.User(anna.ID)
		if err != nil {
			return err
		}
		u.LastSignInAt = c.db.Clock.Now()
		return tx.UpdateUser(u)
	})
	c.db.Clock.Advance(leavers.SecondLook)
	c.sweep(t)
	c.want(t, "signed in between", anna, "active, signed in")
}
