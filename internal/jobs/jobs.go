package jobs

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pactius/pactius/internal/applications"
	"github.com/pactius/pactius/internal/clients"
	"github.com/pactius/pactius/internal/clock"
	"github.com/pactius/pactius/internal/environments"
	"github.com/pactius/pactius/internal/leavers"
	"github.com/pactius/pactius/internal/outbox"
	"github.com/pactius/pactius/internal/profiles"
	"github.com/pactius/pactius/internal/retention"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/users"
)

// Intervals and time limits of the work.
const (
	tidyPause  = 1 * time.Minute // between two rounds of Tidy
	finishTime = 4 * time.Second // for the emails being sent at the end; then they are handed back
	stallTime  = 5 * time.Minute // longer than any step: a mail server may take two minutes
)

// Runner does the work in the background.
type Runner struct {
	Store        *store.Store
	Users        *users.Rules
	Environments *environments.Rules // nil: no warnings of secrets that expire
	Leavers      *leavers.Rules      // nil: no sweeps
	Profiles     *profiles.Rules     // nil: titles and photos are not read
	Applications *applications.Rules // nil: no signing keys are replaced
	Mail         *outbox.Deliverer   // nil: no delivery
	Clients      *clients.Deliverer  // nil: clients are not told of sign-outs
	WarnOfShared func(now time.Time) // of the shared app registration's end, called in every round; nil: nothing
	Retention    *retention.Rules    // nil: what has no end of its own is kept
	Clock        *clock.Guard        // nil: Now is always believed
	Now          func() time.Time
	Logger       *slog.Logger

	Healed func(kind store.Healed, rows int) // called when due times were corrected; may be nil

	delivering, tidying, sweeping pulse
	troubled                      pulse // the sweeps of directories in trouble
	looking, lookingAgain         pulse // the looks at profiles, and those of directories in trouble
	reviewing, telling            pulse // sessions at clients

	doubting bool // of the clock, in the last round of Tidy
}

// Run works until the context ends. An email that is being sent then has finishTime
// left; after that it is handed back, so that another instance or the next start
// sends it immediately.
func (r *Runner) Run(ctx context.Context) {
	var wg sync.WaitGroup
	if r.Mail != nil {
		r.delivering.beat(r.Now())
		wg.Go(func() { r.Store.Share(ctx, r.Logger) })
		wg.Go(func() { r.deliver(ctx) })
	}
	if r.Clients != nil {
		r.reviewing.beat(r.Now())
		r.telling.beat(r.Now())
		wg.Go(func() { r.Clients.RunReviews(ctx, func() { r.reviewing.beat(r.Now()) }) })
		wg.Go(func() { r.tell(ctx) })
	}
	r.tidying.beat(r.Now())
	wg.Go(func() { r.tidy(ctx) })
	if r.Leavers != nil && r.Leavers.Every != 0 {
		wg.Go(func() { r.turns(ctx, r.Leavers.NewCrew, false, &r.sweeping) })
		wg.Go(func() { r.turns(ctx, r.Leavers.NewCrew, true, &r.troubled) })
	}
	if r.Profiles != nil {
		wg.Go(func() { r.turns(ctx, r.Profiles.NewCrew, false, &r.looking) })
		wg.Go(func() { r.turns(ctx, r.Profiles.NewCrew, true, &r.lookingAgain) })
	}
	wg.Wait()
}

// Stalled returns the name of work without progress for stallTime, "" for none.
// Rounds without work and failures count as progress.
func (r *Runner) Stalled() string {
	now := r.Now()
	switch {
	case r.delivering.stopped(now):
		return "delivering mail"
	case r.tidying.stopped(now):
		return "tidying up"
	case r.sweeping.stopped(now), r.troubled.stopped(now):
		return "sweeping the directory"
	case r.looking.stopped(now), r.lookingAgain.stopped(now):
		return "reading profiles"
	case r.reviewing.stopped(now), r.telling.stopped(now):
		return "ending sessions at clients"
	}
	return ""
}

// pulse is the time of the last progress; zero if the work has not begun, or rests.
type pulse struct{ last atomic.Pointer[time.Time] }

func (p *pulse) beat(now time.Time) { p.last.Store(&now) }

func (p *pulse) rest() { p.last.Store(nil) }

func (p *pulse) stopped(now time.Time) bool {
	last := p.last.Load()
	return last != nil && now.Sub(*last) > stallTime
}

// deliver sends email as soon as there is any.
func (r *Runner) deliver(ctx context.Context) {
	sending, cancel := outlive(ctx, finishTime)
	defer cancel()
	r.Mail.Run(ctx, sending, r.Store.MailArrived(), func() { r.delivering.beat(r.Now()) })
}

// tell tells clients of sign-outs as soon as there are any.
func (r *Runner) tell(ctx context.Context) {
	calling, cancel := outlive(ctx, finishTime)
	defer cancel()
	r.Clients.Run(ctx, calling, func() { r.telling.beat(r.Now()) })
}

// outlive returns a context that ends d after its parent.
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

// tidy calls Tidy in rounds.
func (r *Runner) tidy(ctx context.Context) {
	for ctx.Err() == nil {
		r.Tidy(ctx)
		select {
		case <-ctx.Done():
		case <-time.After(tidyPause):
		}
	}
}

// Tidy runs all work except delivery and sweeps once. A task tries everything that
// is due once; a failure is due again in the next round. With a clock that cannot be
// believed it only does what needs none: all else ends, deletes or warns people of what is old by the clock.
func (r *Runner) Tidy(ctx context.Context) {
	now, beat := r.Now(), func() { r.tidying.beat(r.Now()) }
	do := func(what string, task func() error) {
		beat()
		if err := task(); err != nil && ctx.Err() == nil {
			r.Logger.ErrorContext(ctx, what+" failed", "error", err)
		}
	}
	do("shortening the write-ahead log", func() error { return r.Store.ShortenWAL(ctx) })
	if r.WarnOfShared != nil {
		r.WarnOfShared(now)
	}
	if !r.believes(ctx, now) {
		return
	}
	do("correcting due times", func() error {
		return r.Store.HealDue(ctx, now, func(kind store.Healed, rows int) { r.healed(ctx, kind, rows) })
	})
	do("expiring requests", func() error { return r.Users.Expire(ctx, beat) })
	do("reminding of requests", func() error { return r.Users.Remind(ctx, beat) })
	if r.Environments != nil {
		do("warning of secrets that end", func() error { return r.Environments.WarnOfEnds(ctx, beat) })
		do("forgetting former secrets", func() error { return r.Environments.ForgetFormerSecrets(ctx, beat) })
	}
	if r.Applications != nil {
		do("replacing signing keys", func() error { return r.Applications.Tend(ctx) })
	}
	do("sweeping changes for the door", func() error { return r.Store.SweepDoor(ctx, now) })
	do("sweeping sessions", func() error { return r.Store.Sweep(ctx, now) })
	do("sweeping counts", func() error { return r.Store.SweepDailyCounts(ctx, now) })
	if r.Retention != nil {
		do("deleting what is no longer kept", func() error { return r.Retention.Run(ctx, beat) })
	}
}

// believes reports whether the clock can be believed, and logs when that changes.
func (r *Runner) believes(ctx context.Context, now time.Time) bool {
	off := r.Clock.Off(now)
	switch {
	case off != 0 && !r.doubting:
		r.Logger.WarnContext(ctx, "the clock of this machine leapt, or the deployment has rested: nothing is ended or "+
			"deleted by it until it has run evenly for a while",
			"clock", now, "ahead", off.Round(time.Second).String(), "while", clock.Settle.String())
	case off == 0 && r.doubting:
		r.Logger.InfoContext(ctx, "the clock of this machine is believed again", "clock", now)
	}
	r.doubting = off != 0
	return off == 0
}

// healed tells that rows were due later than any pause.
func (r *Runner) healed(ctx context.Context, kind store.Healed, rows int) {
	r.Logger.WarnContext(ctx, "a clock was ahead when this was planned; it is due now", "kind", kind, "rows", rows)
	if r.Healed != nil {
		r.Healed(kind, rows)
	}
}
