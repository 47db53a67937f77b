package users

import (
	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/names"
	"github.com/pactius/pactius/internal/store"
)

// canRename reports whether administrators can correct the account name: it does not follow Microsoft 365 yet.
func canRename(u pactius.User) bool { return u.FirstSignInAt.IsZero() && u.Identity.IsZero() }

// rename checks the corrected account name of u as that of a new user, and links the identity if the directory has
// just named it. A request that only has the same account name is not settled: names link no one later. The result
// has the request for settleRenamed.
func (s subject) rename(u *pactius.User, up pactius.UserUpdate) (Edited, error) {
	if s.Environment.Connection.CutsOff(up.Identity) {
		return Edited{}, errElsewhere
	}
	e := entry{username: names.Username{Shown: u.Username, Key: names.Key(u.Username)}, name: u.Name, email: u.Email,
		identity: up.Identity, vouched: s.Now}
	m, err := collisions(s.Tx, e)
	switch {
	case err != nil:
		return Edited{}, err
	case m.Existing != nil && m.Existing.ID != u.ID:
		return Edited{}, &ExistsError{User: *m.Existing, Visible: m.Visible}
	case m.Pending != nil && own(s.Tx, *m.Pending):
		return Edited{}, errOwnRequest
	case m.Pending != nil && !u.MayEnter(s.Today):
		m.Pending = nil // the email would say that the person has access
	case m.Pending != nil && !confirmed(*m.Pending, up.Settle, up.Shown):
		return Edited{}, &PendingError{Request: *m.Pending}
	}
	if m.Pending == nil {
		e.despite = up.Despite
		if err := checkSimilar(s.Tx, &e, u.ID); err != nil {
			return Edited{}, err
		}
		for _, other := range e.doubles {
			if err := s.InsertDouble(u.ID, other); err != nil {
				return Edited{}, err
			}
		}
	}
	if m.TakenOver != nil {
		if err := release(s.Tx, *m.TakenOver); err != nil {
			return Edited{}, err
		}
	}
	u.Identity = up.Identity
	return Edited{Settled: m.Pending, Elsewhere: m.Elsewhere}, nil
}

// settleRenamed approves the pending request of the identity that a corrected account name has linked.
func (s subject) settleRenamed(e Edited) error {
	if e.Settled == nil {
		return nil
	}
	s.Record(pactius.Event{Kind: pactius.UserLinked, User: e.User.ID, Request: e.Settled.ID})
	return settleApproved(s.Tx, e.Settled, e.User, settlement{undo: store.Undo{Final: true}})
}
