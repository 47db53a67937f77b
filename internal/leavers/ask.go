package leavers

import (
	"context"
	"maps"
	"slices"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/store"
)

const (
	askBatch = 10  // accounts asked for between two transactions, within the lease even if each is slow
	askMost  = 200 // in one turn; what is left is asked in the next rounds
)

// ask asks for accounts of which it is not known whether they are there.
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

// answers asks the directory for users' accounts. Users of another tenant, from
// before the environment was connected to this one, are nobody's to ask for.
func (n *turn) answers(ctx context.Context, users map[pactius.UserID]pactius.User) (map[string]pactius.Account,
	[]pactius.UserID, error) {
	answers := make(map[string]pactius.Account, len(users))
	var strangers []pactius.UserID
	for _, u := range users {
		if u.Identity.TenantID != n.env.Connection.TenantID {
			strangers = append(strangers, u.ID)
			continue
		}
		a, err := n.Directory.Account(ctx, n.as, u.Identity.ObjectID)
		switch {
		case pactius.KindOf(err) == pactius.KindNotFound:
			a = pactius.Account{State: pactius.AccountDeleted}
		case err != nil:
			return nil, nil, err
		case a.State == pactius.AccountUnknown:
			a.State = pactius.AccountPresent // it is there, and nothing says that it is disabled
		}
		answers[u.Identity.ObjectID] = a
	}
	return answers, strangers, nil
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
