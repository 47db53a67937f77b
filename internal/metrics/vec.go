package metrics

import (
	"slices"
	"strings"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
)

const (
	// maxSeries limits the label combinations of a metric. The largest one has
	// routes x methods x status codes, some hundreds.
	maxSeries = 2000

	// overflow is the value of every label of a combination beyond maxSeries.
	overflow = "other"

	// separator joins label values to a key; it cannot occur in valid UTF-8.
	separator = "\xff"
)

// labelled is a prometheus.CounterVec, GaugeVec or HistogramVec.
type labelled[M any] interface {
	WithLabelValues(values ...string) M
}

// Vec is a metric with labels that has at most maxSeries combinations and one for
// the rest. It is safe for concurrent use.
type Vec[M any] struct {
	of    labelled[M]
	mu    sync.Mutex
	known map[string]struct{} // the combinations that have a series
}

// Limit returns a Vec over a metric of the library.
func Limit[M any](of labelled[M]) *Vec[M] { return &Vec[M]{of: of, known: map[string]struct{}{}} }

// Counter registers a counter with labels and returns it with a limit. It panics
// if the name is invalid or in use, which is a mistake in the program.
func Counter(r prometheus.Registerer, name, help string, labels ...string) *Vec[prometheus.Counter] {
	vec := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	r.MustRegister(vec)
	return Limit(vec)
}

// With returns the metric with these label values, or the one with the values
// "other" if there are too many. Bytes that are not UTF-8 become "?", because the
// library accepts only UTF-8. With panics if a value is missing.
func (v *Vec[M]) With(values ...string) M {
	valid := make([]string, len(values))
	for i, value := range values {
		valid[i] = strings.ToValidUTF8(value, "?")
	}
	if !v.admit(strings.Join(valid, separator)) {
		valid = slices.Repeat([]string{overflow}, len(values))
	}
	return v.of.WithLabelValues(valid...)
}

// admit reports whether a combination has a series or can still get one.
func (v *Vec[M]) admit(key string) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	if _, ok := v.known[key]; !ok && len(v.known) >= maxSeries {
		return false
	}
	v.known[key] = struct{}{}
	return true
}
