package environments

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
)

// secretParts is what is sealed as a connection's client secret. Microsoft's servers may refuse a new secret for up to
// two minutes, so the one before stays for pactius.FormerSecretTime. The parts are lines: a secret has no line breaks
// (see unprintable), so a sealed text without any is one secret, as all were before.
type secretParts struct {
	secret string
	former string    // "" is none
	until  time.Time // of former
}

func (p secretParts) text() []byte {
	if p.former == "" {
		return []byte(p.secret)
	}
	return []byte(strings.Join([]string{p.secret, p.former, p.until.UTC().Format(time.RFC3339)}, "\n"))
}

// secretParts opens the stored client secret. A former one whose time is over is left out.
func (r *Rules) secretParts(e pactius.Environment, c pactius.Connection) (secretParts, error) {
	p, _, err := r.readSecret(e, c)
	return p, err
}

// readSecret is secretParts, and reports whether a former secret is stored whose time is over.
func (r *Rules) readSecret(e pactius.Environment, c pactius.Connection) (p secretParts, over bool, err error) {
	clear, err := r.open(e, secretPurpose, c.SealedSecret)
	if err != nil {
		return p, false, err
	}
	lines := strings.Split(string(clear), "\n")
	p.secret = lines[0]
	if len(lines) != 3 {
		return p, len(lines) > 1, nil
	}
	until, err := time.Parse(time.RFC3339, lines[2])
	now := r.DB.Now()
	if err != nil || !now.Before(until) || until.Sub(now) > pactius.FormerSecretTime { // a clock was ahead
		return p, true, nil
	}
	p.former, p.until = lines[1], until
	return p, false, nil
}

// replaced returns a new secret with the one before it: that of the same app registration in the same tenant.
func (r *Rules) replaced(e pactius.Environment, before pactius.Connection, secret string) secretParts {
	p := secretParts{secret: secret}
	same := before.TenantID == e.Connection.TenantID && before.ClientID == e.Connection.ClientID
	if before.SealedSecret == "" || !same {
		return p
	}
	stored, err := r.secretParts(e, before)
	switch {
	case err != nil: // sealed with a secret of PACTIUS that is lost
	case stored.secret == secret:
		return stored
	default:
		p.former, p.until = stored.secret, r.DB.Now().Add(pactius.FormerSecretTime)
	}
	return p
}

// formerUntil returns until when the former secret is a fallback, zero for none.
func (r *Rules) formerUntil(e pactius.Environment) time.Time {
	p, err := r.secretParts(e, e.Connection)
	if err != nil {
		return time.Time{}
	}
	return p.until
}

// ForgetFormerSecrets removes the former secrets whose time is over, in all environments. It calls beat before each
// change.
func (r *Rules) ForgetFormerSecrets(ctx context.Context, beat func()) error {
	if r.Box == nil {
		return nil
	}
	all, err := r.DB.Store.Environments(ctx)
	for _, e := range all {
		if _, over, readErr := r.readSecret(e, e.Connection); !over || readErr != nil || ctx.Err() != nil {
			continue
		}
		beat()
		err = errors.Join(err, r.DB.Change(ctx, pactius.System(e.ID, "former_secret"), change.RoleUser,
			func(tx *change.Tx) error {
				now := tx.Environment
				p, over, err := r.readSecret(now, now.Connection)
				if err != nil || !over {
					return err
				}
				return tx.SetSealedSecret(r.Box.Seal(secretPurpose, p.text(), string(now.ID)))
			}))
	}
	return err
}
