package leavers_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/leavers"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
)

// TestACrashBetweenPages ends the turn on every page in turn; the next one goes
// on there, and what was found is neither lost nor carried out twice.
func TestACrashBetweenPages(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		c := newCompany(t, db, "nordhavn.example", 9)
		c.sweep(t)
		c.leave(pactius.AccountDisabled, c.staff[:5]...)
		ended := 0
		for ended < 3 {
			ctx, cancel := context.WithCancel(t.Context())
			start := c.directory.calls
			c.directory.before = func(call int) error {
				if call > start+1 {
					cancel() // the server stops; the call does not come back
					return context.Canceled
				}
				return nil
			}
			if _, err := c.rules.SweepDue(ctx, nil); err != nil && !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
			cancel()
			if c.directory.calls == start {
				c.due()
				ended++
				continue
			}
		}
		for _, u := range c.staff[:5] {
			c.want(t, "disabled", u, "deactivated, by the sweep, disabled")
		}
		if got, mails := c.events(t, pactius.UserAccountGone), c.mails(t, "leavers"); got != 5 || mails != 2 {
			t.Errorf("%d events and %d mails, want 5 and one for each administrator", got, mails)
		}
	})
}

// TestAnInstanceThatDiesIsReplaced leaves a lease behind, as a crash does.
func TestAnInstanceThatDiesIsReplaced(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		c := newCompany(t, db, "nordhavn.example", 1)
		c.Update(t, func(tx *store.Tx) error {
			claimed, err := tx.ClaimSweep("dead", db.Clock.Now(), db.Clock.Now().Add(5*time.Minute), false)
			if !claimed {
				t.Error("not claimed")
			}
			return err
		})
		if _, err := c.rules.Sweep(t.Context(), pactius.SupportActor(c.Env)); !errors.Is(err, leavers.ErrUnderWay) {
			t.Errorf("beside the lease: %v", err)
		}
		db.Clock.Advance(5 * time.Minute)
		if n, err := c.rules.SweepDue(t.Context(), nil); err != nil || n != 1 || c.directory.calls == 0 {
			t.Errorf("after the lease %d environments were due, %v", n, err)
		}
		save := func(tx *store.Tx) error { return tx.SaveSweep("dead", store.Sweep{}) }
		if err := db.Update(t.Context(), c.Env, save); !errors.Is(err, store.ErrStale) {
			t.Errorf("the dead one comes back: %v", err)
		}
	})
}

// TestTwoInstancesShareTheWork lets several go at the same environments at once.
func TestTwoInstancesShareTheWork(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		c := newCompany(t, db, "nordhavn.example", 12)
		c.sweep(t)
		c.leave(pactius.AccountDisabled, c.staff[:4]...)
		c.due()
		second := c.runner(db.Again(t))
		var wg sync.WaitGroup
		for _, r := range []*leavers.Rules{c.rules, second, c.rules, second} {
			wg.Go(func() {
				if _, err := r.SweepDue(t.Context(), nil); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if got, mails := c.events(t, pactius.UserAccountGone), c.mails(t, "leavers"); got != 4 || mails != 2 {
			t.Errorf("%d events and %d mails, want 4 and one for each administrator", got, mails)
		}
	})
}
