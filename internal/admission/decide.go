package admission

import (
	"context"
	"slices"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/authority"
	"github.com/pactius/pactius/internal/mail"
	"github.com/pactius/pactius/internal/names"
	"github.com/pactius/pactius/internal/outbox"
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
	err = r.decide(ctx, actor, id, &d, func(tx *store.Tx, p authority.Powers) error {
		in, err := admit(tx, p, entryOf(d.Request, a.Grants))
		if err != nil {
			return err
		}
		d.User, d.Created = in.user, in.created
		s := settlement{state: pactius.Approved, note: note, user: in.user.ID, created: in.created, undo: in.undo}
		if err := settle(tx, p, &d.Request, s); err != nil {
			return err
		}
		return tellApproved(tx, p, d.Request, in.user.ID)
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
	err = r.decide(ctx, actor, id, &d, func(tx *store.Tx, p authority.Powers) error {
		if err := settle(tx, p, &d.Request, settlement{state: pactius.Declined, note: note}); err != nil {
			return err
		}
		return outbox.Put(tx, p.Now, outbox.Person(d.Request.Person),
			mail.RequestDeclined{By: Signer(p.Actor), Note: note, AskAgain: p.Now.Add(pactius.AskAgainInterval)})
	})
	return d, err
}

// decide runs a decision on a pending request of the actor's; on a settled one
// it only reports it.
func (r *Rules) decide(ctx context.Context, actor pactius.Actor, id pactius.RequestID, d *Decided, change func(*store.Tx, authority.Powers) error) error {
	return r.store.Update(ctx, actor.Environment, func(tx *store.Tx) error {
		*d = Decided{} // an attempt that the database undid may have met another state
		p, err := r.decider(tx, actor, id, &d.Request)
		if err != nil {
			return err
		}
		if d.Request.State != pactius.Pending {
			d.Late = true
			if d.Request.UserID != "" {
				d.User, err = tx.User(d.Request.UserID)
			}
			return err
		}
		if own(p, d.Request) {
			return errOwnRequest
		}
		return change(tx, p)
	})
}

// decider reads a request and makes sure that the actor may decide it.
func (r *Rules) decider(tx *store.Tx, actor pactius.Actor, id pactius.RequestID, q *pactius.AccessRequest) (authority.Powers, error) {
	p, err := authority.Administrator(tx, r.now(), actor)
	if err != nil {
		return p, err
	}
	if *q, err = tx.Request(id); err != nil {
		return p, err
	}
	if p, err = authority.Of(tx, r.now(), actor, q.Units...); err != nil {
		return p, err
	}
	if !p.Rights.CanDecide(q.Units) {
		return p, authority.ErrOutside
	}
	return p, nil
}

// own reports whether a request is the actor's own.
func own(p authority.Powers, q pactius.AccessRequest) bool {
	return p.Actor.Kind == pactius.ActorUser &&
		(p.User.Identity == q.Person.Identity || names.Key(p.User.Username) == names.Key(q.Person.Username))
}

var errOwnRequest = pactius.Refuse(pactius.Forbidden, pactius.T("This is your own request. Somebody else must decide it."))

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
	err := r.store.Update(ctx, actor.Environment, func(tx *store.Tx) error {
		p, err := r.decider(tx, actor, id, &q)
		if err != nil {
			return err
		}
		undo, u, err := takeable(tx, p, q)
		if err != nil {
			return err
		}
		if own(p, q) {
			return errOwnRequest
		}
		if err := restore(tx, p, q, u, undo); err != nil {
			return err
		}
		if err := tx.ReopenRequest(q); err != nil {
			return err
		}
		if err := record(tx, p, pactius.Event{Kind: pactius.RequestTakenBack, Request: q.ID, User: q.UserID}); err != nil {
			return err
		}
		if q, err = tx.Request(id); err != nil {
			return err
		}
		return outbox.Put(tx, p.Now, outbox.Person(q.Person), mail.ApprovalTakenBack{By: Signer(p.Actor)})
	})
	return q, err
}

// takeable makes sure that an approval can be taken back.
func takeable(tx *store.Tx, p authority.Powers, q pactius.AccessRequest) (store.Undo, pactius.User, error) {
	if q.State != pactius.Approved {
		return store.Undo{}, pactius.User{}, errNotApproved
	}
	if !q.CanTakeBack(p.Now) {
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
	return undo, u, mayTake(tx, p, q, u, undo)
}

// mayTake makes sure that what the user would lose is the actor's to take, and
// that the root keeps an administrator.
func mayTake(tx *store.Tx, p authority.Powers, q pactius.AccessRequest, u pactius.User, undo store.Undo) error {
	memberships, err := tx.Memberships(u.ID)
	if err != nil {
		return err
	}
	lost := memberships
	if !q.Created {
		lost = slices.DeleteFunc(slices.Clone(memberships), func(m pactius.Membership) bool { return undo.After[m.UnitID] != m.Access })
	}
	units := authority.UnitIDs(lost)
	there, err := authority.Of(tx, p.Now, p.Actor, units...)
	if err != nil {
		return err
	}
	if !there.Rights.CanManage(units, pactius.Ties{Vouches: q.DecidedBy.User == p.Actor.User}) {
		return authority.ErrOutside
	}
	return authority.KeepsRoot(tx, u.ID, lost)
}

// restore makes the user what it was before the approval.
func restore(tx *store.Tx, p authority.Powers, q pactius.AccessRequest, u pactius.User, undo store.Undo) error {
	if q.Created {
		if err := tx.DeleteUser(u); err != nil {
			return err
		}
		return record(tx, p, pactius.Event{Kind: pactius.UserRemoved, User: u.ID, Request: q.ID})
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
		if err := tx.SetMemberships(u.ID, back, p.Now); err != nil {
			return err
		}
		if err := record(tx, p, pactius.Event{Kind: pactius.UserUnitsAssigned, User: u.ID, Request: q.ID, Facts: pactius.AccessFacts(before, after)}); err != nil {
			return err
		}
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
	errNotApproved  = pactius.Refuse(pactius.Conflict, pactius.T("This request is not approved, so there is nothing to take back."))
	errTooLate      = pactius.Refuse(pactius.Conflict, pactius.T("This can no longer be taken back. Deactivate the user on the user's page instead."))
	errSignedIn     = pactius.Refuse(pactius.Conflict, pactius.T("The person has signed in already, so the approval stands. Deactivate the user on the user's page instead."))
	errAddedInstead = pactius.Refuse(pactius.Conflict, pactius.T("This request was settled by adding the user. Change or deactivate the user on the user's page instead."))
)
