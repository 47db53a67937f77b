package outbox

import (
	"context"
	"sync"
	"time"

	"github.com/pactius/pactius"
)

// Times of Run.
const (
	poll       = time.Second     // between looks for emails that another process has stored
	errorPause = 5 * time.Second // after an error, such as a full disk
)

// Run delivers emails until ctx ends, as many at the same time as there are workers. Those
// being sent then go on with sending, a context that ends later. arrived signals that an
// email was stored; beat is called whenever a turn has ended, and while nothing is to be
// done.
func (d *Deliverer) Run(ctx, sending context.Context, arrived <-chan struct{}, beat func()) {
	var workers sync.WaitGroup
	defer workers.Wait()
	freed := make(chan struct{}, 1)
	for ctx.Err() == nil {
		if d.turns.share.Idle() {
			beat()
		}
		env, probe, err := d.next(ctx)
		if err == nil && env != "" {
			workers.Go(func() {
				d.work(ctx, sending, env, probe)
				beat()
				select {
				case freed <- struct{}{}:
				default: // a signal is there already
				}
			})
			continue
		}
		wait := poll
		if err != nil {
			d.complain(ctx, err)
			wait = errorPause
		}
		select {
		case <-ctx.Done():
		case <-arrived:
		case <-freed:
		case <-time.After(wait):
		}
	}
}

// work gives an environment a turn. After an error, its place stays occupied for errorPause.
func (d *Deliverer) work(ctx, sending context.Context, env pactius.EnvironmentID, probe bool) {
	defer d.turns.share.Free(env)
	if _, err := d.turn(sending, env, probe); err != nil {
		d.complain(ctx, err)
		select {
		case <-ctx.Done():
		case <-time.After(errorPause):
		}
	}
}

func (d *Deliverer) complain(ctx context.Context, err error) {
	if ctx.Err() == nil {
		d.Logger.ErrorContext(ctx, "delivering mail failed", "error", err)
	}
}
