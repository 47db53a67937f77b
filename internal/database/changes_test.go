package database_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/database"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
)

// TestChangesDoNotShareTheirFate lets many changes arrive at once: those that refuse,
// panic or give up undo only themselves.
func TestChangesDoNotShareTheirFate(t *testing.T) {
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

// TestAChangeThatFillsTheDiskIsUndoneAlone makes one of many changes run into a full
// disk, on which SQLite undoes the whole transaction.
func TestAChangeThatFillsTheDiskIsUndoneAlone(t *testing.T) {
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

// TestReadersGetAConnectionBesideWaitingWriters lets more changes of an environment
// wait than the pool has connections: a page must still be read.
func TestReadersGetAConnectionBesideWaitingWriters(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		env := db.Ground(t, "a.example").Env
		release := hold(t, db, env)
		pool := db.Pools()[len(db.Pools())-1]
		var wg sync.WaitGroup
		for i := range pool.Limit + 10 {
			name := fmt.Sprint("waiting ", i)
			wg.Go(func() {
				if err := db.DB.Update(t.Context(), env, writing(env, name, nothing)); err != nil {
					t.Error(err)
				}
			})
		}
		err := db.DB.View(t.Context(), env, func(tx *database.Tx) error {
			_, err := database.One(t.Context(), tx, database.Value[int], `SELECT COUNT(*) FROM users`)
			return err
		}) // returns while the changes wait
		if err != nil {
			t.Error(err)
		}
		release()
		wg.Wait()
	})
}
