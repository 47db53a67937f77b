package database_test

import (
	"context"
	"errors"
	"runtime"
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

// endless is a statement that does not end by itself.
var endless = map[string]string{
	"sqlite":   `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT COUNT(*) FROM n`,
	"postgres": `SELECT COUNT(*) FROM pg_sleep(3600)`,
}

// writing returns a change that writes a row and then does more.
func writing(
	ctx context.Context, env pactius.EnvironmentID, name string, more func(*database.Tx) error,
) func(*database.Tx) error {
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

// awaitQueued returns when n changes of an environment are queued.
func awaitQueued(db *storetest.DB, env pactius.EnvironmentID, n int) {
	for db.Queued(env) != n {
		runtime.Gosched()
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
			if err := db.DB.Update(t.Context(), env, writing(t.Context(), env, "other", nothing)); err != nil {
				t.Errorf("the other change: %v", err)
			}
		})
		awaitQueued(db, env, 1)
		ctx, cancel := context.WithTimeout(t.Context(), short)
		defer cancel()
		err := db.DB.Update(ctx, env, writing(ctx, env, "late", nothing)) // returns while the group is held
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the late change: %v, want its deadline", err)
		}
		if n := db.Queued(env); n != 1 {
			t.Errorf("%d changes are queued, want only the other", n)
		}
		release()
		wg.Wait()
		happened(t, db, "other")
	})
}

// TestALongStatementEndsAtItsDeadline runs one alone and one in a group, whose
// other changes are not lost.
func TestALongStatementEndsAtItsDeadline(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		env := db.Ground(t, "a.example").Env
		long := func() {
			ctx := &deadline{Context: t.Context(), done: make(chan struct{})}
			err := db.DB.Update(ctx, env, writing(ctx, env, "long", func(tx *database.Tx) error {
				time.AfterFunc(short, func() { close(ctx.done) })
				_, err := database.One(ctx, tx, database.Value[int], endless[db.Engine()])
				return err
			}))
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("the long change: %v, want its deadline", err)
			}
		}
		long()
		happened(t, db)

		release := hold(t, db, env)
		var wg sync.WaitGroup
		wg.Go(func() {
			if err := db.DB.Update(t.Context(), env, writing(t.Context(), env, "first", nothing)); err != nil {
				t.Errorf("the first change: %v", err)
			}
		})
		awaitQueued(db, env, 1)
		wg.Go(long)
		awaitQueued(db, env, 2)
		release()
		wg.Wait()
		happened(t, db, "first")
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

// hold keeps the environment's group busy until release is called, so that further
// changes queue and then share a batch.
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
			t.Errorf("the change that holds the group: %v", err)
		}
	}
}

// TestAChangeThatHasRunIsUndoneAtItsDeadline: the group of a change does not end,
// because another change in it takes its time.
func TestAChangeThatHasRunIsUndoneAtItsDeadline(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		env := db.Ground(t, "a.example").Env
		release := hold(t, db, env)
		var wg sync.WaitGroup
		hurried := make(chan error, 1)
		ctx, cancel := context.WithCancel(t.Context())
		wg.Go(func() { hurried <- db.DB.Update(ctx, env, writing(ctx, env, "hurried", nothing)) })
		awaitQueued(db, env, 1)
		slow, answered, tries := make(chan struct{}), make(chan struct{}), 0
		wg.Go(func() {
			err := db.DB.Update(t.Context(), env, writing(t.Context(), env, "slow", func(*database.Tx) error {
				if tries++; tries == 1 {
					close(slow)
					<-answered // the other one is answered first, or this never ends
				}
				return nil
			}))
			if err != nil {
				t.Errorf("the slow change: %v", err)
			}
		})
		awaitQueued(db, env, 2)
		release()
		<-slow
		cancel()
		if err := <-hurried; !errors.Is(err, context.Canceled) {
			t.Errorf("the hurried change: %v, want its context's end", err)
		}
		close(answered)
		wg.Wait()
		happened(t, db, "slow")
		if tries != 2 {
			t.Errorf("the slow change ran %d times, want twice", tries)
		}
	})
}

// TestAChangeDoesNotWaitForAnotherProcessBeyondItsDeadline: another instance holds
// the lock of the file or the environment until the change has been answered.
func TestAChangeDoesNotWaitForAnotherProcessBeyondItsDeadline(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		env := db.Ground(t, "a.example").Env
		type update = func(context.Context, pactius.EnvironmentID, func(*database.Tx) error) error
		for name, update := range map[string]update{"in a group": db.DB.Update, "alone": db.UpdateAlone} {
			err := db.Again(t).DB.Update(t.Context(), env, func(*database.Tx) error {
				ctx, cancel := context.WithTimeout(t.Context(), short)
				defer cancel()
				err := update(ctx, env, writing(ctx, env, "late", nothing))
				if !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("%s: %v, want its deadline", name, err)
				}
				return nil
			})
			if err != nil {
				t.Errorf("%s: the other process: %v", name, err)
			}
		}
		if err := db.DB.Update(t.Context(), env, writing(t.Context(), env, "next", nothing)); err != nil {
			t.Errorf("the next change: %v", err)
		}
		happened(t, db, "next")
	})
}
