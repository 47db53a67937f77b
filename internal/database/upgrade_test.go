package database_test

import (
	"errors"
	"testing"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
)

// TestAnInstanceServesOnWhileANewerOneUpgrades is the rolling upgrade: the next
// version adds to the schema (a column with a default, a table, an index) while
// the present one serves. It goes on reading and writing; it cannot be started
// again, because only a newer program knows what the new schema means.
func TestAnInstanceServesOnWhileANewerOneUpgrades(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		g := db.Ground(t, "a.example")
		before := g.User(t, "anna@nordhavn.example", "Anna")
		newer := db.Again(t)
		err := newer.MigrateWith(t.Context(),
			`ALTER TABLE users ADD COLUMN title TEXT NOT NULL DEFAULT '';
			CREATE TABLE photos (environment_id TEXT NOT NULL, user_id TEXT NOT NULL,
				PRIMARY KEY (environment_id, user_id))`,
			`CREATE INDEX users_by_title ON users (environment_id, title, id)`)
		if err != nil {
			t.Fatal(err)
		}
		g.User(t, "bo@nordhavn.example", "Bo") // by the instance that was there before
		g.Update(t, func(tx *store.Tx) error {
			u, err := tx.User(before.ID)
			if err != nil {
				return err
			}
			u.Name = "Anna Hansen"
			return tx.UpdateUser(u)
		})
		if got := db.Count(t, `SELECT COUNT(*) FROM users WHERE title = ''`); got != 2 {
			t.Errorf("%d users, want 2 with the new column's default", got)
		}
		_, err = store.Open(t.Context(), db.URL, store.Options{Now: db.Clock.Now})
		if refusal, ok := errors.AsType[*pactius.Error](err); !ok || refusal.Kind != pactius.KindUnavailable {
			t.Errorf("starting the older program again: %v, want a refusal that names the newer schema", err)
		}
	})
}
