package authority

import (
	"errors"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/store"
)

// Powers is what an actor may do at one moment, and the ground it stands on.
type Powers struct {
	Actor       pactius.Actor
	Rights      pactius.Rights
	User        pactius.User // the acting user; zero for others
	Environment pactius.Environment
	Today       pactius.Date // in the environment's time zone
	Now         time.Time
}

// Of finds what an actor may do. Access is known for the units given and for
// all that the actor is a member of. The actor must belong to the environment
// of the transaction; a user must exist and be allowed in.
func Of(tx *store.Tx, now time.Time, actor pactius.Actor, units ...pactius.UnitID) (Powers, error) {
	p := Powers{Actor: actor, Now: now}
	if actor.Environment == "" || actor.Environment != tx.Environment() {
		return p, errOtherEnvironment
	}
	var err error
	if p.Environment, err = tx.EnvironmentRow(); err != nil {
		return p, err
	}
	p.Today = p.Environment.Today(now)
	var memberships []pactius.Membership
	switch actor.Kind {
	case pactius.ActorSupport, pactius.ActorSystem:
	case pactius.ActorUser:
		if p.User, err = actingUser(tx, actor, p.Today); err != nil {
			return p, err
		}
		p.Actor.Name = p.User.Name
		if memberships, err = tx.Memberships(actor.User); err != nil {
			return p, err
		}
		for _, m := range memberships {
			units = append(units, m.UnitID)
		}
	default:
		return p, errNotSignedIn
	}
	tree, err := tx.TreeAbove(units)
	if err != nil {
		return p, err
	}
	if actor.Kind == pactius.ActorUser {
		p.Rights = pactius.NewRights(tree, memberships)
	} else {
		p.Rights = pactius.AllRights(tree)
	}
	return p, nil
}

// Administrator is Of for actors who administer something; others are refused.
func Administrator(tx *store.Tx, now time.Time, actor pactius.Actor, units ...pactius.UnitID) (Powers, error) {
	p, err := Of(tx, now, actor, units...)
	if err == nil && !p.Rights.AdministersAny() {
		err = ErrNotAdministrator
	}
	return p, err
}

// RootAdministrator is Of for actors who administer the whole environment.
func RootAdministrator(tx *store.Tx, now time.Time, actor pactius.Actor) (Powers, error) {
	p, err := Of(tx, now, actor)
	if err == nil && !p.Rights.AdministersAll() {
		err = ErrNotRootAdministrator
	}
	return p, err
}

// Users is which users a list shows the actor.
func (p Powers) Users() store.UserScope {
	return store.UserScope{All: p.Rights.AdministersAll(), Units: p.Rights.Administered(), Today: p.Today}
}

// Requests is which access requests are the actor's to decide.
func (p Powers) Requests() store.RequestScope {
	return store.RequestScope{All: p.Rights.AdministersAll(), Units: p.Rights.Administered()}
}

// Events is which lines of the activity log the actor sees.
func (p Powers) Events() store.EventScope {
	return store.EventScope{All: p.Rights.AdministersAll(), Units: p.Rights.Administered()}
}

// actingUser reads the user who acts and makes sure they still may.
func actingUser(tx *store.Tx, actor pactius.Actor, today pactius.Date) (pactius.User, error) {
	u, err := tx.User(actor.User)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return u, errNotSignedIn
	case err != nil:
		return u, err
	case !u.MayEnter(today):
		return u, errNotSignedIn
	}
	return u, nil
}

// The refusals of this package.
var (
	errOtherEnvironment = pactius.Refuse(pactius.Forbidden, pactius.T("This belongs to another environment. Sign in there."))
	errNotSignedIn      = pactius.Refuse(pactius.NotSignedIn, pactius.T("You are no longer signed in. Please sign in again."))
	// ErrNotAdministrator refuses those who administer nothing.
	ErrNotAdministrator = pactius.Refuse(pactius.Forbidden, pactius.T("This is for local administrators. Ask one of yours if you need something changed."))
	// ErrNotRootAdministrator refuses those who do not administer the whole environment.
	ErrNotRootAdministrator = pactius.Refuse(pactius.Forbidden, pactius.T("This is for administrators of the whole company. Ask one of yours if you need something changed."))
	// ErrLastAdministrator refuses to leave an environment without an administrator.
	ErrLastAdministrator = pactius.Refuse(pactius.Conflict, pactius.T("This is the last administrator of the whole company. Make somebody else one first."))
	// ErrOutside refuses what lies outside the actor's business units.
	ErrOutside = pactius.Refuse(pactius.Forbidden, pactius.T("This lies outside the business units you administer. Ask an administrator of the unit, or of the whole company."))
)

// ErrOfOthers refuses to change a user who has no units but those that the
// actor gave, and who came in by somebody else.
var ErrOfOthers = pactius.Refuse(pactius.Forbidden, pactius.T("This user can be changed only by "+
	"the administrator who added the user or let them in, and by administrators of the whole company."))

// KeepsRoot refuses, with ErrLastAdministrator, to take these memberships from
// a user who is the last lasting administrator of the root.
func KeepsRoot(tx *store.Tx, user pactius.UserID, memberships []pactius.Membership) error {
	last, err := LastAdministrator(tx, user, memberships)
	if err == nil && last {
		err = ErrLastAdministrator
	}
	return err
}

// LastAdministrator reports whether the user with these memberships is the last
// one who administers the root for good: neither deactivated nor going to end, with
// an account in Microsoft 365.
func LastAdministrator(tx *store.Tx, user pactius.UserID, memberships []pactius.Membership) (bool, error) {
	root, err := tx.Root()
	if err != nil {
		return false, err
	}
	for _, m := range memberships {
		if m.UnitID == root.ID && m.Access == pactius.Administer {
			others, err := tx.OtherRootAdministrators(user)
			return others == 0, err
		}
	}
	return false, nil
}

// Sees reports whether the actor may open a user's page.
func Sees(tx *store.Tx, p Powers, u pactius.User) (bool, error) {
	if p.Rights.AdministersAll() {
		return true, nil
	}
	memberships, err := tx.Memberships(u.ID)
	if err != nil {
		return false, err
	}
	units := UnitIDs(memberships)
	p, err = Of(tx, p.Now, p.Actor, units...)
	return err == nil && p.Rights.CanSee(units), err
}

// CheckManage refuses those who may not change a user with these units as a
// person: with ErrOutside for a unit that is not theirs, with ErrOfOthers where
// somebody else brought the user in. The powers must know the units.
func CheckManage(tx *store.Tx, p Powers, user pactius.UserID, units []pactius.UnitID) error {
	switch {
	case p.Rights.AdministersAll():
		return nil
	case !p.Rights.CanManage(units, pactius.Ties{Vouches: true}):
		return ErrOutside
	}
	var ties pactius.Ties
	givers, err := tx.UnitGivers(user)
	if err != nil {
		return err
	}
	for unit, giver := range givers {
		if giver == p.Actor.User {
			ties.Gave = append(ties.Gave, unit)
		}
	}
	if p.Rights.CanManage(units, ties) {
		return nil
	}
	if ties.Vouches, err = tx.VouchedBy(user, p.Actor.User); err != nil {
		return err
	}
	if !p.Rights.CanManage(units, ties) {
		return ErrOfOthers
	}
	return nil
}

// UnitIDs lists the units of memberships.
func UnitIDs(memberships []pactius.Membership) []pactius.UnitID {
	ids := make([]pactius.UnitID, len(memberships))
	for i, m := range memberships {
		ids[i] = m.UnitID
	}
	return ids
}

// On gives the powers' rights over a whole tree, where Of knows only the
// units it was asked about.
func On(tx *store.Tx, p Powers, tree *pactius.Tree) (pactius.Rights, error) {
	if p.Actor.Kind != pactius.ActorUser {
		return pactius.AllRights(tree), nil
	}
	memberships, err := tx.Memberships(p.Actor.User)
	return pactius.NewRights(tree, memberships), err
}
