package applications

import (
	"context"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/store"
)

// Front is an application as the door knows it before it knows a person.
type Front struct {
	pactius.Application
	Environment pactius.EnvironmentID
	Portal      string    // base address of the environment's pages
	Ends        time.Time // it must be found anew then, at the latest
	Seq         int64     // of the last change of the environment that it includes
}

// Front finds an application of an environment.
func (r *Rules) Front(ctx context.Context, env pactius.EnvironmentID, id pactius.ApplicationID) (Front, error) {
	f := Front{Environment: env, Ends: r.DB.Now().Add(identityLife)}
	err := r.DB.Store.Glance(ctx, env, func(tx *store.Tx) error {
		e, err := tx.EnvironmentRow()
		if err != nil {
			return err
		}
		f.Portal = r.BaseURL(e).String()
		if f.Application, err = tx.Application(id); err != nil {
			return err
		}
		f.Seq, err = tx.DoorSeq()
		return err
	})
	return f, err
}

// Watch has fn called with the changes of this instance, once they are durable: see store.Store.WatchDoor.
func (r *Rules) Watch(fn func([]pactius.DoorChange)) { r.DB.Store.WatchDoor(fn) }

// Changes reads the changes of environments after the given ones, in order.
func (r *Rules) Changes(ctx context.Context, after map[pactius.EnvironmentID]int64) ([]pactius.DoorChange, error) {
	return r.DB.Store.DoorChanges(ctx, after)
}

// Seen is a session of the portal that is in use at an application.
type Seen = store.DoorSeen

// See notes that sessions are in use, now.
func (r *Rules) See(ctx context.Context, seen []Seen) error {
	return r.DB.Store.SeeSessions(ctx, seen, r.DB.Now())
}
