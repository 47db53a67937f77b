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
	"github.com/prometheus/client_golang/prometheus"
)

// scrape asks for all metrics in the text format.
func scrape(tb testing.TB, r *prometheus.Registry) string {
	tb.Helper()
	w := answer(r, slog.New(slog.DiscardHandler))
	if w.Code != http.StatusOK {
		tb.Errorf("the scrape is answered with %d: %s", w.Code, w.Body)
	}
	return w.Body.String()
}

func answer(r *prometheus.Registry, logger *slog.Logger) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	Handler(r, logger).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	return w
}

// histogram registers a histogram with a limit.
func histogram(r *prometheus.Registry, name, help string, buckets ...float64) *Vec[prometheus.Observer] {
	vec := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets},
		[]string{"route"})
	r.MustRegister(vec)
	return Limit(vec)
}

// seven is a Collector with one number.
func seven(to chan<- prometheus.Metric) { to <- Gauge("b", "", 7, nil) }

func TestTheTextIsWhatCollectorsRead(t *testing.T) {
	t.Parallel()
	r := prometheus.NewRegistry()
	c := Counter(r, "requests_total", "Requests.\nAll of them.", "route", "code")
	c.With("GET /a", "200").Inc()
	c.With("GET /a", "200").Add(2)
	c.With(`quote " backslash \ newline`+"\n", "500").Inc()
	c.With("not \xff UTF-8", "500").Inc()
	c.With("not yet", "500")
	h := histogram(r, "seconds", "Seconds.", 0.1, 1)
	for _, v := range []float64{0.05, 0.1, 0.5, 7} {
		h.With("x").Observe(v)
	}
	Counter(r, "unused_total", "Labels and no series yet.", "label")
	r.MustRegister(Collector(func(to chan<- prometheus.Metric) {
		to <- Gauge("users", "Users.", 5, prometheus.Labels{"state": "active"})
		to <- Gauge("users", "Users.", 2, prometheus.Labels{"state": "invited"})
		to <- Total("commits_total", "Commits.", 1e6, nil)
	}))
	want := `# HELP commits_total Commits.
# TYPE commits_total counter
commits_total 1e+06
# HELP requests_total Requests.\nAll of them.
# TYPE requests_total counter
requests_total{code="200",route="GET /a"} 3
requests_total{code="500",route="not ? UTF-8"} 1
requests_total{code="500",route="not yet"} 0
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

func TestAMetricHasALimitOfSeries(t *testing.T) {
	t.Parallel()
	r := prometheus.NewRegistry()
	c, h := Counter(r, "c_total", "", "route", "code"), histogram(r, "h", "", 1)
	for i := range 3 * maxSeries {
		route := fmt.Sprint(i)
		c.With(route, "200").Inc()
		h.With(route).Observe(2)
	}
	c.With("0", "200").Inc() // a series from before the limit goes on
	text := scrape(t, r)
	for _, series := range []string{"c_total{", "h_count{"} {
		if got := strings.Count(text, "\n"+series); got != maxSeries+1 {
			t.Errorf("%d series of %s}, want %d and the one for the others", got, series, maxSeries)
		}
	}
	for _, want := range []string{
		fmt.Sprintf(`c_total{code="other",route="other"} %d`, 2*maxSeries),
		`c_total{code="200",route="0"} 2`,
		fmt.Sprintf(`h_count{route="other"} %d`, 2*maxSeries),
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
		do   func(*prometheus.Registry)
	}{
		{"a name that is taken", func(r *prometheus.Registry) { Counter(r, "a_total", "") }},
		{"a label too few", func(r *prometheus.Registry) { Counter(r, "b_total", "", "x", "y").With("only one") }},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := prometheus.NewRegistry()
			Counter(r, "a_total", "")
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			c.do(r)
		})
	}
}

func TestAnErrorHidesNoOtherMetric(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name    string
		collect Collector
	}{
		{"the same series twice", func(to chan<- prometheus.Metric) {
			to <- Gauge("twice", "", 1, prometheus.Labels{"a": "b"})
			to <- Gauge("twice", "", 2, prometheus.Labels{"a": "b"})
		}},
		{"a name that a counter has", func(to chan<- prometheus.Metric) { to <- Gauge("a_total", "", 1, nil) }},
		{"a panic", func(chan<- prometheus.Metric) { panic("the numbers are upside down") }},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := prometheus.NewRegistry()
			Counter(r, "a_total", "", "l").With("x").Add(7)
			r.MustRegister(c.collect, Collector(seven))
			var log bytes.Buffer
			w := answer(r, slog.New(slog.NewTextHandler(&log, nil)))
			text := w.Body.String()
			if w.Code != http.StatusOK || !strings.Contains(text, "\nb 7\n") || !strings.Contains(text, "a_total") {
				t.Errorf("status %d:\n%s", w.Code, text)
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
		r := prometheus.NewRegistry()
		r.MustRegister(Collector(func(chan<- prometheus.Metric) { time.Sleep(2 * scrapeTime) }))
		start := time.Now()
		w := answer(r, slog.New(slog.DiscardHandler))
		if got := time.Since(start); w.Code != http.StatusServiceUnavailable || got != scrapeTime {
			t.Errorf("%d after %s, want %d after %s", w.Code, got, http.StatusServiceUnavailable, scrapeTime)
		}
		time.Sleep(2 * scrapeTime) // the collector has ended
	})
}

func TestAScrapeTellsOfTheProcess(t *testing.T) {
	t.Parallel()
	r := New()
	w := answer(r, slog.New(slog.DiscardHandler))
	const want = "text/plain; version=0.0.4; charset=utf-8"
	if got := w.Header().Get("Content-Type"); !strings.HasPrefix(got, want) {
		t.Errorf("Content-Type %q, want %q", got, want)
	}
	text := w.Body.String()
	for _, name := range []string{"go_goroutines", "go_memstats_heap_alloc_bytes", "go_memstats_sys_bytes",
		"process_start_time_seconds"} {
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
	r := newRegistry(Collector(seven)) // lacks the start, as under ProcSubset=pid
	if text := scrape(t, r); !strings.Contains(text, "\nprocess_start_time_seconds 1") {
		t.Errorf("the scrape lacks the start:\n%s", text)
	}
}

func TestManyCountAtOnce(t *testing.T) {
	t.Parallel()
	r := prometheus.NewRegistry()
	c, h := Counter(r, "c_total", "", "l"), histogram(r, "h", "", 1)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 500 {
				c.With("x").Inc()
				h.With("x").Observe(2)
				scrape(t, r)
			}
		})
	}
	wg.Wait()
	text := scrape(t, r)
	for _, want := range []string{`c_total{l="x"} 4000`, `h_count{route="x"} 4000`, `h_sum{route="x"} 8000`} {
		if !strings.Contains(text, want+"\n") {
			t.Errorf("the text lacks %q:\n%s", want, text)
		}
	}
}
