package store_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
)

// TestAListThatTakesTooLongIsRefused replaces tables by views that never end.
func TestAListThatTakesTooLongIsRefused(t *testing.T) {
	t.Parallel()
	lists := map[string]struct {
		table string
		read  func(*store.Tx) error
	}{
		"users": {"users", func(tx *store.Tx) error {
			_, err := tx.Users(pactius.UserFilter{}, store.UserScope{All: true})
			return err
		}},
		"users found by a word": {"user_words", func(tx *store.Tx) error {
			_, err := tx.Users(pactius.UserFilter{Search: "ada"}, store.UserScope{All: true})
			return err
		}},
		"open tasks": {"users", func(tx *store.Tx) error {
			_, err := tx.OpenTasks("", store.UserScope{All: true}, 1)
			return err
		}},
		"requests": {"access_requests", func(tx *store.Tx) error {
			_, err := tx.Requests(pactius.RequestFilter{}, store.RequestScope{All: true})
			return err
		}},
		"the number of requests": {"access_requests", func(tx *store.Tx) error {
			_, err := tx.CountRequests(store.RequestScope{All: true})
			return err
		}},
		"units found by a word": {"unit_words", func(tx *store.Tx) error {
			_, err := tx.FindUnits("nordhavn", false, 1)
			return err
		}},
		"events": {"events", func(tx *store.Tx) error {
			_, err := tx.Events(pactius.EventFilter{}, store.EventScope{All: true})
			return err
		}},
	}
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		g := db.Ground(t, "nordhavn.example")
		asks := storetest.Person("walt@nordhavn.example", "Walt")
		g.User(t, "ada@nordhavn.example", "Ada")
		g.Update(t, func(tx *store.Tx) error {
			now := db.Clock.Now()
			return errors.Join(
				tx.InsertRequest(pactius.AccessRequest{ID: pactius.RequestID(id.New()), CreatedAt: now, Person: asks}),
				tx.InsertEvents(pactius.Event{ID: pactius.EventID(id.New()), At: now, Kind: pactius.UnitAdded}))
		})
		for _, table := range []string{"users", "user_words", "access_requests", "events", "unit_words"} {
			db.Exec(t, fmt.Sprintf(`ALTER TABLE %s RENAME TO kept_%[1]s`, table))
			db.Exec(t, fmt.Sprintf(`CREATE VIEW %s AS WITH RECURSIVE n(i) AS (
				SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT kept.* FROM n, kept_%[1]s kept WHERE n.i < 0`, table))
		}
		for name, list := range lists {
			db.SetPatience(20 * time.Millisecond)
			err := db.View(t.Context(), g.Env, list.read)
			refusal, ok := errors.AsType[*pactius.Error](err)
			if !ok || refusal.Kind != pactius.KindUnavailable || refusal.RetryAfter == 0 ||
				!strings.HasPrefix(refusal.Message.String(), "This list took too long.") {
				t.Errorf("%s (%s): %v", name, list.table, err)
			}
		}
	})
}

// TestTheHostTellsWhoseTurnItIs: a line of its own for each environment that is known, one for all other hosts.
func TestTheHostTellsWhoseTurnItIs(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		g := db.Ground(t, "nordhavn.example")
		look := func(host string) (line, env pactius.EnvironmentID, err error) {
			err = db.ViewHost(t.Context(), host, func(tx *store.Tx, e pactius.Environment) error {
				line, env = store.TxOf(tx).Environment(), e.ID
				return nil
			})
			return line, env, err
		}
		for i, want := range []pactius.EnvironmentID{"unknown hosts", g.Env, g.Env} {
			if line, env, err := look("nordhavn.example"); line != want || env != g.Env || err != nil {
				t.Errorf("look %d: line %q, environment %q, %v, want line %q", i, line, env, err, want)
			}
		}
		db.Exec(t, `UPDATE environments SET host = 'sydhavn.example'`)
		if _, _, err := look("nordhavn.example"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("the former host: %v", err)
		}
		if line, env, err := look("sydhavn.example"); line != "unknown hosts" || env != g.Env || err != nil {
			t.Errorf("the new host: line %q, environment %q, %v", line, env, err)
		}
	})
}
