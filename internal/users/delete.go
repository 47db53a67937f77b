package users

import (
	"context"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/names"
	"github.com/pactius/pactius/internal/store"
)

// Delete removes a user who was added by mistake and has never signed in; version is the one that the actor has seen, 0
// skips the check. The events stay and name the user by ID only. An approved request that led to the user stays
// approved; the person can send a new one. It takes the right to identify the user: the account name is free
// afterwards, and another administrator would be its creator by adding it again.
func (r *Rules) Delete(ctx context.Context, actor pactius.Actor, id pactius.UserID, version int) (pactius.User, error) {
	var u pactius.User
	err := r.db.Change(ctx, actor, change.RoleAdministrator, func(tx *change.Tx) error {
		s, err := identified(tx, id)
		if err != nil {
			return err
		}
		u = s.user
		if version != 0 && version != u.Version {
			return store.ErrStale
		}
		if err := s.checkDelete(); err != nil {
			return err
		}
		return s.remove()
	})
	return u, err
}

// checkDelete refuses to delete users who have signed in, and the last administrator of the root.
func (s subject) checkDelete() error {
	if !s.user.FirstSignInAt.IsZero() {
		return errDeleteSignedIn
	}
	return s.keepRoot()
}

// remove deletes the user with all that names the person, but for access requests.
func (s subject) remove() error {
	merged, err := s.MergedInto(s.user.ID)
	if err != nil {
		return err
	}
	if err := s.DeleteUser(s.user); err != nil {
		return err
	}
	for _, id := range append(mergedIDs(merged), s.user.ID) {
		if err := s.DropEventDetails(id); err != nil {
			return err
		}
		s.Record(pactius.Event{Kind: pactius.UserRemoved, User: id})
	}
	mails, err := s.Mails()
	for _, m := range mails {
		if names.Key(m.To) == names.Key(s.user.MailAddress()) {
			if err := s.DeleteMail(m.ID); err != nil {
				return err
			}
		}
	}
	return err
}

// mergedIDs lists the IDs of merged users.
func mergedIDs(merged []pactius.MergedUser) []pactius.UserID {
	ids := make([]pactius.UserID, len(merged))
	for i, m := range merged {
		ids[i] = m.ID
	}
	return ids
}

var errDeleteSignedIn = pactius.Refuse(pactius.KindConflict,
	pactius.T("This person has signed in, so the user stays. Deactivate the user instead."))
