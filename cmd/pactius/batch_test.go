package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// results reads what a batch printed, a line each.
func results(t testing.TB, stdout string) []batchRecord {
	t.Helper()
	var all []batchRecord
	for line := range strings.Lines(stdout) {
		var r batchRecord
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatalf("the line %q is no JSON: %v", line, err)
		}
		all = append(all, r)
	}
	return all
}

func TestBatchLineByLine(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, line string
		result     string
		says       string   // part of error
		fields     []string // that are wrong
	}{
		{"a user with a unit", `{"username":"a@nordhavn.example","name":"A","unit":"Sales","access":"write"}`, "added",
			"", nil},
		{"a user with units", `{"username":"b@nordhavn.example","name":"B",` +
			`"units":[{"unit":"sales/north","access":"administer"},{"unit":"Sales"}]}`, "added", "", nil},
		{"a user after a byte order mark", "\ufeff" + `{"username":"c@nordhavn.example","name":"C"}`, "added", "", nil},
		{"the account name of a request", `{"username":"gu@nordhavn.example","name":"Gu Berg"}`, "refused",
			"the access request", nil},
		{"the account name of a request, all the same",
			`{"username":"gu@nordhavn.example","name":"Gu Berg","despite":true}`, "added", "", nil},
		{"somebody who is a user", `{"username":"ANNA@nordhavn.example","name":"Anna"}`, "exists", "", nil},
		{"no JSON", `username,name`, "refused", "not a JSON object", nil},
		{"a list", `[{"username":"d@nordhavn.example"}]`, "refused", "not a JSON object", nil},
		{"nothing", `null`, "refused", "not a JSON object", nil},
		{"half an object", `{"username":"d@nordhavn.example"`, "refused", "does not end", nil},
		{"two objects", `{"username":"d@nordhavn.example","name":"D"} {}`, "refused", "after the JSON object", nil},
		{"an unknown field", `{"username":"d@nordhavn.example","name":"D","title":"Boss"}`, "refused",
			`unknown field "title"`, nil},
		{"a number for a name", `{"username":"d@nordhavn.example","name":7}`, "refused", "name cannot be a number",
			nil},
		{"an empty object", `{}`, "refused", "", []string{"name", "username"}},
		{"everything wrong at once",
			`{"username":"d","name":"","email":"x","ends_on":"soon","unit":"Nowhere","access":"much"}`, "refused", "",
			[]string{"access", "email", "ends_on", "name", "unit", "username"}},
		{"unit and units", `{"username":"d@nordhavn.example","name":"D","unit":"Sales","units":[{"unit":"Sales"}]}`,
			"refused", "", []string{"unit"}},
		{"access to nothing", `{"username":"d@nordhavn.example","name":"D","access":"read"}`, "refused", "",
			[]string{"access"}},
		{"a unit twice", `{"username":"d@nordhavn.example","name":"D","units":[{"unit":"Sales"},{"unit":"SALES"}]}`,
			"refused", "", []string{"unit"}},
		{"a day that is over", `{"username":"d@nordhavn.example","name":"D","ends_on":"2001-01-01"}`, "refused", "",
			[]string{"ends_on"}},
		{"a day that is over and an unknown unit",
			`{"username":"d@nordhavn.example","name":"D","ends_on":"2001-01-01","unit":"Nowhere"}`, "refused", "",
			[]string{"ends_on", "unit"}},
		{"a control character in the name", `{"username":"d@nordhavn.example","name":"D\u001b[2J"}`, "refused", "",
			[]string{"name"}},
		{"a line of UTF-16", "\xff\xfe{\x00}\x00", "refused", "is UTF-16; save it as UTF-8", nil},
		{"a line of UTF-16 without a mark", "{\x00}\x00", "refused", "is UTF-16; save it as UTF-8", nil},
		{"bytes that are no text", "{\"username\":\"d@nordhavn.example\",\"name\":\"D\xff\"}", "refused", "not UTF-8",
			nil},
		{"a line without end", `{"name":"` + strings.Repeat("x", maxBatchLine) + `"}`, "refused", "longer than", nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newCompany(t)
			w.ask("gu@nordhavn.example", "Gu Berg", "")
			r := w.run(c.line, "user", "add", "--batch", "-")
			got := results(t, r.stdout)
			if len(got) != 1 || got[0].Line != 1 || got[0].Result != c.result ||
				!strings.Contains(got[0].Error, c.says) {
				t.Fatalf("got %+v, want one result %q that says %q\n%s", got, c.result, c.says, r.stderr)
			}
			for _, f := range c.fields {
				if got[0].Fields[f] == "" {
					t.Errorf("nothing is said about %s: %v", f, got[0].Fields)
				}
			}
			if len(got[0].Fields) != len(c.fields) {
				t.Errorf("fields %v, want %v", got[0].Fields, c.fields)
			}
			if code := exitDone; (c.result == "refused") != (r.code == exitRefused) {
				t.Errorf("exit code %d, want %d unless refused", r.code, code)
			}
			if found := got[0].User != ""; found == (c.result == "refused") {
				t.Errorf("user %q of result %s", got[0].User, c.result)
			}
		})
	}
}

func TestBatchGoesOnAfterBadLines(t *testing.T) {
	t.Parallel()
	w := newCompany(t)
	lines := []string{
		`{"username":"a@nordhavn.example","name":"A","unit":"Sales"}`, "", "broken", "  ",
		strings.Repeat("y", maxBatchLine+1), `{"username":"a@nordhavn.example","name":"A"}`,
		`{"username":"b@nordhavn.example","name":"B"}`,
	}
	r := w.run("", "user", "add", "--batch", w.file("people.ndjson", strings.Join(lines, "\r\n")))
	var got []string
	for _, one := range results(t, r.stdout) {
		got = append(got, fmt.Sprint(one.Line, " ", one.Result))
	}
	if diff := cmp.Diff([]string{"1 added", "3 refused", "5 refused", "6 exists", "7 added"}, got); diff != "" {
		t.Errorf("results differ (-want +got):\n%s", diff)
	}
	if r.code != exitRefused || !strings.Contains(r.stderr, "lines refused: 2") {
		t.Errorf("exit code %d, stderr %q", r.code, r.stderr)
	}
	again := w.run(lines[0]+"\n"+lines[6], "user", "add", "--batch", "-")
	if again.code != exitDone {
		t.Errorf("a batch that is repeated ends with %d: %s", again.code, again.stderr)
	}
	if r := w.run("", "user", "add", "--batch", filepath.Join(w.dir, "missing")); r.code != exitRefused {
		t.Errorf("a missing file ends with %d", r.code)
	}
	if r := w.run("", "user", "add", "--batch", "-", "--name", "X"); r.code != exitUsage {
		t.Errorf("a batch with a name ends with %d", r.code)
	}
}

func TestUnitsOfABatch(t *testing.T) {
	t.Parallel()
	w := newCompany(t)
	lines := strings.Join([]string{
		`{"unit":"Sales / North"}`, `{"unit":"Purchasing"}`, "", `{"unit":"purchasing/ Raw materials"}`,
		`{"unit":"Nowhere / Team"}`, `{"unit":"PURCHASING"}`, `{"unit":" / "}`, `{"path":"Legal"}`, `Legal`,
		`{"unit":"Legal / Contracts"}`,
	}, "\n")
	try := func(stdin string, flags ...string) (got []string, r result) {
		r = w.run(stdin, append([]string{"unit", "add", "--batch", "-"}, flags...)...)
		for line := range strings.Lines(r.stdout) {
			var one unitResult
			if err := json.Unmarshal([]byte(line), &one); err != nil {
				t.Fatalf("the line %q is no JSON: %v", line, err)
			}
			if (one.Result == resultRefused) != (one.Error != "") || (one.Result == resultRefused) != (one.ID == "") {
				t.Errorf("line %d: %+v", one.Line, one)
			}
			got = append(got, fmt.Sprint(one.Line, " ", one.Result))
		}
		return got, r
	}
	got, r := try(lines)
	want := []string{"1 exists", "2 added", "4 added", "5 refused", "6 exists", "7 refused", "8 refused", "9 refused",
		"10 refused"}
	if diff := cmp.Diff(want, got); diff != "" || r.code != exitRefused {
		t.Errorf("results differ (-want +got), exit code %d:\n%s", r.code, diff)
	}
	if !strings.Contains(r.stdout, `There's no business unit Nowhere`) || !strings.Contains(r.stdout, `{\"unit\": `) {
		t.Errorf("the reasons are %s", r.stdout)
	}
	got, r = try(`{"unit":"Legal / Contracts"}`+"\n"+`{"unit":"Legal"}`, "--parents")
	if diff := cmp.Diff([]string{"1 added", "2 exists"}, got); diff != "" || r.code != exitDone {
		t.Errorf("with parents, results differ (-want +got), exit code %d:\n%s", r.code, diff)
	}
	for _, args := range [][]string{{"Sales", "--batch", "-"}, {}} {
		if r := w.run("", append([]string{"unit", "add"}, args...)...); r.code != exitUsage {
			t.Errorf("unit add %q ends with %d", args, r.code)
		}
	}
}

// Many commands at once on one database, each as its own process would be: a
// person is created exactly once, and everyone is told what happened.
func TestCommandsAtOnce(t *testing.T) {
	t.Parallel()
	const commands, people = 6, 12
	w := newCompany(t)
	var batch strings.Builder
	for i := range people {
		fmt.Fprintf(&batch, `{"username":"p%d@nordhavn.example","name":"P","unit":"Sales / North"}`+"\n", i)
	}
	ended := make([]result, commands)
	var wg sync.WaitGroup
	for i := range commands {
		wg.Go(func() {
			if i%2 == 0 {
				ended[i] = w.run(batch.String(), "user", "add", "--batch", "-")
				return
			}
			ended[i] = w.run("", "user", "add", "--username", "p0@nordhavn.example", "--name", "P", "--unit", "Sales")
		})
	}
	wg.Wait()
	added := map[string]int{}
	for i, r := range ended {
		if i%2 == 1 {
			if r.code == exitDone {
				added["p0@nordhavn.example"]++
			} else if !strings.Contains(r.stderr, "already") {
				t.Errorf("a command was refused for another reason: %s", r.stderr)
			}
			continue
		}
		for _, one := range results(t, r.stdout) {
			if one.Result == "added" {
				added[one.Username]++
			} else if one.Result != "exists" {
				t.Errorf("line %d was %s: %s", one.Line, one.Result, one.Error)
			}
		}
	}
	for i := range people {
		if n := added[fmt.Sprintf("p%d@nordhavn.example", i)]; n != 1 {
			t.Errorf("p%d was added %d times", i, n)
		}
	}
	if n := strings.Count(w.must("user", "list", "--all", "--json"), "\n"); n != people+1 {
		t.Errorf("there are %d users, want %d", n, people+1)
	}
}

func FuzzBatchLine(f *testing.F) {
	f.Add([]byte(`{"username":"a@nordhavn.example","name":"A","units":[{"unit":"Sales","access":"read"}]}`))
	f.Add([]byte(`{"username":7}`))
	f.Add([]byte(`{"units":[{"unit":{}}]}{`))
	f.Add([]byte("\x00\n\xff"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, fault := parseLine[newcomer](batchLine{text: b}, userExample); strings.Contains(fault, "main.") {
			t.Errorf("a word of the program is shown: %s", fault)
		}
		lines := bufio.NewReaderSize(strings.NewReader(string(b)), 16)
		var read int
		for {
			line, long, err := readLine(lines)
			if err == io.EOF {
				break
			}
			if err != nil || long {
				t.Fatalf("reading %q: %v %v", b, long, err)
			}
			read += len(line)
		}
		if read != len(b) {
			t.Errorf("read %d bytes of %d", read, len(b))
		}
	})
}

// An interrupted batch says how far it came and refuses nothing for it.
func TestBatchInterrupted(t *testing.T) {
	t.Parallel()
	w := newCompany(t)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	in, lines := io.Pipe()
	printed, out := io.Pipe()
	var errs bytes.Buffer
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, &app{stdin: in, stdout: out, stderr: &errs, environ: w.environ},
			[]string{"user", "add", "--batch", "-"})
	}()
	write := func(i int) {
		if _, err := fmt.Fprintf(lines, `{"username":"p%d@nordhavn.example","name":"P"}`+"\n", i); err != nil {
			t.Error(err)
		}
	}
	write(1)
	first, err := bufio.NewReader(printed).ReadString('\n')
	if err != nil || !strings.Contains(first, `"added"`) {
		t.Fatalf("the first line came to %q: %v", first, err)
	}
	stop()
	write(2)
	if code := <-ended; code != exitRefused || !strings.Contains(errs.String(), "stopped before line 2") {
		t.Errorf("exit code %d: %s", code, errs.String())
	}
}
