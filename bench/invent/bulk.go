package invent

import (
	"context"
	"fmt"

	"github.com/pactius/pactius/internal/database"
	"github.com/pactius/pactius/internal/store"
)

// The settings of the connection that writes a new SQLite file: nothing waits for the disk, pages are found in the
// cache, and the log is copied into the file now and then. What refers to what is right by construction, and a test has
// the result checked.
var bulkPragmas = []string{"synchronous = OFF", "foreign_keys = OFF", "cache_size = -3000000", "temp_store = MEMORY",
	"wal_autocheckpoint = 200000"}

// lateIndexes finds the indexes that are made at the end, by sorting, instead of row by row. The unique ones stay: the
// store looks rows up by them.
const lateIndexes = `SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql LIKE 'CREATE INDEX%'
	AND tbl_name IN ('users', 'user_words', 'memberships', 'events', 'sessions') ORDER BY tbl_name, name`

// index is an index of a table with the statement that makes it.
type index struct{ name, sql string }

// Fast runs fn, which fills a new SQLite database, without its late indexes. An error leaves a useless file.
func Fast(ctx context.Context, s *store.Store, progress func(what string, n int), fn func() error) error {
	if s.Engine() != database.SQLite {
		return fn()
	}
	w := s.Writer()
	for _, p := range bulkPragmas {
		if _, err := w.ExecContext(ctx, "PRAGMA "+p); err != nil {
			return fmt.Errorf("set %s: %w", p, err)
		}
	}
	late, err := database.List(ctx, w, func(r database.Scanner) (index, error) {
		var i index
		return i, r.Scan(&i.name, &i.sql)
	}, lateIndexes)
	if err != nil {
		return err
	}
	for _, i := range late {
		if _, err := w.ExecContext(ctx, "DROP INDEX "+i.name); err != nil {
			return fmt.Errorf("drop %s: %w", i.name, err)
		}
	}
	if err := fn(); err != nil {
		return err
	}
	for n, i := range late {
		progress("index "+i.name, n+1)
		if _, err := w.ExecContext(ctx, i.sql); err != nil {
			return fmt.Errorf("make %s: %w", i.name, err)
		}
	}
	_, err = w.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)")
	return err
}
