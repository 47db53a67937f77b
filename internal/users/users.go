package users

import (
	"errors"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
)

// Rules are the rules about users. They are safe for concurrent use.
type Rules struct {
	db *change.DB

	// Directory says whose an account name is now. Without it nothing is linked by a name that was stored.
	Directory Directory
}

// New makes the rules.
func New(db *change.DB) *Rules { return &Rules{db: db} }

// subject is a user that an actor acts on.
type subject struct {
	*change.Tx
	user        pactius.User
	memberships []pactius.Membership
	units       []pactius.UnitID // of memberships
}

// visible reads a user whose page the actor may open.
func visible(tx *change.Tx, id pactius.UserID) (subject, error) {
	s := subject{Tx: tx}
	var err error
	if s.user, err = tx.User(id); err != nil {
		return s, err
	}
	above, memberships, err := tx.Standing(id)
	if err != nil {
		return s, err
	}
	tx.Know(above)
	s.memberships, s.units = memberships, change.UnitIDs(memberships)
	if !tx.Rights.CanSee(s.units) {
		return s, change.ErrOutside
	}
	return s, nil
}

// managed reads a user that the actor may change as a person.
func managed(tx *change.Tx, id pactius.UserID) (subject, error) {
	s, err := visible(tx, id)
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

// checkIdentify refuses an actor who may not change the account name and the email address.
func (s subject) checkIdentify() error {
	err := s.CheckIdentify(s.user.ID, s.units)
	if errors.Is(err, change.ErrOutside) {
		err = errAlsoElsewhere
	}
	return err
}

var errAlsoElsewhere = pactius.Refuse(pactius.KindForbidden,
	pactius.T("This person also has access to business units you don't administer. Ask an administrator of the whole "+
		"company."))

// record appends an event about the user.
func (s subject) record(e pactius.Event) {
	e.User = s.user.ID
	s.Record(e)
}

// keepRoot refuses a change that would leave the root without a lasting administrator.
func (s subject) keepRoot() error { return s.KeepRoot(s.user.ID, s.memberships) }
