package users

import (
	"context"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/store"
)

// RequestPage is one page of access requests with the paths of their units.
type RequestPage struct {
	Requests []pactius.AccessRequest
	Paths    map[pactius.UnitID]string
	Next     string
}

// Requests lists the requests that are the actor's to decide: pending ones oldest first, others newest first.
func (r *Rules) Requests(ctx context.Context, actor pactius.Actor, f pactius.RequestFilter) (RequestPage, error) {
	page := RequestPage{Paths: map[pactius.UnitID]string{}}
	err := r.db.Read(ctx, actor, change.RoleAdministrator, func(tx *change.Tx) error {
		var err error
		if page.Requests, page.Next, err = tx.Requests(f, tx.RequestScope()); err != nil {
			return err
		}
		var units []pactius.UnitID
		for _, q := range page.Requests {
			units = append(units, q.Units...)
		}
		tree, err := tx.TreeOf(units...)
		if err != nil {
			return err
		}
		for _, u := range units {
			page.Paths[u] = tree.Path(u)
		}
		return nil
	})
	return page, err
}

// RequestView is one request with all that deciding it needs. Existing and TakenOver have only an account name where
// the actor may not see them.
type RequestView struct {
	Request     pactius.AccessRequest
	Tree        *pactius.Tree
	Rights      pactius.Rights // the actor's
	Own         bool           // the actor's own request
	Decision    Decision       // of a pending one: the outcome of a sign-in now
	Existing    *pactius.User  // the user that approving links
	TakenOver   *pactius.User  // the user whose account name has moved to the person: approving makes a new user
	Former      []FormerOwner  // users who had the account name before
	Similar     []Similar      // invited users who are probably this person, best first
	Hidden      int            // number of such users that the actor may not see
	Result      *pactius.User  // the user it led to, if the actor may see that user
	CanTakeBack bool
}

// Request shows one request that is the actor's to decide.
func (r *Rules) Request(ctx context.Context, actor pactius.Actor, id pactius.RequestID) (RequestView, error) {
	var v RequestView
	err := r.db.Read(ctx, actor, change.RoleAdministrator, func(tx *change.Tx) error {
		var err error
		if v.Tree, err = tx.Tree(); err != nil {
			return err
		}
		if v.Request, err = decidable(tx, id); err != nil {
			return err
		}
		v.Rights, v.Own = tx.Rights, own(tx, v.Request)
		if v.Request.State == pactius.StatePending {
			return v.match(tx)
		}
		if v.Request.UserID != "" {
			if v.Result, err = store.Optional(followed(tx, v.Request.UserID)); err != nil {
				return err
			}
		}
		if v.Result != nil && !v.Own {
			_, _, err := takeable(tx, v.Request)
			v.CanTakeBack = err == nil
		}
		if v.Result != nil {
			var sees bool
			if sees, err = tx.Sees(*v.Result); !sees {
				v.Result = nil
			}
		}
		return err
	})
	return v, err
}

// match finds the users that the person of a pending request may be.
func (v *RequestView) match(tx *change.Tx) error {
	var err error
	if v.Decision, err = recogniseDiscreetly(tx, v.Request.Person); err != nil {
		return err
	}
	e := entryOf(v.Request, nil)
	if v.Existing, v.TakenOver, err = find(tx, e); err != nil {
		return err
	}
	for _, u := range []*pactius.User{v.Existing, v.TakenOver} {
		if u == nil {
			continue
		}
		sees, err := tx.Sees(*u)
		if err != nil {
			return err
		}
		if !sees {
			*u = pactius.User{Username: u.Username}
		}
	}
	if v.Former, err = formerOwners(tx, e.username.Shown); err != nil || v.Existing != nil {
		return err
	}
	v.Similar, v.Hidden, err = similarInvited(tx, v.Request.Person)
	return err
}
