package users

import (
	"context"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
)

// Approvers returns the administrators who can give a user access to a unit: those of the unit and of all above, the
// nearest first.
func (r *Rules) Approvers(ctx context.Context, actor pactius.Actor, unit pactius.UnitID) ([]pactius.User, error) {
	var all []pactius.User
	err := r.db.Read(ctx, actor, change.RoleUser, func(tx *change.Tx) error {
		var err error
		all, err = deciders(tx, []pactius.UnitID{unit})
		return err
	})
	return all, err
}
