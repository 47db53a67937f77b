package admission

import (
	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/authority"
	"github.com/pactius/pactius/internal/mail"
	"github.com/pactius/pactius/internal/outbox"
	"github.com/pactius/pactius/internal/store"
)

// settlement is how a pending request ends.
type settlement struct {
	state   pactius.RequestState
	note    string
	user    pactius.UserID // of Approved: whom it led to
	created bool           // the approval created that user
	undo    store.Undo
}

// settled tells which event each end of a request is.
var settled = map[pactius.RequestState]pactius.EventKind{
	pactius.Approved:  pactius.RequestApproved,
	pactius.Declined:  pactius.RequestDeclined,
	pactius.Withdrawn: pactius.RequestWithdrawn,
	pactius.Expired:   pactius.RequestExpired,
}

// settle ends a pending request, once: it stores the decision with its event.
// q becomes the settled request.
func settle(tx *store.Tx, p authority.Powers, q *pactius.AccessRequest, s settlement) error {
	q.State, q.Note, q.UserID, q.Created = s.state, s.note, s.user, s.created
	q.DecidedAt, q.DecidedBy = p.Now, p.Actor
	if err := tx.SettleRequest(*q, s.undo); err != nil {
		return err
	}
	q.Version++
	e := pactius.Event{Kind: settled[s.state], Request: q.ID, User: s.user}
	if s.note != "" {
		e.Detail = pactius.Facts{pactius.DetailNote: s.note}
	}
	return record(tx, p, e)
}

// tellApproved mails the person that they are let in.
func tellApproved(tx *store.Tx, p authority.Powers, q pactius.AccessRequest, user pactius.UserID) error {
	units, err := UnitAccess(tx, user)
	if err != nil {
		return err
	}
	return outbox.Put(tx, p.Now, outbox.Person(q.Person), mail.RequestApproved{By: Signer(p.Actor), Note: q.Note, Units: units})
}

// Signer names the actor in a mail, "" for those without a name of their own.
func Signer(a pactius.Actor) string {
	switch a.Kind {
	case pactius.ActorUser:
		return a.Name
	case pactius.ActorSupport:
		return "PACTIUS Support"
	default:
		return ""
	}
}

// UnitAccess lists a user's explicit business units for a mail.
func UnitAccess(tx *store.Tx, user pactius.UserID) ([]mail.UnitAccess, error) {
	memberships, err := tx.Memberships(user)
	if err != nil || len(memberships) == 0 {
		return nil, err
	}
	tree, err := tx.TreeAbove(authority.UnitIDs(memberships))
	if err != nil {
		return nil, err
	}
	grants := make([]pactius.Grant, len(memberships))
	for i, m := range memberships {
		grants[i] = pactius.Grant{Unit: m.UnitID, Access: m.Access}
	}
	return mailUnits(tree, grants), nil
}

// mailUnits names units with the access to them, as mails do.
func mailUnits(tree *pactius.Tree, grants []pactius.Grant) []mail.UnitAccess {
	units := make([]mail.UnitAccess, len(grants))
	for i, g := range grants {
		units[i] = mail.UnitAccess{Unit: tree.Path(g.Unit), Access: g.Access}
	}
	return units
}
