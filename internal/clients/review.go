package clients

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/applications"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/store"
)

const (
	// reviewMost is how many client sessions are looked at in one transaction. Other changes of the environment wait
	// for it, some ten milliseconds.
	reviewMost = 50

	// reviewPause is the least time between two looks at a session that is alive.
	reviewPause = time.Minute
)

// Review compares client sessions that are due with the sessions of the portal, and ends those whose person is no
// longer signed in, or may not open the application any more. Each environment has a turn; it returns the number of
// turns. Call it again until that is 0.
func (r *Rules) Review(ctx context.Context) (int, error) {
	envs, err := r.DB.Store.ClientReviews(ctx, r.DB.Now())
	for _, env := range envs {
		actor := pactius.System(env, "clients")
		if failed := r.DB.Change(ctx, actor, change.RoleUser, r.review); failed != nil {
			err = errors.Join(err, fmt.Errorf("look at the clients of %s: %w", env, failed))
		}
	}
	return len(envs), err
}

// review looks at some client sessions: those that a change has named, or whose time is up, and then the next ones of
// a review of all.
func (r *Rules) review(tx *change.Tx) error {
	due, err := tx.ClientsToReview(tx.Now, reviewMost)
	if err != nil {
		return err
	}
	for _, s := range due {
		if err := r.compare(tx, s); err != nil {
			return err
		}
	}
	from, err := tx.ReviewFrom()
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	some, err := tx.ClientsAfter(from, reviewMost)
	if err != nil {
		return err
	}
	next := pactius.ClientSessionID("")
	for _, s := range some {
		if err := r.compare(tx, s); err != nil {
			return err
		}
		if len(some) == reviewMost {
			next = s.ID
		}
	}
	return tx.ReviewOn(from, next)
}

// compare ends a client session, or notes when it is to be looked at again.
func (r *Rules) compare(tx *change.Tx, s pactius.ClientSession) error {
	look, err := tx.SessionLook(s.Session, s.Application)
	now := tx.Now
	if !r.DB.Believed() { // no session ends by time then, only with its person's access
		now = look.Session.SeenAt
	}
	if err == nil {
		_, err = r.may(look, now)
	}
	switch {
	case errors.Is(err, store.ErrNotFound), errors.Is(err, errAccess):
		return r.end(tx, s)
	case err != nil:
		return err
	}
	at := applications.LastMoment(look)
	if soonest := tx.Now.Add(reviewPause); at.Before(soonest) {
		at = soonest
	}
	if at.Equal(s.ReviewAt) {
		return nil // a review of all writes only what has changed
	}
	return tx.ReviewClient(s.ID, at)
}

// end ends a client session with its grants. A client without a sign-out address need not be told.
func (r *Rules) end(tx *change.Tx, s pactius.ClientSession) error {
	app, err := tx.Application(s.Application)
	switch {
	case err != nil:
		return err
	case app.Client.BackChannel == "":
		_, err := tx.ForgetClient(s.ID, s.Attempts)
		return err
	}
	return tx.EndClient(s.ID, tx.Now)
}
