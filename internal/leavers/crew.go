package leavers

import (
	"context"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/crew"
)

const (
	dueBatch = 64 // environments in a look for those that are due
	sweepers = 4  // turns that work at a time, in this process; a turn that waits for Microsoft does not
)

// NewCrew makes a crew for the environments that are in trouble, or for those that are not. It calls moved after every
// turn.
func (r *Rules) NewCrew(troubled bool, moved func()) *crew.Crew {
	return crew.New(crew.Work{
		Due: func(ctx context.Context) ([]pactius.EnvironmentID, error) {
			if r.Every == 0 {
				return nil, nil
			}
			return r.DB.Store.DueSweeps(ctx, r.DB.Now(), troubled, dueBatch)
		},
		Turn: func(ctx context.Context, env pactius.EnvironmentID) bool {
			n := r.turn(ctx, env, false)
			moved() // before the result is told: a listener may ask whether the work has stalled
			r.told(ctx, env, n)
			return n != nil && n.report.Outcome == RoundInterrupted
		},
		Moved: moved,
	})
}

// places bounds what happens at the same time.
type places chan struct{}

func (p places) enter(ctx context.Context) error {
	select {
	case p <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p places) leave() { <-p }

// away asks Microsoft, during which another turn may work.
func away[T any](n *turn, ask func() (T, error)) (T, error) {
	n.places.leave()
	defer func() { n.places <- struct{}{} }() // which none holds while it waits for Microsoft
	return ask()
}
