package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius/internal/database"
	"github.com/pactius/pactius/internal/store"
)

// pathOf is a command's name without the program's.
func pathOf(path string) string { return strings.TrimPrefix(path, "pactius ") }

func TestEveryCommandDeclaresItsEffect(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for _, c := range commands(newRootCommand(&app{})) {
		if c.HasSubCommands() {
			continue
		}
		known[pathOf(c.CommandPath())] = true
		if effectOf(c) == undeclared {
			t.Errorf("%s doesn't say what it does to the database: add it to effects", c.CommandPath())
		}
	}
	for path := range effects {
		if !known[path] {
			t.Errorf("effects has %q, which is no command", path)
		}
	}
}

// older gives a world a database of schema 20.
func (w *world) older() {
	w.t.Helper()
	steps, err := store.Steps()
	if err != nil {
		w.t.Fatal(err)
	}
	db, err := database.Open(w.t.Context(), "sqlite:"+filepath.Join(w.dir, "pactius.db"),
		database.Options{Steps: steps[:20]})
	if err != nil {
		w.t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		w.t.Fatal(err)
	}
}

// files are the contents of all files in a folder, by name.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		all[e.Name()] = string(b)
	}
	return all
}

// unchanged compares the files of a folder with those before.
func unchanged(t *testing.T, dir string, before map[string]string) {
	t.Helper()
	after := files(t, dir)
	for name, b := range before {
		if after[name] != b {
			t.Errorf("%s was changed or removed", name)
		}
	}
	for name := range after {
		if _, there := before[name]; !there {
			t.Errorf("%s was made", name)
		}
	}
}

// TestCommandsThatReadNeverUpgrade runs the example of each on a database of an earlier schema.
func TestCommandsThatReadNeverUpgrade(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.older()
	before := files(t, w.dir)
	own, other := "sqlite:"+filepath.Join(w.dir, "pactius.db"), filepath.Join(t.TempDir(), "other.db")
	given := map[string][]string{
		"backup": {other}, "copy": {"--from", own, "--to", "sqlite:" + other}, "environment list": {},
	}
	lines := [][]string{{"user", "merge", "anna@nordhavn.example", "bo@nordhavn.example", "--dry-run"}}
	for _, c := range commands(newRootCommand(&app{})) {
		path := pathOf(c.CommandPath())
		if effectOf(c) != reads && path != "doctor" {
			continue
		}
		args, ok := given[path]
		if !ok {
			example, _, _ := strings.Cut(strings.ReplaceAll(c.Example, "\\\n", " "), "\n")
			_, line, _ := strings.Cut(example, "pactius "+path)
			args = w.words(line)
		}
		lines = append(lines, append(strings.Fields(path), args...))
	}
	for _, line := range lines {
		r := w.run("", line...)
		said := r.stdout + r.stderr
		if r.code != exitRefused || !strings.Contains(said, "older version of PACTIUS (schema 20;") ||
			!strings.Contains(said, "Start this version's server") {
			t.Errorf("%v ends with %d and says %q", line, r.code, said)
		}
		unchanged(t, w.dir, before)
	}
	if _, err := os.Stat(other); err == nil {
		t.Error("a target was made")
	}
}

// TestDoctorGoesOnWithoutTheDatabase that it must not upgrade, and says what to do.
func TestDoctorGoesOnWithoutTheDatabase(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if r := w.run("", "doctor"); r.code != exitRefused || !strings.Contains(r.stdout, "pactius environment add") {
		t.Errorf("without a database: %+v", r)
	}
	unchanged(t, w.dir, nil)
	w.older()
	r := w.run("", "doctor")
	for _, want := range []string{"PROBLEM  ✗  database: ", "it upgrades the database", "time zones: ",
		"mail server: "} {
		if !strings.Contains(r.stdout, want) {
			t.Errorf("doctor lacks %q:\n%s", want, r.stdout)
		}
	}
}

// TestDoctorReportsALongWriteAheadLog that no server has shortened.
func TestDoctorReportsALongWriteAheadLog(t *testing.T) {
	t.Parallel()
	w := newCompany(t)
	core := w.core(t.Context()) // keeps the -wal file
	defer core.Close()
	if err := os.Truncate(filepath.Join(w.dir, "pactius.db-wal"), database.WALLimit+1<<20); err != nil {
		t.Fatal(err)
	}
	if r := w.run("", "doctor"); !strings.Contains(r.stdout, "WARNING  !  database: its -wal file has 17 MB") {
		t.Errorf("doctor says\n%s", r.stdout)
	}
}

// TestCommandsThatReadChangeNothing reads a database at rest, and one that a crash has left with a -wal file.
func TestCommandsThatReadChangeNothing(t *testing.T) {
	t.Parallel()
	lines := [][]string{{"environment", "list"}, {"environment", "show"}, {"user", "list"},
		{"user", "show", "anna@nordhavn.example"}, {"unit", "list"}, {"request", "list"}, {"email", "list"},
		{"application", "list"}, {"explain", "anna@nordhavn.example"}, {"check"}, {"version", "--check"},
		{"backup"}, {"copy"}}
	for name, crash := range map[string]bool{"at rest": false, "after a crash": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newCompany(t)
			dir := w.dir
			if crash {
				dir = w.crashed(t.TempDir())
			}
			own := "sqlite:" + filepath.Join(dir, "pactius.db")
			before := files(t, dir)
			if crash && (before["pactius.db-wal"] == "" || before["pactius.db-shm"] == "") {
				t.Fatal("there is no -wal or -shm file")
			}
			delete(before, "pactius.db-shm") // an index that is made anew
			for _, line := range lines {
				out := filepath.Join(t.TempDir(), "out.db")
				switch line[0] {
				case "backup":
					line = append(line, out, "--database", own)
				case "copy":
					line = append(line, "--from", own, "--to", "sqlite:"+out)
				default:
					line = append(line[:len(line):len(line)], "--database", own)
				}
				w.must(line...)
				after := files(t, dir)
				if delete(after, "pactius.db-shm"); !cmp.Equal(before, after) {
					t.Fatalf("%v changed the files", line)
				}
			}
		})
	}
}

// crashed copies the database into a folder as a crash leaves it, with a unit in the -wal file that isn't in the
// database's file.
func (w *world) crashed(dir string) string {
	w.t.Helper()
	core := w.core(w.t.Context()) // keeps the -wal file
	defer core.Close()
	w.must("unit", "add", "Unmerged")
	for name, b := range files(w.t.(*testing.T), w.dir) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(b), 0o600); err != nil {
			w.t.Fatal(err)
		}
	}
	return dir
}
