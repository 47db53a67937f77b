package database_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/database"
	"github.com/pactius/pactius/internal/store/storetest"
)

// short is a deadline that passes during a test.
const short = 50 * time.Millisecond

// addState writes a row by which a change is known to have happened.
const addState = `INSERT INTO used_states (environment_id, state_hash, expires_at) VALUES ($1, $2, 1)`

// endless is a statement that runs until it is cancelled.
var endless = map[string]string{
	"sqlite":   `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT COUNT(*) FROM n`,
	"postgres": `SELECT COUNT(*) FROM pg_sleep(3600)`,
}

// endlessly is one whose first row comes immediately, and whose second never does.
const endlessly = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n WHERE i < 2 OR i < 1`

// writing returns a change that writes a row and then does more.
func writing(env pactius.EnvironmentID, name string, more func(*database.Tx) error) func(*database.Tx) error {
	return func(tx *database.Tx) error {
		if _, err := tx.Exec(addState, string(env), name); err != nil {
			return err
		}
		return more(tx)
	}
}

func nothing(*database.Tx) error { return nil }

// happened fails unless exactly these changes have happened.
func happened(t *testing.T, db *storetest.DB, want ...string) {
	t.Helper()
	if n := db.Count(t, `SELECT COUNT(*) FROM used_states`); n != len(want) {
		t.Errorf("%d changes happened, want %d: %v", n, len(want), want)
	}
	for _, name := range want {
		if n := db.Count(t, `SELECT COUNT(*) FROM used_states WHERE state_hash = $1`, name); n != 1 {
			t.Errorf("the change %s happened %d times, want once", name, n)
		}
	}
}

// TestAQueuedChangeLeavesAtItsDeadline: a change that waits for its turn is
// answered at its deadline, and its turn never comes.
func TestAQueuedChangeLeavesAtItsDeadline(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		env := db.Ground(t, "a.example").Env
		release := hold(t, db, env)
		var wg sync.WaitGroup
		wg.Go(func() {
			if err := db.DB.Update(t.Context(), env, writing(env, "other", nothing)); err != nil {
				t.Errorf("the other change: %v", err)
			}
		})
		ctx, cancel := context.WithTimeout(t.Context(), short)
		defer cancel()
		err := db.DB.Update(ctx, env, writing(env, "late", nothing)) // returns while the turn is held
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the late change: %v, want its deadline", err)
		}
		release()
		wg.Wait()
		happened(t, db, "other")
	})
}

// TestALongStatementEndsAtItsDeadline runs one that never ends, and one that never ends after its first row.
func TestALongStatementEndsAtItsDeadline(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		env := db.Ground(t, "a.example").Env
		for _, statement := range []string{endless[db.Engine()], endlessly} {
			ctx := &deadline{Context: t.Context(), done: make(chan struct{})}
			var once sync.Once
			long := func(tx *database.Tx) error {
				once.Do(func() { time.AfterFunc(short, func() { close(ctx.done) }) })
				_, err := database.List(ctx, tx, database.Value[int], statement)
				return err
			}
			if err := db.DB.Update(ctx, env, writing(env, "long", long)); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("the long change: %v, want its deadline", err)
			}
			within, cancel := context.WithTimeout(t.Context(), short)
			if err := db.DB.View(within, env, long); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("the long page: %v, want its deadline", err)
			}
			cancel()
		}
		happened(t, db)
	})
}

// TestAListEndsInTime: the refusal says so, the server has nothing left to do, and the connections are usable.
func TestAListEndsInTime(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		env := db.Ground(t, "a.example").Env
		for _, statement := range []string{endless[db.Engine()], endlessly} {
			err := db.DB.View(t.Context(), env, func(tx *database.Tx) error {
				return tx.Within(short, func() error {
					_, err := database.List(tx.Context(), tx, database.Value[int], statement)
					return err
				})
			})
			refusal, ok := errors.AsType[*pactius.Error](err)
			if !ok || refusal.Kind != pactius.KindUnavailable || refusal.RetryAfter == 0 ||
				!strings.Contains(refusal.Message.String(), "Narrow your search") {
				t.Errorf("the list: %v", err)
			}
		}
		patience, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		for db.Engine() == "postgres" && db.Count(t, `SELECT COUNT(*) FROM pg_stat_activity
			WHERE datname = current_database() AND pid <> pg_backend_pid() AND state = 'active'`) > 0 {
			if patience.Err() != nil {
				t.Fatal("the server still works on a list that was given up")
			}
		}
		for range 20 { // each connection of the pool, and more
			err := db.DB.View(t.Context(), env, func(tx *database.Tx) error {
				err := tx.Within(time.Hour, func() error { return nil })
				if err == nil {
					_, err = database.One(t.Context(), tx, database.Value[int], `SELECT COUNT(*) FROM users`)
				}
				return err
			})
			if err != nil {
				t.Errorf("afterwards: %v", err)
			}
		}
	})
}

// TestTheEndOfTheRequestIsNotTheEndOfAList: a request that ends otherwise is not answered with that refusal.
func TestTheEndOfTheRequestIsNotTheEndOfAList(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		env := db.Ground(t, "a.example").Env
		ctx, cancel := context.WithTimeout(t.Context(), short)
		defer cancel()
		err := db.DB.View(ctx, env, func(tx *database.Tx) error {
			return tx.Within(time.Hour, func() error {
				_, err := database.List(tx.Context(), tx, database.Value[int], endlessly)
				return err
			})
		})
		if !errors.Is(err, context.DeadlineExceeded) || pactius.KindOf(err) == pactius.KindUnavailable {
			t.Errorf("%v, want the deadline of the request", err)
		}
	})
}

// deadline is a context whose deadline passes when done is closed.
type deadline struct {
	context.Context
	done chan struct{}
}

func (d *deadline) Done() <-chan struct{} { return d.done }

func (d *deadline) Err() error {
	select {
	case <-d.done:
		return context.DeadlineExceeded
	default:
		return nil
	}
}

// hold keeps the environment's turn until release is called.
func hold(t *testing.T, db *storetest.DB, env pactius.EnvironmentID) (release func()) {
	t.Helper()
	running, end, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- db.DB.Update(t.Context(), env, func(*database.Tx) error { close(running); <-end; return nil })
	}()
	<-running
	return func() {
		close(end)
		if err := <-ended; err != nil {
			t.Errorf("the change that holds the turn: %v", err)
		}
	}
}

// TestAChangeDoesNotWaitForAnotherProcessBeyondItsDeadline: another instance holds
// the lock of the file or the environment until the change has been answered.
func TestAChangeDoesNotWaitForAnotherProcessBeyondItsDeadline(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		env := db.Ground(t, "a.example").Env
		err := db.Again(t).DB.Update(t.Context(), env, func(*database.Tx) error {
			ctx, cancel := context.WithTimeout(t.Context(), short)
			defer cancel()
			err := db.DB.Update(ctx, env, writing(env, "late", nothing))
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%v, want its deadline", err)
			}
			return nil
		})
		if err != nil {
			t.Errorf("the other process: %v", err)
		}
		if err := db.DB.Update(t.Context(), env, writing(env, "next", nothing)); err != nil {
			t.Errorf("the next change: %v", err)
		}
		happened(t, db, "next")
	})
}
