package clock_test

import (
	"testing"
	"time"

	"github.com/pactius/pactius/internal/clock"
)

const (
	day  = 24 * time.Hour
	year = 365 * day
)

var start = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// look is a look at the clock after the process has run so long; wrong is how far the clock is off then.
type look struct {
	after, wrong time.Duration
	trusted      bool
}

func TestAGuardBelievesAClockThatGoesEvenly(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		known time.Duration // before the start; zero is an empty database
		looks []look
	}{
		"an empty database":     {0, []look{{0, 0, true}, {time.Minute, 0, true}, {year, 0, true}}},
		"a running deployment":  {time.Minute, []look{{0, 0, true}, {day, 0, true}, {40 * day, 0, true}}},
		"after a long weekend":  {6 * day, []look{{0, 0, true}}},
		"after it was off":      {90 * day, []look{{0, 0, false}, {day - time.Minute, 0, false}, {day, 0, true}}},
		"the database is ahead": {-year, []look{{0, 0, false}, {time.Hour, 0, false}, {day, 0, true}}},
		"a minute a year ahead": {time.Minute, []look{{0, 0, true}, {time.Hour, year, false},
			{time.Hour + time.Minute, 0, true}, {2 * time.Hour, 0, true}}},
		"a minute a year behind": {time.Minute, []look{{0, 0, true}, {time.Hour, -year, false},
			{time.Hour + time.Minute, 0, true}, {2 * time.Hour, 0, true}}},
		"a start a year ahead": {year, []look{{0, 0, false}, {time.Minute, -year, true}, {time.Hour, -year, true},
			{2 * time.Hour, 0, false}}},
		"ahead at a start, then half of it": {2 * year, []look{{0, 0, false}, {23 * time.Hour, -year, false},
			{25 * time.Hour, -year, false}, {47 * time.Hour, -year, true}}},
		"a clock that is set by seconds": {time.Minute, []look{{0, 0, true}, {time.Hour, 20 * time.Second, true},
			{2 * time.Hour, -20 * time.Second, true}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var known time.Time
			if c.known != 0 {
				known = start.Add(-c.known)
			}
			var elapsed time.Duration
			g := clock.New(start, known, func() time.Duration { return elapsed })
			for _, l := range c.looks {
				elapsed = l.after
				if got := g.Trusted(start.Add(l.after + l.wrong)); got != l.trusted {
					t.Errorf("after %s, %s off, it is trusted: %v, want %v", l.after, l.wrong, got, l.trusted)
				}
			}
		})
	}
}

func TestNoGuardBelievesEverything(t *testing.T) {
	t.Parallel()
	var none *clock.Guard
	if !none.Trusted(start) || !none.Trusted(start.Add(year)) {
		t.Error("a nil Guard doubts the clock")
	}
}
