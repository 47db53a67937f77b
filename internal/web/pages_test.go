package web

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius/testbed/scripted"
)

// link is the first link of the page's content that begins so and is longer.
func link(t *testing.T, p *page, prefix string) string {
	t.Helper()
	for n := range p.Tree().Descendants() {
		href, ok := scripted.Attribute(n, "href")
		if ok && n.Data == "a" && strings.HasPrefix(href, prefix) && len(href) > len(prefix) &&
			!strings.HasSuffix(href, "/add") && !strings.HasSuffix(href, "/edit") {
			return href
		}
	}
	t.Fatalf("no link to %s...:\n%s", prefix, p.text())
	return ""
}

// same checks that nothing in the database has changed.
func same(t *testing.T, before, after map[string][]string) {
	t.Helper()
	for _, notes := range []string{"incidents", "daily_counts"} { // of what was shown, no change of anything
		delete(before, notes)
		delete(after, notes)
	}
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("the database has changed (-before +after):\n%s", diff)
	}
}
