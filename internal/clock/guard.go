package clock

import (
	"sync"
	"time"
)

const (
	// Rest is how far the clock may be ahead of what the database knows when a process starts: a deployment without use
	// over a long weekend is less.
	Rest = 7 * 24 * time.Hour

	// Leap is how far the clock may part from the process. Summer time does not move it, and time servers correct
	// seconds; a machine that was asleep leaps too, and waits for Settle.
	Leap = time.Hour

	// Settle is how long a clock that leapt must run evenly before it is believed. Time servers set a wrong clock
	// within minutes of a machine's start, so what is doubted for a day is a deployment that has rested.
	Settle = 24 * time.Hour
)

// Guard tells whether the clock can be believed. A nil Guard believes it always. It is safe for concurrent use.
type Guard struct {
	elapsed func() time.Duration

	mu       sync.Mutex
	believed mark
	doubted  mark // where the clock was when it was first seen to be off; zero if it is not
	allowed  time.Duration
}

// mark is a moment by the clock, and how long the process had run.
type mark struct {
	wall    time.Time
	elapsed time.Duration
}

// off returns how far another mark is ahead of an evenly running clock; negative if it is behind.
func (m mark) off(o mark) time.Duration { return o.wall.Sub(m.wall) - (o.elapsed - m.elapsed) }

// New returns a Guard of a process that starts now. known is the latest time that the database is sure of, zero if it
// knows none: then now is believed. elapsed is how long the process has run, whatever the clock does; nil is the
// machine's monotonic clock.
func New(now, known time.Time, elapsed func() time.Duration) *Guard {
	if elapsed == nil {
		start := time.Now()
		elapsed = func() time.Duration { return time.Since(start) }
	}
	g := &Guard{elapsed: elapsed}
	g.Learn(now)
	g.Learn(known)
	return g
}

// Learn tells the latest time that the database is sure of, when a process that has just started has read it. Zero, for
// a database that knows none, changes nothing.
func (g *Guard) Learn(known time.Time) {
	if g == nil || known.IsZero() {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.believed, g.doubted, g.allowed = mark{known.Round(0), g.elapsed()}, mark{}, Rest
}

// Trusted reports whether now can be believed enough to delete or end what is old by it.
func (g *Guard) Trusted(now time.Time) bool { return g.Off(now) == 0 }

// Off returns how far now is ahead of what is known, negative if it is behind; zero if now is believed.
func (g *Guard) Off(now time.Time) time.Duration {
	if g == nil {
		return 0
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	here := mark{now.Round(0), g.elapsed()} // without the reading of the monotonic clock, by which it could not leap
	off := g.believed.off(here)
	if off > g.allowed || off < -Leap {
		if g.doubted.wall.IsZero() || g.doubted.off(here).Abs() > Leap {
			g.doubted = here
		}
		if here.elapsed-g.doubted.elapsed < Settle {
			return off
		}
	}
	g.believed, g.doubted, g.allowed = here, mark{}, Leap
	return 0
}
