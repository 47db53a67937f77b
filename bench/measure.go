package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"syscall"
	"time"
)

// budget bounds the measurement of one page.
type budget struct {
	rounds int           // requests one after another, and arrivals of the load
	time   time.Duration // for each of the two
}

// figures are what was measured of one page.
type figures struct {
	Page       string
	Serial     time.Duration // median of requests one after another, without the network
	CPU        time.Duration // of the process for each of these requests
	P50, P95   time.Duration // over loopback, at a fixed rate of arrivals, from the intended start
	Rate       float64       // of the arrivals, per second
	Failed     int           // requests that did not get the page
	Bytes      int           // uncompressed
	Statements int           // fewest that a request needed
	Database   float64       // share of the CPU, or of the time where the database is another process
	Rendering  float64       // share of the CPU
	Wrong      int           // status of an answer that was not the page
	Slow       bool          // one request used the budget up: there is no load
}

// get asks for a page without a network and returns the answer.
func (s *subject) get(ctx context.Context, v visitor, p page) (*httptest.ResponseRecorder, error) {
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, s.request(ctx, v, p, "http://"+s.host))
	return w, p.check(w.Code)
}

func (s *subject) request(ctx context.Context, v visitor, p page, base string) *http.Request {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, base+p.path, nil)
	if err != nil {
		panic(err) // the paths are ours
	}
	r.Host = s.host
	r.RemoteAddr = "127.0.0.1:4000"
	if v.token != "" {
		r.AddCookie(&http.Cookie{Name: "pactius", Value: v.token})
	}
	return r
}

// check compares the status of an answer.
func (p page) check(status int) error {
	want := p.status
	if want == 0 {
		want = http.StatusOK
	}
	if status != want {
		return fmt.Errorf("%s (%s) answered %d, want %d", p.name, p.path, status, want)
	}
	return nil
}

// measure measures a page: one request after another for CPU, bytes and statements, and then a load.
func (s *subject) measure(
	ctx context.Context, base string, v visitor, p page, b budget, profiled bool,
) (figures, error) {
	f := figures{Page: p.name, Database: -1, Rendering: -1}
	began := time.Now()
	answer, err := s.get(ctx, v, p)
	took := time.Since(began)
	f.Bytes, f.Serial, f.P50, f.P95 = answer.Body.Len(), took, took, took
	if err != nil { // a page that takes too long is a figure too
		f.Slow, f.Failed, f.Wrong = true, 1, answer.Code
		return f, ctx.Err()
	}
	if err := s.serially(ctx, v, p, b, &f); err != nil {
		return f, err
	}
	if profiled {
		if err := s.sample(ctx, v, p, b, &f); err != nil {
			return f, err
		}
	}
	if f.Serial > b.time/2 {
		f.Slow, f.P50, f.P95 = true, f.Serial, f.Serial
		return f, nil
	}
	return f, s.load(ctx, base, v, p, b, &f)
}

// atLeast is how many requests follow one another, however long they take.
const atLeast = 3

// serially measures requests that follow one another.
func (s *subject) serially(ctx context.Context, v visitor, p page, b budget, f *figures) error {
	var took times
	cpu, began := cpuTime(), time.Now()
	for n := 0; n < b.rounds && (n < atLeast || time.Since(began) < b.time); n++ {
		statements, start := s.statements.Load(), time.Now()
		if answer, err := s.get(ctx, v, p); err != nil {
			f.Failed, f.Wrong = f.Failed+1, answer.Code
		}
		took = append(took, time.Since(start))
		if used := int(s.statements.Load() - statements); n == 0 || used < f.Statements {
			f.Statements = used
		}
		if took[n] > b.time {
			break
		}
	}
	f.CPU = (cpuTime() - cpu) / time.Duration(len(took))
	f.Serial = took.at(.5)
	return ctx.Err()
}

// sample finds out what the processors do while a page is made.
func (s *subject) sample(ctx context.Context, v visitor, p page, b budget, f *figures) error {
	var samples profile
	samples.start()
	defer func() { f.Database, f.Rendering = samples.stop() }()
	for began := time.Now(); time.Since(began) < b.time/3; {
		if _, err := s.get(ctx, v, p); err != nil {
			break
		}
	}
	return ctx.Err()
}

// cost is what pages are compared by: the processor's time where all work is in this process, which says the same on a
// busy machine, else the time that passes.
func (f figures) cost(engine string) float64 {
	if engine == onSQLite {
		return f.CPU.Seconds()
	}
	return f.Serial.Seconds()
}

// usedShare is the share of the time in which a load keeps a processor busy: waiting for earlier arrivals is then rare.
const usedShare = 0.3

// fewest are the arrivals at a page that takes long.
const fewest = 5

// load measures arrivals at a fixed rate.
func (s *subject) load(ctx context.Context, base string, v visitor, p page, b budget, f *figures) error {
	f.Rate = usedShare / max(f.Serial, time.Millisecond).Seconds()
	count := max(min(fewest, b.rounds), min(b.rounds, int(f.Rate*b.time.Seconds())))
	l := openLoop{rate: f.Rate, count: count, patience: 30 * time.Second, underWay: maxUnderWay}
	took, failed := l.run(ctx, func(ctx context.Context) error { return s.fetch(ctx, base, v, p) })
	f.P50, f.P95, f.Failed = took.at(.5), took.at(.95), f.Failed+failed
	return ctx.Err()
}

// client keeps as many connections as a load has requests under way.
var client = &http.Client{
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	Transport:     &http.Transport{MaxIdleConnsPerHost: maxUnderWay, DisableCompression: true},
}

// fetch asks for a page over loopback.
func (s *subject) fetch(ctx context.Context, base string, v visitor, p page) error {
	answer, err := client.Do(s.request(ctx, v, p, base))
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		return err
	}
	return p.check(answer.StatusCode)
}

// cpuTime is what this process has used of the processors.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(os.NewSyscallError("getrusage", err))
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
