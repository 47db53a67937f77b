package store_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
)

// TestDailyCounts counts on two days and in two environments.
func TestDailyCounts(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		g, other := db.Ground(t, "a.example"), db.Ground(t, "b.example")
		today := db.Clock.Now()
		tomorrow := today.Add(24 * time.Hour)
		count := func(g *storetest.Ground, at time.Time, want []int, what ...string) {
			t.Helper()
			g.Update(t, func(tx *store.Tx) error {
				got, err := tx.CountToday(at, what...)
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("counts (-want +got):\n%s", diff)
				}
				return err
			})
		}
		count(g, today, nil)
		count(g, today, []int{1, 1}, "a", "b")
		count(g, today, []int{3, 1, 3}, "a", "c", "a")
		count(other, today, []int{1}, "a")
		count(g, tomorrow, []int{1}, "a")
		undone := errors.New("undone")
		err := db.Update(t.Context(), g.Env, func(tx *store.Tx) error {
			if _, err := tx.CountToday(today, "b"); err != nil {
				return err
			}
			return undone
		})
		if !errors.Is(err, undone) {
			t.Fatal(err)
		}
		counted := func(at time.Time, what string, want int) {
			t.Helper()
			g.View(t, func(tx *store.Tx) error {
				got, err := tx.CountedToday(at, what)
				if got != want {
					t.Errorf("%s was counted %d times, want %d", what, got, want)
				}
				return err
			})
		}
		counted(today, "a", 3)
		counted(today, "b", 1)
		counted(today, "never", 0)
		if err := db.SweepDailyCounts(t.Context(), tomorrow); err != nil {
			t.Fatal(err)
		}
		counted(today, "a", 0)
		counted(tomorrow, "a", 1)
	})
}
