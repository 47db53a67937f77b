package users

import (
	"cmp"
	"context"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/names"
	"github.com/pactius/pactius/internal/store"
)

// SamePerson approves a request as that of an invited user who was added under another account name: the user gets the
// request's account name and identity. It can be taken back like any approval.
func (r *Rules) SamePerson(ctx context.Context, actor pactius.Actor, id pactius.RequestID, user pactius.UserID,
	a Approval,
) (Decided, error) {
	return r.approve(ctx, actor, id, a, func(tx *change.Tx, q pactius.AccessRequest) (*store.Label, error) {
		u, err := tx.User(user)
		if err != nil {
			return nil, err
		}
		was := store.Label{Username: u.Username, Name: u.Name, Email: u.Email}
		if err := checkSame(tx, q, u); err != nil {
			return nil, err
		}
		return &was, correct(tx, q, u)
	})
}

// checkSame makes sure that a request can be from a user: not linked, with access, and the actor's to change.
func checkSame(tx *change.Tx, q pactius.AccessRequest, u pactius.User) error {
	if err := checkTenant(tx, q.Person.Identity); err != nil {
		return err
	}
	memberships, err := tx.Memberships(u.ID)
	if err != nil {
		return err
	}
	if err := tx.CheckIdentify(u.ID, change.UnitIDs(memberships)); err != nil {
		return err
	}
	switch {
	case !canRename(u):
		return pactius.Refuse(pactius.KindConflict,
			pactius.T("%s is bound to a Microsoft 365 account already, so this "+
				"is somebody else. Approve or decline the request on its own.", u.Name))
	case !u.MayEnter(tx.Today):
		return reactivateFirst(u.Name, u.Username)
	}
	return nil
}

// correct gives the user the request's account name, name and identity.
func correct(tx *change.Tx, q pactius.AccessRequest, u pactius.User) error {
	other, err := store.Optional(tx.UserByUsername(q.Person.Username))
	if err != nil {
		return err
	}
	if other != nil && other.ID != u.ID {
		moved, err := nameMoved(tx, entryOf(q, nil), *other)
		if err != nil {
			return err
		}
		if !moved {
			return &ExistsError{User: *other, Visible: tx.Rights.AdministersAll()}
		}
		if err := release(tx, *other); err != nil {
			return err
		}
	}
	before, changed := u, []string{"username"}
	if u.Name != q.Person.Name {
		changed = append(changed, "name")
	}
	u.Username, u.Name, u.Identity = cmp.Or(q.Person.Username, u.Username), q.Person.Name, q.Person.Identity
	if names.Key(u.Email) == names.Key(before.Username) {
		u.Email = q.Person.Email // the address was mistyped with the account name
		changed = append(changed, "email")
	}
	if err := tx.UpdateUser(u); err != nil {
		return err
	}
	recordChanged(tx, before, u, changed, q.ID)
	return nil
}
