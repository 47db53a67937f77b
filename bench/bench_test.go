package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pactius/pactius/internal/store/storetest"
)

// TestMain lets the test program be the servers that are measured.
func TestMain(m *testing.M) {
	if served, err := servedForBench(context.Background(), os.Args); served {
		if err != nil {
			panic(err)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// little measures a little of everything: the figures mean nothing, but there are some.
func little(parts ...string) options {
	return options{parts: parts, sizes: []int{60, 150}, engines: []string{onSQLite}, seed: 7,
		budget: budget{rounds: 1, time: 2 * time.Millisecond}, rates: []float64{200}, loadTime: 10 * time.Millisecond,
		visitors: 3, profiled: 1, mailRounds: 2, admissionUsers: 60, admissionUnits: 12, admissions: 1, near: 60,
		waiting: 30, patience: 2 * time.Second, slow: 5 * time.Millisecond,
		door: doorOptions{sessions: 40, active: 10, asked: 40, rounds: 1, revocations: 1, streams: 20}}
}

// document is docs/performance.md.
func document(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "docs", "performance.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// row matches a line of a table with figures.
var row = regexp.MustCompile(`(?m)^\| (.+?) \| (-?[\d., |]+) \|`)

// TestARunWritesTheDocument measures pages in both engines' tables and everything else once, and looks for it in a copy
// of docs/performance.md.
func TestARunWritesTheDocument(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "images"), 0o700); err != nil {
		t.Fatal(err)
	}
	o := little(partPages, partAdmissions, partNear, partNeighbours, partDoor, partProxy)
	o.starts, o.document, o.data = 1, filepath.Join(dir, "performance.md"), t.TempDir()
	if err := os.WriteFile(o.document, []byte(document(t)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := run(t.Context(), os.Stdout, o); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(o.document)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"| SQLite | 150 | 12 | 750 |", "| home |",
		"| refused: the environment's leavers (403) |",
		"### SQLite, " + roleLeaf, "| rules, callers: 32 |",
		"| one row by its key, ms |", "Near misses on SQLite, 60", "| answers immediately |",
		"| SQLite | 150 | 40, 10 |", "| SQLite | 150 | another |", "| 65,536 |", "| 20 |",
		"Measured on " + time.Now().Format("2006")} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%q is missing", want)
		}
	}
	if refused := regexp.MustCompile(`.*\| answers \d+ \|`).FindString(string(text)); refused != "" {
		t.Error("a page was refused:", refused)
	}
	for _, plot := range []string{"root", "local", "leaf"} {
		drawing, err := os.ReadFile(filepath.Join(dir, "images", "bench-sqlite-"+plot+".svg"))
		if err != nil || !strings.Contains(string(drawing), "users, by name") {
			t.Errorf("the plot %s: %v\n%s", plot, err, drawing)
		}
	}
}

// TestARunMeasuresOnPostgres measures pages of one size on the other engine.
func TestARunMeasuresOnPostgres(t *testing.T) {
	t.Parallel()
	o := little(partPages, partDoor, partProxy)
	o.sizes, o.engines, o.visitors = []int{60}, []string{onPostgres}, 1
	var out strings.Builder
	if err := run(t.Context(), &out, o); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), "### "+onPostgres+", "+roleRoot) &&
		strings.Contains(out.String(), "| "+onPostgres+" | 60 | another |") {
		return
	}
	err := withPostgres(t.Context(), func(string) error { return nil })
	if errors.Is(err, storetest.ErrNoPostgres) && os.Getenv(storetest.Require) == "" {
		t.Skip("SKIPPED on PostgreSQL:", err)
	}
	t.Fatalf("there is no table:\n%s", out.String())
}

// TestTheTablesHaveFigures looks at every figure of a page that was made up.
func TestTheTablesHaveFigures(t *testing.T) {
	t.Parallel()
	page := func(ms int) visited {
		d := time.Duration(ms) * time.Millisecond
		return visited{Name: roleRoot, Pages: []figures{{Page: "home", Serial: d, CPU: d, P50: 2 * d, P95: 3 * d,
			Bytes: 12_345, Statements: 7, Database: 0.75, Rendering: 0.25}}}
	}
	all := []result{
		{Engine: onSQLite, Users: 1000, Read: time.Millisecond, Empty: figures{CPU: time.Millisecond},
			Visitors: []visited{page(2)}},
		{Engine: onSQLite, Users: 1_000_000, Read: time.Millisecond, Empty: figures{CPU: 2 * time.Millisecond},
			Visitors: []visited{page(6)}},
	}
	want := "| home | 4.0 | 12 | 18 | 6.0 | 12 | 7 | 6 | 3.0 | 3.0 | database 75 %, rendering 25 % |\n"
	if got := pageTables(all); !strings.Contains(got, want) {
		t.Errorf("got\n%s\nwant the row\n%s", got, want)
	}
	_, rows, _ := strings.Cut(pageTables(all), "---: | --- |\n")
	for _, r := range row.FindAllStringSubmatch(rows, -1) {
		for _, figure := range strings.Split(r[2], " | ") {
			if n, err := strconv.ParseFloat(figure, 64); err != nil || n <= 0 {
				t.Errorf("%s: the figure %s, want more than 0", r[1], figure)
			}
		}
	}
}

// TestAStallIsSeenByAllWhoArriveDuringIt lets one of ten requests take a second. Nine others had come meanwhile, and
// waited because only one is answered at a time.
func TestAStallIsSeenByAllWhoArriveDuringIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		first := true
		l := openLoop{rate: 10, count: 10, patience: time.Minute, underWay: 1}
		took, failed := l.run(t.Context(), func(context.Context) error {
			if first {
				first = false
				time.Sleep(time.Second)
				return errors.New("stalled")
			}
			return nil
		})
		if failed != 1 {
			t.Errorf("%d failed, want 1", failed)
		}
		for i, d := range took {
			if want := time.Second - time.Duration(i)*100*time.Millisecond; d != want {
				t.Errorf("arrival %d took %v, want %v", i, d, want)
			}
		}
	})
}

// TestBlocksAreReplacedAlone leaves hand-written text and other blocks as they are.
func TestBlocksAreReplacedAlone(t *testing.T) {
	t.Parallel()
	const before = "# A\n<!-- bench:one -->\nold\n<!-- /bench:one -->\nby hand\n" +
		"<!-- bench:two -->\nkept\n<!-- /bench:two -->\n"
	got, err := replaceBlocks(before, []block{{"one", "new\n"}})
	want := strings.Replace(before, "\nold\n", "\n\nnew\n\n", 1)
	if err != nil || got != want {
		t.Errorf("got %v\n%s\nwant\n%s", err, got, want)
	}
	if _, err := replaceBlocks(before, []block{{"three", "new"}}); err == nil {
		t.Error("a block without a place was taken")
	}
}

// TestAProfileIsRead reads a profile with two samples in the database and one in a template.
func TestAProfileIsRead(t *testing.T) {
	t.Parallel()
	number := func(field int, n byte) []byte { return []byte{byte(field << 3), n} }
	nested := func(field int, parts ...[]byte) []byte {
		var all []byte
		for _, p := range parts {
			all = append(all, p...)
		}
		return append([]byte{byte(field<<3 | wireBytes), byte(len(all))}, all...)
	}
	var raw []byte
	for i, name := range []string{"", "modernc.org/sqlite.step", "html/template.Execute"} {
		raw = append(raw, nested(profileString, []byte(name))...)
		if i > 0 {
			id := byte(i)
			raw = append(raw, nested(profileFunction, number(functionID, id), number(functionName, id))...)
			raw = append(raw, nested(profileLocation, number(locationID, id),
				nested(locationLine, number(lineFunction, id)))...)
		}
	}
	raw = append(raw, nested(profileSample, nested(sampleLocations, []byte{1, 2}), number(sampleValues, 2),
		number(sampleValues, 99))...)
	raw = append(raw, nested(profileSample, number(sampleLocations, 2), nested(sampleValues, []byte{1, 99}))...)
	var got []string
	stacks(raw, func(functions []string) { got = append(got, strings.Join(functions, "<")) })
	want := "modernc.org/sqlite.step<html/template.Execute modernc.org/sqlite.step<html/template.Execute " +
		"html/template.Execute"
	if strings.Join(got, " ") != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestOnlySomePagesAreMeasured(t *testing.T) {
	o, err := parse([]string{"-only", "^home$"})
	if err != nil {
		t.Fatal(err)
	}
	few := little(partPages)
	few.only, few.sizes, few.data = o.only, few.sizes[:1], t.TempDir()
	all, err := measureSizes(t.Context(), few, func(string, ...any) {})
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range all[0].Visitors {
		if len(v.Pages) != 1 || v.Pages[0].Page != "home" {
			t.Errorf("%s was shown %+v, want home only", v.Name, v.Pages)
		}
	}
}
