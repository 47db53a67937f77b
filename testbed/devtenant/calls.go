package devtenant

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// maxCalls is how many calls are remembered; then the oldest are forgotten.
const maxCalls = 100_000

// Call is a request of a program.
type Call struct {
	Method, Path string     // as sent, without the query
	Query        url.Values // of the address
	began, ended int        // in the order of all beginnings and ends; 0 has not ended
}

// Calls lists the calls whose path begins with this, the oldest first. The path
// of Graph begins with "/v1.0/"; discovery, keys and tokens are below "/{tid}/".
func (t *Tenant) Calls(path string) []Call {
	t.mu.Lock()
	defer t.mu.Unlock()
	list := []Call{}
	for _, c := range t.calls {
		if strings.HasPrefix(c.Path, path) {
			list = append(list, *c)
		}
	}
	return list
}

// AtOnce is how many of these calls were under way at the same time at most.
func (t *Tenant) AtOnce(path string) int {
	steps := map[int]int{}
	for _, c := range t.Calls(path) {
		steps[c.began]++
		if c.ended > 0 {
			steps[c.ended]--
		}
	}
	most, under := 0, 0
	for _, moment := range slices.Sorted(maps.Keys(steps)) {
		under += steps[moment]
		most = max(most, under)
	}
	return most
}

// ForgetCalls begins to count anew. Calls under way are forgotten as well.
func (t *Tenant) ForgetCalls() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.calls = nil
}

// begin writes a call down; what it returns is called at its end.
func (t *Tenant) begin(r *http.Request) (end func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.moment++
	c := &Call{Method: r.Method, Path: r.URL.Path, Query: r.URL.Query(), began: t.moment}
	if len(t.calls) >= maxCalls {
		t.calls = slices.Clone(t.calls[maxCalls/2:])
	}
	t.calls = append(t.calls, c)
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.moment++
		c.ended = t.moment
	}
}
