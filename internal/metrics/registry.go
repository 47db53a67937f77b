package metrics

import (
	"fmt"
	"log/slog"
	"net/http"
	rtm "runtime/metrics"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

const (
	// scrapeTime limits one scrape. Prometheus itself gives up after 10 seconds by
	// default.
	scrapeTime = 5 * time.Second

	// maxScrapes limits the scrapes at the same time, so that scrapes that hang do
	// not pile up. Two collectors and a person with a browser are three.
	maxScrapes = 8
)

// New returns a registry with the metrics of the Go runtime and the process, under
// the names that dashboards for Go programs use. Call it soon after the process
// has started: see startTime.
func New() *prometheus.Registry {
	return newRegistry(collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
}

func newRegistry(process prometheus.Collector) *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(process, collectors.NewGoCollector(), prometheus.NewCounterFunc(
		prometheus.CounterOpts{Name: "go_gc_cycles_total", Help: "Garbage collections that have ended."}, gcCycles))
	if !has(process, startTime) {
		now := float64(time.Now().UnixMilli()) / 1000
		r.MustRegister(Collector(func(to chan<- prometheus.Metric) {
			to <- Gauge(startTime, "When the process started, in seconds since 1970.", now, nil)
		}))
	}
	return r
}

// startTime is the metric that shows restarts. The library reads it from
// /proc/stat, which systemd hides with ProcSubset=pid; New then uses the time of
// its call.
const startTime = "process_start_time_seconds"

// has reports whether a collector has a metric on this machine.
func has(c prometheus.Collector, name string) bool {
	r := prometheus.NewRegistry()
	r.MustRegister(c)
	families, _ := r.Gather() // a metric with an error is left out
	for _, f := range families {
		if f.GetName() == name {
			return true
		}
	}
	return false
}

// gcCycles returns the number of garbage collections. The library has it only
// together with their durations.
func gcCycles() float64 {
	sample := []rtm.Sample{{Name: "/gc/cycles/total:gc-cycles"}}
	rtm.Read(sample)
	if sample[0].Value.Kind() != rtm.KindUint64 {
		return 0 // the runtime does not have it any more
	}
	return float64(sample[0].Value.Uint64())
}

// Collector is called at every scrape, possibly by several goroutines, and sends
// the numbers that are kept elsewhere. A scrape that takes longer than scrapeTime
// is answered without its numbers, so it must limit its own waiting.
type Collector func(to chan<- prometheus.Metric)

// Describe sends nothing: the registry then does not check the metrics when the
// collector is registered, and the collector may leave out unknown numbers.
func (Collector) Describe(chan<- *prometheus.Desc) {}

// Collect sends the numbers.
func (c Collector) Collect(to chan<- prometheus.Metric) { c(to) }

// Gauge returns a number as it is now, for a Collector. All numbers of one name
// need the same help and the same names of labels, and each other values.
func Gauge(name, help string, v float64, labels prometheus.Labels) prometheus.Metric {
	return prometheus.MustNewConstMetric(prometheus.NewDesc(name, help, nil, labels), prometheus.GaugeValue, v)
}

// Total returns a number that only grows, for a Collector; see Gauge.
func Total(name, help string, v float64, labels prometheus.Labels) prometheus.Metric {
	return prometheus.MustNewConstMetric(prometheus.NewDesc(name, help, nil, labels), prometheus.CounterValue, v)
}

// Handler answers a scrape with all metrics. If one of them cannot be read,
// Handler logs the error and answers with the others.
func Handler(r *prometheus.Registry, logger *slog.Logger) http.Handler {
	return promhttp.HandlerFor(r, promhttp.HandlerOpts{
		ErrorLog:            errorLog{logger},
		ErrorHandling:       promhttp.ContinueOnError,
		MaxRequestsInFlight: maxScrapes,
		Timeout:             scrapeTime,
	})
}

// errorLog is a promhttp.Logger.
type errorLog struct{ logger *slog.Logger }

// Println logs an error of a scrape.
func (l errorLog) Println(v ...any) {
	l.logger.Warn("a scrape of the metrics is not complete", "error", strings.TrimSuffix(fmt.Sprintln(v...), "\n"))
}
