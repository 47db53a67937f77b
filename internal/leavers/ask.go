package leavers

import (
	"context"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/store"
)

const (
	askBatch = 10  // accounts queried between two transactions, within the lease even if each is slow
	askMost  = 200 // per turn; the next rounds query the rest

	// secondLook is how long an account must be missing before it counts as deleted. Graph's servers may for some
	// minutes not know an account that exists (Microsoft: "Get incremental changes for users", replication).
	secondLook = 5 * time.Minute
)

// ask queries accounts that may be missing.
func (n *turn) ask(ctx context.Context) error {
	var users map[pactius.UserID]pactius.User
	missing := map[pactius.UserID]time.Time{} // since when
	err := n.DB.Read(ctx, n.actor(), change.RoleUser, func(tx *change.Tx) error {
		findings, err := tx.UnsureFindings(tx.Now.Add(-secondLook), askBatch)
		if err != nil || len(findings) == 0 {
			return err
		}
		ids := make([]pactius.UserID, len(findings))
		for i, f := range findings {
			if ids[i] = f.User; f.State == pactius.AccountMissing {
				missing[f.User] = f.FoundAt
			}
		}
		users, err = tx.UsersByID(ids)
		return err
	})
	if err != nil {
		return err
	}
	if len(users) == 0 || n.report.Asked >= askMost {
		return n.save(ctx, func(_ *change.Tx, s *store.Sweep) error {
			s.Phase, s.Next = judging, ""
			return nil
		})
	}
	answers, moot, err := n.answers(ctx, users, missing)
	if err != nil {
		return err
	}
	found := 0
	err = n.save(ctx, func(tx *change.Tx, _ *store.Sweep) error {
		err := n.sameTenant(tx)
		if err == nil {
			found, err = n.note(tx, answers, source{})
		}
		if err == nil {
			err = tx.DropFindings(moot)
		}
		return err
	})
	n.report.Asked += len(users)
	n.report.Found += found
	return err
}

// answers queries users' accounts by object ID. An account that is not found is missing,
// and deleted if it was missing long enough. It returns the users whose findings are moot:
// those of an earlier tenant, which cannot be queried, and those who have signed in since
// their account was missing.
func (n *turn) answers(
	ctx context.Context, users map[pactius.UserID]pactius.User, missing map[pactius.UserID]time.Time,
) (answers map[string]pactius.Account, moot []pactius.UserID, err error) {
	answers = make(map[string]pactius.Account, len(users))
	for _, u := range users {
		if u.Identity.IsZero() || n.env.Connection.CutsOff(u.Identity) {
			moot = append(moot, u.ID)
			continue
		}
		a, err := away(n, func() (pactius.Account, error) {
			return n.Directory.Account(ctx, n.as, u.Identity.ObjectID)
		})
		switch {
		case pactius.KindOf(err) == pactius.KindNotFound:
			since, again := missing[u.ID]
			switch {
			case again && u.LastSignInAt.After(since):
				moot = append(moot, u.ID)
				continue
			case again:
				a = pactius.Account{State: pactius.AccountDeleted}
			default:
				a = pactius.Account{State: pactius.AccountMissing}
			}
		case err != nil:
			return nil, nil, err
		case a.State == pactius.AccountUnknown:
			a.State = pactius.AccountPresent // it exists and is not said to be disabled
		}
		answers[u.Identity.ObjectID] = a
	}
	return answers, moot, nil
}
