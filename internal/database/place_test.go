package database_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/database"
	"github.com/pactius/pactius/internal/store"
)

// open opens a SQLite database until the test ends.
func open(t *testing.T, path string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), "sqlite:"+path, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// link makes a link for each name, to the target after it.
func link(t *testing.T, dir string, namesAndTargets ...string) {
	t.Helper()
	for i := 0; i < len(namesAndTargets); i += 2 {
		if err := os.Symlink(namesAndTargets[i+1], filepath.Join(dir, namesAndTargets[i])); err != nil {
			t.Fatal(err)
		}
	}
}

func TestADatabaseBehindALinkIsTheTarget(t *testing.T) {
	t.Parallel()
	for name, links := range map[string][]string{
		"a link":                          {"link.db", "real/p.db"},
		"a link to a link":                {"link.db", "second.db", "second.db", "real/p.db"},
		"a link that goes up":             {"link.db", "folder/../p.db", "folder", "real/deep"},
		"a link in a folder that is one":  {"folder", "real", "link.db", "folder/p.db"},
		"a link whose target is absolute": {"link.db", "ABSOLUTE"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if err := os.MkdirAll(filepath.Join(dir, "real", "deep"), 0o755); err != nil {
				t.Fatal(err)
			}
			target := filepath.Join(dir, "real", "p.db")
			for i := range links {
				links[i] = strings.Replace(links[i], "ABSOLUTE", target, 1)
			}
			link(t, dir, links...)
			s := open(t, filepath.Join(dir, "link.db")) // the target does not exist yet
			for _, file := range []string{target, target + "-wal", target + "-shm"} {
				if info, err := os.Lstat(file); err != nil || info.Mode() != 0o600 {
					t.Errorf("%s: %v, %v, want a private file", file, info, err)
				}
			}
			if err := s.InPlace(); err != nil {
				t.Errorf("InPlace: %v", err)
			}
		})
	}
}

func TestLinksThatLeadNowhere(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	link(t, dir, "round.db", "back.db", "back.db", "round.db", "away.db", filepath.Join(dir, "no", "p.db"))
	for name, says := range map[string]string{
		"round.db": "through links", "away.db": "no for the database doesn't exist",
	} {
		_, err := store.Open(t.Context(), "sqlite:"+filepath.Join(dir, name), store.Options{})
		if pactius.KindOf(err) != pactius.KindInvalid || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want what says %q", name, err, says)
		}
	}
}

// write changes the database.
func write(ctx context.Context, s *store.Store) error {
	return s.DB.Update(ctx, "", func(tx *database.Tx) error {
		_, err := tx.Exec(`INSERT INTO schema_steps (number, name, applied_at) VALUES (900, 'x', 0)`)
		return err
	})
}

func count(t *testing.T, s *store.Store) int {
	t.Helper()
	n, err := database.One(t.Context(), s.Reader(), database.Value[int], `SELECT COUNT(*) FROM schema_steps
		WHERE number = 900`)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestNoChangeIsAcknowledgedOfADatabaseThatWasMoved(t *testing.T) {
	t.Parallel()
	for name, leave := range map[string]func(path string) error{
		"moved":   func(path string) error { return os.Rename(path, path+".away") },
		"deleted": os.Remove,
		"replaced": func(path string) error {
			return errors.Join(os.WriteFile(path+".other", nil, 0o600), os.Rename(path+".other", path))
		},
		"without its -wal": func(path string) error { return os.Rename(path+"-wal", path+".away-wal") },
		"without its -shm": func(path string) error { return os.Rename(path+"-shm", path+".away-shm") },
		"with its folder moved away": func(path string) error {
			return os.Rename(filepath.Dir(path), filepath.Dir(path)+"2")
		},
		"behind a link that is turned": func(path string) error {
			return errors.Join(os.Remove(path), os.Symlink("x", path))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "data")
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(dir, "p.db")
			if strings.Contains(name, "link") {
				link(t, dir, "p.db", "real.db")
			}
			s := open(t, path)
			if err := leave(path); err != nil {
				t.Fatal(err)
			}
			if err := write(t.Context(), s); !database.IsMoved(err) || pactius.KindOf(err) != pactius.KindUnavailable {
				t.Errorf("Update: %v, want that the file was moved", err)
			}
			if err := s.View(t.Context(), "", func(*store.Tx) error { return nil }); !database.IsMoved(err) {
				t.Errorf("View: %v, want that the file was moved", err)
			}
			if _, err := os.Stat(path); err == nil && (name == "moved" || name == "deleted") {
				t.Error("a new, empty database was made in its place")
			}
			if err := s.InPlace(); !database.IsMoved(err) {
				t.Errorf("InPlace: %v", err)
			}
		})
	}
}

func TestADatabaseMovedDuringAChangeIsNotAcknowledged(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "p.db")
	s := open(t, path)
	err := s.DB.Update(t.Context(), "", func(*database.Tx) error { return os.Rename(path, path+".away") })
	if !database.IsMoved(err) || !strings.Contains(err.Error(), "Check whether the change was made") {
		t.Errorf("Update: %v, want that the result is unsure", err)
	}
	if err := os.Rename(path+".away", path); err != nil {
		t.Fatal(err)
	}
	if err := write(t.Context(), s); err != nil {
		t.Errorf("after the file was put back: %v", err)
	}
	if diff := cmp.Diff(count(t, s), 1); diff != "" {
		t.Error(diff)
	}
}
