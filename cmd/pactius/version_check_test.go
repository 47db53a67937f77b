package main

import (
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "modernc.org/sqlite"

	"github.com/pactius/pactius/internal/dbtool"
)

// TestVersionCheckSaysWhatAServerWouldDo compares this program with databases of every kind.
func TestVersionCheckSaysWhatAServerWouldDo(t *testing.T) {
	t.Parallel()
	steps := func(change string) func(*testing.T, *world) {
		return func(t *testing.T, w *world) { w.must("environment", "add", "--name", "Nordhavn"); w.sql(change) }
	}
	for name, c := range map[string]struct {
		prepare func(*testing.T, *world)
		state   dbtool.SchemaState
		code    int
		says    string
	}{
		"no database yet": {func(*testing.T, *world) {}, dbtool.SchemaMissing, exitDone, "environment add sets it up"},
		"its own":         {steps(`SELECT 1`), dbtool.SchemaSame, exitDone, "as this program uses it"},
		"older": {steps(`DELETE FROM schema_steps WHERE number > 19`), dbtool.SchemaOlder, exitDone,
			"the server upgrades it when it starts"},
		"newer": {steps(`INSERT INTO schema_steps (number, name, applied_at) VALUES (900, 'x', 0)`),
			dbtool.SchemaNewer, exitRefused, "written by a newer version"},
		"another build's": {steps(`UPDATE schema_steps SET sha256 = 'x' WHERE number = 3`), dbtool.SchemaForeign,
			exitRefused, "belongs to another build"},
		"another program's": {func(_ *testing.T, w *world) { w.sql(`CREATE TABLE songs (title TEXT)`) }, "",
			exitRefused, "another program's database"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			c.prepare(t, w)
			before := files(t, w.dir)
			r := w.run("", "version", "--check", "--json")
			var v versionCheck
			if err := json.Unmarshal([]byte(r.stdout), &v); err != nil {
				t.Fatalf("%q: %v", r.stdout, err)
			}
			if r.code != c.code || v.State != c.state {
				t.Errorf("ends with %d and state %q, want %d and %q\n%s", r.code, v.State, c.code, c.state, r.stderr)
			}
			r = w.run("", "version", "--check")
			if said := r.stdout + r.stderr; r.code != c.code || !strings.Contains(said, c.says) {
				t.Errorf("ends with %d and says %q, want %q", r.code, said, c.says)
			}
			unchanged(t, w.dir, before)
		})
	}
}

// sql changes the database behind the program's back.
func (w *world) sql(statement string) {
	w.t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(w.dir, "pactius.db"))
	if err != nil {
		w.t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(statement); err != nil {
		w.t.Fatal(err)
	}
}

// bytes is the database's content, "" without one.
func (w *world) bytes() string {
	w.t.Helper()
	b, err := os.ReadFile(filepath.Join(w.dir, "pactius.db"))
	if err != nil && !os.IsNotExist(err) {
		w.t.Fatal(err)
	}
	return string(b)
}

// TestVersionCheckFindsItsOwnFile gives lists of checksums with and without this program's.
func TestVersionCheckFindsItsOwnFile(t *testing.T) {
	t.Parallel()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	own, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	other := fmt.Sprintf("%x  pactius_1.0.0_plan9_mips/pactius\n", sha256.Sum256(nil))
	for name, c := range map[string]struct {
		sums string
		code int
		says string
	}{
		"listed": {other + fmt.Sprintf("%x  pactius_1.0.0_linux_amd64/pactius\n", sha256.Sum256(own)), exitDone,
			"listed as pactius_1.0.0_linux_amd64/pactius"},
		"as sha256sum --binary writes it": {fmt.Sprintf("%X *pactius.exe\n", sha256.Sum256(own)), exitDone,
			"listed as pactius.exe"},
		"another release's": {other, exitRefused, "it's from another release, or it was changed"},
		"no list":           {"", exitRefused, "it's from another release"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sums := filepath.Join(t.TempDir(), "SHA256SUMS.programs")
			if err := os.WriteFile(sums, []byte(c.sums), 0o600); err != nil {
				t.Fatal(err)
			}
			code, stdout, stderr := command(t, nil, "version", "--check", "--checksums", sums)
			if said := stdout + stderr; code != c.code || !strings.Contains(said, c.says) ||
				!strings.Contains(said, "not configured, so not compared") {
				t.Errorf("ends with %d and says %q, want %q", code, said, c.says)
			}
		})
	}
	if code, _, stderr := command(t, nil, "version", "--checksums", path); code != exitUsage {
		t.Errorf("--checksums alone ends with %d: %s", code, stderr)
	}
}

func TestReleasesAreToldFromOtherBuilds(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]bool{
		"v1.2.3": true, "v1.2.3-rc.1": true, "devel": false, "v1.2.3+dirty": false,
		"v0.0.0-20270331120000-0123456789ab": false, "v1.2.4-0.20270331120000-0123456789ab": false,
		"v1.2.3-rc.1.0.20270331120000-0123456789ab": false,
	} {
		if got := isRelease(build{Version: version}); got != want {
			t.Errorf("%s is a release: %v, want %v", version, got, want)
		}
	}
	if isRelease(build{Version: "v1.2.3", Modified: true}) {
		t.Error("a build of uncommitted changes is a release")
	}
}

// TestTheManualIsWhole writes the manual and looks for every command and flag.
func TestTheManualIsWhole(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	code, stdout, stderr := command(t, nil, "manual", dir)
	if code != exitDone || !strings.Contains(stdout, "manual pages") {
		t.Fatalf("manual ends with %d: %s%s", code, stdout, stderr)
	}
	for _, c := range commands(newRootCommand(&app{})) {
		page, err := os.ReadFile(filepath.Join(dir, strings.ReplaceAll(c.CommandPath(), " ", "-")+".1"))
		if err != nil {
			t.Error(err)
			continue
		}
		text := string(page)
		for _, want := range []string{roff(c.Short), roff(c.Example), ".SH SEE ALSO\n"} {
			if !strings.Contains(text, want) {
				t.Errorf("the page of %s has no %q", c.CommandPath(), want)
			}
		}
		if c.Flags().Lookup("json") != nil && !strings.Contains(text, `\fB\-\-json\fR`) {
			t.Errorf("the page of %s lacks a flag", c.CommandPath())
		}
	}
	if code, _, stderr := command(t, nil, "manual", filepath.Join(dir, "none")); code != exitRefused {
		t.Errorf("a folder that is missing ends with %d: %s", code, stderr)
	}
	if got, want := roff(".TH\n'tis\na-b\\"), "\\&.TH\n\\&'tis\na\\-b\\e"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
