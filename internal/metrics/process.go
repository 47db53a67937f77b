package metrics

import (
	rtm "runtime/metrics"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// Process tells of the Go runtime and of the process, under the names that
// dashboards for Go programs know. What only Linux tells is left out elsewhere.
// It is to be called soon after the process has started.
func (r *Registry) Process() {
	r.process(collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
}

func (r *Registry) process(process prometheus.Collector) {
	const start = "process_start_time_seconds"
	if !tells(process, start) {
		// The library reads it from /proc/stat, which systemd hides with
		// ProcSubset=pid. Restarts are seen by it, so it is told all the same.
		started := float64(time.Now().UnixMilli()) / 1000
		r.Collect(func(s *Sink) { s.Gauge(start, "When the process started, in seconds since 1970.", started) })
	}
	r.of.MustRegister(
		process,
		collectors.NewGoCollector(),
		prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "go_gc_cycles_total", Help: "Garbage collections that have ended."}, cycles),
	)
}

// tells reports whether a collector shows a metric on this machine.
func tells(c prometheus.Collector, name string) bool {
	r := prometheus.NewRegistry()
	r.MustRegister(c)
	families, _ := r.Gather() // what has a fault is not shown
	for _, f := range families {
		if f.GetName() == name {
			return true
		}
	}
	return false
}

// cycles counts the garbage collections, which the library tells only together
// with how long they took.
func cycles() float64 {
	sample := []rtm.Sample{{Name: "/gc/cycles/total:gc-cycles"}}
	rtm.Read(sample)
	if sample[0].Value.Kind() != rtm.KindUint64 {
		return 0 // the runtime no longer tells
	}
	return float64(sample[0].Value.Uint64())
}
