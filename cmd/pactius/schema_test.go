package main

import (
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pactius/pactius/internal/database"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
)

// ofSchema brings the world's database to the schema that steps make, as the server of another version does.
func (w *world) ofSchema(steps []database.Step) {
	w.t.Helper()
	migrate(w.t, "sqlite:"+filepath.Join(w.dir, "pactius.db"), steps)
}

func migrate(t testing.TB, address string, steps []database.Step) {
	t.Helper()
	db, err := database.Open(t.Context(), address, database.Options{Steps: steps})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// steps are this program's, of which a test may cut off or add some.
func steps(t *testing.T) []database.Step {
	t.Helper()
	all, err := store.Steps()
	if err != nil {
		t.Fatal(err)
	}
	return slices.Clip(all)
}

// nextSteps are those of the next version.
func nextSteps(t *testing.T) []database.Step {
	t.Helper()
	all := steps(t)
	return append(all, database.Step{Number: len(all) + 1, Name: "next.sql",
		SQL: `ALTER TABLE users ADD COLUMN nickname TEXT NOT NULL DEFAULT ''`})
}

// TestWhatIsSaidOfOtherSchemas runs a server and commands on databases that this program has not made.
func TestWhatIsSaidOfOtherSchemas(t *testing.T) {
	t.Parallel()
	type said struct {
		code int
		says string
	}
	another := said{exitRefused, "belongs to another build of PACTIUS"}
	older := said{exitRefused, "written by an older version of PACTIUS"}
	newer := said{exitRefused, "written by a newer version of PACTIUS"}
	foreign := said{exitRefused, "another program's database"}
	for name, test := range map[string]struct {
		prepare                     func(*testing.T, *world)
		serve, check, version, read said
	}{
		"later": {func(t *testing.T, w *world) { w.ofSchema(nextSteps(t)) }, newer, newer, newer, newer},
		"another program's": {func(_ *testing.T, w *world) { w.sql(`CREATE TABLE songs (title TEXT)`) },
			foreign, foreign, foreign, foreign},
		"edited": {func(t *testing.T, w *world) {
			all := steps(t)
			last := &all[len(all)-1]
			last.SQL += `CREATE INDEX of_ours ON users (email);`
			w.ofSchema(all)
		}, another, said{exitRefused, "differs from the step of this version"}, another, another},
		"earlier": {func(t *testing.T, w *world) { all := steps(t); w.ofSchema(all[:len(all)-1]) },
			said{exitDone, ""}, older, said{exitDone, "the server upgrades it when it starts"}, older},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			test.prepare(t, w)
			before := w.bytes()
			for _, c := range []struct {
				said
				args []string
			}{
				{test.check, []string{"check"}}, {test.version, []string{"version", "--check"}},
				{test.read, []string{"environment", "list"}}, {test.serve, []string{"serve"}},
			} {
				if c.code == exitDone && c.says == "" {
					continue // see below
				}
				r := w.run("", c.args...)
				if text := r.stdout + r.stderr; r.code != c.code || !strings.Contains(text, c.says) {
					t.Errorf("%v ends with %d and says %q, want %d and %q", c.args, r.code, text, c.code, c.says)
				}
			}
			if w.bytes() != before {
				t.Error("the database was changed")
			}
			if test.serve.code == exitDone {
				p, _ := w.serve()
				p.found(`msg="(database copied) before the upgrade"`)
			}
		})
	}
}

// TestTheWayBackAfterAnUpgrade walks the section "Back" of docs/upgrading.md: the next version upgrades and is used,
// then this one, which was installed before, restores the copy and serves.
func TestTheWayBackAfterAnUpgrade(t *testing.T) {
	t.Parallel()
	w := newCompany(t)
	w.ofSchema(nextSteps(t))
	w.sql(`UPDATE users SET nickname = 'Annie'`)
	if r := w.run("", "serve"); r.code != exitRefused || !strings.Contains(r.stderr, "restore the copy made before") {
		t.Fatalf("the program before starts on the upgraded database: %d %s", r.code, r.stderr)
	}
	copies, err := filepath.Glob(filepath.Join(w.dir, "pactius.db.before-*"))
	if err != nil || len(copies) != 1 {
		t.Fatalf("copies %v, %v, want one", copies, err)
	}
	w.must("restore", copies[0])
	if out := w.must("version", "--check"); !strings.Contains(out, "as this program uses it") {
		t.Errorf("version --check says %q", out)
	}
	w.must("check")
	if out := w.must("user", "list"); !strings.Contains(out, "anna@nordhavn.example") {
		t.Errorf("the users are %q", out)
	}
	w.serve()
	if kept, _ := filepath.Glob(filepath.Join(w.dir, "pactius.db.replaced-*")); len(kept) != 1 {
		t.Errorf("of the upgraded database is kept: %v", kept)
	}
	if !database.FileExists(copies[0]) {
		t.Error("the copy is gone")
	}
}

// TestTheWayBackOnPostgreSQL walks the same section with the tools of PostgreSQL.
func TestTheWayBackOnPostgreSQL(t *testing.T) {
	t.Parallel()
	w, c := newWorld(t), cluster(t)
	before, after, dump := databaseOf(t, c), databaseOf(t, c), filepath.Join(w.dir, "pactius.dump")
	on := func(address string, args ...string) result { return w.run("", append(args, "--database", address)...) }
	if r := on(before, "environment", "add", "--name", "Nordhavn", "--tenant", tenant,
		"--administrator", "anna@nordhavn.example"); r.code != exitDone {
		t.Fatal(r.stderr)
	}
	tool(t, "pg_dump", "--format=custom", "--file="+dump, before)
	migrate(t, before, nextSteps(t))
	if r := on(before, "user", "list"); r.code != exitRefused {
		t.Fatalf("the program before reads the upgraded database: %s", r.stdout)
	}
	tool(t, "pg_restore", "--exit-on-error", "--no-owner", "--dbname="+after, dump)
	for _, args := range [][]string{{"version", "--check"}, {"check"}, {"user", "list"}} {
		if r := on(after, args...); r.code != exitDone {
			t.Errorf("%v: %s%s", args, r.stdout, r.stderr)
		}
	}
	w.serve("PACTIUS_DATABASE=" + after)
}

func databaseOf(t *testing.T, c *storetest.Cluster) string {
	t.Helper()
	address, err := c.NewDatabase(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return address
}

// tool runs a program of PostgreSQL.
func tool(t *testing.T, name string, args ...string) {
	t.Helper()
	path, err := storetest.Program(name)
	if err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(path, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
}
