package users

import (
	"cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/mail"
	"github.com/pactius/pactius/internal/store"
)

// settlement is how a pending request ends.
type settlement struct {
	state   pactius.RequestState
	note    string
	user    pactius.UserID    // of an approval
	created bool              // the approval created that user
	endsOn  pactius.Date      // of a created user
	units   []mail.UnitAccess // of a created user, or what a user was given who asked for more; else they are read
	undo    store.Undo
}

// settledEvents are the events of the ends of a request.
var settledEvents = map[pactius.RequestState]pactius.EventKind{
	pactius.StateApproved:  pactius.RequestApproved,
	pactius.StateDeclined:  pactius.RequestDeclined,
	pactius.StateWithdrawn: pactius.RequestWithdrawn,
	pactius.StateExpired:   pactius.RequestExpired,
}

// settle ends the pending request q, which becomes the settled one, and records the event.
func settle(tx *change.Tx, q *pactius.AccessRequest, s settlement) error {
	q.Proposal, s.undo.More = pactius.Proposal{}, q.FromUser()
	q.State, q.Note, q.UserID, q.Created = s.state, s.note, cmp.Or(s.user, q.UserID), s.created
	q.DecidedAt, q.DecidedBy = tx.Now, tx.Actor
	if err := tx.SettleRequest(*q, s.undo); err != nil {
		return err
	}
	q.Version++
	e := pactius.Event{Kind: settledEvents[s.state], Request: q.ID, User: q.UserID}
	if s.note != "" || s.endsOn != "" {
		e.Detail = pactius.Facts{}
	}
	if s.note != "" {
		e.Detail[pactius.DetailNote] = s.note
	}
	if s.endsOn != "" {
		e.Detail[pactius.DetailEndsOn] = string(s.endsOn)
	}
	tx.Record(e)
	return nil
}

// settleApproved settles a request as approved, with the user that the person is now, and emails the person.
func settleApproved(tx *change.Tx, q *pactius.AccessRequest, u pactius.User, s settlement) error {
	more := q.FromUser()
	to, err := sender(tx, *q)
	if err != nil {
		return err
	}
	s.state, s.user = pactius.StateApproved, u.ID
	if err := settle(tx, q, s); err != nil {
		return err
	}
	if !s.created && !more {
		if s.units, err = unitAccess(tx, s.user); err != nil {
			return err
		}
	}
	tx.Mail(to, mail.RequestApproved{By: signer(tx.Actor), Note: q.Note, Units: s.units, EndsOn: u.EndsOn,
		More: more})
	return nil
}

// sender returns the addressee of emails about a request that is not approved. A user's address may have been changed
// since it was sent.
func sender(tx *change.Tx, q pactius.AccessRequest) (change.Recipient, error) {
	if !q.FromUser() {
		return change.ToPerson(q.Person), nil
	}
	u, err := followed(tx, q.UserID)
	return change.ToUser(u), err
}

// signer returns the actor's name for an email; "" for the system.
func signer(a pactius.Actor) string {
	switch a.Kind {
	case pactius.ActorUser:
		return a.Name
	case pactius.ActorSupport:
		return "PACTIUS Support"
	default:
		return ""
	}
}

// unitAccess returns a user's explicit business units for an email.
func unitAccess(tx *change.Tx, user pactius.UserID) ([]mail.UnitAccess, error) {
	memberships, err := tx.Memberships(user)
	if err != nil || len(memberships) == 0 {
		return nil, err
	}
	tree, err := tx.TreeOf(change.UnitIDs(memberships)...)
	if err != nil {
		return nil, err
	}
	grants := make([]pactius.Grant, len(memberships))
	for i, m := range memberships {
		grants[i] = pactius.Grant{Unit: m.UnitID, Access: m.Access}
	}
	return mailUnits(tree, grants), nil
}

// mailUnits returns grants with the paths of their units, for an email.
func mailUnits(tree *pactius.Tree, grants []pactius.Grant) []mail.UnitAccess {
	units := make([]mail.UnitAccess, len(grants))
	for i, g := range grants {
		units[i] = mail.UnitAccess{Unit: tree.Path(g.Unit), Access: g.Access}
	}
	return units
}
