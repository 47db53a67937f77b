package metrics

import (
	"bytes"
	"strconv"
	"strings"
)

// Sink takes the numbers of one scrape.
type Sink struct {
	families []*family
	byName   map[string]*family
}

// Gauge tells a number as it is now. Labels are given as name, value, name,
// value; all calls for a name must have the same names in the same order.
func (s *Sink) Gauge(name, help string, v float64, labels ...string) {
	s.tell("gauge", name, help, v, labels)
}

// Counter tells a number that only grows and is kept elsewhere; see Gauge.
func (s *Sink) Counter(name, help string, v float64, labels ...string) {
	s.tell("counter", name, help, v, labels)
}

func (s *Sink) tell(kind, name, help string, v float64, labels []string) {
	names, values := make([]string, 0, len(labels)/2), make([]string, 0, len(labels)/2)
	for i := 0; i+1 < len(labels); i += 2 {
		names, values = append(names, labels[i]), append(values, labels[i+1])
	}
	f, ok := s.byName[name]
	if !ok {
		f = &family{name: name, help: help, kind: kind, labels: names, series: map[string]*series{}}
		s.byName[name] = f
		s.families = append(s.families, f)
	}
	f.at(values).value = v
}

// write appends the metric in the text format.
func (f *family) write(b *bytes.Buffer) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.series) == 0 {
		return
	}
	b.WriteString("# HELP " + f.name + " " + helpEscapes.Replace(f.help) + "\n")
	b.WriteString("# TYPE " + f.name + " " + f.kind + "\n")
	for _, s := range f.sorted() {
		if f.kind == "histogram" {
			f.writeHistogram(b, s)
			continue
		}
		writeSample(b, f.name, f.labels, s.values, number(s.value))
	}
}

// writeHistogram appends the buckets, which count everything up to their bound,
// the sum and the count.
func (f *family) writeHistogram(b *bytes.Buffer, s *series) {
	names := append(f.labels[:len(f.labels):len(f.labels)], "le")
	var total uint64
	for i, n := range s.counts {
		total += n
		bound := infinity
		if i < len(f.buckets) {
			bound = f.buckets[i]
		}
		values := append(s.values[:len(s.values):len(s.values)], number(bound))
		writeSample(b, f.name+"_bucket", names, values, strconv.FormatUint(total, 10))
	}
	writeSample(b, f.name+"_sum", f.labels, s.values, number(s.value))
	writeSample(b, f.name+"_count", f.labels, s.values, strconv.FormatUint(total, 10))
}

func writeSample(b *bytes.Buffer, name string, labels, values []string, v string) {
	b.WriteString(name)
	for i, label := range labels {
		if i == 0 {
			b.WriteByte('{')
		} else {
			b.WriteByte(',')
		}
		b.WriteString(label + `="` + valueEscapes.Replace(strings.ToValidUTF8(values[i], "?")) + `"`)
	}
	if len(labels) > 0 {
		b.WriteByte('}')
	}
	b.WriteString(" " + v + "\n")
}

// What the text format escapes in help texts and label values.
var (
	helpEscapes  = strings.NewReplacer(`\`, `\\`, "\n", `\n`)
	valueEscapes = strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`)
)

// number writes a number as the format has it: +Inf, -Inf and NaN by name.
func number(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
