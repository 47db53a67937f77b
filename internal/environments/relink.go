package environments

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/users"
)

// Directory lists the accounts of a tenant, as microsoft.Graph does. Its errors are *pactius.DirectoryError.
type Directory interface {
	// Changes returns a page of the changes since a cursor, of all accounts for "".
	Changes(ctx context.Context, c pactius.Credentials, cursor string) (pactius.DirectoryChanges, error)
}

const (
	readBatch   = 1000            // users per read
	relinkBatch = 50              // users per transaction, which other changes wait for
	pageTime    = 1 * time.Minute // for a page of the directory
)

// CountCutOff counts the users who cannot sign in because they are linked to accounts of an earlier tenant; deactivated
// ones do not count. It is for administrators of the whole environment.
func (r *Rules) CountCutOff(ctx context.Context, actor pactius.Actor) (int, error) {
	n := 0
	err := r.DB.Read(ctx, actor, change.RoleRootAdministrator, func(tx *change.Tx) (err error) {
		n, err = tx.CountCutOff()
		return err
	})
	return n, err
}

// PlanRelink returns what a relink does with each user who is cut off: it reads the whole directory of the connected
// tenant, page by page, and changes nothing. It is for Support.
func (r *Rules) PlanRelink(ctx context.Context, actor pactius.Actor, said users.RelinkNames) (
	[]users.Relinking, error,
) {
	var env pactius.Environment
	var cut []pactius.User
	for after, more := pactius.UserID(""), true; more; {
		var some []pactius.User
		err := r.support(ctx, actor, r.DB.Read, func(tx *change.Tx) (err error) {
			env = tx.Environment
			some, err = tx.CutOffUsers(after, readBatch)
			return err
		})
		if err != nil {
			return nil, err
		}
		if more = len(some) == readBatch; more {
			after = some[len(some)-1].ID
		}
		cut = append(cut, some...)
	}
	plan := users.PlanRelink(cut, said)
	c, err := r.Credentials(env)
	if err == nil && len(cut) > 0 {
		err = r.accounts(ctx, c, plan.Note)
	}
	if err != nil {
		return nil, err
	}
	all := plan.Match()
	for batch := range slices.Chunk(all, relinkBatch) {
		checked := slices.Clone(batch)
		err := r.support(ctx, actor, r.DB.Read, func(tx *change.Tx) error {
			copy(checked, batch)
			return each(checked, func(one *users.Relinking) error { return users.CheckRelink(tx, one) })
		})
		if err != nil {
			return nil, err
		}
		copy(batch, checked)
	}
	return all, nil
}

// accounts reads the whole directory and passes every page to note.
func (r *Rules) accounts(ctx context.Context, c pactius.Credentials, note func([]pactius.Account)) error {
	if r.Directory == nil {
		return errCannotTest
	}
	for cursor := ""; ; {
		page, err := r.page(ctx, c, cursor)
		if err == nil && page.Next != "" && page.Next == cursor {
			err = errors.New("a page of the directory leads to itself")
		}
		if err != nil {
			return &pactius.Error{Kind: pactius.KindUnavailable, Err: err,
				Message: pactius.T("The directory of the connected tenant couldn't be read, so nothing was changed. " +
					"Check the connection with: pactius environment test")}
		}
		note(page.Accounts)
		if cursor = page.Next; cursor == "" {
			return nil
		}
	}
}

func (r *Rules) page(ctx context.Context, c pactius.Credentials, cursor string) (pactius.DirectoryChanges, error) {
	ctx, cancel := context.WithTimeout(ctx, pageTime)
	defer cancel()
	return r.Directory.Changes(ctx, c, cursor)
}

// Relink links users to accounts as planned, in batches, and tells each result after it is durable. A user who has
// changed since the plan is left. When it is interrupted, a new plan has the rest. It is for Support.
func (r *Rules) Relink(ctx context.Context, actor pactius.Actor, plan []users.Relinking,
	told func(users.Relinking) error) error {
	for batch := range slices.Chunk(plan, relinkBatch) {
		done := slices.Clone(batch)
		err := r.support(ctx, actor, r.DB.Change, func(tx *change.Tx) error {
			copy(done, batch)
			if !slices.ContainsFunc(done, isLinked) {
				return nil
			}
			if err := each(done, func(one *users.Relinking) error { return users.Relink(tx, one) }); err != nil {
				return err
			}
			return tx.SweepAnew(tx.Now) // the accounts were not compared with these users yet
		})
		if err != nil {
			return err
		}
		for _, one := range done {
			if err := told(one); err != nil {
				return err
			}
		}
	}
	return nil
}

func isLinked(r users.Relinking) bool { return r.Left == "" }

// CountRelinks counts the relinks of the last users.RelinkTime, also of users who have signed in since. It is for
// Support.
func (r *Rules) CountRelinks(ctx context.Context, actor pactius.Actor) (int, error) {
	n := 0
	err := r.support(ctx, actor, r.DB.Read, func(tx *change.Tx) (err error) {
		n, err = tx.CountRelinks(tx.Now)
		return err
	})
	return n, err
}

// UndoRelink undoes the relinks of the last users.RelinkTime, in batches, and tells each result after it is durable.
// Users who have signed in since are left. It is for Support.
func (r *Rules) UndoRelink(ctx context.Context, actor pactius.Actor, told func(users.Relinking) error) error {
	for after, more := pactius.UserID(""), true; more; {
		var done []users.Relinking
		var last pactius.UserID
		err := r.support(ctx, actor, r.DB.Change, func(tx *change.Tx) error {
			done = done[:0]
			some, err := tx.Relinks(after, tx.Now, relinkBatch)
			if err != nil {
				return err
			}
			more = len(some) == relinkBatch
			return each(some, func(k *store.Relink) error {
				one, err := users.UndoRelink(tx, *k)
				done, last = append(done, one), k.User
				return err
			})
		})
		if err != nil {
			return err
		}
		after = last
		for _, one := range done {
			if err := told(one); err != nil {
				return err
			}
		}
	}
	return nil
}

// support opens a unit of work for Support alone.
func (r *Rules) support(ctx context.Context, actor pactius.Actor,
	open func(context.Context, pactius.Actor, change.Role, func(*change.Tx) error) error,
	fn func(*change.Tx) error,
) error {
	if actor.Kind != pactius.ActorSupport {
		return errSupportOnly
	}
	return open(ctx, actor, change.RoleRootAdministrator, fn)
}

// each calls fn with every item until one fails.
func each[T any](all []T, fn func(*T) error) error {
	for i := range all {
		if err := fn(&all[i]); err != nil {
			return err
		}
	}
	return nil
}
