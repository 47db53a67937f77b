package main

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pactius/pactius/internal/store/storetest"
)

// row matches a line of a table with figures.
var row = regexp.MustCompile(`(?m)^\| (.+?) \| ([\d. |]+) \|$`)

// TestARunPrintsEveryTable measures a little of everything, so that the
// measurements go on working while the program changes.
func TestARunPrintsEveryTable(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	if err := run(t.Context(), &out, options{users: 120, rounds: 1, admissions: 1}); err != nil {
		t.Fatal(err)
	}
	callers := 6 // rows: two ways, with 1, 8 and 32 callers
	if strings.Contains(out.String(), storetest.ErrNoPostgres.Error()) {
		if os.Getenv(storetest.Require) != "" {
			t.Fatal(out.String())
		}
		t.Log("SKIPPED on PostgreSQL:", storetest.ErrNoPostgres)
	} else {
		callers *= 2
	}
	found := row.FindAllStringSubmatch(out.String(), -1)
	if want := 11 + callers; len(found) != want {
		t.Errorf("%d rows with figures, want %d", len(found), want)
	}
	for _, r := range found {
		for _, figure := range strings.Split(r[2], " | ") {
			if n, err := strconv.ParseFloat(figure, 64); err != nil || n <= 0 {
				t.Errorf("%s: the figure %s, want more than 0", r[1], figure)
			}
		}
	}
	if t.Failed() {
		t.Log(out.String())
	}
}

func TestARunMeasuresNearMisses(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	if err := run(t.Context(), &out, options{near: 60}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Near misses on SQLite, 60 invited users", "**all strangers**"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in\n%s", want, out.String())
		}
	}
}

// TestARunMeasuresNeighbours runs the measurement in its short form: the figures mean nothing, but there are some.
func TestARunMeasuresNeighbours(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	o := options{waiting: 30, patience: 2 * time.Second, slow: 5 * time.Millisecond}
	if err := run(t.Context(), &out, o); err != nil {
		t.Fatal(err)
	}
	if found := row.FindAllString(out.String(), -1); len(found) != 3 {
		t.Errorf("%d rows with figures, want one for each mail server:\n%s", len(found), out.String())
	}
}
