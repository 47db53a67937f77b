package applications

import (
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/seal"
)

// ResealKeys seals the signing keys of an environment anew with the present value of PACTIUS_SECRET, and stores them if
// store is set.
func (r *Rules) ResealKeys(tx *change.Tx, n *seal.Renewal, store bool) error {
	keys, err := tx.SigningKeys()
	if err != nil {
		return err
	}
	for _, k := range keys {
		sealed := n.Renew("signing key "+k.ID, keyPurpose, k.Sealed, string(tx.Environment.ID)+" "+k.ID)
		if sealed == k.Sealed || !store {
			continue
		}
		k.Sealed = sealed
		if err := tx.UpdateSigningKey(k); err != nil {
			return err
		}
	}
	return nil
}
