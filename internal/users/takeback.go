package users

import (
	"context"
	"errors"
	"slices"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/mail"
	"github.com/pactius/pactius/internal/names"
	"github.com/pactius/pactius/internal/store"
)

// TakeBack undoes an approval within pactius.TakeBackTime, unless the person has signed in for the first time since: it
// removes a user that the approval created, restores one that it linked or gave more access, and makes the request
// pending again.
func (r *Rules) TakeBack(ctx context.Context, actor pactius.Actor, id pactius.RequestID) (pactius.AccessRequest,
	error) {
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
		if err := reopen(tx, q, undo); err != nil {
			return err
		}
		tx.Record(pactius.Event{Kind: pactius.RequestTakenBack, Request: q.ID, User: q.UserID})
		if q, err = tx.Request(id); err != nil {
			return err
		}
		to, err := sender(tx, q)
		tx.Mail(to, mail.ApprovalTakenBack{By: signer(tx.Actor), More: undo.More})
		return err
	})
	return q, err
}

// reopen makes the request pending again, as that of the user who asked for more access.
func reopen(tx *change.Tx, q pactius.AccessRequest, undo store.Undo) error {
	if !undo.More {
		return tx.ReopenRequest(q, "")
	}
	again, err := store.Optional(tx.PendingRequest(q.Person.Identity))
	if err == nil && again != nil {
		err = errAskedAgain
	}
	if err != nil {
		return err
	}
	return tx.ReopenRequest(q, q.UserID)
}

// takeable reads what undoing an approval needs, and makes sure that it can be undone.
func takeable(tx *change.Tx, q pactius.AccessRequest) (store.Undo, pactius.User, error) {
	var undo store.Undo
	var u pactius.User
	switch {
	case q.State != pactius.StateApproved:
		return undo, u, errNotApproved
	case !q.CanTakeBack(tx.Now):
		return undo, u, errTooLate
	}
	undo, err := tx.RequestUndo(q.ID)
	if err == nil && undo.Final {
		err = errAddedInstead
	}
	if err != nil {
		return undo, u, err
	}
	u, err = followed(tx, q.UserID)
	if errors.Is(err, store.ErrNotFound) {
		err = errDeletedSince
	}
	if err != nil {
		return undo, u, err
	}
	merged, err := tx.MergedInto(u.ID)
	switch {
	case err != nil:
		return undo, u, err
	case len(merged) > 0:
		return undo, u, errMergedSince
	case undo.From == nil && !undo.More && !u.FirstSignInAt.IsZero():
		return undo, u, errSignedIn
	case undo.From != nil:
		if err := checkRelinked(tx, u, *undo.From); err != nil {
			return undo, u, err
		}
	}
	return undo, u, checkTake(tx, q, u, undo)
}

// checkRelinked makes sure that a user can be given back the account from before: the person has not signed in with the
// new one, and the old one is no other user's.
func checkRelinked(tx *change.Tx, u pactius.User, from store.Account) error {
	sessions, err := tx.Sessions(u.ID, tx.Now)
	if err != nil {
		return err
	}
	if len(sessions) > 0 || !u.LastSignInAt.Equal(from.LastSignInAt) {
		return errSignedIn
	}
	other, err := store.Optional(tx.UserByIdentity(from.Identity))
	if err == nil && other != nil {
		err = errAccountTaken
	}
	return err
}

// checkTake makes sure that the access to be lost is the actor's to take, and that the root keeps an administrator.
func checkTake(tx *change.Tx, q pactius.AccessRequest, u pactius.User, undo store.Undo) error {
	memberships, err := tx.Memberships(u.ID)
	if err != nil {
		return err
	}
	if identifies(u, undo) {
		if err := tx.CheckIdentify(u.ID, change.UnitIDs(memberships)); err != nil {
			return err
		}
	}
	if !q.Created {
		memberships = slices.DeleteFunc(memberships, func(m pactius.Membership) bool {
			return undo.After[m.UnitID] != m.Access
		})
	}
	units := change.UnitIDs(memberships)
	if _, err := tx.TreeOf(units...); err != nil {
		return err
	}
	if !tx.Rights.CanManage(units, pactius.Ties{Vouches: q.DecidedBy.User == tx.Actor.User}) {
		return change.ErrOutside
	}
	if undo.From != nil && undo.From.SweptOut {
		if memberships, err = tx.Memberships(u.ID); err != nil { // the user is deactivated again
			return err
		}
	}
	return tx.KeepRoot(u.ID, memberships)
}

// identifies reports whether undoing an approval gives the user another account, account name or email address. That
// takes the right to change them: since the approval the user may have got access that was meant for the person of now.
func identifies(u pactius.User, undo store.Undo) bool {
	return undo.From != nil || undo.Was != nil &&
		(names.Key(undo.Was.Username) != names.Key(u.Username) || undo.Was.Email != u.Email)
}

// restore undoes the approval of a request in its user.
func restore(tx *change.Tx, q pactius.AccessRequest, u pactius.User, undo store.Undo) error {
	if q.Created {
		if err := tx.DeleteUser(u); err != nil {
			return err
		}
		tx.Record(pactius.Event{Kind: pactius.UserRemoved, User: u.ID, Request: q.ID})
		return nil
	}
	memberships, err := tx.Memberships(u.ID)
	if err != nil {
		return err
	}
	var back []pactius.Grant
	after := map[pactius.UnitID]pactius.Access{}
	for _, m := range memberships {
		if undo.After[m.UnitID] == m.Access { // else changed since: keep it
			after[m.UnitID] = undo.Before[m.UnitID]
			back = append(back, pactius.Grant{Unit: m.UnitID, Access: after[m.UnitID]})
		}
	}
	if len(back) > 0 {
		if err := tx.SetMemberships(u.ID, back, tx.Now); err != nil {
			return err
		}
		tx.Record(pactius.Event{Kind: pactius.UserUnitsAssigned, User: u.ID, Request: q.ID,
			Facts: pactius.AccessFacts(accessOf(memberships), after)})
	}
	if !undo.Linked {
		return nil
	}
	u.Identity = pactius.Identity{}
	if from := undo.From; from != nil {
		u.Identity, u.AccountState, u.AccountStateAt = from.Identity, from.State, from.StateAt
		u.SweptOut, u.DeactivatedAt = from.SweptOut, from.DeactivatedAt
		tx.Record(pactius.Event{Kind: pactius.UserAccountChanged, User: u.ID, Request: q.ID})
	}
	if was := undo.Was; was != nil {
		giveBack(&u.Username, q.Person.Username, was.Username)
		giveBack(&u.Name, q.Person.Name, was.Name)
		giveBack(&u.Email, q.Person.Email, was.Email)
	}
	return nameTaken(tx, u.Username, tx.UpdateUser(u))
}

// giveBack restores a value, unless it has changed since the approval.
func giveBack(value *string, approved, before string) {
	if *value == approved {
		*value = before
	}
}

// Refusals of TakeBack.
var (
	errNotApproved = pactius.Refuse(pactius.KindConflict,
		pactius.T("This request isn't approved, so there's no approval to undo."))
	errTooLate = pactius.Refuse(pactius.KindConflict,
		pactius.T("This approval can no longer be undone. Deactivate the user on the user's page instead."))
	errSignedIn = pactius.Refuse(pactius.KindConflict,
		pactius.T("The person has already signed in, so the approval can't be undone. Deactivate the user on the "+
			"user's page instead."))
	errAskedAgain = pactius.Refuse(pactius.KindConflict,
		pactius.T("The user has since sent a new request, so this approval can't be undone. Change the business "+
			"units on the user's page instead."))
	errDeletedSince = pactius.Refuse(pactius.KindConflict,
		pactius.T("The user was deleted, so there's no approval to undo. The person can send a new request."))
	errMergedSince = pactius.Refuse(pactius.KindConflict,
		pactius.T("The user has been merged with another one, so the approval can't be undone. Undo the merge first."))
	errAccountTaken = pactius.Refuse(pactius.KindConflict,
		pactius.T("This approval can't be undone: the previous Microsoft 365 account now belongs to another user."))
	errAddedInstead = pactius.Refuse(pactius.KindConflict,
		pactius.T("This request was closed when the user was added. Change or deactivate the user on the user's page "+
			"instead."))
)
