package directory

import (
	"cmp"
	"context"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/store"
)

// Found is an account of the directory together with what PACTIUS knows of the person.
type Found struct {
	pactius.Account
	// User is linked to this account, gave it up in a merge, or has its account name; nil is none. Where the actor may
	// not see the user, it holds only the account name.
	User      *pactius.User
	Status    pactius.Status         // of User; "" where the actor may not see the user
	Visible   bool                   // the actor may open that user's page
	Other     bool                   // User is linked to another account, which had the account name before
	Request   *pactius.AccessRequest // the person's pending request, the actor's to decide
	Elsewhere bool                   // the person has a pending request that is not the actor's to decide
}

// known returns accounts together with what PACTIUS knows of the people.
func (r *Rules) known(ctx context.Context, actor pactius.Actor, accounts []pactius.Account) ([]Found, error) {
	if len(accounts) == 0 {
		return nil, nil
	}
	var all []Found
	err := r.DB.Read(ctx, actor, change.RoleAdministrator, func(tx *change.Tx) error {
		all = all[:0]
		for _, a := range accounts {
			f, err := find(tx, a)
			if err != nil {
				return err
			}
			all = append(all, f)
		}
		return nil
	})
	return all, err
}

// find returns the user and the pending request of an account. It finds a user by the identity, which may have been
// given up in a merge, else by the account name.
func find(tx *change.Tx, a pactius.Account) (Found, error) {
	f := Found{Account: a}
	named, err := tx.UsersNamed(a.Identity, a.Username)
	if err != nil {
		return f, err
	}
	if f.User = cmp.Or(named.Linked, named.Merged); f.User == nil && named.Named != nil {
		f.User = named.Named
		// A user who is cut off is probably this person, and cannot be added a second time.
		f.Other = !f.User.Identity.IsZero() && !tx.Environment.Connection.CutsOff(f.User.Identity)
	}
	if f.User != nil {
		f.Status = f.User.Status(tx.Today)
		if f.Visible, err = tx.Sees(*f.User); err != nil {
			return f, err
		}
		if !f.Visible { // only that there is one
			f.User, f.Status = &pactius.User{Username: a.Username}, ""
		}
	}
	if f.User != nil && !f.Other {
		return f, nil
	}
	q, err := store.Optional(tx.PendingRequest(a.Identity))
	if err != nil || q == nil {
		return f, err
	}
	can, err := tx.CanDecide(q.Units)
	if f.Elsewhere = !can; can {
		f.Request = q
	}
	return f, err
}
