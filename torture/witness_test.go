package torture

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/pactius/pactius/internal/config"
	"github.com/pactius/pactius/internal/server"
	"github.com/pactius/pactius/internal/store/storetest"
)

// witness asks an instance about a session again and again.
type witness struct {
	revocation
	*guest
	at   *instance
	main bool // makes the changes that no other process makes

	mu       sync.Mutex
	admitted time.Time // when the last question began whose answer was as before the change
	begun    time.Time // when the last answered question began
	last     verdictOf
}

// watch asks until the context ends.
func (w *witness) watch(ctx context.Context, r *revoking) {
	for ; ctx.Err() == nil; pause(ctx, witnessPause) {
		began := time.Now()
		v, err := r.ask(ctx, w.at, w.app.ID, w.cookie)
		r.questions.Add(1)
		if err != nil {
			if ctx.Err() == nil {
				r.broken("a question about %s has no answer: %v", w.username, err)
			}
			continue
		}
		w.mu.Lock()
		w.begun, w.last = began, v
		if w.admitsAsBefore(w.guest, v) {
			w.admitted = began
		}
		w.mu.Unlock()
	}
}

// until waits for an answer to a question that began after a moment.
func (w *witness) until(ctx context.Context, after time.Time, fits func(verdictOf) bool) error {
	for end := time.Now().Add(wayBack); ; pause(ctx, witnessPause) {
		w.mu.Lock()
		begun, last := w.begun, w.last
		w.mu.Unlock()
		if begun.After(after) && fits(last) {
			return nil
		}
		if time.Now().After(end) || ctx.Err() != nil {
			return fmt.Errorf("after %s %s is answered with %d", w.what, w.username, last.status)
		}
	}
}

// judge compares the last question that was admitted with the time of the answer to the change.
func (w *witness) judge(r *revoking, answered time.Time) {
	w.mu.Lock()
	late := w.admitted.Sub(answered)
	w.mu.Unlock()
	most := believed
	if w.main && !w.elsewhere {
		most = 0
	}
	if late > most {
		r.broken("%s: a question %s after its answer was admitted, at most %s are allowed", w.what, late, most)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.slowest = max(r.slowest, late)
}

// strikes are revocations at the same moment, each of someone's own access, under the eyes of witnesses at each
// instance.
type strikes struct {
	*revoking
	guests    []*guest
	what      []revocation
	witnesses []*witness
	stop      func()
}

// prepare invites the people and lets the witnesses begin.
func (r *revoking) prepare(ctx context.Context, all ...revocation) (*strikes, error) {
	s := &strikes{revoking: r, what: all}
	for _, what := range all {
		app := r.app
		if what.alone {
			var err error
			origin := fmt.Sprintf("http://app%d.%s", r.guests, publicHost)
			if app, err = r.addApplication(ctx, r.core, origin); err != nil {
				return nil, err
			}
		}
		g, err := r.invite(ctx, app)
		if err != nil {
			return nil, fmt.Errorf("before %s: %w", what.what, err)
		}
		s.guests = append(s.guests, g)
		r.guests++
		for n, at := range r.instances {
			s.witnesses = append(s.witnesses, &witness{revocation: what, guest: g, at: at, main: n == 0})
		}
	}
	until, cancel := context.WithCancel(ctx)
	var watching sync.WaitGroup
	for _, w := range s.witnesses {
		watching.Go(func() { w.watch(until, r) })
	}
	s.stop = func() { cancel(); watching.Wait() }
	now := time.Now()
	for _, w := range s.witnesses {
		if err := w.until(ctx, now, func(v verdictOf) bool { return v.status == http.StatusOK }); err != nil {
			s.stop()
			return nil, fmt.Errorf("before: %w", err)
		}
	}
	return s, nil
}

// carryOut makes the changes and has each witness see the end of the access. settled tells by which answer.
func (s *strikes) carryOut(ctx context.Context, settled func(*witness, verdictOf) bool) error {
	var all sync.WaitGroup
	errs := make([]error, len(s.what))
	for i, what := range s.what {
		all.Go(func() {
			if errs[i] = what.do(ctx, s.revoking, s.guests[i]); errs[i] != nil {
				return
			}
			answered := time.Now()
			for _, w := range s.witnesses {
				if w.guest != s.guests[i] {
					continue
				}
				after := answered.Add(believed + shortWatch)
				if w.main && !what.elsewhere {
					after = answered.Add(shortWatch)
				}
				errs[i] = errors.Join(errs[i], w.until(ctx, after, func(v verdictOf) bool { return settled(w, v) }))
				w.judge(s.revoking, answered)
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

// asWanted reports whether an answer is that of an instance that knows of the change.
func asWanted(w *witness, v verdictOf) bool {
	return v.status == w.wants && (w.comesBack || !w.admitsAsBefore(w.guest, v))
}

// admitsNot reports whether an answer is one that an instance without its database may give.
func admitsNot(w *witness, v verdictOf) bool { return !w.admitsAsBefore(w.guest, v) }

// strike takes access away while all is well.
func (r *revoking) strike(ctx context.Context, all ...revocation) error {
	s, err := r.prepare(ctx, all...)
	if err != nil {
		return err
	}
	defer s.stop()
	return s.carryOut(ctx, asWanted)
}

// strikeFar takes access away while the last instance has trouble with its line to the database.
func (r *revoking) strikeFar(ctx context.Context, state int32, all ...revocation) error {
	s, err := r.prepare(ctx, all...)
	if err != nil {
		return err
	}
	defer s.stop()
	r.trouble.Store(true)
	r.far.is(state)
	err = s.carryOut(ctx, func(w *witness, v verdictOf) bool {
		if w.main {
			return asWanted(w, v)
		}
		return admitsNot(w, v)
	})
	r.far.is(lineOpen)
	return errors.Join(err, s.recover(ctx))
}

// recover waits until all witnesses see what they would have seen without the trouble.
func (s *strikes) recover(ctx context.Context) error {
	now := time.Now()
	var errs []error
	for _, w := range s.witnesses {
		errs = append(errs, w.until(ctx, now, func(v verdictOf) bool { return asWanted(w, v) }))
	}
	if took := time.Since(now); took > slowestRecovery {
		s.broken("an instance needs %s after the end of its trouble", took.Round(time.Millisecond))
	}
	for _, at := range s.instances {
		for _, g := range s.steady {
			_, err := s.asked(ctx, at, g.app.ID, g.cookie)
			errs = append(errs, err)
		}
	}
	s.trouble.Store(false)
	return errors.Join(errs...)
}

// strikeWithout takes the database away right after a sign-out. A second later neither that person passes nor one who
// keeps the access.
func (r *revoking) strikeWithout(ctx context.Context, cluster *storetest.Cluster) error {
	leaves, stays := takesAway()[0], revocation{what: "the loss of the database", elsewhere: true, wants: http.StatusOK,
		comesBack: true}
	signOut := leaves.do
	gone := make(chan struct{})
	leaves.do = func(ctx context.Context, r *revoking, g *guest) error {
		defer close(gone)
		err := signOut(ctx, r, g)
		r.trouble.Store(true)
		return errors.Join(err, cluster.Stop(storetest.StopImmediate))
	}
	stays.do = func(ctx context.Context, r *revoking, _ *guest) error {
		<-gone
		for ctx.Err() == nil {
			if r.look(func(db *sql.DB) error { return db.PingContext(ctx) }) != nil {
				return nil
			}
			pause(ctx, retryPause)
		}
		return ctx.Err()
	}
	s, err := r.prepare(ctx, leaves, stays)
	if err != nil {
		return err
	}
	defer s.stop()
	err = s.carryOut(ctx, func(_ *witness, v verdictOf) bool { return v.status == http.StatusServiceUnavailable })
	return errors.Join(err, cluster.Start(), s.recover(ctx))
}

// cores opens the rules as another process would, and once more on a clock of two days ago.
func (s *site) cores(ctx context.Context) (now, earlier *server.Core, err error) {
	if now, err = s.core(ctx); err != nil {
		return nil, nil, err
	}
	cfg, err := config.Load(config.Sources{Environ: s.vars, Require: config.ForServe()})
	if err != nil {
		return now, nil, err
	}
	return now, now.At(cfg, func() time.Time { return time.Now().Add(-48 * time.Hour) }), nil
}
