package metrics

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"math"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// maxSeries bounds the combinations of labels of a metric. The most that is
// meant is routes x methods x status codes, some hundreds; what comes beyond is
// counted under the label values "other".
const maxSeries = 2000

// overflow is the label value of what came after maxSeries.
const overflow = "other"

// separator joins label values to a key; it cannot occur in valid UTF-8.
const separator = "\xff"

// Registry is a set of metrics. It is safe for concurrent use.
type Registry struct {
	mu         sync.Mutex
	families   []*family // in the order they were made
	collectors []func(context.Context, *Sink)
}

// New makes an empty registry.
func New() *Registry { return &Registry{} }

// family is a metric with all its series.
type family struct {
	name, help, kind string
	labels           []string
	buckets          []float64 // upper bounds of a histogram, ascending

	mu     sync.Mutex
	series map[string]*series
}

// series is one combination of label values.
type series struct {
	values []string
	value  float64  // of a counter or gauge; of a histogram the sum
	counts []uint64 // of a histogram: per bucket, the last one is +Inf
}

// Counter is a number that only grows.
type Counter struct{ f *family }

// Histogram counts values by size.
type Histogram struct{ f *family }

// Gauge is a number that goes up and down.
type Gauge struct{ f *family }

// Counter makes a counter; by custom its name ends in _total. Without labels it
// is shown as 0 from the start. It panics where the name is taken: that is a mistake in
// the program.
func (r *Registry) Counter(name, help string, labels ...string) *Counter {
	return &Counter{r.add(&family{name: name, help: help, kind: "counter", labels: labels})}
}

// Gauge makes a gauge; see Counter.
func (r *Registry) Gauge(name, help string, labels ...string) *Gauge {
	return &Gauge{r.add(&family{name: name, help: help, kind: "gauge", labels: labels})}
}

// Histogram makes a histogram with the upper bounds of its buckets, ascending,
// without +Inf; see Counter.
func (r *Registry) Histogram(name, help string, buckets []float64, labels ...string) *Histogram {
	return &Histogram{r.add(&family{name: name, help: help, kind: "histogram", labels: labels, buckets: buckets})}
}

// Collect has fn asked at every scrape, for numbers that are kept elsewhere. fn
// must return soon after its context has ended.
func (r *Registry) Collect(fn func(ctx context.Context, s *Sink)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.collectors = append(r.collectors, fn)
}

func (r *Registry) add(f *family) *family {
	r.mu.Lock()
	defer r.mu.Unlock()
	if slices.ContainsFunc(r.families, func(g *family) bool { return g.name == f.name }) {
		panic("metrics: " + f.name + " is there already")
	}
	f.series = map[string]*series{}
	if len(f.labels) == 0 {
		f.at(nil)
	}
	r.families = append(r.families, f)
	return f
}

// at returns the series of some label values; f.mu must be held, or f be new.
func (f *family) at(values []string) *series {
	if len(values) != len(f.labels) {
		panic(fmt.Sprintf("metrics: %s has the labels %q but got %q", f.name, f.labels, values))
	}
	key := strings.Join(values, separator)
	s, ok := f.series[key]
	if ok {
		return s
	}
	if len(f.series) >= maxSeries && !slices.Equal(values, f.others()) {
		return f.at(f.others())
	}
	s = &series{values: slices.Clone(values), counts: make([]uint64, len(f.buckets)+1)}
	f.series[key] = s
	return s
}

func (f *family) others() []string { return slices.Repeat([]string{overflow}, len(f.labels)) }

// Add adds to the counter with these label values; a negative n is ignored.
func (c *Counter) Add(n float64, values ...string) {
	if n < 0 {
		return
	}
	c.f.mu.Lock()
	defer c.f.mu.Unlock()
	c.f.at(values).value += n
}

// Add changes the gauge with these label values.
func (g *Gauge) Add(n float64, values ...string) {
	g.f.mu.Lock()
	defer g.f.mu.Unlock()
	g.f.at(values).value += n
}

// Observe counts a value.
func (h *Histogram) Observe(v float64, values ...string) {
	i, _ := slices.BinarySearch(h.f.buckets, v) // the first bound that is not less than v
	h.f.mu.Lock()
	defer h.f.mu.Unlock()
	s := h.f.at(values)
	s.counts[i]++
	s.value += v
}

// scrapeTime bounds the collecting of one scrape: less than Prometheus's default
// of 10 seconds, after which nobody listens any more.
const scrapeTime = 5 * time.Second

// Handler answers a scrape with all metrics.
func (r *Registry) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		ctx, cancel := context.WithTimeout(req.Context(), scrapeTime)
		defer cancel()
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		_, _ = w.Write(r.Text(ctx)) // who has asked and gone needs no answer
	})
}

// Text returns all metrics in the text format.
func (r *Registry) Text(ctx context.Context) []byte {
	r.mu.Lock()
	families, collectors := slices.Clone(r.families), slices.Clone(r.collectors)
	r.mu.Unlock()
	s := &Sink{byName: map[string]*family{}}
	for _, collect := range collectors {
		collect(ctx, s)
	}
	var b bytes.Buffer
	for _, f := range slices.Concat(families, s.families) {
		f.write(&b)
	}
	return b.Bytes()
}

// sorted returns the series in a stable order.
func (f *family) sorted() []*series {
	keys := slices.Sorted(maps.Keys(f.series))
	all := make([]*series, len(keys))
	for i, key := range keys {
		all[i] = f.series[key]
	}
	return all
}

// infinity is the bound of the last bucket.
var infinity = math.Inf(1)
