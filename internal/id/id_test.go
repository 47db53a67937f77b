package id

import (
	"strings"
	"sync"
	"testing"
)

func TestNewMakesValidAscendingIdentifiers(t *testing.T) {
	t.Parallel()
	last := ""
	for range 10_000 {
		s := New()
		if !Valid(s) {
			t.Fatalf("New() = %q, which Valid refuses", s)
		}
		if s[14] != '7' {
			t.Fatalf("New() = %q, want version 7", s)
		}
		if s <= last {
			t.Fatalf("New() = %q after %q, want ascending", s, last)
		}
		last = s
	}
}

func TestNewNeverRepeatsAcrossGoroutines(t *testing.T) {
	t.Parallel()
	const workers, each = 8, 2_000
	var mu sync.Mutex
	var wg sync.WaitGroup
	seen := make(map[string]bool, workers*each)
	for range workers {
		wg.Go(func() {
			for range each {
				s := New()
				mu.Lock()
				seen[s] = true
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if got, want := len(seen), workers*each; got != want {
		t.Errorf("%d different identifiers, want %d", got, want)
	}
}

func TestValid(t *testing.T) {
	t.Parallel()
	const good = "01931f6e-7c1a-7b3e-9f00-0123456789ab"
	cases := []struct {
		name string
		in   string
		want bool
	}{
		{"a lower-case UUID is valid", good, true},
		{"capitals are refused", strings.ToUpper(good), false},
		{"braces are refused", "{" + good + "}", false},
		{"the urn form is refused", "urn:uuid:" + good, false},
		{"the form without hyphens is refused", strings.ReplaceAll(good, "-", ""), false},
		{"nothing is refused", "", false},
		{"a letter beyond f is refused", "g" + good[1:], false},
		{"a hyphen in the wrong place is refused", "0193-f6e17c1a-7b3e-9f00-0123456789ab", false},
		{"a line break at the end is refused", good[:35] + "\n", false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := Valid(c.in); got != c.want {
				t.Errorf("Valid(%q) = %v, want %v", c.in, got, c.want)
			}
		})
	}
}
