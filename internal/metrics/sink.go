package metrics

import "github.com/prometheus/client_golang/prometheus"

// Sink takes the numbers of one scrape.
type Sink struct{ to chan<- prometheus.Metric }

// Gauge tells a number as it is now. Labels are given as name, value, name,
// value; all calls for a name must have the same names and the same help, and no
// two the same values.
func (s *Sink) Gauge(name, help string, v float64, labels ...string) {
	s.tell(prometheus.GaugeValue, name, help, v, labels)
}

// Counter tells a number that only grows and is kept elsewhere; see Gauge.
func (s *Sink) Counter(name, help string, v float64, labels ...string) {
	s.tell(prometheus.CounterValue, name, help, v, labels)
}

func (s *Sink) tell(kind prometheus.ValueType, name, help string, v float64, labels []string) {
	names, values := make([]string, 0, len(labels)/2), make([]string, 0, len(labels)/2)
	for i := 0; i+1 < len(labels); i += 2 {
		names, values = append(names, labels[i]), append(values, labels[i+1])
	}
	// It panics where the library takes no such name or value. The registry turns
	// that into a fault of the scrape, which the log tells.
	s.to <- prometheus.MustNewConstMetric(prometheus.NewDesc(name, help, names, nil), kind, v, values...)
}

// asked is a collector that is asked at every scrape and does not tell before
// what it will show: some numbers are left out while they are not known.
type asked struct{ fn func(*Sink) }

// Describe tells nothing, which the library calls an unchecked collector.
func (asked) Describe(chan<- *prometheus.Desc) {}

// Collect asks for the numbers.
func (a asked) Collect(to chan<- prometheus.Metric) { a.fn(&Sink{to}) }
