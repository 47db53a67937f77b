package server

import (
	"context"
	"time"

	"github.com/pactius/pactius/internal/clock"
)

// clocksDiffer is how far the clocks of two machines may differ: as far as Microsoft allows.
const clocksDiffer = 5 * time.Minute

// learnTime tells the guard of the clock what the database knows. It must be called before the work in the background
// begins.
func (s *Server) learnTime(ctx context.Context) {
	_, sure, err := s.store.KnownTimes(ctx, clock.Settle)
	if err != nil { // the work meets the same trouble, and reports it
		s.logger.WarnContext(ctx, "the clock couldn't be compared with the database", "error", err)
	}
	s.db.Clock.Learn(sure)
}

// clock compares this machine's clock with the newest event.
func (d *doctor) clock(ctx context.Context) []Diagnosis {
	const what = "clock"
	if d.core == nil {
		return nil
	}
	now := d.core.now()
	newest, sure, err := d.core.store.KnownTimes(ctx, clock.Settle)
	at := newest.UTC().Format(time.RFC3339) + ", " + newest.Sub(now).Round(time.Second).String() +
		" ahead of this machine's clock"
	switch {
	case err != nil:
		return []Diagnosis{diagnosis(what, err, "", "Check the database.")}
	case newest.Sub(now) <= clocksDiffer:
		return nil
	case sure.Sub(now) <= clocksDiffer && newest.Sub(sure) >= clock.Settle:
		return []Diagnosis{warning(what, "the newest event is of "+at+", and those before aren't: a clock was ahead "+
			"when it was recorded", "Set the clock of every machine. The server corrects what was planned then within "+
			"a minute; the events stay: docs/operations.md, When the clock was wrong.")}
	}
	return []Diagnosis{{What: what, Detail: "the newest event is of " + at + ": this machine's clock is behind, or " +
		"another was ahead for more than a day", Remedy: "Set the clock of every machine."}}
}
