package clients

import (
	"context"
	"sync"
	"time"

	"github.com/pactius/pactius"
)

// Times of the work in the background.
const (
	poll       = time.Second     // between looks for what another instance, or the time, has brought
	errorPause = 5 * time.Second // after an error, such as a full disk
)

// Wake has client sessions looked at without waiting for poll: a change concerns some.
func (d *Deliverer) Wake() { wake(d.looked) }

func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default: // there is an unread signal already
	}
}

// RunReviews looks at client sessions until ctx ends, as soon as a change concerns some. beat is called after every
// turn, and while nothing is to be done.
func (d *Deliverer) RunReviews(ctx context.Context, beat func()) {
	for ctx.Err() == nil {
		beat()
		n, err := d.Rules.Review(ctx)
		if n > 0 {
			wake(d.ended)
		}
		if err != nil {
			d.complain(ctx, err)
			idle(ctx, nil, errorPause)
		} else if n == 0 {
			idle(ctx, d.looked, poll)
		}
	}
}

// Run tells clients until ctx ends. Calls under way then go on with calling, a context that ends later. beat is called
// whenever a turn has ended, and while nothing is to be done.
func (d *Deliverer) Run(ctx, calling context.Context, beat func()) {
	var workers sync.WaitGroup
	defer workers.Wait()
	for ctx.Err() == nil {
		if d.share.Idle() {
			beat()
		}
		env, err := d.next(ctx)
		if err == nil && env != "" {
			workers.Go(func() {
				d.work(ctx, calling, env)
				beat()
				wake(d.ended)
			})
			continue
		}
		wait := poll
		if err != nil {
			d.complain(ctx, err)
			wait = errorPause
		}
		idle(ctx, d.ended, wait)
	}
}

// work gives an environment a turn. After an error, its place stays occupied for errorPause.
func (d *Deliverer) work(ctx, calling context.Context, env pactius.EnvironmentID) {
	defer d.share.Free(env)
	if _, err := d.turn(calling, env); err != nil {
		d.complain(ctx, err)
		idle(ctx, nil, errorPause)
	}
}

func (d *Deliverer) complain(ctx context.Context, err error) {
	if ctx.Err() == nil {
		d.Rules.Logger.ErrorContext(ctx, "ending sessions at clients failed", "error", err)
	}
}

// idle waits for a signal, but no longer than a time.
func idle(ctx context.Context, signal <-chan struct{}, most time.Duration) {
	select {
	case <-ctx.Done():
	case <-signal:
	case <-time.After(most):
	}
}
