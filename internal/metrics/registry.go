package metrics

import (
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

const (
	// scrapeTime bounds one scrape: less than Prometheus's default of 10 seconds,
	// after which nobody listens any more.
	scrapeTime = 5 * time.Second

	// maxScrapes bounds the scrapes at the same time. Two collectors and a person
	// who looks are three; what hangs must not heap up.
	maxScrapes = 8
)

// Registry is a set of metrics. It is safe for concurrent use.
type Registry struct{ of *prometheus.Registry }

// New makes an empty registry.
func New() *Registry { return &Registry{prometheus.NewRegistry()} }

// Counter is a number that only grows.
type Counter struct {
	vec *prometheus.CounterVec
	end *bound
}

// Histogram counts values by size.
type Histogram struct {
	vec *prometheus.HistogramVec
	end *bound
}

// Gauge is a number that goes up and down.
type Gauge struct {
	vec *prometheus.GaugeVec
	end *bound
}

// Counter makes a counter; by custom its name ends in _total. Without labels it
// is shown as 0 from the start. It panics where the name is taken or none that
// Prometheus takes: that is a mistake in the program.
func (r *Registry) Counter(name, help string, labels ...string) *Counter {
	vec := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	r.of.MustRegister(vec)
	if len(labels) == 0 {
		vec.WithLabelValues()
	}
	return &Counter{vec, newBound()}
}

// Gauge makes a gauge; see Counter.
func (r *Registry) Gauge(name, help string, labels ...string) *Gauge {
	vec := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: help}, labels)
	r.of.MustRegister(vec)
	if len(labels) == 0 {
		vec.WithLabelValues()
	}
	return &Gauge{vec, newBound()}
}

// Histogram makes a histogram with the upper bounds of its buckets, ascending,
// without +Inf; see Counter.
func (r *Registry) Histogram(name, help string, buckets []float64, labels ...string) *Histogram {
	vec := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}, labels)
	r.of.MustRegister(vec)
	if len(labels) == 0 {
		vec.WithLabelValues()
	}
	return &Histogram{vec, newBound()}
}

// Add adds to the counter with these label values. It panics where n is negative
// or a value is missing: that is a mistake in the program.
func (c *Counter) Add(n float64, values ...string) {
	c.vec.WithLabelValues(c.end.within(values)...).Add(n)
}

// Add changes the gauge with these label values; see Counter.Add.
func (g *Gauge) Add(n float64, values ...string) {
	g.vec.WithLabelValues(g.end.within(values)...).Add(n)
}

// Observe counts a value, in the bucket with the least bound that is not below
// it; see Counter.Add.
func (h *Histogram) Observe(v float64, values ...string) {
	h.vec.WithLabelValues(h.end.within(values)...).Observe(v)
}

// Collect has fn asked at every scrape, for numbers that are kept elsewhere.
// Scrapes may come at the same time, and one that takes longer than scrapeTime is
// answered without its numbers, so fn must bound what it waits for.
func (r *Registry) Collect(fn func(*Sink)) { r.of.MustRegister(asked{fn}) }

// Handler answers a scrape with all metrics. Where one of them cannot be had, the
// log tells and the others are shown all the same.
func (r *Registry) Handler(logger *slog.Logger) http.Handler {
	return promhttp.HandlerFor(r.of, promhttp.HandlerOpts{
		ErrorLog:            faults{logger},
		ErrorHandling:       promhttp.ContinueOnError,
		MaxRequestsInFlight: maxScrapes,
		Timeout:             scrapeTime,
	})
}

// faults logs what went wrong in a scrape.
type faults struct{ logger *slog.Logger }

// Println is what promhttp.Logger wants.
func (f faults) Println(v ...any) {
	f.logger.Warn("a scrape of the metrics is not complete", "error", strings.TrimSuffix(fmt.Sprintln(v...), "\n"))
}
