package microsoft_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius/internal/microsoft"
)

var update = flag.Bool("update", false, "write the table of numbers into the documentation")

// numberTable returns the table for the documentation: one line for the numbers that share their words.
func numberTable() string {
	who := map[microsoft.Helper]string{
		microsoft.HelperYourself: "the person", microsoft.HelperLocalAdministrator: "a local administrator",
		microsoft.HelperCustomerIT: "the company's IT", microsoft.HelperSupport: "Support",
	}
	type line struct {
		codes []string
		words microsoft.Number
	}
	var lines []*line
	for _, n := range microsoft.Numbers() {
		i := slices.IndexFunc(lines, func(l *line) bool { return l.words.Title.String() == n.Title.String() })
		if i < 0 {
			lines = append(lines, &line{words: n})
			i = len(lines) - 1
		}
		lines[i].codes = append(lines[i].codes, strings.TrimPrefix(n.Code, "AADSTS"))
	}
	var b strings.Builder
	b.WriteString("\n| Number | What happened | Why | Who can fix it | What to do |\n| --- | --- | --- | --- | --- |\n")
	for _, l := range lines {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", strings.Join(l.codes, ", "), l.words.Title, l.words.Cause,
			who[l.words.Helper], l.words.Next)
	}
	return b.String()
}

// TestTheTableOfNumbers keeps the documentation equal to the program.
func TestTheTableOfNumbers(t *testing.T) {
	t.Parallel()
	const file, begin, end = "../../docs/microsoft365.md", "<!-- numbers -->\n", "<!-- /numbers -->"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), begin)
	got, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		t.Fatalf("%s has no place for the table", file)
	}
	want := numberTable()
	if *update {
		if err := os.WriteFile(file, []byte(before+begin+want+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("the table is out of date, run with -update: got - want +:\n%s", diff)
	}
}
