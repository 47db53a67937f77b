package users

import (
	"context"
	"errors"
	"slices"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/store"
)

// Erased counts what an erasure removed.
type Erased struct {
	Name     string // of the person, for the answer to the actor
	Requests int
	Mails    int // removed from the outbox, or rewritten
}

// Erase removes a person from the database: the user, all that was written by and about the person, and the person's
// part of access requests, events and emails. IDs, the order of events and their facts stay. version is the one that
// the actor has seen, 0 skips the check.
func (r *Rules) Erase(ctx context.Context, actor pactius.Actor, id pactius.UserID, version int) (Erased, error) {
	var e Erased
	err := r.db.Change(ctx, actor, change.RoleRootAdministrator, func(tx *change.Tx) error {
		s, err := visible(tx, id)
		if err != nil {
			return err
		}
		if version != 0 && version != s.user.Version {
			return store.ErrStale
		}
		if err := s.checkErase(); err != nil {
			return err
		}
		e, err = s.erase()
		return err
	})
	return e, err
}

// EraseVisitor is Erase for a person who has sent access requests and is no user.
func (r *Rules) EraseVisitor(ctx context.Context, actor pactius.Actor, id pactius.RequestID) (Erased, error) {
	var e Erased
	err := r.db.Change(ctx, actor, change.RoleRootAdministrator, func(tx *change.Tx) error {
		q, err := decidable(tx, id)
		if err != nil {
			return err
		}
		f, err := evidence(tx, pactius.Person{Identity: q.Person.Identity})
		if err != nil {
			return err
		}
		if f.Linked != nil || f.Merged != nil {
			return errEraseUser
		}
		if q.UserID != "" { // of a user that is linked to another account
			u, err := store.Optional(followed(tx, q.UserID))
			if err != nil {
				return err
			}
			if u != nil {
				return errEraseUser
			}
		}
		e = Erased{Name: q.Person.Name}
		return e.forget(tx, store.Traces{Identities: []pactius.Identity{q.Person.Identity}})
	})
	return e, err
}

// checkErase refuses to erase the acting user and the last administrator of the root.
func (s subject) checkErase() error {
	if s.own() {
		return errEraseOwn
	}
	return s.keepRoot()
}

// own reports whether the user is the acting one.
func (s subject) own() bool { return s.Actor.Kind == pactius.ActorUser && s.user.ID == s.Self.ID }

// erase removes the user and all traces of the person.
func (s subject) erase() (Erased, error) {
	e, u := Erased{Name: s.user.Name}, s.user
	merged, err := s.MergedInto(u.ID)
	if err != nil {
		return e, err
	}
	former, err := s.FormerUsernames(u.ID)
	if err != nil {
		return e, err
	}
	t := store.Traces{Users: append([]pactius.UserID{u.ID}, mergedIDs(merged)...)}
	store.AddName(&t.Usernames, u.Username)
	store.AddName(&t.Names, u.Name)
	addAddresses(&t, u.Email, u.MailAddress())
	for _, m := range merged {
		t.Identities = addIdentity(t.Identities, m.Identity)
		store.AddName(&t.Usernames, m.Username)
		addAddresses(&t, pactius.User{Username: m.Username}.MailAddress())
	}
	if len(merged) > 0 {
		if undo, err := store.Optional(s.MergeUndo(merged[0].ID)); err != nil {
			return e, err
		} else if undo != nil {
			for _, was := range []pactius.User{undo.Kept.User, undo.Other.User} {
				store.AddName(&t.Names, was.Name)
				addAddresses(&t, was.Email, was.MailAddress())
			}
		}
	}
	for _, f := range former {
		store.AddName(&t.Usernames, f.Username)
		addAddresses(&t, pactius.User{Username: f.Username}.MailAddress())
	}
	t.Identities = addIdentity(t.Identities, u.Identity)
	relink, err := store.Optional(s.RelinkOf(u.ID))
	if err != nil {
		return e, err
	}
	if relink != nil {
		t.Identities = addIdentity(t.Identities, relink.Before)
		store.AddName(&t.Usernames, relink.Username)
		store.AddName(&t.Names, relink.Name)
	}
	if err := s.DeleteUser(u); err != nil {
		return e, err
	}
	if err := e.forget(s.Tx, t); err != nil {
		return e, err
	}
	for _, id := range t.Users {
		s.Record(pactius.Event{Kind: pactius.UserErased, User: id})
	}
	return e, nil
}

// addIdentity adds an identity, unless it is zero or there.
func addIdentity(all []pactius.Identity, i pactius.Identity) []pactius.Identity {
	if i.IsZero() || slices.Contains(all, i) {
		return all
	}
	return append(all, i)
}

// addAddresses adds addresses that emails may have gone to: a guest's is made of the account name.
func addAddresses(t *store.Traces, addresses ...string) {
	for _, a := range addresses {
		store.AddName(&t.Addresses, a)
	}
}

// forget removes a person who is no user any more from all rows.
func (e *Erased) forget(tx *change.Tx, t store.Traces) error {
	requests, err := tx.RequestsOfPerson(t.Users, t.Identities)
	if err != nil {
		return err
	}
	for _, q := range requests {
		removed, err := tx.UsersRemoved(q.ID)
		if err != nil {
			return err
		}
		t.Users = append(t.Users, removed...)
		t.Requests = append(t.Requests, q.ID)
		t.Identities = addIdentity(t.Identities, q.Person.Identity)
		store.AddName(&t.Usernames, q.Person.Username)
		addAddresses(&t, q.Person.Email, q.Person.MailAddress())
		store.AddName(&t.Names, q.Person.Name)
		if q.State == pactius.StatePending {
			if err := settle(tx, &q, settlement{state: pactius.StateWithdrawn}); err != nil {
				return err
			}
		}
		if err := tx.EraseRequest(q.ID); err != nil {
			return err
		}
		e.Requests++
	}
	for _, i := range t.Identities {
		if err := errors.Join(tx.DeleteVisits(i), tx.EraseManager(i)); err != nil {
			return err
		}
	}
	if err := tx.EraseEvents(t); err != nil {
		return err
	}
	if _, err := tx.EraseIncidents(t); err != nil {
		return err
	}
	if err := tx.EraseLinks(t); err != nil {
		return err
	}
	return e.forgetMails(tx, t)
}

// Refusals of Erase.
var (
	errEraseOwn = pactius.Refuse(pactius.KindConflict,
		pactius.T("You can't erase yourself. Ask another administrator of the whole company."))
	errEraseUser = pactius.Refuse(pactius.KindConflict,
		pactius.T("This person is a user. Erase the user instead."))
)
