package database_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/database"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
)

// TestChangesThatShareACommitDoNotShareTheirFate lets many changes arrive at
// once: those that refuse, panic or give up undo only themselves.
func TestChangesThatShareACommitDoNotShareTheirFate(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		g := db.Ground(t, "a.example")
		refused := errors.New("refused")
		const rounds, together = 6, 24
		var kept atomic.Int64
		for round := range rounds {
			var wg sync.WaitGroup
			for i := range together {
				wg.Go(func() {
					defer func() { _ = recover() }()
					ctx, cancel := context.WithCancel(t.Context())
					defer cancel()
					err := db.Update(ctx, g.Env, func(tx *store.Tx) error {
						u := pactius.User{ID: newUser(), Username: fmt.Sprintf("p%d.%d@nordhavn.example", round, i),
							Name: "P"}
						if err := tx.InsertUser(u, ""); err != nil {
							return err
						}
						switch i % 6 {
						case 1:
							return refused
						case 2:
							panic("a mistake of ours")
						case 3: // the client goes away in the middle, which may come too late to matter
							cancel()
							_, err := tx.User(u.ID)
							return err
						}
						return nil
					})
					switch {
					case err == nil:
						kept.Add(1)
					case i%6 == 1 && !errors.Is(err, refused):
						t.Errorf("a refusal came back as %v", err)
					case i%6 == 0 || i%6 > 3:
						t.Errorf("an innocent change failed: %v", err)
					}
				})
			}
			wg.Wait()
		}
		if got, want := db.Count(t, `SELECT COUNT(*) FROM users`), int(kept.Load()); got != want ||
			want < rounds*together/2 {
			t.Errorf("%d users are there, %d were acknowledged, at least %d should be", got, want, rounds*together/2)
		}
	})
}

// TestAChangeThatFillsTheDiskTakesNobodyAlong makes one member of a group run
// into a full disk, on which SQLite undoes the whole transaction.
func TestAChangeThatFillsTheDiskTakesNobodyAlong(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	if db.Engine() != "sqlite" {
		t.Skip("of SQLite only")
	}
	g := db.Ground(t, "a.example")
	pages := db.Count(t, "PRAGMA page_count")
	if _, err := db.Writer().ExecContext(t.Context(), fmt.Sprintf("PRAGMA max_page_count = %d", pages+40)); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	var kept atomic.Int64
	for i := range 16 {
		wg.Go(func() {
			err := db.Update(t.Context(), g.Env, func(tx *store.Tx) error {
				u := pactius.User{ID: newUser(), Username: fmt.Sprintf("p%d@nordhavn.example", i), Name: "P"}
				if i == 3 {
					u.Name = string(make([]byte, 4<<20)) // more than there is room for
				}
				return tx.InsertUser(u, "")
			})
			switch {
			case err == nil:
				kept.Add(1)
			case pactius.KindOf(err) != pactius.KindUnavailable:
				t.Errorf("change %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	if got := db.Count(t, `SELECT COUNT(*) FROM users`); got != int(kept.Load()) || got != 15 {
		t.Errorf("%d users are there, %d were acknowledged, 15 had room", got, kept.Load())
	}
}

// TestNobodyIsRefusedBecauseOfWhatNeverHappened: a change that was refused for
// what an earlier one in its group had done is not told so when the group's commit
// fails.
func TestNobodyIsRefusedBecauseOfWhatNeverHappened(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	if db.Engine() != "sqlite" {
		t.Skip("fails the commit in SQLite's way")
	}
	g := db.Ground(t, "a.example")
	const anna = `INSERT INTO users (environment_id, id, username, username_key, name, name_key, created_at, created_by)
		VALUES ($1, 'anna', 'anna@nordhavn.example', 'anna@nordhavn.example', 'Anna', 'anna', 1, 'add')`
	holding, release := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() { // the first one leads a group of its own, and the others gather
		_ = db.Update(t.Context(), g.Env, func(*store.Tx) error { close(holding); <-release; return nil })
	})
	<-holding
	gathered := func(n int) {
		for db.Queued(g.Env) < n {
			runtime.Gosched()
		}
	}
	wg.Go(func() {
		err := db.DB.Update(t.Context(), g.Env, func(tx *database.Tx) error {
			if _, err := tx.Exec(anna, string(g.Env)); err != nil {
				return err
			}
			// A reference to nothing that only the commit looks at.
			for _, q := range []string{`PRAGMA defer_foreign_keys = ON`, `UPDATE users SET environment_id = 'none'`} {
				if _, err := tx.Exec(q); err != nil {
					t.Error(err)
				}
			}
			return nil
		})
		if err == nil {
			t.Error("the commit was to fail")
		}
	})
	gathered(1)
	taken := errors.New("there is an Anna already")
	wg.Go(func() {
		seen := false
		err := db.DB.Update(t.Context(), g.Env, func(tx *database.Tx) error {
			n, err := database.One(t.Context(), tx, database.Value[int], `SELECT COUNT(*) FROM users`)
			if err != nil || n == 0 {
				return err
			}
			seen = true
			return taken
		})
		if !seen {
			t.Error("the second change saw nothing of the first: the test proves nothing")
		}
		if errors.Is(err, taken) {
			t.Error("refused because of a user who never was")
		}
	})
	gathered(2)
	close(release)
	wg.Wait()
	if n := db.Count(t, `SELECT COUNT(*) FROM users`); n != 0 {
		t.Errorf("%d users", n)
	}
}
