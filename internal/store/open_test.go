package store_test

import (
	"cmp"
	"fmt"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
)

// open finds the open tasks of a crowd by looking at everyone.
func (c *crowd) open(units []pactius.UnitID, meets func(pactius.User) bool, few int) store.OpenUsers {
	var o store.OpenUsers
	for _, u := range c.users {
		reached := units == nil || len(c.in[u.ID]) == 0
		for _, unit := range c.in[u.ID] {
			for at := unit; at != "" && !reached; at = c.above[at] {
				reached = slices.Contains(units, at)
			}
		}
		if reached && meets(u) {
			o.First = append(o.First, u)
		}
	}
	slices.SortFunc(o.First, func(a, b pactius.User) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID, b.ID))
	})
	o.N = len(o.First)
	o.First = o.First[:min(few, o.N)]
	return o
}

func TestOpenTasksAreCountedAndTheOldestAreNamed(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		c := gather(t, db)
		ids := func(o store.OpenUsers) string {
			all := fmt.Sprint(o.N, o.More)
			for _, u := range o.First {
				all += " " + u.Username
			}
			return all
		}
		for name, units := range map[string][]pactius.UnitID{"root": nil, "part": c.units[:2], "leaf": c.units[11:]} {
			var got store.OpenTasks
			scope := store.UserScope{All: units == nil, Units: units, Today: c.today}
			c.View(t, func(tx *store.Tx) (err error) { got, err = tx.OpenTasks("", scope, 3); return err })
			unassigned := c.open(units, func(u pactius.User) bool {
				return len(c.in[u.ID]) == 0 && u.DeactivatedAt.IsZero()
			}, 3)
			invited := c.open(units, func(u pactius.User) bool { return u.Status(c.today) == pactius.StatusInvited }, 3)
			if got, want := ids(got.Unassigned), ids(unassigned); got != want {
				t.Errorf("%s: without units %s, want %s", name, got, want)
			}
			if got, want := ids(got.Invited), ids(invited); got != want {
				t.Errorf("%s: invited %s, want %s", name, got, want)
			}
			if root := units == nil; got.Units != root || got.People != root || got.SignedIn != root {
				t.Errorf("%s: %+v", name, got)
			}
		}
	})
}

// TestOpenTasksMayBeMore: where not all are looked at, the count says so.
func TestOpenTasksMayBeMore(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		c := gather(t, db)
		s := db.Again(t)
		store.SetBounds(s, store.TightBounds)
		for _, units := range [][]pactius.UnitID{nil, c.units[:2]} {
			scope := store.UserScope{All: units == nil, Units: units, Today: c.today}
			err := s.View(t.Context(), c.Env, func(tx *store.Tx) error {
				o, err := tx.OpenTasks("", scope, 3)
				if !o.Unassigned.More || !o.Invited.More {
					t.Errorf("%v: %+v", units, o)
				}
				return err
			})
			if err != nil {
				t.Error(err)
			}
		}
	})
}

// TestOnlyDecisionsCountForTheirTime: what was withdrawn or has expired was decided by no one.
func TestOnlyDecisionsCountForTheirTime(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		g := db.Ground(t, "nord.example")
		now := db.Clock.Now()
		settle := func(name string, state pactius.RequestState, ago, waited time.Duration) {
			q := pactius.AccessRequest{ID: pactius.RequestID(id.New()), Person: storetest.Person(name, name),
				State: pactius.StatePending, CreatedAt: now.Add(-ago - waited), ExpiresAt: now, Version: 1}
			g.Update(t, func(tx *store.Tx) error {
				if err := tx.InsertRequest(q); err != nil {
					return err
				}
				q.State, q.DecidedAt = state, now.Add(-ago)
				return tx.SettleRequest(q, store.Undo{})
			})
		}
		settle("a@nord.example", pactius.StateApproved, time.Hour, 3*time.Hour)
		settle("b@nord.example", pactius.StateDeclined, 2*time.Hour, 5*time.Hour)
		settle("c@nord.example", pactius.StateWithdrawn, time.Hour, 7*time.Hour)
		settle("d@nord.example", pactius.StateExpired, time.Hour, 9*time.Hour)
		settle("e@nord.example", pactius.StateApproved, 30*time.Hour, 11*time.Hour)
		settle("f@nord.example", pactius.StateApproved, 60*time.Hour, 13*time.Hour)
		var latest, before []time.Duration
		g.View(t, func(tx *store.Tx) (err error) {
			before, latest, err = tx.DecisionTimes(now.Add(-48*time.Hour), now.Add(-24*time.Hour))
			return err
		})
		slices.Sort(latest)
		if diff := gocmp.Diff([][]time.Duration{latest, before},
			[][]time.Duration{{3 * time.Hour, 5 * time.Hour}, {11 * time.Hour}}); diff != "" {
			t.Errorf("got - want +:\n%s", diff)
		}
	})
}
