package people

import (
	"errors"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/audit"
	"github.com/pactius/pactius/internal/authority"
	"github.com/pactius/pactius/internal/store"
)

// Rules are the rules about users over a store. They are safe for concurrent use.
type Rules struct {
	store *store.Store
	now   func() time.Time
}

// New makes the rules.
func New(s *store.Store, now func() time.Time) *Rules { return &Rules{store: s, now: now} }

// subject is a user somebody acts on, and what the actor may do with them.
type subject struct {
	authority.Powers
	user        pactius.User
	memberships []pactius.Membership
	units       []pactius.UnitID
}

// read finds a user that the actor may see.
func (r *Rules) read(tx *store.Tx, actor pactius.Actor, id pactius.UserID) (subject, error) {
	var s subject
	p, err := authority.Administrator(tx, r.now(), actor)
	if err != nil {
		return s, err
	}
	if s.user, err = tx.User(id); err != nil {
		return s, err
	}
	if s.memberships, err = tx.Memberships(id); err != nil {
		return s, err
	}
	s.units = authority.UnitIDs(s.memberships)
	if s.Powers, err = authority.Of(tx, p.Now, actor, s.units...); err != nil {
		return s, err
	}
	if !s.Rights.CanSee(s.units) {
		return s, authority.ErrOutside
	}
	return s, nil
}

// manage finds a user that the actor may change as a person.
func (r *Rules) manage(tx *store.Tx, actor pactius.Actor, id pactius.UserID) (subject, error) {
	s, err := r.read(tx, actor, id)
	if err == nil {
		err = s.checkManage(tx)
	}
	return s, err
}

// checkManage refuses those who may see the user and not change the person.
func (s subject) checkManage(tx *store.Tx) error {
	err := authority.CheckManage(tx, s.Powers, s.user.ID, s.units)
	if errors.Is(err, authority.ErrOutside) {
		err = errAlsoElsewhere
	}
	return err
}

var errAlsoElsewhere = pactius.Refuse(pactius.Forbidden, pactius.T("This person also works in business units you do not administer. Ask an administrator of the whole company."))

// fresh makes sure that a form is not stale. Version 0 does not ask.
func fresh(version, current int) error {
	if version != 0 && version != current {
		return store.ErrStale
	}
	return nil
}

func (s subject) record(tx *store.Tx, e pactius.Event) error {
	e.User = s.user.ID
	return audit.Record(tx, s.Now, s.Actor, e)
}

// keepsRoot refuses a change that would leave the root without a lasting
// administrator, when the user is the last one.
func (s subject) keepsRoot(tx *store.Tx) error {
	return authority.KeepsRoot(tx, s.user.ID, s.memberships)
}
