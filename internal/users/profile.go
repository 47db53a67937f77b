package users

import (
	"context"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/store"
)

// shown is a person whose profile a page shows.
type shown struct {
	identity pactius.Identity
	profile  *pactius.Profile
}

func shownUser(u *pactius.User) shown { return shown{u.Identity, &u.Profile} }

func shownSender(q *pactius.AccessRequest) shown { return shown{q.Person.Identity, &q.Profile} }

// fillProfiles fills in the profiles of people that the actor sees, by one statement.
func fillProfiles(tx *change.Tx, people []shown) error {
	var ids []pactius.Identity
	for _, p := range people {
		if !p.identity.IsZero() {
			ids = append(ids, p.identity)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	known, err := tx.Profiles(ids)
	for _, p := range people {
		*p.profile = known[p.identity]
	}
	return err
}

// fillProfiles fills in the profiles of the people whose requests are pending.
func (p *RequestPage) fillProfiles(tx *change.Tx) error {
	var people []shown
	for i := range p.Requests {
		if q := &p.Requests[i]; q.State == pactius.StatePending {
			people = append(people, shownSender(q))
		}
	}
	return fillProfiles(tx, people)
}

// fillProfiles fills in the profiles of the users beside a request, and of its sender while it is pending. Later they
// are those of the user it led to, if the actor sees that one.
func (v *RequestView) fillProfiles(tx *change.Tx) error {
	var people []shown
	if v.Request.State == pactius.StatePending ||
		v.Result != nil && v.Result.Identity == v.Request.Person.Identity {
		people = append(people, shownSender(&v.Request))
	}
	for _, u := range []*pactius.User{v.Existing, v.TakenOver, v.Proposed, v.Result} {
		if u != nil {
			people = append(people, shownUser(u))
		}
	}
	for _, s := range v.Similar {
		if s.User != nil {
			people = append(people, shownUser(s.User))
		}
	}
	if err := fillProfiles(tx, people); err != nil {
		return err
	}
	var err error
	v.Manager, err = managerOf(tx, v.Request.Person.Identity, v.Request.Profile)
	return err
}

// managerOf finds the manager of a person, if that is a user that the actor sees.
func managerOf(tx *change.Tx, i pactius.Identity, p pactius.Profile) (*pactius.User, error) {
	if p.ManagerID == "" {
		return nil, nil
	}
	u, err := store.Optional(tx.UserByIdentity(pactius.Identity{TenantID: i.TenantID, ObjectID: p.ManagerID}))
	if err != nil || u == nil {
		return nil, err
	}
	sees, err := tx.Sees(*u)
	if !sees {
		u = nil
	}
	return u, err
}

// Photo reads the photo of a user for actors who see the user. The error is of the kind pactius.NotFound where there is
// none.
func (r *Rules) Photo(ctx context.Context, actor pactius.Actor, id pactius.UserID) (pactius.Photo, error) {
	var p pactius.Photo
	err := r.db.Read(ctx, actor, change.RoleAdministrator, func(tx *change.Tx) error {
		s, err := visible(tx, id)
		if err == nil {
			p, err = tx.Photo(s.user.Identity)
		}
		return err
	})
	return p, err
}

// SenderPhoto reads the photo of the person of a request, as the request shows it.
func (r *Rules) SenderPhoto(ctx context.Context, actor pactius.Actor, id pactius.RequestID) (pactius.Photo, error) {
	var p pactius.Photo
	err := r.db.Read(ctx, actor, change.RoleAdministrator, func(tx *change.Tx) error {
		q, err := decidable(tx, id)
		if err != nil {
			return err
		}
		if q.State == pactius.StatePending {
			p, err = tx.Photo(q.Person.Identity)
			return err
		}
		u, err := followed(tx, q.UserID)
		if err != nil {
			return err
		}
		sees, err := tx.Sees(u)
		if err == nil && !(sees && u.Identity == q.Person.Identity) {
			err = store.ErrNotFound
		}
		if err == nil {
			p, err = tx.Photo(u.Identity)
		}
		return err
	})
	return p, err
}
