package jobs

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/admission"
	"github.com/pactius/pactius/internal/environments"
	"github.com/pactius/pactius/internal/leavers"
	"github.com/pactius/pactius/internal/outbox"
	"github.com/pactius/pactius/internal/store"
)

// How often the work is done.
const (
	mailPoll   = 2 * time.Second     // mail put in by another process, such as a command, leaves within this
	tidyPause  = 1 * time.Minute     // between two rounds of expiring, reminding and sweeping
	keepSent   = 30 * 24 * time.Hour // sent mails are kept without contents, to tell that they were sent
	errorPause = 5 * time.Second     // after a failure of our own, such as a full disk
	finishTime = 4 * time.Second     // for the mail under way when the work is to end; then it is handed back
	stallTime  = 5 * time.Minute     // more than any step takes: a mail server may take two minutes for a mail
)

// Runner does the work in the background.
type Runner struct {
	Store        *store.Store
	Admission    *admission.Rules
	Environments *environments.Rules // nil warns nobody of the end of secrets
	Leavers      *leavers.Rules      // nil sweeps no directory
	Mail         *outbox.Deliverer   // nil delivers nothing
	Now          func() time.Time
	Logger       *slog.Logger

	delivering, tidying, sweeping pulse
}

// Run works until the context ends. A mail that is being sent then has
// finishTime to get through; after that it is handed back, so that another
// instance, or the next start, sends it at once.
func (r *Runner) Run(ctx context.Context) {
	var wg sync.WaitGroup
	if r.Mail != nil {
		r.delivering.beat(r.Now())
		wg.Go(func() { r.Store.Share(ctx, r.Logger) })
		wg.Go(func() { r.deliver(ctx) })
	}
	r.tidying.beat(r.Now())
	wg.Go(func() { r.tidy(ctx) })
	if r.Leavers != nil && r.Leavers.Every != 0 {
		r.sweeping.beat(r.Now())
		wg.Go(func() { r.sweep(ctx) })
	}
	wg.Wait()
}

// Stalled names the work that has not moved for stallTime, "" when all does.
// It moves also while there is nothing to do, and while everything fails.
func (r *Runner) Stalled() string {
	now := r.Now()
	switch {
	case r.delivering.stopped(now):
		return "delivering mail"
	case r.tidying.stopped(now):
		return "tidying up"
	case r.sweeping.stopped(now):
		return "sweeping the directory"
	}
	return ""
}

// pulse is when a piece of work last moved; the zero value has not begun.
type pulse struct{ last atomic.Pointer[time.Time] }

func (p *pulse) beat(now time.Time) { p.last.Store(&now) }

func (p *pulse) stopped(now time.Time) bool {
	last := p.last.Load()
	return last != nil && now.Sub(*last) > stallTime
}

// deliver sends mail as soon as there is some.
func (r *Runner) deliver(ctx context.Context) {
	sending, cancel := outlive(ctx, finishTime)
	defer cancel()
	for ctx.Err() == nil {
		r.delivering.beat(r.Now())
		pause := mailPoll
		n, err := r.Mail.DeliverDue(sending)
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

// outlive returns a context that ends some time after its parent.
func outlive(parent context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(parent))
	stop := context.AfterFunc(parent, func() {
		select {
		case <-time.After(d):
			cancel()
		case <-ctx.Done():
		}
	})
	return ctx, func() { stop(); cancel() }
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

// Tidy expires and reminds of requests and sweeps away what is over. A task
// tries everything that is due once; what fails is due again in the next round.
func (r *Runner) Tidy(ctx context.Context) {
	now, beat := r.Now(), func() { r.tidying.beat(r.Now()) }
	do := func(what string, task func() error) {
		beat()
		if err := task(); err != nil && ctx.Err() == nil {
			r.Logger.ErrorContext(ctx, what+" failed", "error", err)
		}
	}
	do("expiring requests", func() error { return r.Admission.Expire(ctx, beat) })
	do("reminding of requests", func() error { return r.Admission.Remind(ctx, beat) })
	if r.Environments != nil {
		do("warning of secrets that end", func() error { return r.Environments.WarnOfEnds(ctx, beat) })
	}
	do("sweeping sessions", func() error { return r.Store.Sweep(ctx, now) })
	do("sweeping mails", func() error { return r.Store.SweepMails(ctx, now.Add(-keepSent)) })
	do("sweeping incidents", func() error { return r.Store.SweepIncidents(ctx, now.Add(-pactius.IncidentsKept)) })
}
