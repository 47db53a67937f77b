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

// writeMany makes changes of a megabyte each.
func writeMany(t *testing.T, s *store.Store, from, changes int) {
	t.Helper()
	for i := range changes {
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
	const enough = database.WALLimit>>20 + 2
	beside := func(from int) error {
		return s.Snapshot(t.Context(), func(tx *sql.Tx) error {
			if _, err := database.One(t.Context(), tx, database.Value[int], `SELECT COUNT(*) FROM users`); err != nil {
				return err
			}
			writeMany(t, s, from, enough)
			if size := s.WALSize(); size <= database.WALLimit {
				t.Errorf("beside a reader it has %d bytes: the test needs more", size)
			}
			return s.ShortenWAL(t.Context())
		})
	}
	if err := beside(1000); !errors.Is(err, database.ErrLongReader) {
		t.Errorf("beside a reader: %v, want what says so", err)
	}
	if err := s.ShortenWAL(t.Context()); err != nil || s.WALSize() != 0 {
		t.Errorf("after the reader: %v, %d bytes", err, s.WALSize())
	}
	if err := beside(2000); !errors.Is(err, database.ErrLongReader) {
		t.Errorf("beside another reader: %v, want what says so", err)
	}
	writeMany(t, s, 3000, 2) // the first merges the file, the second begins it again
	if size := s.WALSize(); size > database.WALLimit {
		t.Errorf("after that reader and further changes it has %d bytes", size)
	}
}
