package environments

import (
	"context"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/seal"
)

// Reseal seals what an older value of PACTIUS_SECRET has sealed anew with the present one: everything that is stored
// sealed in the environment, in one transaction. It returns what it has found. With dryRun it changes nothing.
func (r *Rules) Reseal(ctx context.Context, actor pactius.Actor, dryRun bool) (seal.Renewal, error) {
	var found seal.Renewal
	switch {
	case actor.Kind != pactius.ActorSupport:
		return found, errSupportOnly
	case r.Box == nil:
		return found, errNoSecret
	}
	err := r.DB.Read(ctx, actor, change.RoleRootAdministrator, func(tx *change.Tx) (err error) {
		found, err = r.reseal(tx, false)
		return err
	})
	if err != nil || dryRun || found.Old == 0 {
		return found, err
	}
	err = r.DB.Change(ctx, actor, change.RoleRootAdministrator, func(tx *change.Tx) (err error) {
		if found, err = r.reseal(tx, true); err == nil && found.Old > 0 {
			tx.Record(pactius.Event{Kind: pactius.SecretsResealed})
		}
		return err
	})
	return found, err
}

// reseal seals anew what the transaction's environment has, and stores it if store is set. TestResealForgetsNothing
// fails for a column that is not here.
func (r *Rules) reseal(tx *change.Tx, store bool) (seal.Renewal, error) {
	n := seal.Renewal{Box: r.Box}
	e := tx.Environment
	c := &e.Connection
	c.SealedSecret = n.Renew("client secret", secretPurpose, c.SealedSecret, string(e.ID))
	c.SealedCertificate = n.Renew("certificate", certificatePurpose, c.SealedCertificate, string(e.ID))
	if store && n.Old > 0 {
		// The version changes too: a form that has read the connection before and is tested with Microsoft meanwhile
		// would store the old text again.
		if err := tx.UpdateEnvironment(e); err != nil {
			return n, err
		}
	}
	if r.ResealKeys == nil {
		return n, nil
	}
	return n, r.ResealKeys(tx, &n, store)
}
