package users

import (
	"context"
	"errors"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/mail"
	"github.com/pactius/pactius/internal/store"
)

// Expire settles the pending requests of all environments whose time is over and emails the people. It tries every
// request once and calls beat before each.
func (r *Rules) Expire(ctx context.Context, beat func()) error {
	due, err := r.db.Store.ExpiredRequests(ctx, r.db.Now())
	if err != nil {
		return err
	}
	return r.each(ctx, due, beat, "expiry", func(tx *change.Tx, q pactius.AccessRequest) error {
		to, err := sender(tx, q)
		if err != nil {
			return err
		}
		if err := settle(tx, &q, settlement{state: pactius.StateExpired}); err != nil {
			return err
		}
		tx.Mail(to, mail.RequestExpired{Since: q.CreatedAt, Expired: q.DecidedAt, More: q.FromUser()})
		return nil
	})
}

// Remind reminds the administrators, once, of requests that have been pending for pactius.RequestReminder. It tries
// every request once and calls beat before each.
func (r *Rules) Remind(ctx context.Context, beat func()) error {
	due, err := r.db.Store.UnremindedRequests(ctx, r.db.Now().Add(-pactius.RequestReminder))
	if err != nil {
		return err
	}
	return r.each(ctx, due, beat, "reminder", func(tx *change.Tx, q pactius.AccessRequest) error {
		first, err := tx.MarkReminded(q.ID, tx.Now) // false where another instance was faster
		if err != nil || !first {
			return err
		}
		tx.Record(pactius.Event{Kind: pactius.RequestReminded, Request: q.ID})
		return tellDeciders(tx, q, func(m mail.RequestArrived) mail.Message { return mail.RequestReminder(m) })
	})
}

// each runs fn on every due request that is still pending, in a transaction each: a failure does not stop the others.
func (r *Rules) each(ctx context.Context, due []store.DueRequest, beat func(), reason string,
	fn func(*change.Tx, pactius.AccessRequest) error,
) error {
	var failed error
	for _, d := range due {
		if ctx.Err() != nil {
			break
		}
		beat()
		actor := pactius.System(d.Environment, reason)
		failed = errors.Join(failed, r.db.Change(ctx, actor, change.RoleUser, func(tx *change.Tx) error {
			q, err := tx.Request(d.ID)
			if err != nil || q.State != pactius.StatePending {
				return err
			}
			return fn(tx, q)
		}))
	}
	return errors.Join(failed, ctx.Err())
}
