package jobs

import (
	"context"
	"time"
)

// sweepPoll is how soon a directory is swept that is due, and a decision about
// leavers carried out to its end.
const sweepPoll = 10 * time.Second

// sweep compares users with their directories, environment by environment.
func (r *Runner) sweep(ctx context.Context) {
	for ctx.Err() == nil {
		beat := func() { r.sweeping.beat(r.Now()) } // after every turn: all that are due may take longer than stallTime
		beat()
		pause := sweepPoll
		n, err := r.Leavers.SweepDue(ctx, beat)
		if err != nil && ctx.Err() == nil {
			r.Logger.ErrorContext(ctx, "looking for directories to sweep failed", "error", err)
		} else if n > 0 {
			pause = 0 // there may be more
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
}
