package users

import (
	"context"
	"errors"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/audit"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/store"
)

// List is one page of users with their explicit memberships.
type List struct {
	pactius.UserPage
	Memberships map[pactius.UserID][]pactius.Membership
	Tree        *pactius.Tree // all units, for paths and the unit filter
	Rights      pactius.Rights
	Today       pactius.Date
}

// Users lists the users that the actor may see.
func (r *Rules) Users(ctx context.Context, actor pactius.Actor, f pactius.UserFilter) (List, error) {
	var l List
	err := r.db.Read(ctx, actor, change.RoleAdministrator, func(tx *change.Tx) error {
		var err error
		if l.Tree, err = tx.Tree(); err != nil {
			return err
		}
		l.Rights = tx.Rights
		if f.Unit != "" && !l.Rights.Administers(f.Unit) {
			return change.ErrOutside
		}
		l.Today = tx.Today
		if l.UserPage, err = tx.Users(f, tx.UserScope()); err != nil {
			return err
		}
		ids := make([]pactius.UserID, len(l.UserPage.Users))
		for i, u := range l.UserPage.Users {
			ids[i] = u.ID
		}
		l.Memberships, err = tx.MembershipsOf(ids)
		return err
	})
	return l, err
}

// View is one user with all that the user's page shows.
type View struct {
	User        pactius.User
	Status      pactius.Status
	Memberships []pactius.Membership
	Tree        *pactius.Tree
	Target      pactius.Rights // the user's own rights
	Rights      pactius.Rights // the actor's
	CanManage   bool
	OfOthers    bool // not CanManage, since somebody else brought the user in
	LastRoot    bool // the last administrator of the root
	Sessions    []pactius.Session
	History     audit.Page
	Request     *pactius.AccessRequest   // the one that led here
	Explanation Decision                 // what a sign-in would meet now
	Former      []pactius.FormerUsername // account names of before
	Around      Around                   // of somebody invited: who else may be this person
	barred      error                    // why not CanManage
}

// historyLength is how many events a user's page shows; Activity has the rest.
const historyLength = 20

// User shows one user.
func (r *Rules) User(ctx context.Context, actor pactius.Actor, id pactius.UserID) (View, error) {
	var v View
	err := r.db.Read(ctx, actor, change.RoleAdministrator, func(tx *change.Tx) error {
		var err error
		if v.Tree, err = tx.Tree(); err != nil {
			return err
		}
		s, err := see(tx, id)
		if err != nil {
			return err
		}
		v.User, v.Memberships = s.user, s.memberships
		v.Status, v.barred = s.user.Status(s.Today), s.checkManage()
		if v.barred != nil && pactius.KindOf(v.barred) != pactius.KindForbidden {
			return v.barred
		}
		v.CanManage, v.OfOthers = v.barred == nil, errors.Is(v.barred, change.ErrOfOthers)
		v.Target = pactius.NewRights(v.Tree, s.memberships)
		v.Rights = tx.Rights
		if v.LastRoot, err = tx.IsLastAdministrator(s.user.ID, s.memberships); err != nil {
			return err
		}
		return s.fill(&v)
	})
	return v, err
}

// Managed is User for those who may change the person; others are refused.
func (r *Rules) Managed(ctx context.Context, actor pactius.Actor, id pactius.UserID) (View, error) {
	v, err := r.User(ctx, actor, id)
	if err == nil {
		err = v.barred
	}
	return v, err
}

// fill adds what hangs on the user: sessions, history, request, explanation.
func (s subject) fill(v *View) error {
	var err error
	if v.CanManage {
		if v.Sessions, err = s.Tx.Sessions(s.user.ID, s.Now); err != nil {
			return err
		}
	}
	// What this user did to people elsewhere is not for everybody who sees the user.
	filter := pactius.EventFilter{User: s.user.ID, Limit: historyLength}
	scope := s.EventScope()
	scope.About = s.user.ID
	if v.History.EventPage, err = s.Events(filter, scope); err != nil {
		return err
	}
	if v.History.Names, err = audit.ResolveNames(s.Tx, v.History.Events); err != nil {
		return err
	}
	requests, err := s.RequestsOfUser(s.user.ID)
	if err != nil {
		return err
	}
	if len(requests) > 0 {
		v.Request = &requests[0]
	}
	if v.Explanation, err = explainUser(s.Tx, s.user); err != nil {
		return err
	}
	if v.Former, err = s.FormerUsernames(s.user.ID); err != nil {
		return err
	}
	v.Around, err = lookAround(s.Tx, s.user)
	return err
}

// Find finds the user with an account name that the actor may see.
func (r *Rules) Find(ctx context.Context, actor pactius.Actor, username string) (pactius.User, error) {
	var u pactius.User
	err := r.db.Read(ctx, actor, change.RoleAdministrator, func(tx *change.Tx) error {
		found, err := tx.UserByUsername(username)
		if errors.Is(err, store.ErrNotFound) {
			return pactius.Refuse(pactius.KindNotFound, pactius.T("There is no user with the account name %s.", username))
		}
		if err != nil {
			return err
		}
		s, err := see(tx, found.ID)
		u = s.user
		return err
	})
	return u, err
}

// Mine is what a user's own home page shows of themselves.
type Mine struct {
	User        pactius.User
	Memberships []pactius.Membership
	Tree        *pactius.Tree
	Rights      pactius.Rights
	Assigners   []pactius.User // who can give business units: administrators of the root
	Today       pactius.Date
}

// Home shows the acting user what they have, whoever they are.
func (r *Rules) Home(ctx context.Context, actor pactius.Actor) (Mine, error) {
	var m Mine
	err := r.db.Read(ctx, actor, change.RoleUser, func(tx *change.Tx) error {
		m.User, m.Today, m.Memberships = tx.Self, tx.Today, tx.Mine()
		var err error
		if m.Tree, err = tx.TreeOf(change.UnitIDs(m.Memberships)...); err != nil {
			return err
		}
		m.Rights = tx.Rights
		m.Assigners, err = tx.RootAdministrators()
		return err
	})
	return m, err
}

// Unfinished counts what waits for an administrator, each at most pactius.MaxCount+1.
type Unfinished struct {
	Unassigned  int // users without business units
	NeverSeen   int // invited and never signed in
	Undelivered int // mails given up; only for administrators of the root
	SignIns     []int
	Requests    []int // sent, the same days as SignIns, the oldest first
}

// TrendDays is how many days the plots on the home page show.
const TrendDays = 30

// Unfinished counts what waits for the actor.
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
		start := tx.Today.Time(tx.Environment.Zone()).AddDate(0, 0, 1-TrendDays)
		kinds := [2]pactius.EventKind{pactius.UserSignedIn, pactius.RequestSent}
		days, err := tx.EventDays(kinds, start, TrendDays)
		n.SignIns, n.Requests = days[kinds[0]], days[kinds[1]]
		return err
	})
	return n, err
}
