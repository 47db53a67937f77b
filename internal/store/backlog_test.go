package store_test

import (
	"testing"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
)

// TestBacklogsAreOfTheirEnvironments counts what waits, in one of two environments.
func TestBacklogsAreOfTheirEnvironments(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		idle := db.Ground(t, "idle.example")
		g := db.Ground(t, "a.example")
		admin := pactius.Grant{Unit: g.Root, Access: pactius.AccessAdminister}
		ada := g.User(t, "ada@nordhavn.example", "Ada", admin)
		for i, change := range []func(*pactius.User){
			func(u *pactius.User) { u.DeactivatedAt = storetest.Start },
			func(u *pactius.User) { u.EndsOn = "2001-01-01" },
			func(u *pactius.User) { u.AccountState = pactius.AccountDeleted },
			func(u *pactius.User) { u.Identity.TenantID = "11111111-0b5a-4c7d-9e21-5f4a3b2c1d0e" },
		} {
			u := g.User(t, string(rune('b'+i))+"@nordhavn.example", "Other", admin)
			change(&u)
			g.Update(t, func(tx *store.Tx) error { return tx.UpdateUser(u) })
		}
		ends := g.User(t, "z@nordhavn.example", "Ends", admin)
		ends.EndsOn = "2099-12-31"
		last := storetest.Start.Add(time.Hour)
		g.Update(t, func(tx *store.Tx) error {
			if _, err := tx.ClaimSweep("lease", last, last, true); err != nil {
				return err
			}
			return tx.Enqueue(
				pactius.Mail{ID: "m1", Kind: "x", Data: []byte("{}"), To: "a", CreatedAt: storetest.Start},
				pactius.Mail{ID: "m2", Kind: "x", Data: []byte("{}"), To: "a", CreatedAt: last},
				pactius.Mail{ID: "m3", Kind: "x", Data: []byte("{}"), To: "a", CreatedAt: last})
		})
		g.Update(t, func(tx *store.Tx) error { return tx.UpdateUser(ends) })
		db.Exec(t, `UPDATE mails SET state = 'dead' WHERE id = 'm3'`)
		all, err := db.Store.Backlogs(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		b := all[g.Env]
		if left := all[idle.Env]; left != nil && *left != (store.Backlog{}) {
			t.Errorf("the backlog of idle.example is %+v", left)
		}
		if b == nil || b.Mails != (store.Due{Count: 2, Since: storetest.Start, First: storetest.Start,
			Last: last}) || b.Dead != 1 || b.Clients.Count != 0 || !b.Sweep.DueAt.Equal(last) ||
			b.Sweep.Lease != "lease" || b.Profile.IsZero() {
			t.Errorf("the backlog of a.example is %+v", b)
		}
		there, err := db.Store.RootAdministrators(t.Context(), pactius.DateOf(storetest.Start))
		if err != nil {
			t.Fatal(err)
		}
		if len(there) != 1 || len(there[g.Env]) != 2 || there[g.Env][0].Name+there[g.Env][1].Name != "AdaEnds" ||
			there[g.Env][0].MailAddress() != ada.MailAddress() {
			t.Errorf("administrators: %+v", there)
		}
	})
}
