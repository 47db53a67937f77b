package database_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
)

// TestADatabaseThatIsReadCannotBeChanged by a program that forgets what it has opened.
func TestADatabaseThatIsReadCannotBeChanged(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		g := db.Ground(t, "a.example")
		s, err := store.Open(t.Context(), db.URL, store.Options{Reading: true})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		if err := s.View(t.Context(), g.Env, func(tx *store.Tx) error {
			_, err := tx.UnitsAbove([]pactius.UnitID{g.Root})
			return err
		}); err != nil {
			t.Errorf("View: %v", err)
		}
		if err := s.Update(t.Context(), g.Env, func(*store.Tx) error { return nil }); err == nil {
			t.Error("Update works")
		}
		if err := s.MigrateWith(t.Context(), `CREATE TABLE photos (id TEXT NOT NULL PRIMARY KEY)`); err == nil {
			t.Error("the schema can be changed")
		}
	})
}

// TestReadingWithoutLocksNoticesAChange of the file that another program makes meanwhile.
func TestReadingWithoutLocksNoticesAChange(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(path string) error{
		"nothing":       func(string) error { return nil },
		"a page":        func(path string) error { return os.Truncate(path, 1<<20) },
		"a -wal file":   func(path string) error { return os.WriteFile(path+"-wal", []byte("x"), 0o600) },
		"it is another": func(path string) error { return os.Rename(path+".other", path) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := frozen(t)
			var s *store.Store
			var err error
			powerless(func() {
				s, err = store.Open(t.Context(), "sqlite:"+path, store.Options{Reading: true})
			})
			if err != nil {
				t.Fatal(err)
			}
			if err := change(path); err != nil {
				t.Fatal(err)
			}
			err = s.Close()
			if name == "nothing" {
				if err != nil {
					t.Errorf("Close: %v", err)
				}
			} else if pactius.KindOf(err) != pactius.KindUnavailable ||
				!strings.Contains(err.Error(), "changed while it was") {
				t.Errorf("Close: %v, want that it was changed", err)
			}
		})
	}
}

// frozen makes a database, and another one beside it, in a folder where others can only read.
func frozen(t *testing.T) string {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("SKIPPED: only root can give files to others")
	}
	folder, err := os.MkdirTemp("/tmp", "pactius-frozen-*") // t.TempDir is closed to others
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	path := filepath.Join(folder, "p.db")
	for _, file := range []string{path + ".other", path} {
		if err := open(t, file).Close(); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(file, 0o444); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(folder, 0o555); err != nil {
		t.Fatal(err)
	}
	return path
}
