package retention

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/audit"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/store"
)

// Keep says for how many days things are kept; 0 is for ever.
type Keep struct {
	Events     int // of the activity log
	Requests   int // after they were settled
	References int
	SentEmails int
}

// bounds are those of the work of one round: others take their turn, and the next round goes on.
type bounds struct {
	batch int // events that are read, archived and deleted at a time: memory, and a short change
	turn  int // batches of an environment
	round int // batches of all
}

var usual = bounds{batch: 500, turn: 20, round: 100}

const (
	requestBatch = 100 // settled requests of an environment in a round
	atATime      = 100 // environments that are looked for at a time

	// leaseTime is how long a server may take for one batch. A crash delays the next server by it.
	leaseTime = 5 * time.Minute
)

// Config is what New needs.
type Config struct {
	DB     *change.DB
	Keep   Keep
	Folder string // of the archive; "" discards events
	Logger *slog.Logger

	// Line writes an event as JSON without a line break, the field id first.
	Line func(pactius.Environment, pactius.Event, audit.Names) ([]byte, error)
}

// Rules delete what is no longer kept. Run is for one goroutine at a time.
type Rules struct {
	Config
	bounds           bounds
	events, requests pactius.EnvironmentID // the last that had a turn
}

// New makes the rules.
func New(c Config) *Rules { return &Rules{Config: c, bounds: usual} }

// Run deletes what is no longer kept, within bounds, by a clock that can be believed: package jobs asks first. It calls
// beat after each step.
func (r *Rules) Run(ctx context.Context, beat func()) error {
	now := r.DB.Now()
	var err error
	steps := []struct {
		days int
		do   func(until time.Time) error
	}{
		{r.Keep.SentEmails, func(until time.Time) error { return r.DB.Store.SweepMails(ctx, until) }},
		{r.Keep.References, func(until time.Time) error { return r.DB.Store.SweepIncidents(ctx, until) }},
		{r.Keep.Requests, func(until time.Time) error { return r.trimRequests(ctx, until, beat) }},
		{r.Keep.Events, func(until time.Time) error { return r.trimEvents(ctx, until, beat) }},
	}
	for _, s := range steps {
		if s.days > 0 {
			err = errors.Join(err, s.do(now.AddDate(0, 0, -s.days)))
			beat()
		}
	}
	return err
}

// trimRequests deletes settled requests: one batch of each environment that has any.
func (r *Rules) trimRequests(ctx context.Context, until time.Time, beat func()) error {
	envs, err := r.DB.Store.RequestsToTrim(ctx, until, r.requests, atATime)
	r.requests = "" // after the last comes the first
	for _, env := range envs {
		beat()
		err = errors.Join(err, r.DB.Change(ctx, system(env), change.RoleUser, func(tx *change.Tx) error {
			_, err := tx.TrimRequests(until, requestBatch)
			return err
		}))
		r.requests = env
	}
	return err
}

// system is the actor of the work.
func system(env pactius.EnvironmentID) pactius.Actor { return pactius.System(env, "retention") }

// trimEvents archives and deletes the events of whole days (UTC).
func (r *Rules) trimEvents(ctx context.Context, until time.Time, beat func()) error {
	until = until.UTC().Truncate(24 * time.Hour)
	var failed error
	for left := r.bounds.round; left > 0 && ctx.Err() == nil; {
		envs, err := r.DB.Store.EventsToTrim(ctx, until, r.events, atATime)
		if err != nil || len(envs) == 0 {
			r.events = ""
			return errors.Join(failed, err)
		}
		for _, env := range envs {
			if left <= 0 {
				break
			}
			n, err := r.turn(ctx, env, until, min(left, r.bounds.turn), beat)
			failed = errors.Join(failed, err)
			left -= max(1, n)
			r.events = env
		}
	}
	return failed
}

// turn trims some batches of an environment, unless another server is at it, and counts them.
func (r *Rules) turn(
	ctx context.Context, env pactius.EnvironmentID, until time.Time, batches int, beat func(),
) (n int, err error) {
	lease := id.New()
	claimed := false
	err = r.DB.Change(ctx, system(env), change.RoleUser, func(tx *change.Tx) (err error) {
		claimed, err = tx.ClaimRetention(lease, tx.Now, tx.Now.Add(leaseTime))
		return err
	})
	trimmed := 0
	for more := claimed; more && err == nil && n < batches; n++ {
		var of int
		of, more, err = r.batch(ctx, env, lease, until, n == batches-1)
		trimmed += of
		beat()
	}
	if trimmed > 0 {
		r.Logger.InfoContext(ctx, "old events were trimmed", "environment", string(env), "events", trimmed,
			"archived", r.Folder != "")
	}
	return n, err
}

// batch archives and deletes one batch of events. It hands the lease back with the last one.
func (r *Rules) batch(
	ctx context.Context, env pactius.EnvironmentID, lease string, until time.Time, last bool,
) (n int, more bool, err error) {
	var kept store.Retention
	var old store.OldEvents
	var names audit.Names
	var of pactius.Environment
	err = r.DB.Read(ctx, system(env), change.RoleUser, func(tx *change.Tx) error {
		var err error
		if kept, err = tx.Retention(); err != nil {
			return err
		}
		if kept.Lease != lease {
			return store.ErrStale
		}
		if old, err = tx.OldEvents(kept.EventsNext, until, r.bounds.batch); err != nil {
			return err
		}
		of = tx.Environment
		names, err = audit.NamesOf(tx, old.Trim)
		return err
	})
	if err != nil {
		return 0, false, err
	}
	if r.Folder != "" {
		if err := r.store(of, old.Trim, names); err != nil {
			return 0, false, err
		}
	}
	ids := make([]pactius.EventID, len(old.Trim))
	for i, e := range old.Trim {
		ids[i] = e.ID
		if !e.At.Before(kept.EventsBefore) {
			kept.EventsBefore = e.At.Add(time.Microsecond)
		}
	}
	kept.EventsNext = old.Next
	if len(ids) > 0 {
		kept.EventsDiscarded = r.Folder == ""
	}
	err = r.DB.Change(ctx, system(env), change.RoleUser, func(tx *change.Tx) error {
		next := kept
		if next.LeaseUntil = tx.Now.Add(leaseTime); last || !old.More {
			next.Lease, next.LeaseUntil = "", time.Time{}
		}
		return errors.Join(tx.SaveRetention(lease, next), tx.TrimEvents(ids))
	})
	return len(ids), old.More, err
}

// store writes events into the archive.
func (r *Rules) store(env pactius.Environment, events []pactius.Event, names audit.Names) error {
	days := map[pactius.Date][]record{}
	for _, e := range events {
		line, err := r.Line(env, e, names)
		if err != nil {
			return err
		}
		day := pactius.DateOf(e.At.UTC())
		days[day] = append(days[day], record{e.ID, line})
	}
	for day, records := range days {
		if err := archive(r.Folder).add(env.ID, day, records); err != nil {
			return err
		}
	}
	return nil
}
