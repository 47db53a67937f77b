package metrics

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// scrape asks for all metrics in the text format.
func scrape(tb testing.TB, r *Registry) string {
	tb.Helper()
	w := answer(r, slog.New(slog.DiscardHandler))
	if w.Code != http.StatusOK {
		tb.Errorf("the scrape is answered with %d: %s", w.Code, w.Body)
	}
	return w.Body.String()
}

func answer(r *Registry, logger *slog.Logger) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	r.Handler(logger).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	return w
}

func TestTheTextIsWhatCollectorsRead(t *testing.T) {
	t.Parallel()
	r := New()
	c := r.Counter("requests_total", "Requests.\nAll of them.", "route", "code")
	c.Add(1, "GET /a", "200")
	c.Add(2, "GET /a", "200")
	c.Add(1, `quote " backslash \ newline`+"\n", "500")
	c.Add(1, "not \xff UTF-8", "500")
	r.Counter("plain_total", "Without labels.")
	g := r.Gauge("busy", "Busy.")
	g.Add(3)
	g.Add(-1)
	r.Histogram("idle_seconds", "Nothing yet.", []float64{1})
	h := r.Histogram("seconds", "Seconds.", []float64{0.1, 1}, "route")
	for _, v := range []float64{0.05, 0.1, 0.5, 7} {
		h.Observe(v, "x")
	}
	r.Counter("unused_total", "Labels and no series yet.", "label")
	r.Collect(func(s *Sink) {
		s.Gauge("users", "Users.", 5, "state", "active")
		s.Gauge("users", "Users.", 2, "state", "invited")
		s.Counter("commits_total", "Commits.", 1e6)
	})
	want := `# HELP busy Busy.
# TYPE busy gauge
busy 2
# HELP commits_total Commits.
# TYPE commits_total counter
commits_total 1e+06
# HELP idle_seconds Nothing yet.
# TYPE idle_seconds histogram
idle_seconds_bucket{le="1"} 0
idle_seconds_bucket{le="+Inf"} 0
idle_seconds_sum 0
idle_seconds_count 0
# HELP plain_total Without labels.
# TYPE plain_total counter
plain_total 0
# HELP requests_total Requests.\nAll of them.
# TYPE requests_total counter
requests_total{code="200",route="GET /a"} 3
requests_total{code="500",route="not ? UTF-8"} 1
requests_total{code="500",route="quote \" backslash \\ newline\n"} 1
# HELP seconds Seconds.
# TYPE seconds histogram
seconds_bucket{route="x",le="0.1"} 2
seconds_bucket{route="x",le="1"} 3
seconds_bucket{route="x",le="+Inf"} 4
seconds_sum{route="x"} 7.65
seconds_count{route="x"} 4
# HELP users Users.
# TYPE users gauge
users{state="active"} 5
users{state="invited"} 2
`
	if diff := cmp.Diff(scrape(t, r), want); diff != "" {
		t.Errorf("got - want +:\n%s", diff)
	}
}

func TestAMetricHasAnEndOfSeries(t *testing.T) {
	t.Parallel()
	r := New()
	c, g, h := r.Counter("c_total", "", "route", "code"), r.Gauge("g", "", "route"), r.Histogram("h", "", []float64{1}, "route")
	for i := range 3 * maxSeries {
		route := fmt.Sprint(i)
		c.Add(1, route, "200")
		g.Add(1, route)
		h.Observe(2, route)
	}
	c.Add(1, "0", "200") // who was there before the end is counted on
	text := scrape(t, r)
	for _, series := range []string{"c_total{", "g{", "h_count{"} {
		if got := strings.Count(text, "\n"+series); got != maxSeries+1 {
			t.Errorf("%d series of %s}, want %d and the one for the others", got, series, maxSeries)
		}
	}
	for _, want := range []string{
		fmt.Sprintf(`c_total{code="other",route="other"} %d`, 2*maxSeries), `c_total{code="200",route="0"} 2`,
		fmt.Sprintf(`g{route="other"} %d`, 2*maxSeries), fmt.Sprintf(`h_count{route="other"} %d`, 2*maxSeries),
	} {
		if !strings.Contains(text, "\n"+want+"\n") {
			t.Errorf("the text lacks %q", want)
		}
	}
}

func TestMistakesInTheProgramPanic(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name string
		do   func(*Registry)
	}{
		{"a name that is taken", func(r *Registry) { r.Gauge("a_total", "") }},
		{"a label too few", func(r *Registry) { r.Counter("b_total", "", "x", "y").Add(1, "only one") }},
		{"a counter that falls", func(r *Registry) { r.Counter("b_total", "").Add(-1) }},
		{"buckets that do not ascend", func(r *Registry) { r.Histogram("b", "", []float64{2, 1}).Observe(1) }},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := New()
			r.Counter("a_total", "")
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			c.do(r)
		})
	}
}

func TestAFaultHidesNoOtherMetric(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name string
		tell func(*Sink)
	}{
		{"the same series twice", func(s *Sink) { s.Gauge("twice", "", 1, "a", "b"); s.Gauge("twice", "", 2, "a", "b") }},
		{"a name that a counter has", func(s *Sink) { s.Gauge("a_total", "", 1) }},
		{"a panic", func(*Sink) { panic("the numbers are upside down") }},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := New()
			r.Counter("a_total", "").Add(7)
			r.Collect(c.tell)
			r.Collect(func(s *Sink) { s.Gauge("b", "", 1) })
			var log bytes.Buffer
			w := answer(r, slog.New(slog.NewTextHandler(&log, nil)))
			if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "\nb 1\n") || !strings.Contains(w.Body.String(), "a_total") {
				t.Errorf("status %d:\n%s", w.Code, w.Body)
			}
			if !strings.Contains(log.String(), `level=WARN msg="a scrape of the metrics is not complete"`) {
				t.Errorf("the log says %q", log.String())
			}
		})
	}
}

func TestAScrapeThatHangsIsGivenUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := New()
		r.Collect(func(*Sink) { time.Sleep(2 * scrapeTime) })
		start := time.Now()
		w := answer(r, slog.New(slog.DiscardHandler))
		if got := time.Since(start); w.Code != http.StatusServiceUnavailable || got != scrapeTime {
			t.Errorf("%d after %s, want %d after %s", w.Code, got, http.StatusServiceUnavailable, scrapeTime)
		}
		time.Sleep(2 * scrapeTime) // what hung has ended
	})
}

func TestAScrapeTellsOfTheProcess(t *testing.T) {
	t.Parallel()
	r := New()
	r.Process()
	w := answer(r, slog.New(slog.DiscardHandler))
	if got, want := w.Header().Get("Content-Type"), "text/plain; version=0.0.4; charset=utf-8"; !strings.HasPrefix(got, want) {
		t.Errorf("Content-Type %q, want %q", got, want)
	}
	text := w.Body.String()
	for _, name := range []string{"go_goroutines", "go_memstats_heap_alloc_bytes", "go_memstats_sys_bytes", "process_start_time_seconds"} {
		if !strings.Contains(text, "\n"+name+" ") {
			t.Errorf("the scrape lacks %s:\n%s", name, text)
		}
		if strings.Contains(text, "\n"+name+" 0\n") {
			t.Errorf("%s is 0", name)
		}
	}
	for _, name := range []string{"go_gc_cycles_total ", "go_info{version="} {
		if !strings.Contains(text, "\n"+name) {
			t.Errorf("the scrape lacks %s", name)
		}
	}
}

func TestTheStartIsToldWhereTheSystemHidesIt(t *testing.T) {
	t.Parallel()
	r := New()
	r.process(asked{func(*Sink) {}}) // what it is under ProcSubset=pid, for this metric
	if text := scrape(t, r); !strings.Contains(text, "\nprocess_start_time_seconds 1") {
		t.Errorf("the scrape lacks the start:\n%s", text)
	}
}

func TestManyCountAtOnce(t *testing.T) {
	t.Parallel()
	r := New()
	c, h := r.Counter("c_total", "", "l"), r.Histogram("h", "", []float64{1})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 500 {
				c.Add(1, "x")
				h.Observe(2)
				scrape(t, r)
			}
		})
	}
	wg.Wait()
	text := scrape(t, r)
	for _, want := range []string{`c_total{l="x"} 4000`, "h_count 4000", "h_sum 8000"} {
		if !strings.Contains(text, want+"\n") {
			t.Errorf("the text lacks %q:\n%s", want, text)
		}
	}
}
