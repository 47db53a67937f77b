package users

import (
	"context"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/mail"
	"github.com/pactius/pactius/internal/names"
	"github.com/pactius/pactius/internal/store"
)

// Approval is an administrator's input to an approval.
type Approval struct {
	Grants []pactius.Grant // empty: business units are assigned later, on the user's page
	Note   string          // to the person, in the email
}

// Decided is the result of a decision.
type Decided struct {
	Request pactius.AccessRequest
	User    pactius.User // of an approved request
	Created bool         // the user is new; else the request led to an existing one
	Late    bool         // Request had been settled before: nothing was changed
}

// Approve makes the person of a pending request a user, or links the user that the person already is. A request that
// was settled before is returned with Late set.
func (r *Rules) Approve(ctx context.Context, actor pactius.Actor, id pactius.RequestID, a Approval) (Decided, error) {
	return r.approve(ctx, actor, id, a,
		func(*change.Tx, pactius.AccessRequest) (*store.Label, error) { return nil, nil })
}

// approve runs correct on a pending request and approves it. Where correct has given the identity to an existing user,
// it returns the user's old names.
func (r *Rules) approve(ctx context.Context, actor pactius.Actor, id pactius.RequestID, a Approval,
	correct func(*change.Tx, pactius.AccessRequest) (*store.Label, error),
) (Decided, error) {
	return r.decide(ctx, actor, id, a.Note, func(tx *change.Tx, note string, d *Decided) error {
		was, err := correct(tx, d.Request)
		if err != nil {
			return err
		}
		in, err := admit(tx, entryOf(d.Request, a.Grants))
		if err != nil {
			return err
		}
		if was != nil {
			in.undo.Linked, in.undo.Was = true, was
		}
		d.User, d.Created = in.user, in.created
		return settleApproved(tx, &d.Request,
			settlement{note: note, user: in.user.ID, created: in.created, undo: in.undo})
	})
}

// Decline refuses a pending request, with a note to the person.
func (r *Rules) Decline(ctx context.Context, actor pactius.Actor, id pactius.RequestID, note string) (Decided, error) {
	return r.decide(ctx, actor, id, note, func(tx *change.Tx, note string, d *Decided) error {
		if err := settle(tx, &d.Request, settlement{state: pactius.StateDeclined, note: note}); err != nil {
			return err
		}
		tx.Mail(change.ToPerson(d.Request.Person),
			mail.RequestDeclined{By: signer(tx.Actor), Note: note, AskAgain: tx.Now.Add(pactius.AskAgainInterval)})
		return nil
	})
}

// decide runs a decision on a pending request that is the actor's to decide; a settled request it only returns.
func (r *Rules) decide(ctx context.Context, actor pactius.Actor, id pactius.RequestID, note string,
	fn func(*change.Tx, string, *Decided) error,
) (Decided, error) {
	var d Decided
	note, err := names.ParseText("note", note, pactius.MaxNote)
	if err != nil {
		return d, err
	}
	err = r.db.Change(ctx, actor, change.RoleAdministrator, func(tx *change.Tx) error {
		d = Decided{} // an attempt that the database undid may have read another state
		var err error
		if d.Request, err = decidable(tx, id); err != nil {
			return err
		}
		if d.Request.State != pactius.StatePending {
			d.Late = true
			if d.Request.UserID != "" {
				var u *pactius.User
				if u, err = store.Optional(followed(tx, d.Request.UserID)); u != nil {
					d.User = *u // else deleted since
				}
			}
			return err
		}
		if own(tx, d.Request) {
			return errOwnRequest
		}
		return fn(tx, note, &d)
	})
	return d, err
}

// decidable reads a request that the actor may decide.
func decidable(tx *change.Tx, id pactius.RequestID) (pactius.AccessRequest, error) {
	q, err := tx.Request(id)
	if err == nil && q.Person.IsZero() {
		err = errErasedRequest
	}
	if err != nil {
		return q, err
	}
	can, err := tx.CanDecide(q.Units)
	if err == nil && !can {
		err = change.ErrOutside
	}
	return q, err
}

// own reports whether a request is the actor's own.
func own(tx *change.Tx, q pactius.AccessRequest) bool {
	return tx.Actor.Kind == pactius.ActorUser &&
		(tx.Self.Identity == q.Person.Identity || sameAccountName(tx.Self.Username, q.Person.Username))
}

// sameAccountName reports whether two account names are one; people without one have none in common.
func sameAccountName(a, b string) bool { return a != "" && names.Key(a) == names.Key(b) }

var errErasedRequest = pactius.Refuse(pactius.KindNotFound,
	pactius.T("The person of this request was erased, and the request with them."))

var errOwnRequest = pactius.Refuse(pactius.KindForbidden,
	pactius.T("This is your own request. Somebody else must decide it."))

// pending finds the pending request of an identity, or of an account name where the identity is unknown. A request
// authenticated by an earlier tenant does not count for its account name.
func pending(tx *change.Tx, i pactius.Identity, username string) (*pactius.AccessRequest, error) {
	if i.ObjectID != "" {
		return store.Optional(tx.PendingRequest(i))
	}
	q, err := store.Optional(tx.PendingRequestByUsername(username))
	if q != nil && tx.Environment.Connection.CutsOff(q.Person.Identity) {
		q = nil
	}
	return q, err
}
