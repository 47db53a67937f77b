package database

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/pactius/pactius"
)

const (
	// maxWaiting is how many requests of an environment wait for the same kind of place. At a hundredth of a second
	// for each, the last one waits a second; more would only wait to hear in the end that it was in vain.
	maxWaiting = 100

	// fullPause is when a request beyond maxWaiting should come again.
	fullPause = 5 * time.Second

	// remembered is how long an environment counts as present after its last turn: about as long as a person reads a
	// page.
	remembered = 10 * time.Second

	// spare is how many places an environment that is alone leaves free for another one that arrives.
	spare = 2
)

// errFull refuses a request of an environment that has too many waiting already.
var errFull = &pactius.Error{Kind: pactius.KindUnavailable, RetryAfter: fullPause,
	Message: pactius.T("Too many people are using this right now. Nothing was changed; please try again in a few " +
		"seconds.")}

// turns lets environments share places: connections that read, or that write. A request waits in the line of its
// environment, and a free place goes to the line that has used places for the shortest time. So the load of one
// environment delays another by no more than the turns under way, whether it changes something or is refused.
type turns struct {
	places  int // in use at the same time
	alone   int // of one environment while no other is present
	company int // of one environment while others are present

	mu     sync.Mutex
	epoch  time.Time // the zero of all durations below
	lines  map[pactius.EnvironmentID]*line
	queue  []*line // with someone waiting; a line that was served goes to the end
	taken  int
	level  time.Duration // of the line served last: a line that was idle goes on from there
	tidied time.Duration

	waits  int64 // since the start
	waited time.Duration
}

// line is the use that an environment makes of the places.
type line struct {
	waiting []*waiter
	held    int           // places in use
	began   time.Duration // the sum of the times at which they were granted
	used    time.Duration // how long places were in use that are free again
	seen    time.Duration
}

// waiter is a request that waits for a place.
type waiter struct {
	granted chan struct{} // closed when it has a place
	at      time.Duration // when that was
}

// newTurns makes turns for places that one environment may have a number of, while it is alone and in company.
func newTurns(places, alone, company int) *turns {
	return &turns{places: places, alone: alone, company: company, epoch: time.Now(),
		lines: map[pactius.EnvironmentID]*line{}}
}

// readingTurns makes turns for work that costs little but a processor. In company an environment leaves one processor
// to the others, so that they need not wait for it.
func readingTurns(places int) *turns {
	alone := max(1, places-spare)
	return newTurns(places, alone, min(alone, max(1, runtime.GOMAXPROCS(0)-1)))
}

// wait returns when the environment has a place, with the function that frees it again, or at the end of the context.
// It refuses with errFull if too many are waiting.
func (t *turns) wait(ctx context.Context, env pactius.EnvironmentID) (free func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	w := &waiter{granted: make(chan struct{})}
	t.mu.Lock()
	asked := time.Since(t.epoch)
	l := t.arrive(env, asked)
	if len(l.waiting) == maxWaiting {
		t.mu.Unlock()
		return nil, errFull
	}
	if l.waiting = append(l.waiting, w); len(l.waiting) == 1 {
		t.queue = append(t.queue, l)
	}
	t.serve(asked)
	t.mu.Unlock()

	free = func() { t.free(l, w) }
	select {
	case <-w.granted:
		return free, nil
	default:
	}
	select {
	case <-w.granted:
	case <-ctx.Done():
		err = ctx.Err()
	}
	if t.end(l, w, asked); err == nil {
		return free, nil
	}
	select {
	case <-w.granted: // at the same moment
		free()
	default:
	}
	return nil, err
}

// arrive finds or makes the line of an environment. The caller holds the lock, as for serve and mayTake.
func (t *turns) arrive(env pactius.EnvironmentID, now time.Duration) *line {
	if now-t.tidied > remembered {
		t.tidied = now
		for other, l := range t.lines {
			if l.idle() && now-l.seen > remembered {
				delete(t.lines, other)
			}
		}
	}
	l := t.lines[env]
	if l == nil {
		l = &line{}
		t.lines[env] = l
	}
	if l.idle() {
		l.used = max(l.used, t.level) // idleness is no credit
	}
	l.seen = now
	return l
}

func (l *line) idle() bool { return l.held == 0 && len(l.waiting) == 0 }

// level is how long the line has used places until now.
func (l *line) level(now time.Duration) time.Duration {
	return l.used + time.Duration(l.held)*now - l.began
}

// serve grants free places.
func (t *turns) serve(now time.Duration) {
	for {
		next := -1
		for i, l := range t.queue {
			if t.mayTake(l) && (next < 0 || l.level(now) < t.queue[next].level(now)) {
				next = i
			}
		}
		if next < 0 {
			return
		}
		l := t.queue[next]
		t.level = max(t.level, l.level(now))
		w := l.waiting[0]
		l.waiting = l.waiting[1:]
		t.queue = slices.Delete(t.queue, next, next+1)
		if len(l.waiting) > 0 {
			t.queue = append(t.queue, l)
		}
		t.taken++
		l.held++
		l.began += now
		w.at = now
		close(w.granted)
	}
}

// mayTake reports whether a line may have one more place. A line without any always may; with some it leaves as many
// free as it has, so that an environment that arrives finds one.
func (t *turns) mayTake(l *line) bool {
	left := t.places - t.taken
	switch {
	case left == 0:
		return false
	case l.held == 0:
		return true
	case len(t.lines) == 1:
		return l.held < t.alone
	default:
		return l.held < min(t.company, left)
	}
}

// end ends the waiting of a request.
func (t *turns) end(l *line, w *waiter, asked time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.waits++
	t.waited += time.Since(t.epoch) - asked
	at := slices.Index(l.waiting, w)
	if at < 0 {
		return
	}
	l.waiting = slices.Delete(l.waiting, at, at+1)
	if len(l.waiting) == 0 {
		t.queue = slices.DeleteFunc(t.queue, func(q *line) bool { return q == l })
	}
}

// free ends a turn.
func (t *turns) free(l *line, w *waiter) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Since(t.epoch)
	t.taken--
	l.held--
	l.began -= w.at
	l.used += now - w.at
	l.seen = now
	t.serve(now)
}

// stats tells how many requests have waited, and for how long.
func (t *turns) stats() (waits int64, waited time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.waits, t.waited
}
