package main

import (
	"database/sql"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	_ "modernc.org/sqlite" // the driver called sqlite

	"github.com/pactius/pactius/internal/dbtool"
)

func TestADeploymentMoves(t *testing.T) {
	t.Parallel()
	w := newCompany(t)
	from, to := "sqlite:"+filepath.Join(w.dir, "pactius.db"), "sqlite:"+filepath.Join(w.dir, "moved.db")
	address := w.file("address", to+"\n")
	dry := w.run("", "copy", "--from", from, "--to", "@"+address, "--dry-run")
	if dry.code != exitDone || !strings.Contains(dry.stdout, "Nothing was copied") || dry.stderr != "" {
		t.Errorf("the dry run: %+v", dry)
	}
	moved := w.run("", "copy", "--from", from, "--to", "@"+address, "--json")
	if moved.code != exitDone || !strings.Contains(moved.stderr, "read back and compared") {
		t.Fatalf("copy: %+v", moved)
	}
	rows := map[string]int64{}
	for line := range strings.Lines(moved.stdout) {
		var r copyRecord
		if err := json.Unmarshal([]byte(line), &r); err != nil || !r.Copied || r.Checksum == "" {
			t.Errorf("copy --json prints %s: %v", line, err)
		}
		rows[r.Table] = r.Rows
	}
	if rows["users"] != 1 || rows["units"] != 3 || rows["environments"] != 1 {
		t.Errorf("copied %v", rows)
	}
	before := w.must("user", "list", "--json")
	if after := w.must("user", "list", "--json", "--database", to); after != before {
		t.Errorf("after the move there are %s, before %s", after, before)
	}
	if got := w.must("check", "--database", to); !strings.HasPrefix(got, "No problems found") {
		t.Errorf("check says %s", got)
	}
	again := w.run("", "copy", "--from", from, "--to", to)
	if again.code != exitRefused || !strings.Contains(again.stderr, "isn't empty") || again.stdout != "" {
		t.Errorf("copy once more: %+v", again)
	}
}

func TestADamagedDatabaseIsTold(t *testing.T) {
	t.Parallel()
	w := newCompany(t)
	path := filepath.Join(w.dir, "pactius.db")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), `UPDATE users SET unit_count = 7`); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	told := w.run("", "check")
	if told.code != exitRefused || !strings.Contains(told.stdout, "WRONG") ||
		!strings.Contains(told.stdout, "counts 7") || !strings.Contains(told.stderr, "found one problem") {
		t.Errorf("check: %+v", told)
	}
	var r flawRecord
	if err := json.Unmarshal([]byte(w.run("", "check", "--json").stdout), &r); err != nil || r.Warning ||
		r.Check != "users" || r.Environment == "" || r.Subject == "" {
		t.Errorf("check --json prints %+v: %v", r, err)
	}
	w.must("backup", filepath.Join(w.dir, "backup.db"))
	refused := w.run("", "restore", filepath.Join(w.dir, "backup.db"))
	if refused.code != exitRefused || !strings.Contains(refused.stderr, "wrong: users") {
		t.Errorf("restore: %+v", refused)
	}
	insisted := w.run("", "restore", filepath.Join(w.dir, "backup.db"), "--despite-findings", "--json")
	if insisted.code != exitDone || !strings.Contains(insisted.stderr, "wrong: users") ||
		!strings.Contains(insisted.stdout, `"replaced"`) {
		t.Errorf("restore --despite-findings: %+v", insisted)
	}
}

func TestWarningsAreNoFailure(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	p := &printer{out: &out, notes: &out}
	if err := p.flaws("sqlite:p.db", []dbtool.Flaw{{Warning: true, Check: "mails", Detail: "waits"}}); err != nil {
		t.Errorf("flaws: %v", err)
	}
	if !strings.Contains(out.String(), "warning") {
		t.Errorf("printed %q", out.String())
	}
	if err := p.flaws("sqlite:p.db", []dbtool.Flaw{{}, {}}); err == nil || err.Error() != "found 2 problems" {
		t.Errorf("flaws: %v", err)
	}
}

// TestARefusedCopyLeavesItsTargetAsItWas to the byte, also another program's file.
func TestARefusedCopyLeavesItsTargetAsItWas(t *testing.T) {
	t.Parallel()
	w, other := newCompany(t), newWorld(t)
	other.sql(`CREATE TABLE songs (title TEXT)`)
	before := files(t, other.dir)
	for _, more := range [][]string{nil, {"--dry-run"}} {
		r := w.run("", append([]string{"copy", "--from", "sqlite:" + filepath.Join(w.dir, "pactius.db"),
			"--to", "sqlite:" + filepath.Join(other.dir, "pactius.db")}, more...)...)
		if r.code != exitRefused || !strings.Contains(r.stderr, "another program's database") {
			t.Errorf("%v: %+v", more, r)
		}
		unchanged(t, other.dir, before)
	}
}
