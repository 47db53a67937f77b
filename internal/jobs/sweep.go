package jobs

import (
	"context"
	"time"
)

// sweepPoll is the pause between looks for directories that are due and for
// decisions about leavers to carry out.
const sweepPoll = 10 * time.Second

// sweep compares users with their directories, environment by environment.
func (r *Runner) sweep(ctx context.Context) {
	for ctx.Err() == nil {
		// After every turn, because all due directories may take longer than stallTime.
		beat := func() { r.sweeping.beat(r.Now()) }
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
