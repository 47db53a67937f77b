package users

import (
	"context"
	"strings"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/names"
	"github.com/pactius/pactius/internal/store"
)

// SamePerson settles a request by saying whom it comes from: a user who was
// added with another account name and never signed in. The account name is
// corrected to the one Microsoft vouched for, the identity bound, the request
// approved and the person told, all in one. It can be taken back like any approval.
func (r *Rules) SamePerson(ctx context.Context, actor pactius.Actor, id pactius.RequestID, user pactius.UserID, a Approval) (Decided, error) {
	var d Decided
	note, err := names.ParseText("note", a.Note, pactius.MaxNote)
	if err != nil {
		return d, err
	}
	err = r.decide(ctx, actor, id, &d, func(tx *change.Tx) error {
		u, err := tx.User(user)
		if err != nil {
			return err
		}
		was := store.Label{Username: u.Username, Name: u.Name, Email: u.Email}
		if err := mayBe(tx, d.Request, u); err != nil {
			return err
		}
		if err := correct(tx, d.Request, &u); err != nil {
			return err
		}
		in, err := admit(tx, entryOf(d.Request, a.Grants)) // finds the user by the identity
		if err != nil {
			return err
		}
		d.User, in.undo.Bound, in.undo.Was = in.user, true, &was
		s := settlement{state: pactius.StateApproved, note: note, user: u.ID, undo: in.undo}
		if err := settle(tx, &d.Request, s); err != nil {
			return err
		}
		return tellApproved(tx, d.Request, u.ID)
	})
	return d, err
}

// mayBe makes sure that a request can be from a user: one whom nobody is bound
// to, whom the actor manages, and whose account name can become the request's.
func mayBe(tx *change.Tx, q pactius.AccessRequest, u pactius.User) error {
	if !tx.Environment.Connection.Connected() {
		return ErrNotConnected
	}
	if elsewhere(tx, q.Person.Identity) {
		return errElsewhere
	}
	memberships, err := tx.Memberships(u.ID)
	if err != nil {
		return err
	}
	if err := tx.CheckManage(u.ID, change.UnitIDs(memberships)); err != nil {
		return err
	}
	switch {
	case !u.Identity.IsZero() || !u.FirstSignInAt.IsZero():
		return pactius.Refuse(pactius.KindConflict, pactius.T("%s is bound to a Microsoft 365 account already, so this is somebody else. Approve or decline the request on its own.", u.Name))
	case !u.MayEnter(tx.Today):
		return pactius.Refuse(pactius.KindConflict, pactius.T("%s is a user already, but deactivated or past the end date. Open %s under Users and reactivate the user there.", u.Name, u.Username))
	}
	return nil
}

// correct gives the user the request's account name, name and identity.
func correct(tx *change.Tx, q pactius.AccessRequest, u *pactius.User) error {
	other, err := store.Optional(tx.UserByUsername(q.Person.Username))
	if err != nil {
		return err
	}
	if other != nil && other.ID != u.ID {
		took, err := tookOver(tx, entryOf(q, nil), *other)
		if err != nil {
			return err
		}
		if !took {
			return &ExistsError{User: *other, Visible: tx.Rights.AdministersAll()}
		}
		if err := release(tx, *other); err != nil {
			return err
		}
	}
	before, changed := u.Username, []string{"username"}
	if u.Name != q.Person.Name {
		changed = append(changed, "name")
	}
	u.Username, u.Name, u.Identity = q.Person.Username, q.Person.Name, q.Person.Identity
	if names.Key(u.Email) == names.Key(before) {
		u.Email = q.Person.Email // the address was as mistyped as the account name
		changed = append(changed, "email")
	}
	if err := tx.UpdateUser(*u); err != nil {
		return err
	}
	u.Version++
	tx.Record(pactius.Event{Kind: pactius.UserChanged, User: u.ID, Request: q.ID, Facts: pactius.Facts{pactius.FactFields: strings.Join(changed, ",")},
		Detail: pactius.Facts{pactius.DetailUsernameFrom: before, pactius.DetailUsername: u.Username, pactius.DetailName: u.Name}})
	return nil
}
