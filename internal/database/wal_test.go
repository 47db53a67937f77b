package database_test

import (
	"database/sql"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pactius/pactius/internal/database"
	"github.com/pactius/pactius/internal/store"
)

// fill writes more than the write-ahead log may keep, in changes of a megabyte.
func fill(t *testing.T, s *store.Store, from int) {
	t.Helper()
	for i := range database.WALLimit>>20 + 4 {
		if err := s.DB.Update(t.Context(), "", func(tx *database.Tx) error {
			_, err := tx.Exec(`INSERT INTO schema_steps (number, name, applied_at) VALUES ($1, $2, 0)`, from+i,
				strings.Repeat("x", 1<<20))
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
}

// TestTheWriteAheadLogIsBounded: it grows while something reads for long, and is short afterwards.
func TestTheWriteAheadLogIsBounded(t *testing.T) {
	t.Parallel()
	s := open(t, filepath.Join(t.TempDir(), "p.db"))
	fill(t, s, 1000)
	if size := s.WALSize(); size > database.WALLimit {
		t.Errorf("without a reader it has %d bytes", size)
	}
	err := s.Snapshot(t.Context(), func(tx *sql.Tx) error {
		if _, err := database.One(t.Context(), tx, database.Value[int], `SELECT COUNT(*) FROM users`); err != nil {
			return err
		}
		fill(t, s, 2000)
		if size := s.WALSize(); size <= database.WALLimit {
			t.Errorf("beside a reader it has %d bytes: the test needs more", size)
		}
		return s.ShortenWAL(t.Context())
	})
	if !errors.Is(err, database.ErrLongReader) {
		t.Errorf("beside a reader: %v, want what says so", err)
	}
	if err := s.ShortenWAL(t.Context()); err != nil || s.WALSize() > database.WALLimit {
		t.Errorf("after the reader: %v, %d bytes", err, s.WALSize())
	}
	fill(t, s, 3000) // it is still in use
}
