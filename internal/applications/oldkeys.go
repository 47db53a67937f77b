package applications

import (
	"context"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
)

// OldKeys counts the signing keys that only an older value of PACTIUS_SECRET opens, and those that none opens.
func (r *Rules) OldKeys(ctx context.Context, actor pactius.Actor) (old, lost int, err error) {
	err = r.DB.Read(ctx, actor, change.RoleRootAdministrator, func(tx *change.Tx) error {
		keys, err := tx.SigningKeys()
		old, lost = 0, 0
		for _, k := range keys {
			aad := string(tx.Environment.ID) + " " + k.ID
			switch {
			case r.Box == nil:
			case r.Box.Current(keyPurpose, k.Sealed, aad):
			default:
				if _, err := r.Box.Open(keyPurpose, k.Sealed, aad); err != nil {
					lost++
				} else {
					old++
				}
			}
		}
		return err
	})
	return old, lost, err
}
