package gateway

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/applications"
)

const (
	lookEvery = 250 * time.Millisecond
	lookTime  = 900 * time.Millisecond // after believed another look must have its chance
	tidyEvery = time.Minute
	seeEvery  = 10 * time.Second
	seeTime   = 5 * time.Second

	maxSeen  = 65536 // sessions that wait to be stored as seen
	maxStore = 4096  // are stored at once; the rest waits for the next time
)

// Run looks at the changes of other instances and stores which sessions are in use, until the context ends.
func (g *Gateway) Run(ctx context.Context) {
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	var background sync.WaitGroup
	defer g.flush(context.WithoutCancel(ctx))
	defer background.Wait()
	background.Go(func() { g.watchStreams(ctx) })
	tidied, stored := g.Now(), g.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		g.look(ctx)
		now := g.Now()
		if now.Sub(tidied) >= tidyEvery {
			g.book.tidy(now)
			tidied = now
		}
		if now.Sub(stored) >= seeEvery {
			stored = now
			background.Go(func() { g.store(ctx) })
		}
	}
}

// look reads the changes since the last look and ends the answers that they touch. If it fails, answers are not
// believed for long.
func (g *Gateway) look(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	began, after := g.since(g.Now()), g.book.cursors()
	if len(after) == 0 {
		return
	}
	changes, err := g.Rules.Changes(ctx, after)
	if err != nil {
		if !errors.Is(ctx.Err(), context.Canceled) && g.warnings.due("look", true, g.Now()) {
			g.Logger.WarnContext(ctx, "the changes of other instances cannot be read; each request to an application "+
				"reads the database meanwhile", "error", err)
		}
		return
	}
	g.forget(changes)
	g.book.caughtUp(after, changes, began)
	if len(changes) > 0 {
		g.streams.wakeUp()
	}
}

// heard ends the answers that changes of this instance touch, before the change returns.
func (g *Gateway) heard(changes []pactius.DoorChange) {
	g.forget(changes)
	g.book.heard(changes)
	g.streams.wakeUp()
}

// forget drops the signing keys of environments that have changed as a whole, and which hosts belong to applications.
func (g *Gateway) forget(changes []pactius.DoorChange) {
	for _, c := range changes {
		if c.Session == "" && c.User == "" {
			g.Rules.Forget(c.Environment)
			g.hosts.doubt()
		}
	}
}

// seen collects the sessions that are in use.
type seen struct {
	mu      sync.Mutex
	all     map[applications.Seen]struct{}
	storing sync.Mutex
}

// note notes a session. If too many wait it is left out: it is noted again when its answer is read anew.
func (s *seen) note(one applications.Seen) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.all) < maxSeen {
		s.all[one] = struct{}{}
	}
}

// some returns sessions to be stored.
func (s *seen) some() []applications.Seen {
	s.mu.Lock()
	defer s.mu.Unlock()
	var some []applications.Seen
	for one := range s.all {
		if some = append(some, one); len(some) == maxStore {
			break
		}
	}
	return some
}

// stored forgets sessions that were stored.
func (s *seen) stored(some []applications.Seen) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, one := range some {
		delete(s.all, one)
	}
}

// store stores that sessions are in use, in one transaction. It reports whether some were and it worked.
func (g *Gateway) store(ctx context.Context) bool {
	if !g.seen.storing.TryLock() {
		return false
	}
	defer g.seen.storing.Unlock()
	some := g.seen.some()
	if len(some) == 0 {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, seeTime)
	defer cancel()
	if err := g.Rules.See(ctx, some); err != nil {
		if g.warnings.due("seen", true, g.Now()) {
			g.Logger.WarnContext(ctx, "that sessions are in use could not be stored; it is tried again", "error", err)
		}
		return false
	}
	g.seen.stored(some)
	return true
}

// flush stores all that waits, when the server stops.
func (g *Gateway) flush(ctx context.Context) {
	for g.store(ctx) {
	}
}
