package server

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pactius/pactius/internal/store"
)

const (
	// lookTime bounds a look at the database, below the second or more that probes wait.
	lookTime = 3 * time.Second

	// lookEvery is how long a look counts: anybody may ask the probes, and the
	// numbers are counted anew each time.
	lookEvery = time.Second

	// numbersEvery is the same for the numbers of the metrics, which cost more.
	numbersEvery = 5 * time.Second

	// lateMail is how long a mail may be due before readiness speaks of it: the
	// worker takes it within seconds when all is well.
	lateMail = 10 * time.Minute
)

// health knows how the server is.
type health struct {
	stopping atomic.Bool // told to stop: no new work, please
	look     kept[look]
	numbers  kept[store.Numbers]
}

// look is one look at what readiness depends on.
type look struct {
	fault string // why not to send requests here; "" is ready
	note  string // what is wrong though requests are answered; "" is nothing
}

// kept keeps a value for some time, so that those who ask often do not ask the
// database each time. Who comes while it is being found out waits for it.
type kept[T any] struct {
	mu    sync.Mutex
	value T
	err   error
	until time.Time
}

func (k *kept[T]) at(now time.Time, last time.Duration, find func() (T, error)) (T, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if left := k.until.Sub(now); left <= 0 || left > last { // the latter where the clock was set back
		k.value, k.err = find()
		k.until = now.Add(last)
	}
	return k.value, k.err
}

// alive answers GET /livez: the process takes requests. Nothing else is looked
// at, because starting again would mend nothing else.
func alive(w http.ResponseWriter, _ *http.Request) { probe(w, http.StatusOK, "alive\n") }

// ready answers GET /readyz: whether to send requests here. They are answered
// while the database is there with its schema; late mail is told and is no reason
// to turn people away.
func (s *Server) ready(w http.ResponseWriter, _ *http.Request) {
	if s.health.stopping.Load() {
		probe(w, http.StatusServiceUnavailable, "stopping\n")
		return
	}
	// Not the request's context: the answer is also for those who ask next.
	l, _ := s.health.look.at(s.now(), lookEvery, func() (look, error) { return s.examine(context.Background()), nil })
	switch {
	case l.fault != "":
		probe(w, http.StatusServiceUnavailable, l.fault+"\n")
	case l.note != "":
		probe(w, http.StatusOK, "ready, but "+l.note+"\n")
	default:
		probe(w, http.StatusOK, "ready\n")
	}
}

// examine looks at the database and the outbox.
func (s *Server) examine(ctx context.Context) look {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	current, err := s.store.SchemaCurrent(ctx)
	if err != nil {
		s.logger.WarnContext(ctx, "not ready", "error", err)
		return look{fault: "the database does not answer"}
	}
	if !current {
		s.logger.WarnContext(ctx, "not ready: the database lacks schema steps of this program; was an old copy restored? Start again to upgrade it")
		return look{fault: "the database is older than this program"}
	}
	if work := s.runner.Stalled(); work != "" {
		return look{note: work + " has stalled"}
	}
	next, err := s.store.NextMail(ctx)
	if err != nil {
		s.logger.WarnContext(ctx, "not ready", "error", err)
		return look{fault: "the database does not answer"}
	}
	if late := s.now().Sub(next); !next.IsZero() && late > lateMail {
		return look{note: fmt.Sprintf("mail is %s late", late.Round(time.Minute))}
	}
	return look{}
}

// selfCheck finds out whether this process works, for the watchdog. A database
// server that is away is no fault of the process: refusals come at once and starting
// again would not bring it back. What hangs is one.
func (s *Server) selfCheck(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	if err := s.store.Ping(ctx); err != nil && ctx.Err() != nil {
		return fmt.Errorf("the database was asked and did not answer within %s: %w", lookTime, err)
	}
	if work := s.runner.Stalled(); work != "" {
		return fmt.Errorf("%s has stalled", work)
	}
	return nil
}

// countNow counts what is in the database.
func (s *Server) countNow() (store.Numbers, error) {
	ctx, cancel := context.WithTimeout(context.Background(), lookTime)
	defer cancel()
	n, err := s.store.Numbers(ctx, s.now())
	if err != nil {
		s.logger.WarnContext(ctx, "the numbers of the metrics could not be read", "error", err)
	}
	return n, err
}

// leaving asks clients to close their connections while the server is about to
// stop, so that proxies open the next one elsewhere.
func (h *health) leaving(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h.stopping.Load() {
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, r)
	})
}

func probe(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text)) // who has asked and gone needs no answer
}
