package users

import (
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
)

// AccountGone updates a user whose Microsoft 365 account is disabled or deleted: it ends the sessions and, as rule
// says, deactivates or only marks the user. With kept it marks the user and nothing else. The last administrator of
// the root is never deactivated by it.
func AccountGone(tx *change.Tx, u pactius.User, state pactius.AccountState, rule pactius.LeaverRule, kept bool) (
	pactius.Leaving, error,
) {
	u.AccountState, u.AccountStateAt = state, tx.Now
	done, err := leaving(tx, u, rule, kept)
	if err != nil {
		return done, err
	}
	if done == pactius.LeaverDeactivated {
		u.DeactivatedAt, u.SweptOut = tx.Now, true
	}
	if err := tx.UpdateUser(u); err != nil {
		return done, err
	}
	if !kept {
		if _, err := tx.DeleteSessions(u.ID); err != nil {
			return done, err
		}
	}
	tx.Record(pactius.Event{Kind: pactius.UserAccountGone, User: u.ID,
		Facts: pactius.Facts{pactius.FactTo: string(state), pactius.FactOutcome: string(done)}})
	return done, nil
}

// leaving decides what happens to a user whose account is gone.
func leaving(tx *change.Tx, u pactius.User, rule pactius.LeaverRule, kept bool) (pactius.Leaving, error) {
	switch {
	case kept:
		return pactius.LeaverKept, nil
	case !u.DeactivatedAt.IsZero():
		return pactius.LeaverOff, nil
	case rule == pactius.LeaversMarked:
		return pactius.LeaverMarked, nil
	}
	memberships, err := tx.Memberships(u.ID)
	if err != nil {
		return "", err
	}
	last, err := tx.IsLastAdministrator(u.ID, memberships)
	if last {
		return pactius.LeaverLast, err
	}
	return pactius.LeaverDeactivated, err
}

// AccountBack updates a user whose Microsoft 365 account is back: the mark goes, and a user that AccountGone
// deactivated is reactivated. A user that a person deactivated stays deactivated.
func AccountBack(tx *change.Tx, u *pactius.User) (pactius.Leaving, error) {
	done := pactius.ReturnedOn
	switch {
	case u.SweptOut:
		done = pactius.ReturnedIn
		u.DeactivatedAt = time.Time{}
	case !u.DeactivatedAt.IsZero():
		done = pactius.ReturnedOff
	}
	u.AccountState, u.AccountStateAt, u.SweptOut = pactius.AccountPresent, tx.Now, false
	if err := tx.UpdateUser(*u); err != nil {
		return done, err
	}
	u.Version++
	tx.Record(pactius.Event{Kind: pactius.UserAccountBack, User: u.ID,
		Facts: pactius.Facts{pactius.FactOutcome: string(done)}})
	return done, nil
}
