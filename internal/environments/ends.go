package environments

import (
	"context"
	"errors"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/mail"
)

// WarnOfEnds warns the administrators of the root, in all environments, that the
// secret or certificate of their Microsoft 365 connection expires, once for each of
// pactius.SecretWarnings. It tries every environment once and calls beat before each.
func (r *Rules) WarnOfEnds(ctx context.Context, beat func()) error {
	due, err := r.DB.Store.SecretEnds(ctx, r.DB.Now())
	if err != nil {
		return err
	}
	var failed error
	for _, env := range due {
		if ctx.Err() != nil {
			break
		}
		beat()
		failed = errors.Join(failed, r.DB.Change(ctx, pactius.System(env, "secret_end"), change.RoleUser, warn))
	}
	return errors.Join(failed, ctx.Err())
}

// warn warns the administrators of one environment, unless another instance has, or
// the secret was renewed.
func warn(tx *change.Tx) error {
	c := tx.Environment.Connection
	level := warningDue(c, tx.Now)
	if level == 0 {
		return nil
	}
	m := mail.SecretEnds{Certificate: c.SealedCertificate != "", EndsOn: c.SecretEndsOn,
		Days: c.SecretEndsOn.DaysAfter(tx.Today), ClientID: c.ClientID}
	if err := tx.MailRoot(m); err != nil {
		return err
	}
	if err := tx.SetSecretWarned(level); err != nil {
		return err
	}
	tx.Record(pactius.Event{Kind: pactius.SecretEndWarned,
		Facts: pactius.Facts{pactius.FactTo: string(c.SecretEndsOn)}})
	return nil
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
