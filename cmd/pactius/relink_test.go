package main

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

const newTenant = "11111111-0b5a-4c7d-9e21-5f4a3b2c1d0e"

// newMoved makes a company whose only administrator has an account in its tenant and in another one.
func newMoved(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	w.tenant(tenant, "anna@nordhavn.example", "Anna Hansen")
	w.tenant(newTenant, "anna@nordhavn.example", "Anna Hansen")
	w.must("environment", "add", "--name", "Nordhavn", "--tenant", tenant, "--administrator", "anna@nordhavn.example")
	w.enter(tenant, "anna@nordhavn.example")
	return w
}

// answer runs a command whose questions a person at a terminal answers.
func (w *world) answer(stdin string, args ...string) result {
	w.t.Helper()
	var out, errs bytes.Buffer
	a := &app{stdin: strings.NewReader(stdin), stdout: &out, stderr: &errs, environ: w.environ, zone: time.UTC,
		answers: true}
	code := run(w.t.Context(), a, args)
	return result{code, out.String(), errs.String()}
}

// TestAMoveAtATerminal asks before each step, and yes is the only answer that does it.
func TestAMoveAtATerminal(t *testing.T) {
	t.Parallel()
	w := newMoved(t)
	steps := []struct {
		asks, done string
		args       []string
	}{
		{"1 user is linked", "Changed Nordhavn", []string{"environment", "set", "--tenant", newTenant}},
		{"1 user of Nordhavn will be linked", "Linked 1 user", []string{"environment", "relink", "--apply"}},
		{"1 user of Nordhavn will be linked to accounts of the earlier", "Undone for 1 user",
			[]string{"environment", "relink", "--undo"}},
	}
	for _, step := range steps {
		for _, no := range []string{"", "\n", "no\n", "y\n", "YES\n"} {
			r := w.answer(no, step.args...)
			if r.code != exitRefused || !strings.Contains(r.stderr, step.asks) ||
				strings.Contains(r.stdout, step.done) {
				t.Errorf("%v answered with %q: %d\n%s%s", step.args, no, r.code, r.stdout, r.stderr)
			}
		}
		if r := w.answer("yes\n", step.args...); r.code != exitDone || !strings.Contains(r.stderr, step.asks) ||
			!strings.Contains(r.stdout, step.done) {
			t.Errorf("%v answered with yes: %d\n%s%s", step.args, r.code, r.stdout, r.stderr)
		}
	}
}

// TestNothingIsAskedOfADevice: /dev/null is no person.
func TestNothingIsAskedOfADevice(t *testing.T) {
	t.Parallel()
	w := newMoved(t)
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	var out, errs bytes.Buffer
	a := &app{stdin: null, stdout: &out, stderr: &errs, environ: w.environ, zone: time.UTC}
	if code := run(t.Context(), a, []string{"environment", "set", "--tenant", newTenant}); code != exitRefused {
		t.Errorf("exit code %d\n%s%s", code, out.String(), errs.String())
	}
	if got := w.must("environment", "show"); !strings.Contains(got, tenant) {
		t.Errorf("the tenant was changed:\n%s", got)
	}
}

// TestAMappingOfAHundredThousandLines names the account of one user, and of people who are no users.
func TestAMappingOfAHundredThousandLines(t *testing.T) {
	t.Parallel()
	const lines = 100_000
	w := newMoved(t)
	w.must("environment", "set", "--tenant", newTenant, "--yes")
	var b strings.Builder
	for i := range lines - 1 {
		fmt.Fprintf(&b, `{"username": "user%d@old.example", "to": "user%d@new.example"}`+"\n", i, i)
	}
	b.WriteString(`{"username": "anna@nordhavn.example", "to": "anna@nordhavn.example"}` + "\n")
	r := w.run("", "environment", "relink", "--map", w.file("accounts.ndjson", b.String()), "--apply", "--yes")
	if want := fmt.Sprintf("Linked 1 user; %d left as they are.", lines-1); r.code != exitDone ||
		!strings.Contains(r.stdout, want) {
		t.Errorf("exit code %d, want %q\n%s", r.code, want, r.stderr)
	}
	broken := b.String() + "{\n"
	r = w.run("", "environment", "relink", "--map", w.file("broken.ndjson", broken), "--apply", "--yes")
	if r.code != exitRefused || !strings.Contains(r.stderr, "line 100001:") || r.stdout != "" {
		t.Errorf("a broken last line: exit code %d\n%s%s", r.code, r.stdout, r.stderr)
	}
	if r = w.run("", "environment", "relink", "--map", w.dir+"/none"); r.code != exitRefused {
		t.Errorf("a file that is not there: exit code %d\n%s%s", r.code, r.stdout, r.stderr)
	}
}

// TestADryRunIsAMapping: a person corrects what a dry run has left and hands it back.
func TestADryRunIsAMapping(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.tenant(tenant, "anna@nordhavn.example", "Anna Hansen", "bo@nordhavn.example", "Bo Lund")
	w.tenant(newTenant, "anna@nordhavn.example", "Anna Krogh", "bo@nordhavn.example", "Bodil Lund")
	w.must("environment", "add", "--name", "Nordhavn", "--tenant", tenant, "--administrator", "anna@nordhavn.example")
	w.must("user", "add", "--username", "bo@nordhavn.example", "--name", "Bo Lund")
	w.enter(tenant, "anna@nordhavn.example")
	w.enter(tenant, "bo@nordhavn.example")
	w.must("environment", "set", "--tenant", newTenant, "--yes")
	dry := w.must("environment", "relink", "--json")
	if got := w.run(dry, "environment", "relink", "--map", "-", "--json"); got.stdout != dry {
		t.Errorf("the records of a dry run decide by themselves:\n%s%s", got.stdout, got.stderr)
	}
	anna, bo, _ := strings.Cut(dry, "\n")
	decided := strings.Replace(anna, `"result":"left"`, `"result":""`, 1) + "\n" + bo
	got := w.run(decided, "environment", "relink", "--map", "-", "--json", "--apply", "--yes")
	if !strings.Contains(got.stdout, `"result":"linked"`) || !strings.Contains(got.stdout, `"reason":"other_name"`) {
		t.Errorf("what a person has decided:\n%s%s", got.stdout, got.stderr)
	}
	if got := w.enter(newTenant, "anna@nordhavn.example"); got != "enter" {
		t.Errorf("anna: %s", got)
	}
	if got := w.enter(newTenant, "bo@nordhavn.example"); got != "unrecognised" {
		t.Errorf("bo: %s", got)
	}
}

// TestTheSweepComparesWhoIsLinked: it has read the new directory before, when the accounts were no user's.
func TestTheSweepComparesWhoIsLinked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.tenant(tenant, "anna@nordhavn.example", "Anna Hansen", "bo@nordhavn.example", "Bo Lund")
	there := w.tenant(newTenant, "anna@nordhavn.example", "Anna Hansen", "bo@nordhavn.example", "Bo Lund")
	w.must("environment", "add", "--name", "Nordhavn", "--tenant", tenant, "--administrator", "anna@nordhavn.example")
	w.must("user", "add", "--username", "bo@nordhavn.example", "--name", "Bo Lund")
	w.enter(tenant, "anna@nordhavn.example")
	w.enter(tenant, "bo@nordhavn.example")
	if err := there.Disable(objectID(newTenant + "bo@nordhavn.example")); err != nil {
		t.Fatal(err)
	}
	w.must("environment", "set", "--tenant", newTenant, "--yes")
	if got := w.must("sweep", "--json"); !strings.Contains(got, `"found":0`) || !strings.Contains(got, `"cut_off":2`) {
		t.Errorf("before the relink:\n%s", got)
	}
	w.must("environment", "relink", "--apply", "--yes")
	if got := w.must("sweep", "--json"); !strings.Contains(got, `"found":1,"done":{"deactivated":1}`) {
		t.Errorf("after the relink:\n%s", got)
	}
}

// TestDoctorFindsUsersWhoAreCutOff until they are linked.
func TestDoctorFindsUsersWhoAreCutOff(t *testing.T) {
	t.Parallel()
	w := newMoved(t)
	const what = "earlier tenant"
	if r := w.run("", "doctor"); strings.Contains(r.stdout, what) {
		t.Errorf("before the move:\n%s", r.stdout)
	}
	w.must("environment", "set", "--tenant", newTenant, "--yes")
	if r := w.run("", "doctor"); r.code != exitRefused || !strings.Contains(r.stdout, what+" and can't sign in: 1") {
		t.Errorf("after the move:\n%s", r.stdout)
	}
	w.must("environment", "relink", "--apply", "--yes")
	if r := w.run("", "doctor"); strings.Contains(r.stdout, what) {
		t.Errorf("after the relink:\n%s", r.stdout)
	}
}
