package dbtool_test

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/dbtool"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
)

// house is a folder with a database, closed, and a backup of an earlier state.
type house struct {
	dir, database, backup string
	before                map[string][]string // the contents of the backup
}

// newHouse fills a database, backs it up, and lets more happen.
func newHouse(t *testing.T) *house {
	t.Helper()
	dir := t.TempDir()
	h := &house{dir: dir, database: filepath.Join(dir, "live.db"), backup: filepath.Join(dir, "backup.db")}
	db := storetest.On(t, "sqlite")
	g := deployment(t, db)
	h.before = contents(t, db)
	if err := db.Backup(t.Context(), h.backup); err != nil {
		t.Fatal(err)
	}
	g.Invite(t, "later@nordhavn.example", "Later")
	if err := db.Backup(t.Context(), h.database); err != nil { // stands for the database that is live
		t.Fatal(err)
	}
	return h
}

func (h *house) restore(t *testing.T, o dbtool.RestoreOptions) (dbtool.Restored, error) {
	t.Helper()
	o.Now = storetest.NewClock().Now
	return dbtool.Restore(t.Context(), h.backup, "sqlite:"+h.database, o)
}

// exec changes a file beside the store.
func exec(t *testing.T, path string, statements ...string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, s := range statements {
		if _, err := db.ExecContext(t.Context(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

// files lists the names in the folder.
func (h *house) files(t *testing.T) string {
	t.Helper()
	return names(t, h.dir)
}

// names lists the names in a folder.
func names(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return strings.Join(names, " ")
}

// users counts the users in a file, which it opens as a server would.
func users(t *testing.T, path string) int {
	t.Helper()
	s, err := store.Open(t.Context(), "sqlite:"+path, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var n int
	if err := s.Reader().QueryRowContext(t.Context(), `SELECT COUNT(*) FROM users`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestABackupIsPutInPlace(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	was, is := users(t, h.database), len(h.before["users"])
	if was != is+1 {
		t.Fatalf("%d users in the database, %d in the backup", was, is)
	}
	if err := os.Chmod(h.backup, 0o444); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(h.backup)
	if err != nil {
		t.Fatal(err)
	}
	done, err := h.restore(t, dbtool.RestoreOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if want := h.database + ".replaced-20260302T090000"; done.Replaced != want || done.File != h.database ||
		len(done.Flaws) > 0 {
		t.Errorf("Restore reports %+v, want the old one at %s", done, want)
	}
	if got, want := h.files(t), "backup.db live.db live.db.replaced-20260302T090000"; got != want {
		t.Errorf("there are the files %s, want %s", got, want)
	}
	if info, err := os.Stat(h.database); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the database is not private: %v %v", info.Mode(), err)
	}
	if got := users(t, h.database); got != is {
		t.Errorf("%d users restored, want %d", got, is)
	}
	if got := users(t, done.Replaced); got != was {
		t.Errorf("%d users in the one that was replaced, want %d", got, was)
	}
	if after, err := os.ReadFile(h.backup); err != nil || string(after) != string(whole) {
		t.Errorf("the backup was changed: %v", err)
	}
	again, err := h.restore(t, dbtool.RestoreOptions{})
	if err != nil || !strings.HasSuffix(again.Replaced, "-2") {
		t.Errorf("again in the same second: %+v %v", again, err)
	}
}

func TestABackupIsPutWhereNothingIs(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	if err := os.Remove(h.database); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(h.database+"-wal", []byte("what a process left"), 0o600); err != nil {
		t.Fatal(err)
	}
	done, err := h.restore(t, dbtool.RestoreOptions{})
	if err != nil || done.Replaced != "" {
		t.Fatalf("Restore: %+v %v", done, err)
	}
	if got, want := h.files(t), "backup.db live.db"; got != want {
		t.Errorf("there are the files %s, want %s", got, want)
	}
	if got, want := users(t, h.database), len(h.before["users"]); got != want {
		t.Errorf("%d users restored, want %d", got, want)
	}
}

// TestTheLogOfACrashStaysWithTheDatabaseItBelongsTo restores over a database
// whose last changes are only in its -wal file: they must neither be lost from
// what is kept nor get into what is restored.
func TestTheLogOfACrashStaysWithTheDatabaseItBelongsTo(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	crashed := filepath.Join(h.dir, "crashed")
	s, err := store.Open(t.Context(), "sqlite:"+h.database, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Writer().ExecContext(t.Context(), `UPDATE users SET language = 'xx'`); err != nil {
		t.Fatal(err)
	}
	for _, companion := range []string{"", "-wal"} { // as after a kill
		b, err := os.ReadFile(h.database + companion)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(crashed+companion, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	h.database = crashed
	done, err := h.restore(t, dbtool.RestoreOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]int{done.Replaced: users(t, done.Replaced), h.database: 0} {
		db, err := sql.Open("sqlite", path)
		if err != nil {
			t.Fatal(err)
		}
		var got int
		if err := db.QueryRowContext(t.Context(),
			`SELECT COUNT(*) FROM users WHERE language = 'xx'`).Scan(&got); err != nil || got != want {
			t.Errorf("%s: %d users with the last change, %v, want %d", filepath.Base(path), got, err, want)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestARestoreThatMustNotBeIsRefused(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, say string
		kind      pactius.Kind
		prepare   func(t *testing.T, h *house)
		options   dbtool.RestoreOptions
	}{
		{"no backup", "can't be read", pactius.KindNotFound, func(t *testing.T, h *house) { h.backup += "x" },
			dbtool.RestoreOptions{}},
		{"a folder", "isn't a file", pactius.KindInvalid, func(t *testing.T, h *house) { h.backup = h.dir },
			dbtool.RestoreOptions{}},
		{"the database itself", "itself", pactius.KindInvalid, func(t *testing.T, h *house) { h.backup = h.database },
			dbtool.RestoreOptions{}},
		{"a database in use", "in use, not a backup", pactius.KindInvalid, func(t *testing.T, h *house) {
			if err := os.WriteFile(h.backup+"-wal", []byte("x"), 0o600); err != nil {
				t.Fatal(err)
			}
		}, dbtool.RestoreOptions{}},
		{"an empty file", "is empty", pactius.KindInvalid, func(t *testing.T, h *house) { truncate(t, h.backup, 0) },
			dbtool.RestoreOptions{}},
		{"half a file", "is damaged", pactius.KindInvalid, func(t *testing.T, h *house) { scribble(t, h.backup) },
			dbtool.RestoreOptions{Despite: true}},
		{"a page of an index that is lost", "The check found", pactius.KindConflict, func(t *testing.T, h *house) {
			overwrite(t, h.backup, rootPage(t, h.backup, "users_by_name"))
		}, dbtool.RestoreOptions{Despite: true}},
		{"a file cut off", "", pactius.KindInvalid, func(t *testing.T, h *house) { truncate(t, h.backup, 20_000) },
			dbtool.RestoreOptions{Despite: true}},
		{"a file of something else", "damaged or isn't a PACTIUS database", pactius.KindInvalid,
			func(t *testing.T, h *house) {
				if err := os.WriteFile(h.backup, []byte(strings.Repeat("a letter to somebody\n", 1000)),
					0o600); err != nil {
					t.Fatal(err)
				}
			}, dbtool.RestoreOptions{}},
		{"a database of another program", "another program", pactius.KindInvalid, func(t *testing.T, h *house) {
			truncate(t, h.backup, 0)
			exec(t, h.backup, `CREATE TABLE x (y)`)
		}, dbtool.RestoreOptions{}},
		{"a newer schema", "newer version of PACTIUS", pactius.KindUnavailable, func(t *testing.T, h *house) {
			exec(t, h.backup, `INSERT INTO schema_steps (number, name, applied_at) VALUES (9000, 'future', 0)`)
		}, dbtool.RestoreOptions{}},
		{"a backup that is not clean", "The check found", pactius.KindConflict, func(t *testing.T, h *house) {
			exec(t, h.backup, `UPDATE users SET unit_count = 7`)
		}, dbtool.RestoreOptions{}},
		{"a database that is too damaged to ask", "--stopped", pactius.KindUnavailable, func(t *testing.T, h *house) {
			if err := os.WriteFile(h.database, []byte(strings.Repeat("nothing of a database\n", 1000)),
				0o600); err != nil {
				t.Fatal(err)
			}
		}, dbtool.RestoreOptions{}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			c.prepare(t, h)
			before := h.files(t)
			was, err := os.ReadFile(h.database)
			if err != nil {
				t.Fatal(err)
			}
			_, err = h.restore(t, c.options)
			if pactius.KindOf(err) != c.kind || !strings.Contains(fmt.Sprint(err), c.say) {
				t.Errorf("Restore: %v (kind %d), want kind %d with %q", err, pactius.KindOf(err), c.kind, c.say)
			}
			if got := h.files(t); got != before {
				t.Errorf("there are the files %s, want %s", got, before)
			}
			if is, err := os.ReadFile(h.database); err != nil || string(is) != string(was) {
				t.Errorf("the database was changed: %v", err)
			}
		})
	}
}

// rootPage finds the first page of an index, counted from 0.
func rootPage(t *testing.T, path, index string) int64 {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var page int64
	if err := db.QueryRowContext(t.Context(), `SELECT rootpage - 1 FROM sqlite_schema WHERE name = $1`,
		index).Scan(&page); err != nil {
		t.Fatal(err)
	}
	return page
}

// overwrite makes an empty index of a page.
func overwrite(t *testing.T, path string, page int64) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	const size = 4096 // SQLite's usual page
	empty := make([]byte, size)
	// a leaf of an index without cells (SQLite, "Database File Format", section 1.6)
	copy(empty, []byte{0x0a, 0, 0, 0, 0, size >> 8, 0})
	if _, err := f.WriteAt(empty, page*size); err != nil {
		t.Fatal(err)
	}
}

func truncate(t *testing.T, path string, size int64) {
	t.Helper()
	if err := os.Truncate(path, size); err != nil {
		t.Fatal(err)
	}
}

// TestADatabaseInUseIsNotReplaced holds it open as idly as a server at night.
func TestADatabaseInUseIsNotReplaced(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	s, err := store.Open(t.Context(), "sqlite:"+h.database, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = h.restore(t, dbtool.RestoreOptions{Stopped: true})
	if pactius.KindOf(err) != pactius.KindUnavailable || !strings.Contains(err.Error(), "has the database") {
		t.Errorf("Restore: %v, want a refusal", err)
	}
	if got, want := h.files(t), "backup.db live.db live.db-shm live.db-wal"; got != want {
		t.Errorf("there are the files %s, want %s", got, want)
	}
	if err := s.Ping(t.Context()); err != nil {
		t.Errorf("the server was disturbed: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := h.restore(t, dbtool.RestoreOptions{}); err != nil {
		t.Errorf("after the server has stopped: %v", err)
	}
}

func TestWhoInsistsGetsAFlawedBackup(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	exec(t, h.backup, `UPDATE users SET unit_count = 7`)
	_, err := h.restore(t, dbtool.RestoreOptions{})
	if flawed, ok := errors.AsType[*dbtool.FlawedError](err); !ok || len(flawed.Flaws) == 0 {
		t.Errorf("Restore: %v, want what is wrong", err)
	}
	done, err := h.restore(t, dbtool.RestoreOptions{Despite: true})
	if err != nil || len(done.Flaws) == 0 {
		t.Errorf("Restore despite it: %+v %v", done, err)
	}
}

func TestADamagedDatabaseIsKept(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	rubble := []byte(strings.Repeat("nothing of a database\n", 1000))
	if err := os.WriteFile(h.database, rubble, 0o600); err != nil {
		t.Fatal(err)
	}
	done, err := h.restore(t, dbtool.RestoreOptions{Stopped: true})
	if err != nil {
		t.Fatal(err)
	}
	if kept, err := os.ReadFile(done.Replaced); err != nil || string(kept) != string(rubble) {
		t.Errorf("what was there is not kept: %v", err)
	}
	if got, want := users(t, h.database), len(h.before["users"]); got != want {
		t.Errorf("%d users restored, want %d", got, want)
	}
}

func TestRestoringThroughALinkReplacesItsTarget(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	volume := t.TempDir()
	target := filepath.Join(volume, "p.db")
	if err := errors.Join(os.Rename(h.database, target), os.Symlink(target, h.database)); err != nil {
		t.Fatal(err)
	}
	done, err := h.restore(t, dbtool.RestoreOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if done.File != target || filepath.Dir(done.Replaced) != volume {
		t.Errorf("restored %+v, want beside %s", done, target)
	}
	if to, err := os.Readlink(h.database); err != nil || to != target {
		t.Errorf("the link leads to %q, %v", to, err)
	}
	if files, err := os.ReadDir(h.dir); err != nil || len(files) != 2 { // the link and the backup
		t.Errorf("beside the link: %v, %v", files, err)
	}
	if got, want := users(t, target), len(h.before["users"]); got != want {
		t.Errorf("%d users, want %d", got, want)
	}
}
