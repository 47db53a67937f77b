package units

import (
	"context"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/store"
)

// Overview is the whole tree for an administrator.
type Overview struct {
	Tree           *pactius.Tree
	Rights         pactius.Rights
	Members        map[pactius.UnitID]int            // explicit members
	Administrators map[pactius.UnitID][]pactius.User // with explicit administer access
}

// Tree returns all units. Administrators of any unit see the whole tree, to find out
// who administers the others.
func (r *Rules) Tree(ctx context.Context, actor pactius.Actor) (Overview, error) {
	var o Overview
	err := r.db.Read(ctx, actor, change.RoleAdministrator, func(tx *change.Tx) error {
		var err error
		o, err = overview(tx)
		return err
	})
	return o, err
}

func overview(tx *change.Tx) (Overview, error) {
	var o Overview
	var err error
	if o.Tree, err = tx.Tree(); err != nil {
		return o, err
	}
	o.Rights = tx.Rights
	if o.Members, err = tx.MemberCounts(); err != nil {
		return o, err
	}
	o.Administrators, err = tx.AdministratorsByUnit(tx.Today)
	return o, err
}

// Member is a user with access to a unit.
type Member struct {
	User   pactius.User
	Access pactius.Access
	From   pactius.UnitID // the source of the access: this unit or one above
}

// View is one unit with its members.
type View struct {
	Overview
	Unit      pactius.Unit
	Explicit  []Member // the first pactius.PageSize by name
	FromAbove []Member // access inherited from units above that the actor administers, likewise
	Others    int      // memberships of the units above that the actor does not administer
	Today     pactius.Date
}

// Unit returns one unit for an administrator of it.
func (r *Rules) Unit(ctx context.Context, actor pactius.Actor, unit pactius.UnitID) (View, error) {
	var v View
	err := r.db.Read(ctx, actor, change.RoleAdministrator, func(tx *change.Tx) error {
		var err error
		if v.Overview, err = overview(tx); err != nil {
			return err
		}
		var ok bool
		if v.Unit, ok = v.Tree.Unit(unit); !ok {
			return store.ErrNotFound
		}
		if !v.Rights.Administers(unit) {
			return change.ErrOutside
		}
		v.Today = tx.Today
		if v.Explicit, err = members(tx, []pactius.UnitID{unit}); err != nil {
			return err
		}
		var mine []pactius.UnitID
		for _, above := range v.Tree.Up(unit)[1:] {
			if v.Rights.Administers(above) {
				mine = append(mine, above)
			} else {
				v.Others += v.Members[above]
			}
		}
		if len(mine) > 0 {
			v.FromAbove, err = members(tx, mine)
		}
		return err
	})
	return v, err
}

func members(tx *change.Tx, units []pactius.UnitID) ([]Member, error) {
	rows, err := tx.Members(units, pactius.PageSize)
	all := make([]Member, len(rows))
	for i, m := range rows {
		all[i] = Member{User: m.User, Access: m.Access, From: m.Unit}
	}
	return all, err
}

// Find returns a unit in use by its path, see pactius.Tree.FindPath.
func (r *Rules) Find(ctx context.Context, actor pactius.Actor, path string) (pactius.Unit, error) {
	var found pactius.Unit
	err := r.db.Read(ctx, actor, change.RoleAdministrator, func(tx *change.Tx) error {
		tree, err := tx.Tree()
		if err != nil {
			return err
		}
		var ok bool
		if found, ok = tree.FindPath(path); !ok {
			return pactius.RefuseField("unit",
				pactius.T("There is no business unit %s. A path names the units from below the company down, for "+
					"example Sales / North.", path))
		}
		return nil
	})
	return found, err
}
