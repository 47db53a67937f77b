package environments

import (
	"context"
	"errors"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/audit"
	"github.com/pactius/pactius/internal/authority"
	"github.com/pactius/pactius/internal/mail"
	"github.com/pactius/pactius/internal/outbox"
	"github.com/pactius/pactius/internal/store"
)

// WarnOfEnds warns the administrators of the root, in all environments, that the
// secret or certificate of their Microsoft 365 connection expires, once for each of
// pactius.SecretWarnings. It tries every environment once and calls beat before each.
func (r *Rules) WarnOfEnds(ctx context.Context, beat func()) error {
	due, err := r.Store.SecretEnds(ctx, r.Now())
	if err != nil {
		return err
	}
	var failed error
	for _, env := range due {
		if ctx.Err() != nil {
			break
		}
		beat()
		failed = errors.Join(failed, r.Store.Update(ctx, env, func(tx *store.Tx) error { return r.warn(tx, env) }))
	}
	return errors.Join(failed, ctx.Err())
}

// warn warns the administrators of one environment, unless another instance has, or
// the secret was renewed.
func (r *Rules) warn(tx *store.Tx, env pactius.EnvironmentID) error {
	p, err := authority.Of(tx, r.Now(), pactius.System(env, "secret_end"))
	if err != nil {
		return err
	}
	c := p.Environment.Connection
	level := warningDue(c, p.Now)
	if level == 0 {
		return nil
	}
	m := mail.SecretEnds{Certificate: c.SealedCertificate != "", EndsOn: c.SecretEndsOn,
		Days: c.SecretEndsOn.DaysAfter(p.Today), ClientID: c.ClientID}
	if err := outbox.PutToRoot(tx, p, m); err != nil {
		return err
	}
	if err := tx.SetSecretWarned(level); err != nil {
		return err
	}
	return audit.Record(tx, p.Now, p.Actor, pactius.Event{Kind: pactius.SecretEndWarned,
		Facts: pactius.Facts{pactius.FactTo: string(c.SecretEndsOn)}})
}

// warningDue returns the latest warning that is due and was not sent, 0 for none. It
// counts days in UTC, as store.SecretEnds does.
func warningDue(c pactius.Connection, now time.Time) int {
	if c.SecretEndsOn == "" || !c.Connected() {
		return 0
	}
	left, level := c.SecretEndsOn.DaysAfter(pactius.DateOf(now.UTC())), 0
	for _, days := range pactius.SecretWarnings() {
		if left <= days {
			level = days
		}
	}
	if c.SecretWarned != 0 && c.SecretWarned <= level {
		return 0
	}
	return level
}
