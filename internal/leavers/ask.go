package leavers

import (
	"context"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/store"
)

const (
	askBatch = 10  // accounts queried between two transactions, within the lease even if each is slow
	askMost  = 200 // per turn; the next rounds query the rest
)

// ask queries accounts that may be missing.
func (n *turn) ask(ctx context.Context) error {
	var users map[pactius.UserID]pactius.User
	err := n.DB.Read(ctx, n.actor(), change.RoleUser, func(tx *change.Tx) error {
		findings, err := tx.UnsureFindings(askBatch)
		if err != nil || len(findings) == 0 {
			return err
		}
		ids := make([]pactius.UserID, len(findings))
		for i, f := range findings {
			ids[i] = f.User
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
	answers, strangers, err := n.answers(ctx, users)
	if err != nil {
		return err
	}
	found := 0
	err = n.save(ctx, func(tx *change.Tx, _ *store.Sweep) error {
		err := n.sameTenant(tx)
		if err == nil {
			found, err = n.note(tx, answers, false)
		}
		if err == nil {
			err = tx.DropFindings(strangers)
		}
		return err
	})
	n.report.Asked += len(users)
	n.report.Found += found
	return err
}

// answers queries users' accounts by object ID. It returns the users of an earlier
// tenant, which cannot be queried, as strangers.
func (n *turn) answers(ctx context.Context, users map[pactius.UserID]pactius.User) (
	answers map[string]pactius.Account, strangers []pactius.UserID, err error,
) {
	answers = make(map[string]pactius.Account, len(users))
	for _, u := range users {
		if u.Identity.IsZero() || n.env.Connection.CutsOff(u.Identity) {
			strangers = append(strangers, u.ID)
			continue
		}
		a, err := away(n, func() (pactius.Account, error) {
			return n.Directory.Account(ctx, n.as, u.Identity.ObjectID)
		})
		switch {
		case pactius.KindOf(err) == pactius.KindNotFound:
			a = pactius.Account{State: pactius.AccountDeleted}
		case err != nil:
			return nil, nil, err
		case a.State == pactius.AccountUnknown:
			a.State = pactius.AccountPresent // it exists and is not said to be disabled
		}
		answers[u.Identity.ObjectID] = a
	}
	return answers, strangers, nil
}
