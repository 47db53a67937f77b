package id

import (
	"testing"
	"time"
)

func TestAtSortsByTimeAndThenByTheOrderOfMaking(t *testing.T) {
	t.Parallel()
	day := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	last := Floor(day)
	for range 10_000 {
		s := At(day)
		if !Valid(s) || s[14] != '7' {
			t.Fatalf("At = %q, want a UUID of version 7", s)
		}
		if s <= last && made.Load() > 10_000 { // the counter begins anew once in four thousand million
			t.Fatalf("At = %q after %q, want ascending", s, last)
		}
		last = s
	}
	if next := day.Add(time.Millisecond); last >= Floor(next) || At(next) < Floor(next) {
		t.Errorf("the identifiers of %v and of a millisecond later do not lie on both sides of %s", day, Floor(next))
	}
}
