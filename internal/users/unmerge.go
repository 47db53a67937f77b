package users

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/store"
)

// Unmerge takes the latest merge of a user back within pactius.TakeBackTime, unless something has happened to the user
// since: both users are as they were before. It returns the two.
func (r *Rules) Unmerge(ctx context.Context, actor pactius.Actor, id pactius.UserID) (kept, other pactius.User,
	err error) {
	err = r.db.Change(ctx, actor, change.RoleAdministrator, func(tx *change.Tx) error {
		kept, other, err = unmerge(tx, id)
		return err
	})
	return kept, other, err
}

func unmerge(tx *change.Tx, id pactius.UserID) (kept, other pactius.User, err error) {
	id, err = following(tx, id)
	if err != nil {
		return kept, other, err
	}
	s, err := identified(tx, id)
	if err != nil {
		return kept, other, err
	}
	merged, undo, err := s.unmergeable()
	if err != nil {
		return kept, other, err
	}
	if undo.Kept.User.Identity != s.user.Identity {
		if _, err := tx.DeleteSessions(id); err != nil {
			return kept, other, err
		}
	}
	if err := tx.DeleteMerged(merged.ID); err != nil {
		return kept, other, err
	}
	// The kept user first: it gives account name and identity free.
	if err := tx.PutBack(undo.Kept); err != nil {
		return kept, other, nameTaken(tx, undo.Kept.User.Username, err)
	}
	n, err := tx.UsersNamed(undo.Other.User.Identity, undo.Other.User.Username)
	if taken := cmp.Or(n.Linked, n.Named); err == nil && taken != nil { // added since the merge
		err = &ExistsError{User: *taken, Visible: tx.Rights.AdministersAll()}
	}
	if err != nil {
		return kept, other, err
	}
	if err := tx.PutBack(undo.Other); err != nil {
		return kept, other, err
	}
	if err := tx.LeadMerged(undo.Other.Merged, merged.ID); err != nil {
		return kept, other, err
	}
	if lost := pactius.AccessFacts(accessOf(s.memberships), accessOf(undo.Kept.Memberships)); lost != nil {
		s.record(pactius.Event{Kind: pactius.UserUnitsAssigned, Facts: lost})
	}
	recordMerge(tx, pactius.UserUnmerged, undo.Kept.User, undo.Other.User)
	return undo.Kept.User, undo.Other.User, tx.KeepAnyRoot(s.memberships)
}

// unmergeable returns the latest merge of the user, if it can be taken back by the actor.
func (s subject) unmergeable() (pactius.MergedUser, store.MergeUndo, error) {
	var undo store.MergeUndo
	merged, err := s.MergedInto(s.user.ID)
	switch {
	case err != nil:
		return pactius.MergedUser{}, undo, err
	case len(merged) == 0:
		return pactius.MergedUser{}, undo, errNotMerged
	case !merged[0].CanUnmerge(s.Now):
		return merged[0], undo, errUnmergeLate
	}
	if undo, err = s.MergeUndo(merged[0].ID); err != nil {
		return merged[0], undo, err
	}
	latest, err := s.Events(pactius.EventFilter{User: s.user.ID}, store.EventScope{All: true})
	if err != nil {
		return merged[0], undo, err
	}
	// The account that was given up may have tried to sign in: that is how a mistake is noticed.
	happened := slices.IndexFunc(latest.Events,
		func(e pactius.Event) bool { return e.Kind != pactius.SignInRefused })
	if s.user.Version != undo.Version || happened < 0 || latest.Events[happened].Kind != pactius.UserMerged ||
		latest.Events[happened].Facts[pactius.FactOther] != string(merged[0].ID) {
		return merged[0], undo, errUnmergeUsed
	}
	for _, m := range undo.Other.Memberships {
		if !s.Rights.Administers(m.UnitID) {
			return merged[0], undo, change.ErrOutside
		}
	}
	return merged[0], undo, nil
}

// following returns the ID of the user that an ID leads to: its own, or the one it was merged into.
func following(tx *change.Tx, id pactius.UserID) (pactius.UserID, error) {
	m, err := store.Optional(tx.MergedUser(id))
	if err != nil || m == nil {
		return id, err
	}
	return m.User, nil
}

// followed reads the user that an ID leads to.
func followed(tx *change.Tx, id pactius.UserID) (pactius.User, error) {
	u, err := tx.User(id)
	if !errors.Is(err, store.ErrNotFound) {
		return u, err
	}
	if id, err = following(tx, id); err != nil {
		return u, err
	}
	return tx.User(id)
}
