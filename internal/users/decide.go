package users

import (
	"context"
	"slices"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/mail"
	"github.com/pactius/pactius/internal/names"
	"github.com/pactius/pactius/internal/store"
)

// Approval is what an administrator chooses when letting somebody in.
type Approval struct {
	Grants []pactius.Grant // empty: business units are assigned later, on the user's page
	Note   string          // a word to the person, in the mail
}

// Decided is the result of a decision.
type Decided struct {
	Request pactius.AccessRequest
	User    pactius.User // of an approved request
	Created bool         // the user is new; else the request led to one that was there
	Late    bool         // the request had been settled before: nothing was changed, Request says by whom and when
}

// Approve lets the person of a pending request in. If the account exists by
// now the two are linked and nothing is created. A request settled before is
// returned as it is, with Late set.
func (r *Rules) Approve(ctx context.Context, actor pactius.Actor, id pactius.RequestID, a Approval) (Decided, error) {
	var d Decided
	note, err := names.ParseText("note", a.Note, pactius.MaxNote)
	if err != nil {
		return d, err
	}
	err = r.decide(ctx, actor, id, &d, func(tx *change.Tx) error {
		in, err := admit(tx, entryOf(d.Request, a.Grants))
		if err != nil {
			return err
		}
		d.User, d.Created = in.user, in.created
		s := settlement{state: pactius.StateApproved, note: note, user: in.user.ID, created: in.created, undo: in.undo}
		if err := settle(tx, &d.Request, s); err != nil {
			return err
		}
		return tellApproved(tx, d.Request, in.user.ID)
	})
	return d, err
}

// Decline refuses a pending request, with a word to the person.
func (r *Rules) Decline(ctx context.Context, actor pactius.Actor, id pactius.RequestID, note string) (Decided, error) {
	var d Decided
	note, err := names.ParseText("note", note, pactius.MaxNote)
	if err != nil {
		return d, err
	}
	err = r.decide(ctx, actor, id, &d, func(tx *change.Tx) error {
		if err := settle(tx, &d.Request, settlement{state: pactius.StateDeclined, note: note}); err != nil {
			return err
		}
		tx.Mail(change.ToPerson(d.Request.Person),
			mail.RequestDeclined{By: signer(tx.Actor), Note: note, AskAgain: tx.Now.Add(pactius.AskAgainInterval)})
		return nil
	})
	return d, err
}

// decide runs a decision on a pending request of the actor's; on a settled one
// it only reports it.
func (r *Rules) decide(ctx context.Context, actor pactius.Actor, id pactius.RequestID, d *Decided, fn func(*change.Tx) error) error {
	return r.db.Change(ctx, actor, change.RoleAdministrator, func(tx *change.Tx) error {
		*d = Decided{} // an attempt that the database undid may have met another state
		var err error
		if d.Request, err = decidable(tx, id); err != nil {
			return err
		}
		if d.Request.State != pactius.StatePending {
			d.Late = true
			if d.Request.UserID != "" {
				d.User, err = tx.User(d.Request.UserID)
			}
			return err
		}
		if own(tx, d.Request) {
			return errOwnRequest
		}
		return fn(tx)
	})
}

// decidable reads a request that the actor may decide.
func decidable(tx *change.Tx, id pactius.RequestID) (pactius.AccessRequest, error) {
	q, err := tx.Request(id)
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
		(tx.Self.Identity == q.Person.Identity || names.Key(tx.Self.Username) == names.Key(q.Person.Username))
}

var errOwnRequest = pactius.Refuse(pactius.KindForbidden, pactius.T("This is your own request. Somebody else must decide it."))

// entryOf is the person of a request, coming in.
func entryOf(q pactius.AccessRequest, grants []pactius.Grant) entry {
	return entry{
		way: pactius.ByRequest, username: names.Username{Shown: q.Person.Username, Key: names.Key(q.Person.Username)},
		name: q.Person.Name, email: q.Person.Email, identity: q.Person.Identity, vouched: q.Person.VouchedAt, language: q.Person.Language, grants: grants, link: true,
	}
}

// TakeBack undoes an approval within TakeBackTime, unless the person is in
// already: a user it created is removed, one it linked is as before, and the
// request waits again.
func (r *Rules) TakeBack(ctx context.Context, actor pactius.Actor, id pactius.RequestID) (pactius.AccessRequest, error) {
	var q pactius.AccessRequest
	err := r.db.Change(ctx, actor, change.RoleAdministrator, func(tx *change.Tx) error {
		var err error
		if q, err = decidable(tx, id); err != nil {
			return err
		}
		undo, u, err := takeable(tx, q)
		if err != nil {
			return err
		}
		if own(tx, q) {
			return errOwnRequest
		}
		if err := restore(tx, q, u, undo); err != nil {
			return err
		}
		if err := tx.ReopenRequest(q); err != nil {
			return err
		}
		tx.Record(pactius.Event{Kind: pactius.RequestTakenBack, Request: q.ID, User: q.UserID})
		if q, err = tx.Request(id); err != nil {
			return err
		}
		tx.Mail(change.ToPerson(q.Person), mail.ApprovalTakenBack{By: signer(tx.Actor)})
		return nil
	})
	return q, err
}

// takeable makes sure that an approval can be taken back.
func takeable(tx *change.Tx, q pactius.AccessRequest) (store.Undo, pactius.User, error) {
	if q.State != pactius.StateApproved {
		return store.Undo{}, pactius.User{}, errNotApproved
	}
	if !q.CanTakeBack(tx.Now) {
		return store.Undo{}, pactius.User{}, errTooLate
	}
	undo, err := tx.RequestUndo(q.ID)
	if err != nil {
		return undo, pactius.User{}, err
	}
	if undo.Final {
		return undo, pactius.User{}, errAddedInstead
	}
	u, err := tx.User(q.UserID)
	switch {
	case err != nil:
		return undo, u, err
	case !u.FirstSignInAt.IsZero():
		return undo, u, errSignedIn
	}
	return undo, u, mayTake(tx, q, u, undo)
}

// mayTake makes sure that what the user would lose is the actor's to take, and
// that the root keeps an administrator.
func mayTake(tx *change.Tx, q pactius.AccessRequest, u pactius.User, undo store.Undo) error {
	memberships, err := tx.Memberships(u.ID)
	if err != nil {
		return err
	}
	lost := memberships
	if !q.Created {
		lost = slices.DeleteFunc(slices.Clone(memberships), func(m pactius.Membership) bool { return undo.After[m.UnitID] != m.Access })
	}
	units := change.UnitIDs(lost)
	if _, err := tx.TreeOf(units...); err != nil {
		return err
	}
	if !tx.Rights.CanManage(units, pactius.Ties{Vouches: q.DecidedBy.User == tx.Actor.User}) {
		return change.ErrOutside
	}
	return tx.KeepRoot(u.ID, lost)
}

// restore makes the user what it was before the approval.
func restore(tx *change.Tx, q pactius.AccessRequest, u pactius.User, undo store.Undo) error {
	if q.Created {
		if err := tx.DeleteUser(u); err != nil {
			return err
		}
		tx.Record(pactius.Event{Kind: pactius.UserRemoved, User: u.ID, Request: q.ID})
		return nil
	}
	var back []pactius.Grant
	before, after := map[pactius.UnitID]pactius.Access{}, map[pactius.UnitID]pactius.Access{}
	memberships, err := tx.Memberships(u.ID)
	if err != nil {
		return err
	}
	for _, m := range memberships {
		if given, ok := undo.After[m.UnitID]; ok && given == m.Access { // changed since: leave it
			back = append(back, pactius.Grant{Unit: m.UnitID, Access: undo.Before[m.UnitID]})
			before[m.UnitID], after[m.UnitID] = given, undo.Before[m.UnitID]
		}
	}
	if len(back) > 0 {
		if err := tx.SetMemberships(u.ID, back, tx.Now); err != nil {
			return err
		}
		tx.Record(pactius.Event{Kind: pactius.UserUnitsAssigned, User: u.ID, Request: q.ID, Facts: pactius.AccessFacts(before, after)})
	}
	if !undo.Bound {
		return nil
	}
	u.Identity = pactius.Identity{}
	if was := undo.Was; was != nil {
		giveBack(&u.Username, q.Person.Username, was.Username)
		giveBack(&u.Name, q.Person.Name, was.Name)
		giveBack(&u.Email, q.Person.Email, was.Email)
	}
	return tx.UpdateUser(u)
}

// giveBack gives a value the one before, unless somebody has changed it since.
func giveBack(value *string, since, before string) {
	if *value == since {
		*value = before
	}
}

// Refusals of TakeBack.
var (
	errNotApproved  = pactius.Refuse(pactius.KindConflict, pactius.T("This request is not approved, so there is nothing to take back."))
	errTooLate      = pactius.Refuse(pactius.KindConflict, pactius.T("This can no longer be taken back. Deactivate the user on the user's page instead."))
	errSignedIn     = pactius.Refuse(pactius.KindConflict, pactius.T("The person has signed in already, so the approval stands. Deactivate the user on the user's page instead."))
	errAddedInstead = pactius.Refuse(pactius.KindConflict, pactius.T("This request was settled by adding the user. Change or deactivate the user on the user's page instead."))
)
