package admission

import (
	"context"
	"errors"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/authority"
	"github.com/pactius/pactius/internal/mail"
	"github.com/pactius/pactius/internal/outbox"
	"github.com/pactius/pactius/internal/store"
)

// Expire settles the pending requests of all environments whose time is over and
// tells the people. It tries every request once and calls beat before each.
func (r *Rules) Expire(ctx context.Context, beat func()) error {
	due, err := r.store.ExpiredRequests(ctx, r.now())
	if err != nil {
		return err
	}
	return r.each(ctx, due, beat, "expiry", func(tx *store.Tx, p authority.Powers, q pactius.AccessRequest) error {
		if err := settle(tx, p, &q, settlement{state: pactius.Expired}); err != nil {
			return err
		}
		return outbox.Put(tx, p.Now, outbox.Person(q.Person), mail.RequestExpired{Since: q.CreatedAt, Expired: q.DecidedAt})
	})
}

// Remind reminds the administrators, once, of requests that have waited for
// pactius.RequestReminder. It tries every request once and calls beat before each.
func (r *Rules) Remind(ctx context.Context, beat func()) error {
	due, err := r.store.UnremindedRequests(ctx, r.now().Add(-pactius.RequestReminder))
	if err != nil {
		return err
	}
	return r.each(ctx, due, beat, "reminder", func(tx *store.Tx, p authority.Powers, q pactius.AccessRequest) error {
		first, err := tx.MarkReminded(q.ID, p.Now) // another instance may have been faster
		if err != nil || !first {
			return err
		}
		if err := record(tx, p, pactius.Event{Kind: pactius.RequestReminded, Request: q.ID}); err != nil {
			return err
		}
		return tellDeciders(tx, p, q, func(m mail.RequestArrived) mail.Message { return mail.RequestReminder(m) })
	})
}

// each runs a change on every due request that is still pending, each in a
// transaction of its own: one that fails does not hold up the others.
func (r *Rules) each(ctx context.Context, due []store.DueRequest, beat func(), reason string,
	change func(*store.Tx, authority.Powers, pactius.AccessRequest) error,
) error {
	var failed error
	for _, d := range due {
		if ctx.Err() != nil {
			break
		}
		beat()
		failed = errors.Join(failed, r.store.Update(ctx, d.Environment, func(tx *store.Tx) error {
			p, err := authority.Of(tx, r.now(), pactius.System(d.Environment, reason))
			if err != nil {
				return err
			}
			q, err := tx.Request(d.ID)
			if err != nil || q.State != pactius.Pending {
				return err
			}
			return change(tx, p, q)
		}))
	}
	return errors.Join(failed, ctx.Err())
}
