package change

import (
	"slices"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/store"
)

// Tree reads all business units, archived ones too, once; Rights then covers all. It is for the command line: pages
// read parts of the tree.
func (tx *Tx) Tree() (*pactius.Tree, error) {
	if !tx.whole {
		tree, err := tx.Tx.Tree()
		if err != nil {
			return nil, err
		}
		tx.know(tree)
		tx.whole = true
	}
	return tx.tree, nil
}

// TreeOf returns a tree with at least the root, the given units and everything above them, and extends Rights to it.
// It reads only units that are not known yet; IDs that do not exist are left out.
func (tx *Tx) TreeOf(units ...pactius.UnitID) (*pactius.Tree, error) {
	unknown := func(id pactius.UnitID) bool { _, ok := tx.tree.Unit(id); return !ok && id != "" }
	if tx.tree != nil && (tx.whole || !slices.ContainsFunc(units, unknown)) {
		return tx.tree, nil
	}
	above, err := tx.UnitsAbove(units)
	if err != nil {
		return nil, err
	}
	return tx.Know(above), nil
}

// Know adds units that were read to those known, so that Rights covers them: their parents are among these or known.
// It returns the tree of all.
func (tx *Tx) Know(units []pactius.Unit) *pactius.Tree {
	if !tx.whole && len(units) > 0 {
		if tx.tree != nil {
			units = append(tx.tree.Units(), units...)
		}
		tx.know(pactius.NewTree(units))
	}
	return tx.tree
}

// know replaces the units known, and what the actor may do about them.
func (tx *Tx) know(tree *pactius.Tree) {
	tx.tree = tree
	if tx.Actor.Kind == pactius.ActorUser {
		tx.Rights = pactius.NewRights(tree, tx.memberships)
	}
}

// Root returns the company's unit.
func (tx *Tx) Root() (pactius.Unit, error) {
	tree, err := tx.TreeOf()
	if err != nil {
		return pactius.Unit{}, err
	}
	return tree.Root(), nil
}

// Mine are the acting user's explicit memberships, as they were when the unit of work began.
func (tx *Tx) Mine() []pactius.Membership { return tx.memberships }

// UserScope is the scope of the users that a list shows the actor.
func (tx *Tx) UserScope() store.UserScope {
	return store.UserScope{All: tx.Rights.AdministersAll(), Units: tx.Rights.Administered(), Today: tx.Today}
}

// RequestScope is the scope of the access requests that the actor can decide.
func (tx *Tx) RequestScope() store.RequestScope {
	return store.RequestScope{All: tx.Rights.AdministersAll(), Units: tx.Rights.Administered()}
}

// EventScope is the scope of the activity log that the actor sees.
func (tx *Tx) EventScope() store.EventScope {
	return store.EventScope{All: tx.Rights.AdministersAll(), Units: tx.Rights.Administered()}
}

// Sees reports whether the actor may open a user's page.
func (tx *Tx) Sees(u pactius.User) (bool, error) {
	seen, err := tx.SeesEach([]pactius.UserID{u.ID})
	return seen[u.ID], err
}

// SeesEach reports for several users at once whether the actor may open their pages.
func (tx *Tx) SeesEach(users []pactius.UserID) (map[pactius.UserID]bool, error) {
	seen := make(map[pactius.UserID]bool, len(users))
	if len(users) == 0 || tx.Rights.AdministersAll() {
		for _, id := range users {
			seen[id] = true
		}
		return seen, nil
	}
	if !tx.Rights.AdministersAny() {
		return seen, nil
	}
	found, err := tx.Within(users, tx.UserScope())
	for _, id := range found {
		seen[id] = true
	}
	return seen, err
}

// CanDecide reports whether the actor can decide a request for these units.
func (tx *Tx) CanDecide(units []pactius.UnitID) (bool, error) {
	if tx.Rights.AdministersAll() {
		return true, nil
	}
	_, err := tx.TreeOf(units...)
	return err == nil && tx.Rights.CanDecide(units), err
}

// CheckManage refuses an actor who may not change a user with these units as a person: with ErrOutside for a unit that
// the actor does not administer, with ErrOfOthers for a user that someone else created.
func (tx *Tx) CheckManage(user pactius.UserID, units []pactius.UnitID) error {
	return tx.check(user, units, pactius.Rights.CanManage, ErrOfOthers)
}

// CheckIdentify refuses an actor who may not change the account name, the email address or the identity of a user with
// these units: with ErrOutside for a unit that the actor does not administer, with ErrIdentity for a user that someone
// else created.
func (tx *Tx) CheckIdentify(user pactius.UserID, units []pactius.UnitID) error {
	return tx.check(user, units, pactius.Rights.CanIdentify, ErrIdentity)
}

// check refuses what a right does not cover: with ErrOutside for units, with refusal for ties.
func (tx *Tx) check(user pactius.UserID, units []pactius.UnitID,
	right func(pactius.Rights, []pactius.UnitID, pactius.Ties) bool, refusal error,
) error {
	if tx.Rights.AdministersAll() {
		return nil
	}
	if _, err := tx.TreeOf(units...); err != nil {
		return err
	}
	if !right(tx.Rights, units, pactius.Ties{Vouches: true}) {
		return ErrOutside
	}
	ties, err := tx.tiesTo(user)
	if err == nil && !right(tx.Rights, units, ties) {
		err = refusal
	}
	return err
}

// tiesTo reads what connects the acting user to another, once for each.
func (tx *Tx) tiesTo(user pactius.UserID) (pactius.Ties, error) {
	if ties, known := tx.ties[user]; known {
		return ties, nil
	}
	read, err := tx.TiesOf(user)
	if err != nil {
		return pactius.Ties{}, err
	}
	ties := pactius.Ties{Vouches: read.Creator != "" && read.Creator == tx.Actor.User}
	for unit, giver := range read.Givers {
		if giver == tx.Actor.User {
			ties.Gave = append(ties.Gave, unit)
		}
	}
	if tx.ties == nil {
		tx.ties = map[pactius.UserID]pactius.Ties{}
	}
	tx.ties[user] = ties
	return ties, nil
}

// KeepRoot refuses, with errLastAdministrator, to take these memberships from a user who is the last lasting
// administrator of the root.
func (tx *Tx) KeepRoot(user pactius.UserID, memberships []pactius.Membership) error {
	last, err := tx.IsLastAdministrator(user, memberships)
	if err == nil && last {
		err = errLastAdministrator
	}
	return err
}

// IsLastAdministrator reports whether the user with these memberships is the last one who administers the root for
// good: not deactivated, without an end date, with an account in Microsoft 365.
func (tx *Tx) IsLastAdministrator(user pactius.UserID, memberships []pactius.Membership) (bool, error) {
	root, err := tx.Root()
	if err != nil {
		return false, err
	}
	for _, m := range memberships {
		if m.UnitID == root.ID && m.Access == pactius.AccessAdminister {
			others, err := tx.OtherRootAdministrators(user)
			return others == 0, err
		}
	}
	return false, nil
}

// KeepAnyRoot refuses, with errLastAdministrator, to take these memberships from several users at once, who are not
// counted, if no lasting administrator of the root is left.
func (tx *Tx) KeepAnyRoot(memberships []pactius.Membership, but ...pactius.UserID) error {
	root, err := tx.Root()
	if err != nil {
		return err
	}
	administers := func(m pactius.Membership) bool {
		return m.UnitID == root.ID && m.Access == pactius.AccessAdminister
	}
	if !slices.ContainsFunc(memberships, administers) {
		return nil
	}
	others, err := tx.RootAdministratorsBut(but)
	if err == nil && others == 0 {
		err = errLastAdministrator
	}
	return err
}

// UnitIDs lists the units of memberships.
func UnitIDs(memberships []pactius.Membership) []pactius.UnitID {
	ids := make([]pactius.UnitID, len(memberships))
	for i, m := range memberships {
		ids[i] = m.UnitID
	}
	return ids
}

// The refusals of this package.
var (
	errOtherEnvironment = pactius.Refuse(pactius.KindForbidden,
		pactius.T("This belongs to another environment. Sign in there."))
	errNotSignedIn = pactius.Refuse(pactius.KindNotSignedIn,
		pactius.T("You're no longer signed in. Please sign in again."))
	// ErrNotAdministrator refuses an actor who administers no unit.
	ErrNotAdministrator = pactius.Refuse(pactius.KindForbidden,
		pactius.T("Only local administrators can do this. Ask one of them if you need a change."))
	errNotRootAdministrator = pactius.Refuse(pactius.KindForbidden, pactius.T("Only administrators of the whole "+
		"company can do this. Ask one of them if you need a change."))
	errLastAdministrator = pactius.Refuse(pactius.KindConflict,
		pactius.T("This is the last administrator of the whole company. Make someone else one first."))
	// ErrOutside refuses an actor who does not administer the units concerned.
	ErrOutside = pactius.Refuse(pactius.KindForbidden, pactius.T("This is outside the business units you administer. "+
		"Ask an administrator of the unit or of the whole company."))
	// ErrOfOthers refuses to change a user that someone else added or approved, and that has no units but those that
	// the actor gave.
	ErrOfOthers = pactius.Refuse(pactius.KindForbidden, pactius.T("Only the administrator who added or approved this "+
		"user, or an administrator of the whole company, can change this user."))
	// ErrIdentity refuses to change the account name or the email address of a user that someone else created.
	ErrIdentity = pactius.Refuse(pactius.KindForbidden, pactius.T("Only the administrator who added or approved this "+
		"user, or an administrator of the whole company, can change the account name or the email address."))
)
