package users

import (
	"cmp"
	"context"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/names"
	"github.com/pactius/pactius/internal/store"
)

// SameView is a request beside the user that it may be from.
type SameView struct {
	Request  pactius.AccessRequest
	Existing pactius.User // only ID and account name where the actor may not see the user
	Visible  bool         // the actor may open the page of Existing
	Decides  bool         // the actor may decide the request
	Manages  bool         // the actor may change Existing; others propose
	By       string       // name of the approver who proposed Existing; "" is none
	Account  Asked        // the linked account of Existing; zero where none is linked

	Memberships []pactius.Membership // of Existing, if Visible
	Tree        *pactius.Tree        // their units with everything above

	own Asked // the request's account; asked where the actor does not manage an invited user
}

// Linked reports whether the user is linked to another account, which the request's replaces.
func (v SameView) Linked() bool {
	return !v.Existing.Identity.IsZero() && v.Existing.Identity != v.Request.Person.Identity
}

// Lives reports whether the linked account may still be used, as far as the directory and its sweeps know. Two accounts
// in use are two people, unless the administrator knows better.
func (v SameView) Lives() bool {
	return v.Linked() && v.Account.Lives() && (v.Account.Known || !v.Existing.AccountState.Gone())
}

// Same shows a request beside the user that it may be from; without an ID, the user with the request's account name. It
// is for approvers of the request, and for administrators of a user that an approver has proposed.
func (r *Rules) Same(ctx context.Context, actor pactius.Actor, id pactius.RequestID, user pactius.UserID) (
	SameView, error,
) {
	v, err := r.same(ctx, actor, id, user, func(tx *change.Tx, v *SameView) error {
		var err error
		if v.Visible {
			v.Memberships, v.Tree, err = explicit(tx, v.Existing.ID)
		}
		return err
	})
	if err == nil && !v.Visible {
		v.Existing = pactius.User{ID: v.Existing.ID, Username: v.Existing.Username, Identity: v.Existing.Identity}
	}
	return v, err
}

// same reads what SamePerson depends on, and more with then, and asks the directory about the accounts.
func (r *Rules) same(ctx context.Context, actor pactius.Actor, id pactius.RequestID, user pactius.UserID,
	then func(*change.Tx, *SameView) error,
) (SameView, error) {
	var v SameView
	err := r.db.Read(ctx, actor, change.RoleAdministrator, func(tx *change.Tx) error {
		v = SameView{}
		if err := v.read(tx, id, user); err != nil {
			return err
		}
		return then(tx, &v)
	})
	switch {
	case err != nil || v.Request.State != pactius.StatePending:
	case v.Linked():
		v.Account = r.ask(ctx, actor, v.Existing.Identity)
	case !v.Manages && v.Existing.Identity.IsZero():
		v.own = r.ask(ctx, actor, v.Request.Person.Identity)
	}
	return v, err
}

// read reads the request and the user, and what the actor may do about them.
func (v *SameView) read(tx *change.Tx, id pactius.RequestID, user pactius.UserID) error {
	var err error
	if v.Request, err = tx.Request(id); err != nil {
		return err
	}
	if v.Decides, err = tx.CanDecide(v.Request.Units); err != nil {
		return err
	}
	if v.Request.State == pactius.StatePending && v.Request.FromUser() {
		return errOutsideUnless(v.Decides, errFromUser)
	}
	if v.Existing, err = userOf(tx, v.Request, user); err != nil && (v.Decides || user != v.Request.Proposal.User) {
		return errOutsideUnless(v.Decides, err)
	}
	if v.Manages, err = manages(tx, v.Existing.ID); err != nil {
		return err
	}
	proposed := v.Request.Proposal.User == v.Existing.ID && v.Existing.ID != ""
	if !v.Decides && !(proposed && v.Manages) {
		return change.ErrOutside
	}
	if v.Visible, err = tx.Sees(v.Existing); err != nil {
		return err
	}
	if !v.Visible && !sameAccountName(v.Existing.Username, v.Request.Person.Username) {
		return change.ErrOutside // the answer would tell whether there is such a user
	}
	if proposed {
		by, err := store.Optional(tx.User(v.Request.Proposal.By))
		if err != nil {
			return err
		}
		if by != nil {
			v.By = by.Name
		}
	}
	return nil
}

var errFromUser = pactius.Refuse(pactius.KindConflict,
	pactius.T("This request is from a user, so there's nothing to link. Approve or decline it."))

// errOutsideUnless returns err to an actor who may decide the request, and a refusal without particulars to others.
func errOutsideUnless(decides bool, err error) error {
	if decides {
		return err
	}
	return change.ErrOutside
}

// userOf reads the user that a request may be from; without an ID, the user with its account name.
func userOf(tx *change.Tx, q pactius.AccessRequest, user pactius.UserID) (pactius.User, error) {
	if user == "" && q.Person.Username != "" {
		return tx.UserByUsername(q.Person.Username)
	}
	return tx.User(user)
}

// manages reports whether the actor may change which account a user signs in with.
func manages(tx *change.Tx, user pactius.UserID) (bool, error) {
	may, err := managesEach(tx, []pactius.UserID{user})
	return may[user], err
}

// managesEach is manages for several users, whose memberships it reads at once.
func managesEach(tx *change.Tx, users []pactius.UserID) (map[pactius.UserID]bool, error) {
	may := make(map[pactius.UserID]bool, len(users))
	if len(users) == 0 {
		return may, nil
	}
	memberships, err := tx.MembershipsOf(users)
	if err != nil {
		return nil, err
	}
	var units []pactius.UnitID
	for _, m := range memberships {
		units = append(units, change.UnitIDs(m)...)
	}
	if _, err := tx.TreeOf(units...); err != nil {
		return nil, err
	}
	for _, id := range users {
		err := tx.CheckIdentify(id, change.UnitIDs(memberships[id]))
		if err != nil && pactius.KindOf(err) != pactius.KindForbidden {
			return nil, err
		}
		may[id] = err == nil
	}
	return may, nil
}

// SamePerson approves a request as that of an existing user; without an ID, the user with the request's account name.
// An invited user who was added under another account name gets the request's. A user whose account was deleted and
// made anew is linked to the new account and keeps units and history; while the old account may still be used, that is
// refused with an *AccountLivesError until the actor confirms it. It can be taken back like any approval.
//
// An actor who may not change the user proposes it, unless the directory says that an invited user's account name
// belongs to the request's account now. Those who may change the user then confirm with SamePerson, or refuse with
// RefuseSame.
func (r *Rules) SamePerson(ctx context.Context, actor pactius.Actor, id pactius.RequestID, user pactius.UserID,
	a Approval,
) (Decided, error) {
	v, err := r.same(ctx, actor, id, user, func(*change.Tx, *SameView) error { return nil })
	if err != nil {
		return Decided{}, err
	}
	var now SameView
	read := func(tx *change.Tx, id pactius.RequestID) (pactius.AccessRequest, error) {
		now = SameView{}
		err := now.read(tx, id, v.Existing.ID)
		return now.Request, err
	}
	return r.decide(ctx, actor, id, a, read, func(tx *change.Tx, a Approval, d *Decided) error {
		u := now.Existing
		if err := now.check(tx); err != nil {
			return err
		}
		if !now.Manages && !(u.Identity.IsZero() && v.own.has(u.Username)) {
			return d.propose(tx, u)
		}
		if u.Identity == v.Existing.Identity {
			now.Account = v.Account
		}
		if now.Lives() && !a.Despite {
			return &AccountLivesError{Asked: now.Account, user: u}
		}
		d.Outside = !now.Decides
		was, err := takeAccount(tx, d.Request, u)
		if err != nil {
			return err
		}
		if err := d.admit(tx, entryOf(d.Request, a.Grants), a, was); err != nil {
			return err
		}
		if d.Shown = now.Visible; d.Shown {
			d.Has, d.Tree, err = explicit(tx, u.ID)
		}
		return err
	})
}

// explicit reads the memberships of a user, and their units with everything above.
func explicit(tx *change.Tx, user pactius.UserID) ([]pactius.Membership, *pactius.Tree, error) {
	memberships, err := tx.Memberships(user)
	if err != nil {
		return nil, nil, err
	}
	tree, err := tx.TreeOf(change.UnitIDs(memberships)...)
	return memberships, tree, err
}

// AccountLivesError refuses to link a user to another account while the linked one may still be used, until the actor
// confirms it.
type AccountLivesError struct {
	Asked Asked // about the linked account
	user  pactius.User
}

// Error returns the refusal in English.
func (e *AccountLivesError) Error() string { return e.Unwrap().Error() }

// Unwrap returns the refusal as every surface shows it.
func (e *AccountLivesError) Unwrap() error {
	if e.Asked.Known {
		return pactius.Refuse(pactius.KindConflict, pactius.T("The Microsoft 365 account that %s signs in with still "+
			"exists, so this is probably someone else. Confirm that it's the same person, or create a new user.",
			e.user.Name))
	}
	return pactius.Refuse(pactius.KindConflict, pactius.T("We couldn't ask Microsoft 365 whether the account that %s "+
		"signs in with still exists. Confirm that it's the same person, or try again later.", e.user.Name))
}

// check makes sure that the request can be from the user: with access, and not the actor.
func (v SameView) check(tx *change.Tx) error {
	if err := checkTenant(tx, v.Request.Person.Identity); err != nil {
		return err
	}
	u := v.Existing
	over := u.EndsOn != "" && u.EndsOn < tx.Today
	switch barred := !u.MayEnter(tx.Today) && (!u.SweptOut || over); {
	case tx.Actor.Kind == pactius.ActorUser && u.ID == tx.Self.ID:
		return errOwnRequest
	case barred && !v.Visible:
		return errHidden
	case barred:
		return reactivateFirst(u.Name, u.Username)
	}
	return nil
}

// takeAccount gives the user the request's account: identity, account name and name. It returns what taking it back
// needs.
func takeAccount(tx *change.Tx, q pactius.AccessRequest, u pactius.User) (store.Undo, error) {
	undo := store.Undo{Linked: true, Was: &store.Label{Username: u.Username, Name: u.Name, Email: u.Email}}
	if err := freeName(tx, q, u); err != nil {
		return undo, err
	}
	before, changed := u, []string(nil)
	set := func(field string, to *string, value string) {
		if *to != value {
			*to = value
			changed = append(changed, field)
		}
	}
	set("username", &u.Username, cmp.Or(q.Person.Username, u.Username))
	set("name", &u.Name, q.Person.Name)
	if names.Key(u.Email) == names.Key(before.Username) {
		set("email", &u.Email, q.Person.Email) // the address was mistyped with the account name
	}
	if relinks := !u.Identity.IsZero() && u.Identity != q.Person.Identity; relinks {
		undo.From = &store.Account{Identity: u.Identity, State: u.AccountState, StateAt: u.AccountStateAt,
			SweptOut: u.SweptOut, DeactivatedAt: u.DeactivatedAt, LastSignInAt: u.LastSignInAt}
		if err := replaceAccount(tx, &u); err != nil {
			return undo, err
		}
	}
	u.Identity = q.Person.Identity
	if err := tx.UpdateUser(u); err != nil {
		return undo, err
	}
	if names.Key(u.Username) != names.Key(before.Username) && undo.From != nil {
		if err := tx.KeepFormerUsername(u, before.Username, tx.Now); err != nil {
			return undo, err
		}
	}
	if undo.From != nil {
		tx.Record(pactius.Event{Kind: pactius.UserAccountChanged, User: u.ID, Request: q.ID})
	}
	if len(changed) > 0 {
		recordChanged(tx, before, u, changed, q.ID)
	}
	return undo, nil
}

// freeName makes sure that the request's account name is free for the user: another user who had it gives it up if it
// has moved to the request's account.
func freeName(tx *change.Tx, q pactius.AccessRequest, u pactius.User) error {
	other, err := store.Optional(tx.UserByUsername(q.Person.Username))
	if err != nil || other == nil || other.ID == u.ID {
		return err
	}
	moved, err := nameMoved(tx, entryOf(q, nil), *other)
	if err != nil {
		return err
	}
	if !moved {
		return &ExistsError{User: *other, Visible: tx.Rights.AdministersAll()}
	}
	return release(tx, *other)
}

// replaceAccount ends what the old account of a user had: its sessions, and the mark of an account that is gone. A user
// that a sweep deactivated is reactivated.
func replaceAccount(tx *change.Tx, u *pactius.User) error {
	if err := endLink(tx, u.ID); err != nil {
		return err
	}
	if u.SweptOut {
		u.DeactivatedAt = time.Time{}
	}
	if u.AccountState != pactius.AccountPresent {
		u.AccountState, u.AccountStateAt = pactius.AccountPresent, tx.Now
	}
	u.SweptOut = false
	return nil
}
