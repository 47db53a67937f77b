package metrics

import (
	"context"
	"fmt"
	"io"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTheTextIsWhatCollectorsRead(t *testing.T) {
	t.Parallel()
	r := New()
	c := r.Counter("requests_total", "Requests.\nAll of them.", "route", "code")
	c.Add(1, "GET /a", "200")
	c.Add(2, "GET /a", "200")
	c.Add(-7, "GET /a", "200") // counters only grow
	c.Add(1, `quote " backslash \ newline`+"\n", "500")
	r.Counter("plain_total", "Without labels.")
	g := r.Gauge("busy", "Busy.")
	g.Add(3)
	g.Add(-1)
	h := r.Histogram("seconds", "Seconds.", []float64{0.1, 1}, "route")
	for _, v := range []float64{0.05, 0.1, 0.5, 7} {
		h.Observe(v, "x")
	}
	r.Counter("unused_total", "Labels and no series yet.", "label")
	r.Collect(func(_ context.Context, s *Sink) {
		s.Gauge("users", "Users.", 5, "state", "active")
		s.Gauge("users", "Users.", 2, "state", "invited")
		s.Counter("commits_total", "Commits.", 1e6)
	})
	want := `# HELP requests_total Requests.\nAll of them.
# TYPE requests_total counter
requests_total{route="GET /a",code="200"} 3
requests_total{route="quote \" backslash \\ newline\n",code="500"} 1
# HELP plain_total Without labels.
# TYPE plain_total counter
plain_total 0
# HELP busy Busy.
# TYPE busy gauge
busy 2
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
# HELP commits_total Commits.
# TYPE commits_total counter
commits_total 1e+06
`
	if diff := cmp.Diff(string(r.Text(t.Context())), want); diff != "" {
		t.Errorf("got - want +:\n%s", diff)
	}
}

func TestAMetricHasAnEndOfSeries(t *testing.T) {
	t.Parallel()
	r := New()
	c := r.Counter("requests_total", "Requests.", "route")
	for i := range 3 * maxSeries {
		c.Add(1, fmt.Sprint(i))
	}
	text := string(r.Text(t.Context()))
	if got := strings.Count(text, "requests_total{"); got != maxSeries+1 {
		t.Errorf("%d series, want %d and the one for the others", got, maxSeries)
	}
	if want := fmt.Sprintf(`requests_total{route="other"} %d`, 2*maxSeries); !strings.Contains(text, want+"\n") {
		t.Errorf("the text lacks %q", want)
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

func TestAScrapeTellsOfTheProcess(t *testing.T) {
	t.Parallel()
	r := New()
	r.Process()
	w := httptest.NewRecorder()
	r.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	if got, want := w.Header().Get("Content-Type"), "text/plain; version=0.0.4; charset=utf-8"; got != want {
		t.Errorf("Content-Type %q, want %q", got, want)
	}
	body, err := io.ReadAll(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"go_goroutines", "go_memstats_heap_alloc_bytes", "process_start_time_seconds"} {
		if !strings.Contains(string(body), "\n"+name+" ") {
			t.Errorf("the scrape lacks %s:\n%s", name, body)
		}
		if strings.Contains(string(body), "\n"+name+" 0\n") {
			t.Errorf("%s is 0", name)
		}
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
				r.Text(t.Context())
			}
		})
	}
	wg.Wait()
	for _, want := range []string{`c_total{l="x"} 4000`, "h_count 4000", "h_sum 8000"} {
		if text := string(r.Text(t.Context())); !strings.Contains(text, want+"\n") {
			t.Errorf("the text lacks %q:\n%s", want, text)
		}
	}
}
