package users

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/mail"
	"github.com/pactius/pactius/internal/names"
	"github.com/pactius/pactius/internal/store"
)

// TakeBack undoes an approval within pactius.TakeBackTime, also after the person has signed in: it removes a user that
// the approval created, restores one that it linked or gave more access, and makes the request pending again. Sessions
// that began by the approval end, at the portal and at all applications. It is refused where something would be lost
// that is not the approval's, see checkSince.
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

// reopen makes the request pending again, as that of the user who asked for more access. It stays the person's latest.
func reopen(tx *change.Tx, q pactius.AccessRequest, undo store.Undo) error {
	if !undo.More {
		return tx.ReopenRequest(q, "")
	}
	latest, err := tx.LatestRequest(q.Person.Identity)
	if err == nil && latest.ID != q.ID {
		err = errMoreSince
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
	case undo.Linked && u.Identity != q.Person.Identity:
		return undo, u, errChangedSince
	case undo.From != nil:
		other, err := store.Optional(tx.UserByIdentity(undo.From.Identity))
		if err == nil && other != nil {
			err = errAccountTaken
		}
		if err != nil {
			return undo, u, err
		}
	}
	if err := checkTake(tx, q, u, undo); err != nil || undo.More {
		return undo, u, err
	}
	return undo, u, checkSince(tx, q, u, undo)
}

// signedIn reports whether the person has signed in by the approval, as far as sign-ins are stored in the user.
func signedIn(u pactius.User, undo store.Undo) bool {
	if undo.From != nil {
		return !u.LastSignInAt.Equal(undo.From.LastSignInAt)
	}
	return !undo.More && !u.FirstSignInAt.IsZero() // without an account from before there was no sign-in before
}

// checkSince makes sure that undoing an approval keeps the person out and loses nothing that was done since: the person
// has only signed in and out, and no one but the actor has changed a user who is to be removed. What the system has
// done, following Microsoft 365, is no one's decision. A user who is restored keeps what others have changed; but a
// new account name would stay with the user.
func checkSince(tx *change.Tx, q pactius.AccessRequest, u pactius.User, undo store.Undo) error {
	comesBack := !undo.Linked || undo.Was == nil || sameAccountName(undo.Was.Username, q.Person.Username)
	if !q.Created && undo.From == nil && comesBack && signedIn(u, undo) {
		return errWasUser
	}
	since, err := tx.Events(pactius.EventFilter{User: u.ID, From: q.DecidedAt, Limit: pactius.MaxPageSize},
		store.EventScope{All: true})
	if err == nil && since.Next != "" { // no one has looked at the rest
		err = errChangedSince
	}
	if err != nil {
		return err
	}
	for _, e := range since.Events {
		if err := refuses(tx, q, u, e); err != nil {
			return err
		}
	}
	return nil
}

// refuses returns why an approval can't be undone after an event about the user or by them, nil if it can.
func refuses(tx *change.Tx, q pactius.AccessRequest, u pactius.User, e pactius.Event) error {
	by := func(a pactius.Actor) bool { return e.Actor.Kind == a.Kind && e.Actor.User == a.User }
	if by(q.DecidedBy) && e.At.Equal(q.DecidedAt) {
		return nil // the approval
	}
	about := e.User == u.ID
	switch e.Kind {
	case pactius.UserSignedIn, pactius.UserSignedOut, pactius.UserBound, pactius.UserAccountBack:
		return nil
	case pactius.UserRenamed, pactius.UserNameReleased: // at a sign-in
		if about && !q.Created {
			return errChangedSince
		}
		return nil
	case pactius.UserSessionsEnded:
		if about {
			return nil
		}
	case pactius.RequestSent, pactius.RequestWithdrawn:
		return errAskedSince
	}
	switch e.Actor.Kind {
	case pactius.ActorVisitor, pactius.ActorSystem:
		return nil
	case pactius.ActorUser:
		if e.Actor.User == u.ID {
			return errActedSince
		}
	}
	if q.Created && !by(tx.Actor) {
		return errChangedSince
	}
	return nil
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
	return unlink(tx, q, u, undo)
}

// unlink gives the user back the account, the names and the sign-ins from before the approval.
func unlink(tx *change.Tx, q pactius.AccessRequest, u pactius.User, undo store.Undo) error {
	sessions, err := tx.Sessions(u.ID, tx.Now)
	if err == nil && len(sessions) > 0 { // else sessions of the person as a visitor stay
		_, err = tx.DeleteSessions(u.ID)
	}
	if err != nil {
		return err
	}
	u.Identity, u.LastSignInAt = pactius.Identity{}, time.Time{}
	if from := undo.From; from != nil {
		u.Identity, u.AccountState, u.AccountStateAt = from.Identity, from.State, from.StateAt
		u.LastSignInAt = from.LastSignInAt
		if u.DeactivatedAt.IsZero() || u.SweptOut { // else an administrator has deactivated the user since
			u.SweptOut, u.DeactivatedAt = from.SweptOut, from.DeactivatedAt
		}
		tx.Record(pactius.Event{Kind: pactius.UserAccountChanged, User: u.ID, Request: q.ID})
	}
	if u.LastSignInAt.IsZero() {
		u.FirstSignInAt = time.Time{}
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
	errWasUser = pactius.Refuse(pactius.KindConflict,
		pactius.T("This person had already been added as a user and has signed in, so undoing the approval wouldn't "+
			"end their access. Deactivate the user on the user's page instead."))
	errActedSince = pactius.Refuse(pactius.KindConflict,
		pactius.T("The person has since acted as an administrator, so the approval can't be undone. Deactivate the "+
			"user on the user's page instead."))
	errAskedSince = pactius.Refuse(pactius.KindConflict,
		pactius.T("The person has since sent a new request, so this approval can't be undone. Deactivate the user on "+
			"the user's page instead."))
	errChangedSince = pactius.Refuse(pactius.KindConflict,
		pactius.T("The user has been changed since the approval, so the approval can't be undone. Deactivate the user "+
			"on the user's page instead."))
	errMoreSince = pactius.Refuse(pactius.KindConflict,
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
