package users

import (
	"context"
	"errors"
	"slices"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/names"
	"github.com/pactius/pactius/internal/store"
)

// Found are the first users and access requests that a text finds while it is typed.
type Found struct {
	Administrator     bool // the actor administers any business unit: others find no people
	RootAdministrator bool
	Today             pactius.Date
	Users             pactius.UserPage    // by name, after the user with exactly the typed account name
	Exact             bool                // there is such a user
	Requests          pactius.RequestPage // newest first
}

// Search finds the first users that the actor may see, and the first requests that are the actor's to decide, at most
// limit of each.
func (r *Rules) Search(ctx context.Context, actor pactius.Actor, typed string, limit int) (Found, error) {
	var f Found
	err := r.db.Read(ctx, actor, change.RoleUser, func(tx *change.Tx) error {
		f = Found{Administrator: tx.Rights.AdministersAny(), RootAdministrator: tx.Rights.AdministersAll(),
			Today: tx.Today}
		if typed == "" || !f.Administrator {
			return nil
		}
		var err error
		if f.Users, err = tx.FindUsers(typed, tx.UserScope(), limit); err != nil {
			return err
		}
		if err := f.putFirst(tx, typed, limit); err != nil {
			return err
		}
		f.Requests, err = tx.FindRequests(typed, tx.RequestScope(), limit)
		return err
	})
	return f, err
}

// putFirst moves or adds the user with exactly the typed account name to the beginning.
func (f *Found) putFirst(tx *change.Tx, typed string, limit int) error {
	name, err := names.ParseAccountName(typed)
	if err != nil {
		return nil
	}
	u, err := tx.UserByUsername(name.Shown)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if sees, err := tx.Sees(u); err != nil || !sees {
		return err
	}
	f.Exact = true
	rest := slices.DeleteFunc(f.Users.Users, func(o pactius.User) bool { return o.ID == u.ID })
	f.Users.Users = append([]pactius.User{u}, rest...)
	f.Users.Users = f.Users.Users[:min(len(f.Users.Users), limit)]
	f.Users.Total = max(f.Users.Total, len(f.Users.Users))
	return nil
}
