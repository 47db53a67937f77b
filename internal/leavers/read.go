package leavers

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/users"
)

// The phases of a round, see the package's comment. They are stored.
const (
	resting   = ""
	clearing  = "clearing"
	reading   = "reading"
	comparing = "comparing"
	emptying  = "emptying"
	asking    = "asking"
	judging   = "judging"
	acting    = "acting"
)

const (
	seenBatch   = 2000 // marks removed per transaction, which other changes wait for
	unseenBatch = 1000 // users per transaction, all of them possibly missing
)

// step takes the next step of the round.
func (n *turn) step(ctx context.Context) error {
	if n.at.TenantID != n.env.Connection.TenantID {
		return n.begin(ctx, "")
	}
	switch n.at.Phase {
	case resting:
		return n.begin(ctx, n.at.Cursor)
	case clearing:
		return n.forget(ctx, reading)
	case reading:
		return n.read(ctx)
	case comparing:
		return n.compare(ctx)
	case emptying:
		return n.forget(ctx, asking)
	case asking:
		return n.ask(ctx)
	case judging:
		return n.judge(ctx)
	case acting:
		return n.act(ctx)
	}
	return n.begin(ctx, "") // of a newer PACTIUS
}

// begin begins a round from a cursor; "" reads all accounts. It drops the findings of
// an earlier tenant.
func (n *turn) begin(ctx context.Context, cursor string) error {
	return n.save(ctx, func(tx *change.Tx, s *store.Sweep) error {
		if s.TenantID != n.env.Connection.TenantID {
			s.HeldAt = time.Time{}
			if err := tx.DropAllFindings(); err != nil {
				return err
			}
		}
		s.TenantID, s.Cursor, s.Next = n.env.Connection.TenantID, cursor, cursor
		s.Whole, s.Phase, s.StartedAt = cursor == "", reading, tx.Now
		if s.Whole {
			s.Phase = clearing
		}
		return nil
	})
}

// forget removes a batch of a whole round's marks; after the last comes phase next.
func (n *turn) forget(ctx context.Context, next string) error {
	return n.save(ctx, func(tx *change.Tx, s *store.Sweep) error {
		removed, err := tx.ForgetSeen(seenBatch)
		if removed < seenBatch {
			s.Phase = next
		}
		return err
	})
}

// read reads a page of the directory and stores its findings.
func (n *turn) read(ctx context.Context) error {
	page, err := away(n, func() (pactius.DirectoryChanges, error) {
		return n.Directory.Changes(ctx, n.as, n.at.Next)
	})
	if err != nil {
		return n.lost(ctx, err)
	}
	if page.Next == "" && page.Cursor == "" || page.Next != "" && page.Next == n.at.Next {
		return &pactius.DirectoryError{Trouble: pactius.TroubleGarbled,
			Err: errors.New("a page of changes leads nowhere")}
	}
	accounts := latest(page.Accounts, n.env.Connection.TenantID)
	found := 0
	err = n.save(ctx, func(tx *change.Tx, s *store.Sweep) error {
		if err := n.sameTenant(tx); err != nil {
			return err
		}
		var err error
		if found, err = n.note(tx, accounts, source{page: true, whole: s.Whole}); err != nil {
			return err
		}
		s.Trouble, s.TroubleAt = "", time.Time{}
		s.Next = page.Next
		if page.Next == "" {
			s.Cursor, s.Phase = page.Cursor, asking
			if s.Whole {
				s.Phase = comparing
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	n.report.Pages++
	n.report.Accounts += len(page.Accounts)
	n.report.Found += found
	return nil
}

// lost begins the round again with all accounts if the directory no longer knows the
// cursor. A whole round also returns err and pauses, or it could repeat forever.
func (n *turn) lost(ctx context.Context, err error) error {
	t, ok := errors.AsType[*pactius.DirectoryError](err)
	if !ok || t.Trouble != pactius.TroubleCursorGone {
		return err
	}
	whole := n.at.Whole
	if begun := n.begin(ctx, ""); begun != nil || !whole {
		return begun
	}
	return err
}

// sameTenant fails if the environment was connected to another tenant meanwhile.
func (n *turn) sameTenant(tx *change.Tx) error {
	if tx.Environment.Connection.TenantID != n.env.Connection.TenantID {
		return errMoved
	}
	return nil
}

// latest merges what a page says of each account, the last counts, by object ID.
func latest(page []pactius.Account, tenant string) map[string]pactius.Account {
	accounts := make(map[string]pactius.Account, len(page))
	for _, a := range page {
		oid := strings.ToLower(a.ObjectID)
		if oid == "" || (a.TenantID != "" && !strings.EqualFold(a.TenantID, tenant)) {
			continue
		}
		if before, again := accounts[oid]; again {
			if a.State == pactius.AccountUnknown {
				a.State = before.State
			}
			a.Username = cmp.Or(a.Username, before.Username)
			a.Title, a.Department = cmp.Or(a.Title, before.Title), cmp.Or(a.Department, before.Department)
		}
		accounts[oid] = a
	}
	return accounts
}

// source is where accounts come from.
type source struct {
	page  bool // of the changes; otherwise each was asked for
	whole bool // a page of a whole round
}

// note compares accounts with the users linked to them, stores the differences as
// findings and counts those that are certain. It drops findings of users without a
// difference. That a page calls an account deleted is not certain: ask must query it.
func (n *turn) note(tx *change.Tx, accounts map[string]pactius.Account, from source) (int, error) {
	users, err := tx.UsersByObjectID(n.env.Connection.TenantID, slices.Sorted(maps.Keys(accounts)))
	if err != nil {
		return 0, err
	}
	if err := keepWork(tx, users, accounts); err != nil {
		return 0, err
	}
	found := 0
	var seen, same []pactius.UserID
	for _, u := range users {
		seen = append(seen, u.ID)
		if err := n.rename(tx, u, accounts[u.Identity.ObjectID]); err != nil {
			return 0, err
		}
		state := accounts[u.Identity.ObjectID].State
		switch {
		case state == pactius.AccountUnknown && u.AccountState != pactius.AccountDeleted:
			continue
		case state == u.AccountState:
			same = append(same, u.ID)
			continue
		}
		// A deleted account that appears again exists, but may be disabled: ask must query it.
		if state == pactius.AccountDeleted && from.page {
			state = pactius.AccountUnknown
		}
		if state != pactius.AccountUnknown && state != pactius.AccountMissing {
			found++
		}
		if err := tx.PutFinding(pactius.AccountFinding{User: u.ID, State: state, FoundAt: tx.Now}); err != nil {
			return 0, err
		}
	}
	if err := tx.DropFindings(same); err != nil || !from.whole {
		return found, err
	}
	return found, tx.SeeUsers(seen)
}

// keepWork stores titles and departments that have changed. A removed one looks like one
// that was not sent: package profiles notices it.
func keepWork(tx *change.Tx, users []pactius.User, accounts map[string]pactius.Account) error {
	var told []pactius.Identity
	for _, u := range users {
		if a := accounts[u.Identity.ObjectID]; a.Title != "" || a.Department != "" {
			told = append(told, u.Identity)
		}
	}
	if len(told) == 0 {
		return nil
	}
	known, err := tx.Profiles(told)
	if err != nil {
		return err
	}
	for _, i := range told {
		a, before := accounts[i.ObjectID], known[i]
		title, department := cmp.Or(a.Title, before.Title), cmp.Or(a.Department, before.Department)
		if title != before.Title || department != before.Department {
			if err := tx.KeepWork(i, title, department); err != nil {
				return err
			}
		}
	}
	return nil
}

// rename renames a user from the directory until the first sign-in. After that the
// name of the sign-in counts, which differs for guests and with an alternate login ID.
func (n *turn) rename(tx *change.Tx, u pactius.User, a pactius.Account) error {
	if !u.FirstSignInAt.IsZero() || a.Username == "" || a.Username == u.Username || a.State.Gone() {
		return nil // Entra invents the name of a deleted account
	}
	return users.Relabel(tx, &u, a.Username, a.Name)
}

// compare notes users whose account was not in a whole round, to be queried.
func (n *turn) compare(ctx context.Context) error {
	var missing []pactius.UserID
	var next pactius.UserID
	err := n.DB.Read(ctx, n.actor(), change.RoleUser, func(tx *change.Tx) error {
		var err error
		missing, next, err = tx.UnseenUsers(n.env.Connection.TenantID, pactius.UserID(n.at.Next), unseenBatch)
		return err
	})
	if err != nil {
		return err
	}
	return n.save(ctx, func(tx *change.Tx, s *store.Sweep) error {
		for _, u := range missing {
			if err := tx.PutFinding(pactius.AccountFinding{User: u, State: pactius.AccountUnknown,
				FoundAt: tx.Now}); err != nil {
				return err
			}
		}
		if s.Next = string(next); next == "" {
			s.Phase = emptying
		}
		return nil
	})
}
