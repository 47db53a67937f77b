package users

import (
	"context"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/store"
)

// Menu is the acting user's part of the frame around every page.
type Menu struct {
	Administrator     bool // of any business unit
	RootAdministrator bool
	Waiting           int // pending requests that the user can decide, at most pactius.MaxCount+1
}

// Menu returns the acting user's part of the frame around every page.
func (r *Rules) Menu(ctx context.Context, actor pactius.Actor) (Menu, error) {
	var m Menu
	err := r.db.Read(ctx, actor, change.RoleUser, func(tx *change.Tx) error {
		m = Menu{Administrator: tx.Rights.AdministersAny(), RootAdministrator: tx.Rights.AdministersAll()}
		if !m.Administrator {
			return nil
		}
		var err error
		m.Waiting, err = tx.CountRequests(tx.RequestScope())
		return err
	})
	return m, err
}

// Mine is the acting user with what their home page shows.
type Mine struct {
	User        pactius.User
	Memberships []pactius.Membership
	Tree        *pactius.Tree
	Rights      pactius.Rights
	Assigners   []pactius.User // of a user without business units: administrators of the root, who can give some
	Today       pactius.Date
}

// Home returns the acting user's own access.
func (r *Rules) Home(ctx context.Context, actor pactius.Actor) (Mine, error) {
	var m Mine
	err := r.db.Read(ctx, actor, change.RoleUser, func(tx *change.Tx) error {
		m.User, m.Today, m.Memberships = tx.Self, tx.Today, tx.Mine()
		var err error
		if m.Tree, err = tx.TreeOf(change.UnitIDs(m.Memberships)...); err != nil {
			return err
		}
		m.Rights = tx.Rights
		if len(m.Memberships) == 0 {
			m.Assigners, err = tx.RootAdministrators()
		}
		return err
	})
	return m, err
}

// Count is a number of users that is not counted to the end where there are many.
type Count = store.Count

// Unfinished counts an administrator's open tasks.
type Unfinished struct {
	Unassigned  Count // users without business units
	NeverSeen   Count // invited users
	Undelivered int   // emails given up; this and the rest only for administrators of the root
	SignIns     []int // per day, the oldest first
	Requests    []int // sent per day
}

// TrendDays is the number of days of Unfinished.SignIns and Requests.
const TrendDays = 30

// Unfinished counts the actor's open tasks.
func (r *Rules) Unfinished(ctx context.Context, actor pactius.Actor) (Unfinished, error) {
	var n Unfinished
	err := r.db.Read(ctx, actor, change.RoleAdministrator, func(tx *change.Tx) error {
		var err error
		scope := tx.UserScope()
		if n.Unassigned, err = tx.CountUsers(pactius.UserFilter{Unassigned: true}, scope); err != nil {
			return err
		}
		if n.NeverSeen, err = tx.CountUsers(pactius.UserFilter{Status: pactius.StatusInvited}, scope); err != nil {
			return err
		}
		if !tx.Rights.AdministersAll() {
			return nil
		}
		if n.Undelivered, err = tx.CountDeadMails(); err != nil {
			return err
		}
		days, err := tx.EventDays(tx.Today, TrendDays)
		n.SignIns, n.Requests = days[pactius.UserSignedIn], days[pactius.RequestSent]
		return err
	})
	return n, err
}
