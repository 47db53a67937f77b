package users

import (
	"context"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
)

// canAct reports whether an approver can sign in: the Microsoft 365 account is neither disabled nor deleted.
func canAct(u pactius.User) bool { return !u.AccountState.Gone() }

// Approvers returns the administrators who can approve access to units and can act today: those of the units and of all
// above, the nearest first; without units, those of the root.
func (r *Rules) Approvers(ctx context.Context, actor pactius.Actor, units ...pactius.UnitID) ([]pactius.User, error) {
	var all []pactius.User
	err := r.db.Read(ctx, actor, change.RoleUser, func(tx *change.Tx) error {
		var err error
		all, err = deciders(tx, units)
		return err
	})
	return all, err
}
