package users

import (
	"context"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/units"
)

// Names of the fields that the rules about members refuse.
const (
	FieldMember = "q"      // the user to be added
	FieldTarget = "parent" // the unit that members move to
)

// SetAccess changes the user's explicit access to one unit, from the access that the actor has seen; AccessNone adds
// or removes the member. What was done already, by another click or another administrator, is not done twice.
func (r *Rules) SetAccess(
	ctx context.Context, actor pactius.Actor, id pactius.UserID, unit pactius.UnitID, seen, access pactius.Access,
) (Member, error) {
	var m Member
	var err error
	m.User, err = r.assign(ctx, actor, id, func(s subject) ([]pactius.Grant, error) {
		var err error
		if m, err = s.member(unit); err != nil {
			return nil, err
		}
		now := m.Access
		m.Access = access
		switch now {
		case access:
			return nil, nil
		case seen:
			return []pactius.Grant{{Unit: unit, Access: access}}, nil
		}
		return nil, changedMeanwhile(s.user.Name, m.Unit.Name, seen, now)
	})
	return m, err
}

// Member is a user with the access to one unit.
type Member struct {
	User      pactius.User
	Unit      pactius.Unit
	Tree      *pactius.Tree  // the unit with everything above
	Access    pactius.Access // explicit
	Inherited pactius.Access // from above
	From      pactius.UnitID // the unit it comes from
	Others    int            // other business units of the user
	Own       bool           // it is the actor
}

// Member shows a user's access to a unit to an administrator of the unit.
func (r *Rules) Member(
	ctx context.Context, actor pactius.Actor, id pactius.UserID, unit pactius.UnitID,
) (Member, error) {
	var m Member
	err := r.db.Read(ctx, actor, change.RoleAdministrator, func(tx *change.Tx) error {
		s, err := visible(tx, id)
		if err == nil {
			m, err = s.member(unit)
		}
		return err
	})
	return m, err
}

// member returns the user's access to a unit that the actor administers.
func (s subject) member(unit pactius.UnitID) (Member, error) {
	tree, err := administered(s.Tx, unit)
	if err != nil {
		return Member{}, err
	}
	m := Member{User: s.user, Tree: tree, Own: s.own()}
	m.Unit, _ = tree.Unit(unit)
	m.Access = accessOf(s.memberships)[unit]
	if m.Others = len(s.memberships); m.Access != pactius.AccessNone {
		m.Others--
	}
	m.Inherited, m.From = pactius.NewRights(m.Tree, s.memberships).Inherited(unit)
	return m, nil
}

// changedMeanwhile refuses a change of an access that is no longer what the actor has seen.
func changedMeanwhile(user, unit string, seen, now pactius.Access) error {
	switch {
	case seen == pactius.AccessNone:
		return pactius.RefuseField(FieldMember, pactius.T("%[1]s already has %[3]s access to %[2]s. Change it "+
			"in the list of members.", user, unit, now.Text()))
	case now == pactius.AccessNone:
		return pactius.Refuse(pactius.KindConflict, pactius.T("Someone has removed %s from %s since you opened this "+
			"page. Nothing was changed.", user, unit))
	}
	return pactius.Refuse(pactius.KindConflict, pactius.T("Someone has changed the access of %s to %s since you "+
		"opened this page: %s. Nothing was changed; choose again.", user, unit, now.Text()))
}

// administered reads a unit that the actor administers, and others, with everything above.
func administered(tx *change.Tx, unit pactius.UnitID, others ...pactius.UnitID) (*pactius.Tree, error) {
	tree, err := tx.TreeOf(append(others, unit)...)
	if err != nil {
		return nil, err
	}
	if _, ok := tree.Unit(unit); !ok {
		return nil, store.ErrNotFound
	}
	if !tx.Rights.Administers(unit) {
		return nil, change.ErrOutside
	}
	return tree, nil
}

// Candidate is a user who may be given access to a unit.
type Candidate struct {
	User   pactius.User
	Status pactius.Status
	Access pactius.Access // explicit, to the unit
}

// Candidates are the first users who were found for a unit.
type Candidates struct {
	Unit  pactius.Unit
	Tree  *pactius.Tree // the unit with everything above
	Users []Candidate
	More  bool
}

// shownCandidates is how many users a search for a new member shows.
const shownCandidates = 10

// FindCandidates finds users the actor may see, by name or account name, who may be given access to a unit. Without a
// search it finds the unit alone.
func (r *Rules) FindCandidates(
	ctx context.Context, actor pactius.Actor, unit pactius.UnitID, search string,
) (Candidates, error) {
	var c Candidates
	err := r.db.Read(ctx, actor, change.RoleAdministrator, func(tx *change.Tx) error {
		tree, err := administered(tx, unit)
		if err != nil {
			return err
		}
		c = Candidates{Tree: tree}
		c.Unit, _ = tree.Unit(unit)
		if search == "" {
			return nil
		}
		page, err := tx.Users(pactius.UserFilter{Search: search, Limit: shownCandidates}, tx.UserScope())
		if err != nil {
			return err
		}
		ids := make([]pactius.UserID, len(page.Users))
		for i, u := range page.Users {
			ids[i] = u.ID
		}
		access, err := tx.AccessTo(unit, ids)
		for _, u := range page.Users {
			c.Users = append(c.Users, Candidate{u, u.Status(tx.Today), access[u.ID]})
		}
		c.More = page.Next != ""
		return err
	})
	return c, err
}

// MaxMoved is how many members move to another unit in one change: an event for each, within a second.
const MaxMoved = 500

// ArchiveInto moves the members of a unit to a target and archives the unit, in one change. Members keep the access
// they have; one who has more at the target keeps that. It returns the unit, and how many members have moved.
func (r *Rules) ArchiveInto(
	ctx context.Context, actor pactius.Actor, unit pactius.UnitID, version int, target pactius.UnitID,
) (archived pactius.Unit, moved int, err error) {
	err = r.db.Change(ctx, actor, change.RoleAdministrator, func(tx *change.Tx) error {
		moved = 0
		tree, err := administered(tx, unit, target)
		if err != nil {
			return err
		}
		if from, _ := tree.Unit(unit); !from.IsArchived() { // else it was done already
			if err := checkTarget(tx, tree, from, target); err != nil {
				return err
			}
			if moved, err = moveMembers(tx, from, target); err != nil {
				return err
			}
		}
		archived, err = units.ArchiveIn(tx, unit, version)
		return err
	})
	return archived, moved, err
}

// checkTarget makes sure that members of a unit can move to a target.
func checkTarget(tx *change.Tx, tree *pactius.Tree, from pactius.Unit, target pactius.UnitID) error {
	u, ok := tree.Unit(target)
	switch {
	case target == "":
		return pactius.RefuseField(FieldTarget, pactius.T("Choose the business unit to move the members to."))
	case !ok:
		return pactius.RefuseField(FieldTarget,
			pactius.T("This business unit no longer exists. Choose another one."))
	case u.IsArchived():
		return pactius.RefuseField(FieldTarget, pactius.T("%s is archived. Choose another business unit.", u.Name))
	case tree.Within(target, from.ID):
		return pactius.RefuseField(FieldTarget, pactius.T("Choose a business unit outside %s.", from.Name))
	case !tx.Rights.Administers(target):
		return pactius.RefuseField(FieldTarget, pactius.T("%s is outside the business units you administer.", u.Name))
	}
	return nil
}

// moveMembers moves the access of all members of a unit to a target. It counts as given by those who gave it to the
// unit: the actor decides about no one in particular.
func moveMembers(tx *change.Tx, from pactius.Unit, target pactius.UnitID) (int, error) {
	members, next, err := tx.UnitMembers(from.ID, "", MaxMoved)
	if err != nil {
		return 0, err
	}
	if next != "" {
		return 0, pactius.Refuse(pactius.KindConflict, pactius.T("%s has more than %d members, which is the limit for "+
			"moving them together. Move or remove some of them first.", from.Name, MaxMoved))
	}
	ids := make([]pactius.UserID, len(members))
	for i, m := range members {
		ids[i] = m.User.ID
	}
	there, err := tx.AccessTo(target, ids)
	if err != nil {
		return 0, err
	}
	for _, m := range members {
		before := map[pactius.UnitID]pactius.Access{from.ID: m.Access, target: there[m.User.ID]}
		changes := []pactius.Grant{{Unit: from.ID, Access: pactius.AccessNone}}
		if m.Access > before[target] {
			changes = append(changes, pactius.Grant{Unit: target, Access: m.Access})
		}
		if err := changeAccess(tx, pactius.UserUnitsMoved, m.User.ID, before, changes); err != nil {
			return 0, err
		}
	}
	return len(members), nil
}
