package environments

import (
	"errors"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/mail"
	"github.com/pactius/pactius/internal/store"
)

// outdated reports whether the thing that an email asks its recipient to do has been done since, or cannot be done any
// more: sent late, it would mislead. Emails that only report what happened stay true; their date says when it was.
func outdated(tx *change.Tx, m pactius.Mail) (bool, error) {
	message, err := mail.Decode(m.Kind, m.Data)
	if err != nil {
		return false, nil // a newer version may be able to read it
	}
	switch ask := message.(type) {
	case mail.RequestArrived:
		return isSettled(tx, ask.Request)
	case mail.RequestReminder:
		return isSettled(tx, ask.Request)
	case mail.SameProposed:
		return isSettled(tx, ask.Request)
	case mail.Welcome:
		u, err := tx.UserByUsername(ask.AccountName)
		if errors.Is(err, store.ErrNotFound) {
			return true, nil
		}
		return !u.MayEnter(tx.Today), err
	case mail.SweepHeld:
		s, err := tx.Sweep()
		return s.HeldAt.IsZero(), err
	case mail.SecretEnds:
		return ask.EndsOn != tx.Environment.Connection.SecretEndsOn, nil
	}
	return false, nil
}

// isSettled reports whether a request is no longer pending, or is gone.
func isSettled(tx *change.Tx, request pactius.RequestID) (bool, error) {
	q, err := tx.Request(request)
	if errors.Is(err, store.ErrNotFound) {
		return true, nil
	}
	return q.State != pactius.StatePending, err
}
