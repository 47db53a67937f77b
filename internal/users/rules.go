package users

import (
	"errors"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/store"
)

// Rules are the rules about users. They are safe for concurrent use.
type Rules struct{ db *change.DB }

// New makes the rules.
func New(db *change.DB) *Rules { return &Rules{db} }

// facts reads all that recognition looks at.
func facts(tx *change.Tx, p pactius.Person) (Evidence, error) {
	f := Evidence{Person: p, Connection: tx.Environment.Connection, Today: tx.Today}
	found, err := tx.UsersNamed(p.Identity, p.Username)
	f.Bound, f.Named = found.Linked, found.Named
	return f, err
}

// subject is a user that an actor acts on.
type subject struct {
	*change.Tx
	user        pactius.User
	memberships []pactius.Membership
	units       []pactius.UnitID
}

// see finds a user whose page the actor may open.
func see(tx *change.Tx, id pactius.UserID) (subject, error) {
	s := subject{Tx: tx}
	var err error
	if s.user, err = tx.User(id); err != nil {
		return s, err
	}
	if s.memberships, err = tx.Memberships(id); err != nil {
		return s, err
	}
	s.units = change.UnitIDs(s.memberships)
	if _, err := tx.TreeOf(s.units...); err != nil {
		return s, err
	}
	if !tx.Rights.CanSee(s.units) {
		return s, change.ErrOutside
	}
	return s, nil
}

// manage finds a user that the actor may change as a person.
func manage(tx *change.Tx, id pactius.UserID) (subject, error) {
	s, err := see(tx, id)
	if err == nil {
		err = s.checkManage()
	}
	return s, err
}

// checkManage refuses an actor who may see the user but not change the person.
func (s subject) checkManage() error {
	err := s.CheckManage(s.user.ID, s.units)
	if errors.Is(err, change.ErrOutside) {
		err = errAlsoElsewhere
	}
	return err
}

var errAlsoElsewhere = pactius.Refuse(pactius.KindForbidden,
	pactius.T("This person also works in business units you do not administer. Ask an administrator of the whole company."))

// checkVersion refuses a form that is stale. Version 0 skips the check.
func checkVersion(version, current int) error {
	if version != 0 && version != current {
		return store.ErrStale
	}
	return nil
}

// recordUser appends an event about the subject.
func (s subject) recordUser(e pactius.Event) {
	e.User = s.user.ID
	s.Record(e)
}

// keepRoot refuses a change that would leave the root without a lasting
// administrator, when the user is the last one.
func (s subject) keepRoot() error { return s.KeepRoot(s.user.ID, s.memberships) }
