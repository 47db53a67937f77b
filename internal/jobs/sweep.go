package jobs

import (
	"context"
	"time"

	"github.com/pactius/pactius/internal/crew"
)

// turnPoll is the pause between looks for directories that are due and for
// decisions about leavers to carry out.
const turnPoll = 10 * time.Second

// turns gives the directories that are due their turns: those in trouble, or the others.
func (r *Runner) turns(
	ctx context.Context, newCrew func(troubled bool, moved func()) *crew.Crew, troubled bool, p *pulse,
) {
	beat := func() { p.beat(r.Now()) }
	crew := newCrew(troubled, beat)
	for ctx.Err() == nil {
		if crew.Idle() { // else the end of a turn is progress
			beat()
		}
		pause := turnPoll
		n, err := crew.Start(ctx)
		if err != nil && ctx.Err() == nil {
			r.Logger.ErrorContext(ctx, "looking for directories that are due failed", "error", err)
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
