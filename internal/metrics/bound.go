package metrics

import (
	"slices"
	"strings"
	"sync"
)

// maxSeries bounds the combinations of labels of a metric. The most that is
// meant is routes x methods x status codes, some hundreds; what comes beyond is
// counted under the label values "other".
const maxSeries = 2000

// overflow is the label value of what came after maxSeries.
const overflow = "other"

// separator joins label values to a key; it cannot occur in valid UTF-8.
const separator = "\xff"

// bound is the end of a metric's series. It is safe for concurrent use.
type bound struct {
	mu    sync.Mutex
	known map[string]struct{} // the combinations that have a series
}

func newBound() *bound { return &bound{known: map[string]struct{}{}} }

// within returns the label values to count under: those given, in UTF-8 since
// the library takes nothing else, or those of the others.
func (b *bound) within(values []string) []string {
	if len(values) == 0 {
		return nil
	}
	valid := make([]string, len(values))
	for i, v := range values {
		valid[i] = strings.ToValidUTF8(v, "?")
	}
	key := strings.Join(valid, separator)
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, ok := b.known[key]; ok {
		return valid
	}
	if len(b.known) >= maxSeries {
		return slices.Repeat([]string{overflow}, len(values))
	}
	b.known[key] = struct{}{}
	return valid
}
