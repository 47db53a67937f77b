package users

import (
	"context"
	"encoding/json"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/mail"
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

// checkDelete refuses to delete users who have signed in or got another user's history by a merge, and the last
// administrator of the root.
func (s subject) checkDelete() error {
	merged, err := s.MergedInto(s.user.ID)
	switch {
	case err != nil:
		return err
	case !s.user.FirstSignInAt.IsZero():
		return errDeleteSignedIn
	case len(merged) > 0: // one of them may have signed in
		return errDeleteMerged
	}
	return s.keepRoot()
}

// remove deletes the user with all that names the person, but for access requests.
func (s subject) remove() error {
	if err := s.DeleteUser(s.user); err != nil {
		return err
	}
	if err := s.DropEventDetails(s.user.ID); err != nil {
		return err
	}
	s.record(pactius.Event{Kind: pactius.UserRemoved})
	mails, err := s.Mails()
	for _, m := range mails {
		if s.welcomes(m) {
			if err := s.DeleteMail(m.ID); err != nil {
				return err
			}
		}
	}
	return err
}

// welcomes reports whether an email is the user's welcome. The address alone proves nothing: an administrator chooses
// it, and others get emails there.
func (s subject) welcomes(m pactius.Mail) bool {
	if m.Kind != (mail.Welcome{}).Kind() || names.Key(m.To) != names.Key(s.user.MailAddress()) {
		return false
	}
	var w mail.Welcome
	return m.State == pactius.MailSent || // its contents are gone
		json.Unmarshal(m.Data, &w) == nil && sameAccountName(w.AccountName, s.user.Username)
}

// mergedIDs lists the IDs of merged users.
func mergedIDs(merged []pactius.MergedUser) []pactius.UserID {
	ids := make([]pactius.UserID, len(merged))
	for i, m := range merged {
		ids[i] = m.ID
	}
	return ids
}

var (
	errDeleteSignedIn = pactius.Refuse(pactius.KindConflict,
		pactius.T("This person has signed in, so the user can't be deleted. Deactivate the user instead."))
	errDeleteMerged = pactius.Refuse(pactius.KindConflict, pactius.T("Another user was merged into this one, so this "+
		"user can't be deleted. Deactivate the user instead."))
)
