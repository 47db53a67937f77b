package jobs

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/pactius/pactius/internal/admission"
	"github.com/pactius/pactius/internal/outbox"
	"github.com/pactius/pactius/internal/store"
)

// How often the work is done.
const (
	mailPoll   = 2 * time.Second     // mail put in by another process, such as a command, leaves within this
	tidyPause  = 1 * time.Minute     // between two rounds of expiring, reminding and sweeping
	keepSent   = 30 * 24 * time.Hour // sent mails are kept without contents, to tell that they were sent
	errorPause = 5 * time.Second     // after a failure of our own, such as a full disk
)

// Runner does the work in the background.
type Runner struct {
	Store     *store.Store
	Admission *admission.Rules
	Mail      *outbox.Deliverer // nil delivers nothing
	Now       func() time.Time
	Logger    *slog.Logger
}

// Run works until the context ends.
func (r *Runner) Run(ctx context.Context) {
	var wg sync.WaitGroup
	if r.Mail != nil {
		wg.Go(func() { r.deliver(ctx) })
	}
	wg.Go(func() { r.tidy(ctx) })
	wg.Wait()
}

// deliver sends mail as soon as there is some.
func (r *Runner) deliver(ctx context.Context) {
	for ctx.Err() == nil {
		pause := mailPoll
		n, err := r.Mail.DeliverDue(ctx)
		if err != nil && ctx.Err() == nil {
			r.Logger.ErrorContext(ctx, "delivering mail failed", "error", err)
			pause = errorPause
		} else if n > 0 {
			continue
		}
		select {
		case <-ctx.Done():
		case <-r.Store.MailArrived():
		case <-time.After(pause):
		}
	}
}

// tidy does the slow work, round after round.
func (r *Runner) tidy(ctx context.Context) {
	for ctx.Err() == nil {
		r.Tidy(ctx)
		select {
		case <-ctx.Done():
		case <-time.After(tidyPause):
		}
	}
}

// Tidy expires and reminds of requests and sweeps away what is over, once.
func (r *Runner) Tidy(ctx context.Context) {
	r.drain(ctx, "expiring requests", r.Admission.Expire)
	r.drain(ctx, "reminding of requests", r.Admission.Remind)
	now := r.Now()
	if err := r.Store.Sweep(ctx, now); err != nil && ctx.Err() == nil {
		r.Logger.ErrorContext(ctx, "sweeping sessions failed", "error", err)
	}
	if err := r.Store.SweepMails(ctx, now.Add(-keepSent)); err != nil && ctx.Err() == nil {
		r.Logger.ErrorContext(ctx, "sweeping mails failed", "error", err)
	}
}

// drain repeats a batch until there is nothing left; after an error it waits
// for the next round.
func (r *Runner) drain(ctx context.Context, what string, batch func(context.Context) (int, error)) {
	for ctx.Err() == nil {
		n, err := batch(ctx)
		if err != nil {
			r.Logger.ErrorContext(ctx, what+" failed", "error", err)
			return
		}
		if n == 0 {
			return
		}
	}
}
