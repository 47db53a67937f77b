package server

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/database"
	"github.com/pactius/pactius/internal/store"
)

const (
	// lookTime limits a look at the database.
	lookTime = 3 * time.Second

	// lookEvery is how long the result of a look is used again, because every client can
	// ask the probes.
	lookEvery = time.Second

	// numbersEvery is the same for the numbers of the metrics, which cost more.
	numbersEvery = 5 * time.Second

	// attendedEvery is the same for the environments without administrators: it reads a row for each administrator.
	attendedEvery = time.Minute

	// lateMail is how long an email may be due before /readyz mentions it. A healthy worker
	// takes it within seconds.
	lateMail = 10 * time.Minute
)

// health is the state of the server.
type health struct {
	stopping atomic.Bool // told to stop
	look     kept[look]
	numbers  kept[store.Numbers]
	lacking  kept[lacking]
}

// look is the result of a look at the database and the work.
type look struct {
	fault string // the reason not to send requests here; "" is ready
	note  string // a problem that does not stop requests; "" is none
}

// kept caches a value for some time. While one goroutine finds the value, others wait for
// it.
type kept[T any] struct {
	mu    sync.Mutex
	value T
	err   error
	until time.Time
}

func (k *kept[T]) at(now time.Time, last time.Duration, find func() (T, error)) (T, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if left := k.until.Sub(now); left <= 0 || left > last { // the latter if the clock was set back
		k.value, k.err = find()
		k.until = now.Add(last)
	}
	return k.value, k.err
}

// alive answers GET /livez: the process accepts requests. It examines nothing else,
// because a restart would repair nothing else.
func alive(w http.ResponseWriter, _ *http.Request) { probe(w, http.StatusOK, "alive\n") }

// ready answers GET /readyz: 200 while the database answers and has the schema. Late email
// is mentioned, but does not make the server unready.
func (s *Server) ready(w http.ResponseWriter, _ *http.Request) {
	if s.health.stopping.Load() {
		probe(w, http.StatusServiceUnavailable, "stopping\n")
		return
	}
	// Not the request's context: the result is also for the next requests.
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

// examine examines the database and the outbox.
func (s *Server) examine(ctx context.Context) look {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	if noFilesLeft() { // the database could fail for this reason too
		return look{fault: "no file descriptors are left"}
	}
	if err := s.store.InPlace(); err != nil {
		s.logger.ErrorContext(ctx, "not ready: put the database file back, or restart", "error", err)
		return look{fault: "the database file was moved, deleted or replaced"}
	}
	current, err := s.store.SchemaCurrent(ctx)
	if database.IsCrowded(err) {
		s.logger.WarnContext(ctx, "not ready", "error", err)
		return look{fault: "the database has no free connection"}
	}
	if err != nil {
		s.logger.WarnContext(ctx, "not ready", "error", err)
		return look{fault: "the database does not answer"}
	}
	if !current {
		s.logger.WarnContext(ctx, "not ready: the database lacks schema steps of this program; "+
			"was an old copy restored? Start again to upgrade it")
		return look{fault: "the database is older than this program"}
	}
	if work := s.runner.Stalled(); work != "" {
		return look{note: work + " has stalled"}
	}
	queue, err := s.store.MailQueue(ctx)
	if err == nil && queue.PutOff() {
		return look{note: "no email can be sent"}
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

// selfCheck returns an error if this process hangs, for the watchdog. An unreachable
// database server is not an error: it refuses immediately, and a restart of PACTIUS would
// not help.
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

// countNow reads the numbers of the metrics from the database.
func (s *Server) countNow() (store.Numbers, error) {
	ctx, cancel := context.WithTimeout(context.Background(), lookTime)
	defer cancel()
	n, err := s.store.Numbers(ctx, s.now())
	if err != nil {
		s.logger.WarnContext(ctx, "the numbers of the metrics could not be read", "error", err)
	}
	return n, err
}

// lacking counts connected environments for which no one cares.
type lacking struct{ administrator, address int }

// countLacking reads what environments lack from the database.
func (s *Server) countLacking() (lacking, error) {
	ctx, cancel := context.WithTimeout(context.Background(), lookTime)
	defer cancel()
	var n lacking
	envs, err := s.store.Environments(ctx)
	if err != nil {
		return n, err
	}
	there, err := s.store.RootAdministrators(ctx, pactius.DateOf(s.now().UTC()))
	for _, e := range envs {
		switch all := there[e.ID]; {
		case !e.Connection.Connected():
		case len(all) == 0:
			n.administrator++
		case !reached(all):
			n.address++
		}
	}
	return n, err
}

// leaving makes clients close their connections while the server is stopping, so that
// proxies open the next one to another instance.
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
	_, _ = w.Write([]byte(text)) // fails only if the client has gone
}
