package users

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/audit"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/store"
)

// shownMemberships is the number of memberships that a row of the list of users knows; it shows one and the number of
// all.
const shownMemberships = 3

// List is one page of users with their explicit memberships.
type List struct {
	pactius.UserPage
	Memberships map[pactius.UserID][]pactius.Membership // of each the first, by access
	Tree        *pactius.Tree                           // their units with everything above
	Unit        pactius.Unit                            // that the list is filtered by
	Unsorted    bool                                    // too many users to be sorted as asked for: by name
	Saved       []pactius.SavedFilter                   // the actor's
	LostUnit    pactius.UnitID                          // of a saved filter: gone, or not the actor's any more
	Rights      pactius.Rights
	Today       pactius.Date
}

// Users lists the users that the actor may see.
func (r *Rules) Users(ctx context.Context, actor pactius.Actor, f pactius.UserFilter) (List, error) {
	var l List
	err := r.db.Read(ctx, actor, change.RoleAdministrator, func(tx *change.Tx) error {
		var err error
		if l.Tree, err = tx.TreeOf(f.Unit); err != nil {
			return err
		}
		l.Rights = tx.Rights
		if err = l.readSaved(tx, &f); err != nil {
			return err
		}
		l.Today = tx.Today
		if err = l.read(tx, f); err != nil {
			return err
		}
		ids := make([]pactius.UserID, len(l.UserPage.Users))
		for i, u := range l.UserPage.Users {
			ids[i] = u.ID
		}
		if l.Memberships == nil {
			if l.Memberships, err = tx.FirstMemberships(ids, shownMemberships); err != nil {
				return err
			}
		}
		known := []pactius.UnitID{f.Unit}
		for _, m := range l.Memberships {
			known = append(known, change.UnitIDs(m)...)
		}
		if l.Tree, err = tx.TreeOf(known...); err != nil {
			return err
		}
		l.Unit, _ = l.Tree.Unit(f.Unit)
		people := make([]shown, len(l.UserPage.Users))
		for i := range people {
			people[i] = shownUser(&l.UserPage.Users[i])
		}
		return fillProfiles(tx, people)
	})
	return l, err
}

// View is one user with all that the user's page shows.
type View struct {
	User        pactius.User
	Status      pactius.Status
	Memberships []pactius.Membership
	Below       []pactius.Unit // units that inherit the access: the first directly below those of Memberships
	Tree        *pactius.Tree  // all these units with everything above
	Target      pactius.Rights // the user's own rights
	Rights      pactius.Rights // the actor's
	CanManage   bool
	CanIdentify bool // account name and email address can be changed
	OfOthers    bool // not CanManage, because someone else added or approved the user
	LastRoot    bool // the last administrator of the root
	Sessions    []pactius.Session
	History     audit.Page
	Request     *pactius.AccessRequest   // that led to the user, and is the actor's to decide
	Person      pactius.Person           // that Microsoft would authenticate
	Explanation Decision                 // the outcome of a sign-in of Person now
	Former      []pactius.FormerUsername // earlier account names
	Changed     *IdentityChange          // by another administrator, since the actor assigned units; nil: none
	Around      Around                   // of an invited user
	Manager     *pactius.User            // if that is a user that the actor may see
	Doubles     []pactius.User           // visible users who may be the same person, though created beside this one
	Proposed    []pactius.AccessRequest  // pending, proposed to be from this user; for those who may confirm it
	Merged      []pactius.MergedUser     // merged into this user, the latest first
	CanUnmerge  bool                     // the latest merge can be taken back
	CanDelete   bool
	CanErase    bool
	refusal     error // the reason for not CanManage
}

// shownBelow is the number of units with inherited access that a user's page lists.
const shownBelow = 50

// historyLength is the number of events on one page of a user's history.
const historyLength = 20

// User shows one user, also by the ID before a merge.
func (r *Rules) User(ctx context.Context, actor pactius.Actor, id pactius.UserID) (View, error) {
	return r.UserWith(ctx, actor, id, pactius.EventFilter{})
}

// UserWith is User with the part of the history that a filter chooses by kind and time.
func (r *Rules) UserWith(ctx context.Context, actor pactius.Actor, id pactius.UserID, f pactius.EventFilter) (
	View, error,
) {
	return r.view(ctx, actor, id, func(s subject, v *View) error { return s.fill(v, f) })
}

// Brief is User without what only the user's own page shows: sessions, units with inherited access, history, requests,
// people who may be the same and ways to end the user.
func (r *Rules) Brief(ctx context.Context, actor pactius.Actor, id pactius.UserID) (View, error) {
	return r.view(ctx, actor, id, subject.fillChanged)
}

func (r *Rules) view(ctx context.Context, actor pactius.Actor, id pactius.UserID, fill func(subject, *View) error) (
	View, error,
) {
	var v View
	err := r.db.Read(ctx, actor, change.RoleAdministrator, func(tx *change.Tx) error {
		var err error
		s, err := visible(tx, id)
		if errors.Is(err, store.ErrNotFound) {
			s, err = visibleMerged(tx, id)
		}
		if err != nil {
			return err
		}
		v.User, v.Memberships, v.Person = s.user, s.memberships, s.person()
		v.Status, v.refusal = s.user.Status(s.Today), s.checkManage()
		if v.refusal != nil && pactius.KindOf(v.refusal) != pactius.KindForbidden {
			return v.refusal
		}
		v.CanManage, v.OfOthers = v.refusal == nil, errors.Is(v.refusal, change.ErrOfOthers)
		if v.CanManage {
			identify := s.checkIdentify()
			if v.CanIdentify = identify == nil; !v.CanIdentify && pactius.KindOf(identify) != pactius.KindForbidden {
				return identify
			}
		}
		if v.Tree, err = tx.TreeOf(s.units...); err != nil {
			return err
		}
		v.Rights = tx.Rights
		return fill(s, &v)
	})
	return v, err
}

// Managed is Brief, with the sessions, for an actor who may change the person; it refuses others.
func (r *Rules) Managed(ctx context.Context, actor pactius.Actor, id pactius.UserID) (View, error) {
	v, err := r.view(ctx, actor, id, func(s subject, v *View) error {
		if v.refusal != nil {
			return v.refusal
		}
		if err := s.fillSessions(v); err != nil {
			return err
		}
		return s.fillChanged(v)
	})
	return v, err
}

// Erasable is Brief for an administrator of the whole environment, who may erase the person; it refuses others.
func (r *Rules) Erasable(ctx context.Context, actor pactius.Actor, id pactius.UserID) (View, error) {
	err := r.db.Read(ctx, actor, change.RoleRootAdministrator, func(*change.Tx) error { return nil })
	if err != nil {
		return View{}, err
	}
	return r.Brief(ctx, actor, id)
}

// fillSessions adds the sessions.
func (s subject) fillSessions(v *View) error {
	var err error
	if v.Sessions, err = s.Tx.Sessions(s.user.ID, s.Now); err != nil {
		return err
	}
	for i := range v.Sessions {
		if !s.Rights.AdministersAll() {
			v.Sessions[i].Address = ""
		}
	}
	v.Sessions = slices.DeleteFunc(v.Sessions, func(session pactius.Session) bool {
		return endedByLink(s.Tx, session, s.user)
	})
	return nil
}

// fillChanged adds the latest change by another administrator.
func (s subject) fillChanged(v *View) error {
	var err error
	v.Changed, err = s.identityChange()
	return err
}

// fill adds all that the user's page shows. Of what few users have, it reads only what there is.
func (s subject) fill(v *View, history pactius.EventFilter) error {
	var err error
	if v.Below, err = s.Tx.Below(s.units, shownBelow); err != nil {
		return err
	}
	v.Tree = s.Know(v.Below)
	v.Target = pactius.NewRights(v.Tree, s.memberships)
	if v.LastRoot, err = s.IsLastAdministrator(s.user.ID, s.memberships); err != nil {
		return err
	}
	if v.CanManage {
		if err = s.fillSessions(v); err != nil {
			return err
		}
	}
	beside, err := s.Beside(s.user)
	if err != nil {
		return err
	}
	// Events by this user about people elsewhere are not for every actor who sees the user.
	if beside.Merged {
		if v.Merged, err = s.MergedInto(s.user.ID); err != nil {
			return err
		}
	}
	also := mergedIDs(v.Merged)
	history.User, history.Also, history.Limit = s.user.ID, also, historyLength
	scope := s.EventScope()
	scope.About = append(also, s.user.ID)
	if v.History, err = audit.Read(s.Tx, history, scope); err != nil {
		return err
	}
	if beside.Requests {
		if v.Request, err = s.request(); err != nil {
			return err
		}
	}
	v.Explanation = s.recognise(v.Person)
	if beside.Former {
		if v.Former, err = s.FormerUsernames(s.user.ID); err != nil {
			return err
		}
	}
	if err = s.fillChanged(v); err != nil {
		return err
	}
	if beside.Doubles {
		if v.Doubles, err = doublesOf(s.Tx, s.user.ID); err != nil {
			return err
		}
	}
	if v.CanIdentify && beside.Proposed {
		if v.Proposed, err = s.ProposedRequests(s.user.ID); err != nil {
			return err
		}
	}
	if v.Around, err = lookAround(s.Tx, s.user, beside.Owners); err != nil {
		return err
	}
	if err = fillProfiles(s.Tx, []shown{shownUser(&v.User)}); err != nil {
		return err
	}
	if v.Manager, err = managerOf(s.Tx, v.User.Identity, v.User.Profile); err != nil {
		return err
	}
	return s.fillLeaving(v)
}

// person returns the person that Microsoft would authenticate. An account of the earlier tenant does not sign in here.
func (s subject) person() pactius.Person {
	p := pactius.Person{Identity: s.user.Identity, Username: s.user.Username, Name: s.user.Name}
	if s.Environment.Connection.CutsOff(p.Identity) {
		p.Identity = pactius.Identity{}
	}
	return p
}

// recognise decides about the person of the user: the user itself is all evidence there is.
func (s subject) recognise(p pactius.Person) Decision {
	f := Evidence{Connection: s.Environment.Connection, Person: p, Named: &s.user, Today: s.Today}
	if !p.Identity.IsZero() {
		f.Linked = &s.user
	}
	if s.user.EndsOn != "" {
		f.LostZone = s.Environment.LostZone()
	}
	return Recognise(f)
}

// fillLeaving adds what the actor can do to end the user, or to separate merged ones.
func (s subject) fillLeaving(v *View) error {
	v.CanDelete = v.CanIdentify && s.user.FirstSignInAt.IsZero() && len(v.Merged) == 0 && !v.LastRoot
	v.CanErase = s.Rights.AdministersAll() && !v.LastRoot && !s.own()
	if len(v.Merged) == 0 || !v.CanIdentify {
		return nil
	}
	_, _, err := s.unmergeable()
	v.CanUnmerge = err == nil
	if pactius.KindOf(err) != pactius.KindInternal {
		err = nil // a refusal
	}
	return err
}

// visibleMerged is visible for the ID of a user that was merged into another.
func visibleMerged(tx *change.Tx, id pactius.UserID) (subject, error) {
	id, err := following(tx, id)
	if err != nil {
		return subject{}, err
	}
	return visible(tx, id)
}

// request returns the latest request that led to the user, if it is the actor's to decide.
func (s subject) request() (*pactius.AccessRequest, error) {
	requests, err := s.RequestsOfUser(s.user.ID)
	if err != nil || len(requests) == 0 {
		return nil, err
	}
	if s.Rights.AdministersAll() {
		return &requests[0], nil
	}
	q, err := decidable(s.Tx, requests[0].ID)
	if pactius.KindOf(err) == pactius.KindForbidden {
		return nil, nil
	}
	return &q, err
}

// IdentityChange is the latest change of a user's account name or email address by an administrator.
type IdentityChange struct {
	By       pactius.Actor
	At       time.Time
	Username string // before; "" is unchanged, or erased
	Email    string // before, likewise
}

// identityChange returns the latest change of the user's account name or email address by another administrator since
// the actor last assigned business units to the user: a reason to look twice before giving more. A sign-in in between
// means nothing, because the new name may be an accomplice's.
func (s subject) identityChange() (*IdentityChange, error) {
	if s.Actor.Kind != pactius.ActorUser {
		return nil, nil
	}
	e, err := store.Optional(s.LatestIdentityChange(s.user.ID, s.Actor.User))
	if err != nil || e == nil {
		return nil, err
	}
	return &IdentityChange{By: e.Actor, At: e.At, Username: e.Detail[pactius.DetailUsernameFrom],
		Email: e.Detail[pactius.DetailEmailFrom]}, nil
}

// Find returns the user with an account name, or who gave it up in a merge, if the actor may see that user.
func (r *Rules) Find(ctx context.Context, actor pactius.Actor, username string) (pactius.User, error) {
	var u pactius.User
	err := r.db.Read(ctx, actor, change.RoleAdministrator, func(tx *change.Tx) error {
		n, err := tx.UsersNamed(pactius.Identity{}, username)
		if err != nil {
			return err
		}
		found := cmp.Or(n.Named, n.GaveName)
		if found == nil {
			return pactius.Refuse(pactius.KindNotFound,
				pactius.T("There's no user with the account name %s.", username))
		}
		s, err := visible(tx, found.ID)
		u = s.user
		return err
	})
	return u, err
}
