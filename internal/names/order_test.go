package names

import (
	"slices"
	"strings"
	"testing"
)

func TestNamesSortAsPeopleExpect(t *testing.T) {
	t.Parallel()
	want := []string{"", "007 Agents", "8", "9", "Émile 2", "emile 10", "Emile 10 b", "Team", "Team 1", "Team 2",
		"Team 10", "Team 10.2", "Team 10.11", "Team " + strings.Repeat("9", 98), "Zebra", "Æbelø", "Ørsted", "Århus"}
	got := slices.Clone(want)
	slices.Reverse(got)
	slices.SortFunc(got, func(a, b string) int { return strings.Compare(OrderKey(a), OrderKey(b)) })
	if !slices.Equal(got, want) {
		t.Errorf("sorted as\n%q, want\n%q", got, want)
	}
	if OrderKey("A\u030arhus 02") != OrderKey("århus 2") {
		t.Error("the same name in two encodings has two keys")
	}
}
