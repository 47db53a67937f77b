package torture

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// clock measures how long a promise was tried; call what it returns at the end.
func clock(l *Line) func() {
	began := time.Now()
	return func() { l.Took = time.Since(began) }
}

// at gives the duration that a share of all stays under, 0 for none.
func at(all []time.Duration, share float64) time.Duration {
	if len(all) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(all))
	return sorted[min(len(sorted)-1, int(share*float64(len(sorted))))].Round(time.Millisecond)
}

// counted lists words with their numbers.
func counted(words map[string]int) string {
	var parts []string
	for _, w := range slices.Sorted(maps.Keys(words)) {
		parts = append(parts, fmt.Sprintf("%d × %s", words[w], w))
	}
	return strings.Join(parts, ", ")
}
