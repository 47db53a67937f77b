package users

import (
	"context"
	"slices"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/mail"
)

// Assign changes the user's access to the units of the grants and leaves the others as they are. It emails a user who
// was approved without business units and has some now.
func (r *Rules) Assign(ctx context.Context, actor pactius.Actor, id pactius.UserID, grants []pactius.Grant) (
	pactius.User, error,
) {
	return r.assign(ctx, actor, id, func(subject) ([]pactius.Grant, error) { return grants, nil })
}

// Replace gives the user exactly the chosen access among the units that are the actor's to give, and leaves the others
// as they are. version is pactius.AccessVersion of what the choice was made from, 0 skips the check.
func (r *Rules) Replace(ctx context.Context, actor pactius.Actor, id pactius.UserID, version int,
	chosen []pactius.Grant,
) (pactius.User, error) {
	return r.assign(ctx, actor, id, func(s subject) ([]pactius.Grant, error) {
		if version != 0 && version != pactius.AccessVersion(s.user, s.memberships) {
			return nil, ErrUnitsChanged
		}
		grants := slices.Clone(chosen)
		for _, unit := range s.units {
			named := slices.ContainsFunc(chosen, func(g pactius.Grant) bool { return g.Unit == unit })
			if !named && s.Rights.Administers(unit) {
				grants = append(grants, pactius.Grant{Unit: unit, Access: pactius.AccessNone})
			}
		}
		return grants, nil
	})
}

// ErrUnitsChanged refuses a choice of business units that was made from outdated ones, or for a user who had another
// account name or email address.
var ErrUnitsChanged = pactius.Refuse(pactius.KindConflict, pactius.T("The business units, the account name or the "+
	"email address have changed since you opened this page. Your choice is still below; compare it with the user's "+
	"page before you save."))

// assign changes the user's access to the grants that choose returns.
func (r *Rules) assign(ctx context.Context, actor pactius.Actor, id pactius.UserID,
	choose func(subject) ([]pactius.Grant, error),
) (pactius.User, error) {
	var u pactius.User
	err := r.db.Change(ctx, actor, change.RoleAdministrator, func(tx *change.Tx) error {
		s, err := visible(tx, id)
		if err != nil {
			return err
		}
		grants, err := choose(s)
		if err != nil {
			return err
		}
		u = s.user
		before := accessOf(s.memberships)
		changes := slices.DeleteFunc(slices.Clone(grants),
			func(g pactius.Grant) bool { return before[g.Unit] == g.Access })
		if len(changes) == 0 {
			return nil
		}
		if err := s.checkAssign(before, changes); err != nil {
			return err
		}
		if err := changeAccess(tx, pactius.UserUnitsAssigned, id, before, changes); err != nil {
			return err
		}
		if u, err = s.User(id); err != nil {
			return err
		}
		return s.tellAssigned()
	})
	return u, err
}

// changeAccess stores changes of a user's access, with an event of the kind. The caller has checked them.
func changeAccess(tx *change.Tx, kind pactius.EventKind, user pactius.UserID,
	before map[pactius.UnitID]pactius.Access, changes []pactius.Grant,
) error {
	after := map[pactius.UnitID]pactius.Access{}
	for _, g := range changes {
		after[g.Unit] = g.Access
	}
	if err := tx.SetMemberships(user, changes, tx.Now); err != nil {
		return err
	}
	tx.Record(pactius.Event{Kind: kind, User: user, Facts: pactius.AccessFacts(before, after)})
	return nil
}

// accessOf returns the access of memberships.
func accessOf(memberships []pactius.Membership) map[pactius.UnitID]pactius.Access {
	access := map[pactius.UnitID]pactius.Access{}
	for _, m := range memberships {
		access[m.UnitID] = m.Access
	}
	return access
}

// checkAssign makes sure that the units are the actor's to give and to take, that the user does not get too many, and
// that the root keeps an administrator.
func (s subject) checkAssign(before map[pactius.UnitID]pactius.Access, changes []pactius.Grant) error {
	var given []pactius.Grant
	var taken []pactius.UnitID
	root, err := s.Root()
	if err != nil {
		return err
	}
	n := len(before)
	for _, g := range changes {
		switch {
		case g.Access == pactius.AccessNone:
			taken = append(taken, g.Unit)
			n--
		case before[g.Unit] == pactius.AccessNone:
			n++
			fallthrough
		default:
			given = append(given, g)
		}
		if g.Unit == root.ID && before[g.Unit] == pactius.AccessAdminister {
			if err := s.keepRoot(); err != nil {
				return err
			}
		}
	}
	if n > pactius.MaxGrants {
		return errTooManyUnits
	}
	if _, err := grantedTree(s.Tx, given); err != nil {
		return err
	}
	for _, unit := range taken {
		if !s.Rights.Administers(unit) {
			return change.ErrOutside
		}
	}
	return nil
}

// tellAssigned emails a user who has been without business units since the approval.
func (s subject) tellAssigned() error {
	if s.user.UnitCount > 0 || s.user.CreatedBy != pactius.ByRequest {
		return nil
	}
	units, err := unitAccess(s.Tx, s.user.ID)
	if err != nil || len(units) == 0 {
		return err
	}
	s.Mail(change.ToUser(s.user), mail.AccessAssigned{By: signer(s.Actor), Units: units})
	return nil
}

// grantedTree makes sure that every unit exists, is in use, and is the actor's to give; else it returns a KindInvalid
// error about the field "unit". The tree has all of them, nil for no grants.
func grantedTree(tx *change.Tx, grants []pactius.Grant) (*pactius.Tree, error) {
	switch {
	case len(grants) == 0:
		return nil, nil
	case len(grants) > pactius.MaxGrants:
		return nil, errTooManyUnits
	}
	units := make([]pactius.UnitID, 0, len(grants))
	for _, g := range grants {
		if slices.Contains(units, g.Unit) {
			return nil, pactius.RefuseField("unit", pactius.T("Choose each business unit only once."))
		}
		units = append(units, g.Unit)
		if g.Access < pactius.AccessRead || g.Access > pactius.AccessAdminister {
			return nil, pactius.RefuseField("unit",
				pactius.T("Choose read, write or administer for each business unit."))
		}
	}
	tree, err := tx.TreeOf(units...)
	if err != nil {
		return nil, err
	}
	for _, unit := range units {
		u, ok := tree.Unit(unit)
		switch {
		case !ok:
			return nil, errUnitGone
		case u.IsArchived():
			return nil, unitArchived(u)
		case !tx.Rights.Administers(unit):
			return nil, pactius.RefuseField("unit",
				pactius.T("%s is outside the business units you administer.", u.Name))
		}
	}
	return tree, nil
}

// errTooManyUnits refuses more than pactius.MaxGrants business units of one user.
var errTooManyUnits = pactius.RefuseField("unit",
	pactius.T("These are more than %d business units. Choose their parent unit instead.", pactius.MaxGrants))

var errUnitGone = pactius.RefuseField("unit",
	pactius.T("One of the business units no longer exists. Reload the page and choose again."))

func unitArchived(u pactius.Unit) error {
	return pactius.RefuseField("unit", pactius.T("%s is archived. Choose another business unit.", u.Name))
}
