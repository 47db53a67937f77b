package jobs

import (
	"context"
	"time"
)

// sweepPoll is the pause between looks for directories that are due and for
// decisions about leavers to carry out.
const sweepPoll = 10 * time.Second

// sweep compares users with their directories: those in trouble, or the others.
func (r *Runner) sweep(ctx context.Context, troubled bool, p *pulse) {
	beat := func() { p.beat(r.Now()) }
	crew := r.Leavers.NewCrew(troubled, beat)
	for ctx.Err() == nil {
		if crew.Idle() { // else the end of a turn is progress
			beat()
		}
		pause := sweepPoll
		n, err := crew.Start(ctx)
		if err != nil && ctx.Err() == nil {
			r.Logger.ErrorContext(ctx, "looking for directories to sweep failed", "error", err)
		} else if n > 0 {
			pause = 0 // there may be more
		}
		if crew.Idle() {
			p.rest()
		}
		select {
		case <-ctx.Done():
		case <-crew.Again():
		case <-time.After(pause):
		}
	}
	crew.Wait()
}
