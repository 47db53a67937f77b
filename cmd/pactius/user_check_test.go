package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius/testbed/devtenant"
)

// newDirectory makes a company whose Microsoft 365 has these people.
func newDirectory(t testing.TB, people ...devtenant.Person) (*world, *devtenant.Tenant) {
	t.Helper()
	w := newCompany(t)
	d, _ := w.microsoft()
	for _, p := range people {
		p.ObjectID = objectID(p.AccountName)
		if err := d.Put(p); err != nil {
			t.Fatal(err)
		}
	}
	return w, d
}

var staff = []devtenant.Person{
	{AccountName: "carl.steen@nordhavn.example", Name: "Carl Steen", Mail: "cs@mail.nordhavn.example"},
	{AccountName: "gu@nordhavn.example", Name: "Gu Berg"},
}

// added runs a command that has to print a record.
func (w *world) added(args ...string) addedRecord {
	w.t.Helper()
	var r addedRecord
	if err := json.Unmarshal([]byte(w.must(append(args, "--json")...)), &r); err != nil {
		w.t.Fatal(err)
	}
	return r
}

func TestACommandTakesTheAccountFromTheDirectory(t *testing.T) {
	t.Parallel()
	w, _ := newDirectory(t, staff...)
	r := w.added("user", "add", "--username", "CARL.steen@nordhavn.example")
	if r.Username != staff[0].AccountName || r.Name != staff[0].Name || r.Email != staff[0].Mail ||
		r.ObjectID != objectID(staff[0].AccountName) || r.Directory != "exists" {
		t.Errorf("added %+v", r)
	}
	w.ask("gu@nordhavn.example", "Gu Berg", "")
	if r := w.added("user", "add", "--username", "gu@nordhavn.example"); r.Result != "settled" {
		t.Errorf("added %+v", r)
	}
	if r := w.added("user", "add", "--username", "new@nordhavn.example", "--name", "New"); r.Directory != "missing" {
		t.Errorf("added %+v", r)
	}
}

// TestMisspeltNamesAreAskedAbout: by add, set and batch, while each call of the directory takes 400 ms.
func TestMisspeltNamesAreAskedAbout(t *testing.T) {
	t.Parallel()
	w, d := newDirectory(t, staff...)
	w.must("user", "add", "--username", "invited@nordhavn.example", "--name", "Zoe Quux")
	d.SetTrouble(devtenant.Trouble{Delay: 400 * time.Millisecond})
	misspelt := []string{"carl.steeen@nordhavn.example", "karl.steen@nordhavn.example", "carlsteen@nordhavn.example",
		"carl.stein@nordhavn.example", "steen.carl@nordhavn.example", "carl.steen@nordhavn.exampel"}
	before := w.must("user", "list")
	var batch strings.Builder
	for _, name := range misspelt {
		for _, args := range [][]string{{"user", "add", "--username", name, "--name", "Carl Steen"},
			{"user", "set", "invited@nordhavn.example", "--username", name}} {
			r := w.run("", args...)
			if r.code != exitRefused || !strings.Contains(r.stderr, "Did you mean:\n  carl.steen@nordhavn.example") ||
				!strings.Contains(r.stderr, "--despite") {
				t.Errorf("%s: exit code %d\n%s%s", args, r.code, r.stdout, r.stderr)
			}
		}
		fmt.Fprintf(&batch, "{\"username\":%q,\"name\":\"Carl Steen\"}\n", name)
	}
	for i, r := range results(t, w.run(batch.String(), "user", "add", "--batch", "-").stdout) {
		if r.Result != resultRefused || len(r.Meant) != 1 || r.Meant[0] != staff[0].AccountName {
			t.Errorf("%s: %+v", misspelt[i], r)
		}
	}
	if diff := cmp.Diff(before, w.must("user", "list")); diff != "" {
		t.Errorf("users (-before +after):\n%s", diff)
	}
	if r := w.added("user", "add", "--username", misspelt[0], "--name", "Carl", "--despite"); r.ObjectID != "" ||
		r.Directory != "missing" {
		t.Errorf("despite it: %+v", r)
	}
	w.must("user", "set", "invited@nordhavn.example", "--username", "carl.steen@nordhavn.example")
	if got := w.must("user", "show", "carl.steen@nordhavn.example"); !strings.Contains(got,
		objectID(staff[0].AccountName)) {
		t.Errorf("not linked:\n%s", got)
	}
}

// TestABatchAsksForManyLinesAtOnce: two calls for 20 lines, none offline, and none after three failures.
func TestABatchAsksForManyLinesAtOnce(t *testing.T) {
	t.Parallel()
	w, d := newDirectory(t, staff...)
	lines := func(prefix string, n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "{\"username\":\"%s%d@nordhavn.example\",\"name\":\"%s%d\",\"despite\":true}\n", prefix, i,
				prefix, i)
		}
		return b.String()
	}
	run := func(script string, args ...string) (words map[string]int) {
		t.Helper()
		d.ForgetCalls()
		words = map[string]int{}
		r := w.run(script, append([]string{"user", "add", "--batch", "-"}, args...)...)
		for _, one := range results(t, r.stdout) {
			words[one.Result+" "+one.Directory]++
		}
		return words
	}
	got := run(lines("a", 45) + "{\"username\":\"carl.steen@nordhavn.example\"}\n")
	if diff := cmp.Diff(map[string]int{"added missing": 45, "added exists": 1}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if n := len(d.Calls("/v1.0/")); n != 6 {
		t.Errorf("%d calls, want 6", n)
	}
	if got := run(lines("b", 5), "--offline"); got["added not_checked"] != 5 || len(d.Calls("/v1.0/")) != 0 {
		t.Errorf("offline: %v, %d calls", got, len(d.Calls("/v1.0/")))
	}
	d.SetTrouble(devtenant.Trouble{Answer: devtenant.HTML})
	if got := run(lines("c", 120)); got["added not_checked"] != 120 || len(d.Calls("/v1.0/")) != maxBatchFailures {
		t.Errorf("a directory that fails: %v, %d calls", got, len(d.Calls("/v1.0/")))
	}
}
