package users

import (
	"context"
	"slices"
	"time"

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
	Helpers     []pactius.User // administrators who can change this access, the nearest first, without the user
	Today       pactius.Date
}

// helpedUnits is of how many of a user's units the administrators are looked for: of more, some help with nearly all.
const helpedUnits = 20

// Home returns the acting user's own access. Administrators of the whole environment need no one else to change it.
func (r *Rules) Home(ctx context.Context, actor pactius.Actor) (Mine, error) {
	var m Mine
	err := r.db.Read(ctx, actor, change.RoleUser, func(tx *change.Tx) error {
		m.User, m.Today, m.Memberships = tx.Self, tx.Today, tx.Mine()
		units := change.UnitIDs(m.Memberships)
		var err error
		if m.Tree, err = tx.TreeOf(units...); err != nil {
			return err
		}
		if m.Rights = tx.Rights; m.Rights.AdministersAll() {
			return nil
		}
		m.Helpers, err = deciders(tx, units[:min(len(units), helpedUnits)])
		m.Helpers = slices.DeleteFunc(m.Helpers, func(u pactius.User) bool { return u.ID == tx.Self.ID })
		return err
	})
	return m, err
}

// Count is a number of users that is not counted to the end where there are many.
type Count = store.Count

// OpenTasks is what an administrator has to do with users, and what a new environment lacks.
type OpenTasks = store.OpenTasks

// OpenUsers are users that are an open task of an administrator.
type OpenUsers = store.OpenUsers

// Unfinished is an administrator's open tasks.
type Unfinished struct {
	OpenTasks
	Requests RequestPage                         // the oldest pending ones
	Glance   map[pactius.RequestID]pactius.Grant // of those that can be approved without a look at the request's page
	Today    pactius.Date

	SignIns   []int     // per day, the oldest first; this and the rest only for administrators of the root
	Sent      []int     // requests per day
	Decisions Decisions // of the last TrendDays days
}

// Decisions tells how long requests are pending until they are approved or declined.
type Decisions struct {
	Known  bool          // there were some
	Median time.Duration // of the last days
	Before time.Duration // of as many days before these; 0 is unknown
}

// TrendDays is the number of days of Unfinished.SignIns and Sent.
const TrendDays = 30

// Numbers of the rows on the home page: a glance, the lists have the rest.
const (
	oldestRequests = 5
	oldestUsers    = 3
)

// Unfinished reads the actor's open tasks.
func (r *Rules) Unfinished(ctx context.Context, actor pactius.Actor) (Unfinished, error) {
	var n Unfinished
	err := r.db.Read(ctx, actor, change.RoleAdministrator, func(tx *change.Tx) error {
		n.Today = tx.Today
		var err error
		if n.OpenTasks, err = tx.OpenTasks(tx.Self.ID, tx.UserScope(), oldestUsers); err != nil {
			return err
		}
		if err = n.readRequests(tx); err != nil {
			return err
		}
		if err = fillProfiles(tx, n.people()); err != nil || !tx.Rights.AdministersAll() {
			return err
		}
		days, err := tx.EventDays(tx.Today, TrendDays)
		if err != nil {
			return err
		}
		n.SignIns, n.Sent = days[pactius.UserSignedIn], days[pactius.RequestSent]
		const period = TrendDays * 24 * time.Hour
		before, latest, err := tx.DecisionTimes(tx.Now.Add(-2*period), tx.Now.Add(-period))
		n.Decisions = Decisions{len(latest) > 0, median(latest), median(before)}
		return err
	})
	return n, err
}

// median returns the one in the middle, 0 of none.
func median(all []time.Duration) time.Duration {
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return all[len(all)/2]
}

// readRequests reads the oldest pending requests, and which of them can be approved at a glance.
func (n *Unfinished) readRequests(tx *change.Tx) error {
	var err error
	n.Requests.RequestPage, err = tx.Requests(pactius.RequestFilter{State: pactius.StatePending, Limit: oldestRequests},
		tx.RequestScope())
	if err != nil {
		return err
	}
	var senders []pactius.UserID
	var units []pactius.UnitID
	for _, q := range n.Requests.Requests {
		if units = append(units, q.Units...); q.FromUser() {
			senders = append(senders, q.UserID)
		}
	}
	has := map[pactius.UserID][]pactius.Membership{}
	if len(senders) > 0 {
		if has, err = tx.MembershipsOf(senders); err != nil {
			return err
		}
		for _, m := range has {
			units = append(units, change.UnitIDs(m)...)
		}
	}
	tree, err := tx.TreeOf(units...)
	if err != nil {
		return err
	}
	n.Requests.Paths, n.Glance = map[pactius.UnitID]string{}, map[pactius.RequestID]pactius.Grant{}
	for _, q := range n.Requests.Requests {
		for _, u := range q.Units {
			n.Requests.Paths[u] = tree.Path(u)
		}
		if g, ok := glance(tx, tree, q, has[q.UserID]); ok {
			n.Glance[q.ID] = g
		}
	}
	return nil
}

// people are those whose profiles the page shows.
func (n *Unfinished) people() []shown {
	var people []shown
	for i := range n.Requests.Requests {
		people = append(people, shownSender(&n.Requests.Requests[i]))
	}
	for _, first := range [][]pactius.User{n.Unassigned.First, n.Invited.First} {
		for i := range first {
			people = append(people, shownUser(&first[i]))
		}
	}
	return people
}
