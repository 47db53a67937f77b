package database_test

import (
	"context"
	"database/sql/driver"
	"errors"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/database"
	"github.com/pactius/pactius/internal/store/storetest"
)

// TestAGroupCommitsEarlyForAChangeWhoseTimeIsOver: a change that has run is kept, not
// undone, when its context ends and the group can commit before the next change.
func TestAGroupCommitsEarlyForAChangeWhoseTimeIsOver(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		env := db.Ground(t, "a.example").Env
		release := hold(t, db, env)
		ctx, cancel := context.WithCancel(t.Context())
		hurried, answered := make(chan error, 1), make(chan struct{})
		go func() {
			hurried <- db.DB.Update(ctx, env, writing(ctx, env, "hurried", nothing))
			close(answered)
		}()
		awaitQueued(db, env, 1)
		var wg sync.WaitGroup
		update := func(name string, more func(*database.Tx) error) {
			wg.Go(func() {
				if err := db.DB.Update(t.Context(), env, writing(t.Context(), env, name, more)); err != nil {
					t.Errorf("the change %s: %v", name, err)
				}
			})
		}
		update("second", func(tx *database.Tx) error {
			cancel()
			for began := time.Now(); !tx.Hurried(); runtime.Gosched() {
				if time.Since(began) > 10*time.Second {
					return errors.New("the group was not told to commit early")
				}
			}
			return nil
		})
		awaitQueued(db, env, 2)
		update("third", func(*database.Tx) error {
			<-answered // in the same group this would hold up the first change's commit
			return nil
		})
		awaitQueued(db, env, 3)
		release()
		if err := <-hurried; err != nil {
			t.Errorf("the change whose time is over: %v", err)
		}
		wg.Wait()
		happened(t, db, "hurried", "second", "third")
	})
}

// TestAnEndedChangeRunsNoFurtherStatement ends the context of a change in a group
// between two of its statements: the second is refused at once, and the first undone.
func TestAnEndedChangeRunsNoFurtherStatement(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		env := db.Ground(t, "a.example").Env
		release := hold(t, db, env)
		var wg sync.WaitGroup
		wg.Go(func() {
			if err := db.DB.Update(t.Context(), env, writing(t.Context(), env, "first", nothing)); err != nil {
				t.Errorf("the first change: %v", err)
			}
		})
		awaitQueued(db, env, 1)
		ctx, cancel := context.WithCancel(t.Context())
		wg.Go(func() {
			err := db.DB.Update(ctx, env, writing(ctx, env, "ended", func(tx *database.Tx) error {
				cancel()
				_, err := tx.Exec(addState, string(env), "further")
				if !errors.Is(err, context.Canceled) {
					t.Errorf("a further statement: %v", err)
				}
				return err
			}))
			if !errors.Is(err, context.Canceled) {
				t.Errorf("the ended change: %v", err)
			}
		})
		awaitQueued(db, env, 2)
		release()
		wg.Wait()
		happened(t, db, "first")
	})
}

// TestACommitWithoutAnAnswerIsNotTriedAgain distinguishes a connection that was lost
// before the commit from one that was lost by it: then the change may have happened.
func TestACommitWithoutAnAnswerIsNotTriedAgain(t *testing.T) {
	t.Parallel()
	lost := database.Translate(driver.ErrBadConn)
	for name, c := range map[string]struct {
		err   error
		again bool
	}{
		"before the commit": {lost, true}, "by the commit": {database.Unsure(lost), false},
		"another error of the commit": {database.Unsure(database.ErrTaken), false},
	} {
		if again := database.Undone(c.err); again != c.again || pactius.KindOf(c.err) == pactius.KindInternal {
			t.Errorf("%s: tried again %v, want %v: %v", name, again, c.again, c.err)
		}
	}
}
