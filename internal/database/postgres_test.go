package database_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
)

// TestPostgresWithoutDurableCommitsIsRefused opens a database whose user's
// address switches synchronous_commit off: changes would be acknowledged and lost.
func TestPostgresWithoutDurableCommitsIsRefused(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		if db.Engine() != "postgres" {
			return
		}
		_, err := store.Open(t.Context(), db.URL+"&synchronous_commit=off", store.Options{Now: db.Clock.Now})
		if refusal, ok := errors.AsType[*pactius.Error](err); !ok ||
			!strings.Contains(refusal.Message.String(), "synchronous_commit") {
			t.Errorf("Open: %v, want a refusal that names synchronous_commit", err)
		}
		_, err = db.Raw.ExecContext(t.Context(), `ALTER ROLE CURRENT_USER IN DATABASE `+databaseName(db)+`
				SET synchronous_commit = off`)
		if err != nil {
			t.Fatal(err)
		}
		db.Again(t) // the server's default is not what counts
	})
}

// databaseName is the last part of the address's path.
func databaseName(db *storetest.DB) string {
	name := db.URL[strings.LastIndexByte(db.URL, '/')+1:]
	name, _, _ = strings.Cut(name, "?")
	return name
}
