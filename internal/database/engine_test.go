package database_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
)

func TestEveryConnectionKeepsThePromises(t *testing.T) {
	t.Parallel()
	s := storetest.New(t).Store
	pools := map[string]*sql.DB{"write": s.Writer(), "read": s.Reader()}
	for name, pool := range pools {
		got := map[string]string{}
		for _, pragma := range []string{"journal_mode", "synchronous", "foreign_keys", "busy_timeout"} {
			var value string
			if err := pool.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&value); err != nil {
				t.Fatal(err)
			}
			got[pragma] = value
		}
		wait := map[string]string{"read": "5000", "write": "50"}[name] // a writer waits in steps
		want := map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": wait}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("pragmas of the %s connections (-want +got):\n%s", name, diff)
		}
	}
	if _, err := s.Reader().ExecContext(t.Context(), "DELETE FROM events"); err == nil {
		t.Error("a reading connection could write")
	}
}

func TestAFreshDatabaseIsPrivateAndComplete(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "pactius.db")
	open := func() *store.Store {
		s, err := store.Open(t.Context(), "sqlite:"+path, store.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		return s
	}
	db := open()
	for _, file := range []string{path, path + "-wal", path + "-shm"} {
		info, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != 0o600 {
			t.Errorf("%s may be read by others: %v", filepath.Base(file), got)
		}
	}
	if copies, _ := filepath.Glob(path + ".before*"); len(copies) > 0 {
		t.Errorf("an empty database was copied before the first step: %v", copies)
	}
	if err := db.Ping(t.Context()); err != nil {
		t.Errorf("Ping: %v", err)
	}
	before, err := db.Version(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	again, err := open().Version(t.Context())
	if err != nil || again != before {
		t.Errorf("opening again: schema %d, %v, want %d", again, err, before)
	}
}

func TestANewerSchemaIsRefused(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	db.Exec(t, `INSERT INTO schema_steps (number, name, applied_at) VALUES (9000, 'future', 0)`)
	before := db.Dump(t)
	_, err := store.Open(t.Context(), db.URL, store.Options{})
	if pactius.KindOf(err) != pactius.KindUnavailable || !strings.Contains(err.Error(), "newer version of PACTIUS") {
		t.Errorf("Open: %v, want a refusal that names the newer program", err)
	}
	if diff := cmp.Diff(before, db.Dump(t)); diff != "" {
		t.Errorf("the refused database was changed:\n%s", diff)
	}
}

func TestAnUpgradeCopiesTheFileFirst(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	db.Ground(t, "a.example")
	ctx := t.Context()
	before, err := db.Version(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.MigrateWith(ctx, `CREATE TABLE later (x BIGINT)`); err != nil {
		t.Fatal(err)
	}
	if got, _ := db.Version(ctx); got != before+1 {
		t.Errorf("schema %d, want %d", got, before+1)
	}
	copies := copiesOf(t, db)
	if len(copies) != 1 || !strings.HasSuffix(copies[0], "-20260302T090000") {
		t.Fatalf("copies %v, want one dated by the clock", copies)
	}
	old, err := store.Open(ctx, "sqlite:"+copies[0], store.Options{})
	if err != nil {
		t.Fatalf("the program before the upgrade cannot open the copy: %v", err)
	}
	defer old.Close()
	all, err := old.Environments(ctx)
	if err != nil || len(all) != 1 {
		t.Errorf("the copy holds %d environments, %v, want 1", len(all), err)
	}
}

func TestAStepThatFailsLeavesTheSchemaAsItWas(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	before := db.Dump(t)
	tables := db.Tables(t)
	err := db.MigrateWith(t.Context(), `CREATE TABLE later (x BIGINT); CREATE TABLE users (x BIGINT)`)
	if err == nil {
		t.Fatal("a step that cannot work was applied")
	}
	if diff := cmp.Diff(tables, db.Tables(t)); diff != "" {
		t.Errorf("half a step stayed (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(before, db.Dump(t)); diff != "" {
		t.Errorf("rows changed (-want +got):\n%s", diff)
	}
}

func copiesOf(t *testing.T, db *storetest.DB) []string {
	t.Helper()
	copies, err := filepath.Glob(strings.TrimPrefix(db.URL, "sqlite:") + ".before*")
	if err != nil {
		t.Fatal(err)
	}
	return copies
}

func TestTwoProcessesStartAtOnce(t *testing.T) {
	t.Parallel()
	for round := range 5 {
		url := "sqlite:" + filepath.Join(t.TempDir(), "pactius.db")
		errs := make([]error, 4)
		var wg sync.WaitGroup
		for i := range errs {
			wg.Go(func() {
				s, err := store.Open(context.Background(), url, store.Options{})
				if err == nil {
					err = s.Close()
				}
				errs[i] = err
			})
		}
		wg.Wait()
		if err := errors.Join(errs...); err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
	}
}

func TestTwoProcessesUpgradeAtOnce(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	stores := []*store.Store{db.Store, db.Again(t), db.Again(t)}
	errs := make([]error, len(stores))
	var wg sync.WaitGroup
	for i, s := range stores {
		wg.Go(func() { errs[i] = s.MigrateWith(context.Background(), `CREATE TABLE later (x BIGINT)`) })
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	if n := db.Count(t, `SELECT COUNT(*) FROM schema_steps WHERE name = 'further'`); n != 1 {
		t.Errorf("the step was applied %d times", n)
	}
	version, err := db.Version(t.Context())
	if err == nil {
		err = db.CopyBefore(t.Context(), version) // by a process that comes too late
	}
	if err != nil {
		t.Error(err)
	}
	if copies := copiesOf(t, db); len(copies) != 1 {
		t.Errorf("copies %v, want one", copies)
	}
}

func TestPlacesThatCannotHoldADatabase(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	text := filepath.Join(dir, "letter.txt")
	if err := os.WriteFile(text, []byte(strings.Repeat("Dear Sir or Madam, ", 500)), 0o600); err != nil {
		t.Fatal(err)
	}
	foreign := filepath.Join(dir, "places.sqlite")
	other, err := sql.Open("sqlite", foreign)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.ExecContext(t.Context(), `CREATE TABLE bookmarks (url TEXT)`); err != nil {
		t.Fatal(err)
	}
	if err := other.Close(); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, url, says string
		kind            pactius.Kind
	}{
		{"an address without engine", "pactius.db", "sqlite:PATH", pactius.KindInvalid},
		{"an engine without path", "sqlite:", "sqlite:PATH", pactius.KindInvalid},
		{"an engine that is not there", "mysql://localhost/pactius", "sqlite:PATH", pactius.KindInvalid},
		{"a folder", "sqlite:" + dir, "is a folder", pactius.KindInvalid},
		{"a folder that does not exist", "sqlite:" + filepath.Join(dir, "no", "pactius.db"), "doesn't exist",
			pactius.KindInvalid},
		{"a file that is not a database", "sqlite:" + text, "isn't a PACTIUS database", pactius.KindUnavailable},
		{"another program's database", "sqlite:" + foreign, "another program", pactius.KindInvalid},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s, err := store.Open(context.Background(), test.url, store.Options{})
			if err == nil {
				_ = s.Close()
				t.Fatal("it was opened")
			}
			if pactius.KindOf(err) != test.kind || !strings.Contains(err.Error(), test.says) {
				t.Errorf("Open: kind %d, %v; want kind %d that says %q", pactius.KindOf(err), err, test.kind, test.says)
			}
		})
	}
	if after, err := os.ReadFile(text); err != nil || !strings.HasPrefix(string(after), "Dear Sir") {
		t.Errorf("the letter was changed: %v", err)
	}
}

func TestPathsWithStrangeCharacters(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"with space.db", "100%.db", "what?.db", "a#b.db", "søren.db", "a&_pragma=x.db"} {
		path := filepath.Join(t.TempDir(), name)
		s, err := store.Open(t.Context(), "sqlite:"+path, store.Options{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if err := s.Backup(t.Context(), path+".copy"); err != nil {
			t.Errorf("%s: Backup: %v", name, err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		for _, file := range []string{path, path + ".copy"} {
			if info, err := os.Stat(file); err != nil || info.Size() == 0 {
				t.Errorf("%s is not where it was asked for: %v", file, err)
			}
		}
	}
}

func TestDriverErrorsBecomeSentences(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		hamper func(t *testing.T, db *storetest.DB)
		says   string
	}{
		{"another process holds the lock", func(t *testing.T, db *storetest.DB) {
			db.SetPatience(30 * time.Millisecond)
			tx, err := db.Again(t).Writer().BeginTx(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = tx.Rollback() })
		}, "busy"},
		{"the disk is full", func(t *testing.T, db *storetest.DB) { pragma(t, db, "max_page_count = 1") }, "full"},
		{"the file cannot be written", func(t *testing.T, db *storetest.DB) { pragma(t, db, "query_only = 1") },
			"can't be written"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			db := storetest.New(t)
			g := db.Ground(t, "a.example")
			before := db.Dump(t)
			test.hamper(t, db)
			err := db.Update(t.Context(), g.Env, func(tx *store.Tx) error {
				for range 200 { // more than fits into the pages there are
					u := pactius.User{ID: newUser(), Username: string(newUser()) + "@nordhavn.example",
						Name: strings.Repeat("x", 200)}
					if err := tx.InsertUser(u, ""); err != nil {
						return err
					}
				}
				return nil
			})
			if pactius.KindOf(err) != pactius.KindUnavailable || !strings.Contains(err.Error(), test.says) {
				t.Errorf("Update: kind %d, %v; want Unavailable that says %q", pactius.KindOf(err), err, test.says)
			}
			if diff := cmp.Diff(before, db.Dump(t)); diff != "" {
				t.Errorf("something was changed (-before +after):\n%s", diff)
			}
		})
	}
}

func pragma(t *testing.T, db *storetest.DB, p string) {
	t.Helper()
	if _, err := db.Writer().ExecContext(t.Context(), "PRAGMA "+p); err != nil {
		t.Fatal(err)
	}
}

func TestAnErrorOrPanicKeepsNothing(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		g := db.Ground(t, "a.example")
		before := db.Dump(t)
		boom := errors.New("boom")
		change := func(tx *store.Tx) error {
			return tx.InsertUnit(pactius.Unit{ID: "u", ParentID: g.Root, Name: "Sales"})
		}
		err := db.Update(t.Context(), g.Env, func(tx *store.Tx) error { return errors.Join(change(tx), boom) })
		if !errors.Is(err, boom) {
			t.Errorf("Update: %v, want the function's own error", err)
		}
		func() {
			defer func() {
				if recover() == nil {
					t.Error("the panic was swallowed")
				}
			}()
			_ = db.Update(t.Context(), g.Env, func(tx *store.Tx) error { _ = change(tx); panic("boom") })
		}()
		if err := db.View(t.Context(), g.Env, change); err == nil {
			t.Error("View could write")
		}
		if diff := cmp.Diff(before, db.Dump(t)); diff != "" {
			t.Errorf("something was kept (-before +after):\n%s", diff)
		}
		if err := db.Update(t.Context(), g.Env, change); err != nil {
			t.Errorf("the connection is not usable after a panic: %v", err)
		}
	})
}

func TestBackupHoldsUpNobody(t *testing.T) {
	t.Parallel()
	db := storetest.New(t) // PostgreSQL has tools of its own
	g := db.Ground(t, "a.example")
	g.User(t, "anna@nordhavn.example", "Anna")
	file := filepath.Join(t.TempDir(), "copy.db")
	// A backup taken in the middle of a change: the change goes on, and the copy
	// holds what was committed.
	err := db.Update(t.Context(), g.Env, func(tx *store.Tx) error {
		if err := tx.InsertUser(
			pactius.User{ID: newUser(), Username: "late@nordhavn.example", Name: "Late"}, ""); err != nil {
			return err
		}
		if err := db.Backup(t.Context(), file); err != nil {
			return err
		}
		return db.View(t.Context(), g.Env, func(tx *store.Tx) error { _, err := tx.Tree(); return err })
	})
	if err != nil {
		t.Fatalf("a backup in the middle of a change: %v", err)
	}
	if got := db.Count(t, `SELECT COUNT(*) FROM users`); got != 2 {
		t.Errorf("%d users after the change, want 2", got)
	}
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the copy: %v, %v, want readable by its owner only", info.Mode(), err)
	}
	copied, err := store.Open(t.Context(), "sqlite:"+file, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer copied.Close()
	err = copied.View(t.Context(), g.Env, func(tx *store.Tx) error {
		page, err := tx.Users(pactius.UserFilter{}, store.UserScope{All: true})
		if err == nil && len(page.Users) != 1 {
			t.Errorf("the copy holds %d users, want the 1 that was committed", len(page.Users))
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestBackupsThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	file := filepath.Join(t.TempDir(), "precious")
	if err := os.WriteFile(file, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := db.Backup(t.Context(), file); pactius.KindOf(err) != pactius.KindConflict {
		t.Errorf("onto a file: %v, want Conflict", err)
	}
	if got, err := os.ReadFile(file); err != nil || string(got) != "precious" {
		t.Errorf("the file holds %q, %v", got, err)
	}
	missing := filepath.Join(t.TempDir(), "no", "copy")
	if err := db.Backup(t.Context(), missing); pactius.KindOf(err) != pactius.KindInvalid {
		t.Errorf("into a folder that is missing: %v, want Invalid", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	gone := filepath.Join(t.TempDir(), "copy")
	if err := db.Backup(ended, gone); err == nil {
		t.Error("a cancelled backup reported success")
	}
	if _, err := os.Stat(gone); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a failed backup left a file: %v", err)
	}
}
