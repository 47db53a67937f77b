package users

import (
	"context"
	"errors"
	"maps"
	"slices"

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
	EndsOn pactius.Date    // of a user that the approval creates; "" for no end

	// Row is what the row of a list has said of the request beside the access of Grants, as the function Row makes it:
	// the approval is refused where the request's page says or asks more. "": approved from that page.
	Row string

	// Despite goes on after a refusal that asks: a *SimilarError, or an *AccountLivesError.
	Despite bool
}

// Decided is the result of a decision.
type Decided struct {
	Request pactius.AccessRequest
	User    pactius.User // of an approved request
	Created bool         // the user is new; else the request led to an existing one
	Late    bool         // Request had been settled before: nothing was changed
	More    bool         // the request is from a user who asked for more access

	Given []pactius.Grant // access that the approval gave, without what User had before
	Tree  *pactius.Tree   // the units of Given and Has with everything above

	Has   []pactius.Membership // of an existing user that SamePerson linked, if Shown
	Shown bool                 // the actor may see that user

	// Proposed: an administrator who manages User must confirm that it is the same person; Request is pending.
	Proposed bool
	Outside  bool // the actor has confirmed a proposal and may not decide the request otherwise
}

// Approve makes the person of a pending request a user, or links the user that the person already is. A user who asked
// for more access gets the grants and keeps what they have. A request that was settled before is returned with Late
// set.
//
// Where only the account name agrees with a user's, the directory is asked whose it is. Unless it is the request's, the
// refusal is a *NamesakeError: the administrator answers with SamePerson. A new user who is probably another one is
// refused with a *SimilarError until the administrator confirms it.
func (r *Rules) Approve(ctx context.Context, actor pactius.Actor, id pactius.RequestID, a Approval) (Decided, error) {
	d, err := r.approve(ctx, actor, id, a, nil)
	if same, ok := errors.AsType[*NamesakeError](err); ok {
		asked := r.ask(ctx, actor, same.identity)
		d, err = r.approve(ctx, actor, id, a, &asked)
	}
	return d, err
}

// approve is Approve with what the directory has said of the request's account, nil where it was not asked.
func (r *Rules) approve(ctx context.Context, actor pactius.Actor, id pactius.RequestID, a Approval, asked *Asked) (
	Decided, error,
) {
	return r.decide(ctx, actor, id, a, decidable, func(tx *change.Tx, a Approval, d *Decided) error {
		if a.Row != "" {
			if err := checkGlance(tx, d.Request, a); err != nil {
				return err
			}
		}
		if d.More && len(a.Grants) == 0 {
			return errNothingGiven
		}
		e := entryOf(d.Request, a.Grants)
		e.despite, e.asked = a.Despite && a.Row == "", asked
		return d.admit(tx, e, a, store.Undo{})
	})
}

// admit makes the entry of the request a user and approves the request. was is what a link before it needs to be taken
// back.
func (d *Decided) admit(tx *change.Tx, e entry, a Approval, was store.Undo) error {
	if a.EndsOn != "" && a.EndsOn < tx.Today {
		return errOverAlready
	}
	e.endsOn = a.EndsOn
	in, err := admit(tx, e)
	if err != nil {
		return err
	}
	if a.EndsOn != "" && !in.created {
		return errEndOfUser
	}
	if was.Linked {
		in.undo.Linked, in.undo.Was, in.undo.From = true, was.Was, was.From
	}
	d.User, d.Created = in.user, in.created
	if d.Given, d.Tree, err = givenBy(tx, in.undo); err != nil {
		return err
	}
	return settleApproved(tx, &d.Request, in.user, settlement{note: a.Note, created: in.created,
		endsOn: a.EndsOn, units: in.given(e), undo: in.undo})
}

// givenBy returns the access that an approval gave, and the tree of its units.
func givenBy(tx *change.Tx, undo store.Undo) ([]pactius.Grant, *pactius.Tree, error) {
	given := make([]pactius.Grant, 0, len(undo.After))
	for _, unit := range slices.Sorted(maps.Keys(undo.After)) {
		given = append(given, pactius.Grant{Unit: unit, Access: undo.After[unit]})
	}
	tree, err := tx.TreeOf(slices.Collect(maps.Keys(undo.After))...)
	return given, tree, err
}

// Decline refuses a pending request, with a note to the person.
func (r *Rules) Decline(ctx context.Context, actor pactius.Actor, id pactius.RequestID, note string) (Decided, error) {
	return r.decide(ctx, actor, id, Approval{Note: note}, decidable, func(tx *change.Tx, a Approval, d *Decided) error {
		to, err := sender(tx, d.Request)
		if err != nil {
			return err
		}
		if err := settle(tx, &d.Request, settlement{state: pactius.StateDeclined, note: a.Note}); err != nil {
			return err
		}
		tx.Mail(to, mail.RequestDeclined{By: signer(tx.Actor), Note: a.Note,
			AskAgain: tx.Now.Add(pactius.AskAgainInterval), More: d.More})
		return nil
	})
}

// decide runs a decision on a pending request, which read returns if it is the actor's to decide; a settled request it
// only returns.
func (r *Rules) decide(ctx context.Context, actor pactius.Actor, id pactius.RequestID, a Approval,
	read func(*change.Tx, pactius.RequestID) (pactius.AccessRequest, error),
	fn func(*change.Tx, Approval, *Decided) error,
) (Decided, error) {
	var d Decided
	var wrong pactius.Fields
	var err error
	a.Note, err = names.ParseText("note", a.Note, pactius.MaxNote)
	wrong.Collect(err)
	a.EndsOn, err = pactius.ParseDate("ends_on", string(a.EndsOn))
	wrong.Collect(err)
	if err := wrong.Err(); err != nil {
		return d, err
	}
	err = r.db.Change(ctx, actor, change.RoleAdministrator, func(tx *change.Tx) error {
		d = Decided{} // an attempt that the database undid may have read another state
		var err error
		if d.Request, err = read(tx, id); err != nil {
			return err
		}
		if d.Request.State != pactius.StatePending {
			return d.late(tx)
		}
		d.More = d.Request.FromUser()
		if own(tx, d.Request) {
			return errOwnRequest
		}
		return fn(tx, a, &d)
	})
	return d, err
}

// late reads what became of a request that had been settled before.
func (d *Decided) late(tx *change.Tx) error {
	d.Late = true
	if d.Request.UserID == "" {
		return nil
	}
	u, err := store.Optional(followed(tx, d.Request.UserID))
	if err != nil {
		return err
	}
	if u != nil {
		d.User = *u // else deleted since
	}
	erased := d.Request.Person.IsZero()
	if d.More, err = gaveMore(tx, d.Request); err != nil || erased || d.Request.State != pactius.StateApproved {
		return err
	}
	undo, err := tx.RequestUndo(d.Request.ID)
	if err != nil {
		return err
	}
	d.Given, d.Tree, err = givenBy(tx, undo)
	return err
}

// gaveMore reports whether a request is, or was, from a user who asked for more access; an erased one does not tell.
func gaveMore(tx *change.Tx, q pactius.AccessRequest) (bool, error) {
	if q.State != pactius.StateApproved || q.Created || q.Person.IsZero() {
		return q.FromUser(), nil
	}
	undo, err := tx.RequestUndo(q.ID)
	return undo.More, err
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
		(tx.Self.Identity == q.Person.Identity || tx.Self.ID == q.UserID ||
			sameAccountName(tx.Self.Username, q.Person.Username))
}

// sameAccountName reports whether two account names are one; people without one have none in common.
func sameAccountName(a, b string) bool { return a != "" && names.Key(a) == names.Key(b) }

var errErasedRequest = pactius.Refuse(pactius.KindNotFound,
	pactius.T("The person who sent this request has been erased, and the request with them."))

var errNothingGiven = pactius.RefuseField("unit",
	pactius.T("Choose the business units and the access to give, or decline the request."))

var errOverAlready = pactius.RefuseField("ends_on",
	pactius.T("This date is in the past. Choose today or a later date, or leave it blank."))

var errEndOfUser = pactius.RefuseField("ends_on", pactius.T("This person is already a user. Leave the end date blank "+
	"here and change it on the user's page."))

var errOwnRequest = pactius.Refuse(pactius.KindForbidden,
	pactius.T("This is your own request. Someone else must decide on it."))

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
