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

// Tree returns all units, for the command line and the demo. Pages show a Part.
func (r *Rules) Tree(ctx context.Context, actor pactius.Actor) (Overview, error) {
	var o Overview
	err := r.db.Read(ctx, actor, change.RoleAdministrator, func(tx *change.Tx) error {
		var err error
		if o.Tree, err = tx.Tree(); err != nil {
			return err
		}
		o.Rights = tx.Rights
		if o.Members, err = tx.MemberCounts(); err != nil {
			return err
		}
		o.Administrators, err = tx.AdministratorsByUnit(tx.Today)
		return err
	})
	return o, err
}

// Member is a user with access to a unit.
type Member struct {
	User   pactius.User
	Access pactius.Access
	From   pactius.UnitID // the source of the access: this unit or one above
}

// View is one unit with its members. Its Part has the units directly below.
type View struct {
	Part
	Unit      pactius.Unit
	Explicit  []Member // a page of pactius.PageSize by name
	After     string   // cursor of the page
	Following string   // cursor of the next one, "" for none
	FromAbove []Member // access inherited from units above that the actor administers: the first; none if too many
	Above     int      // memberships of these units
	Others    int      // memberships of the units above that the actor does not administer
	Today     pactius.Date
}

// Unit returns one unit for an administrator of it, with the first members.
func (r *Rules) Unit(ctx context.Context, actor pactius.Actor, unit pactius.UnitID) (View, error) {
	return r.UnitFrom(ctx, actor, unit, "")
}

// UnitFrom is Unit with the members behind a cursor.
func (r *Rules) UnitFrom(
	ctx context.Context, actor pactius.Actor, unit pactius.UnitID, after string,
) (View, error) {
	var v View
	err := r.db.Read(ctx, actor, change.RoleAdministrator, func(tx *change.Tx) error {
		tree, err := tx.TreeOf(unit)
		if err != nil {
			return err
		}
		var ok bool
		if v.Unit, ok = tree.Unit(unit); !ok {
			return store.ErrNotFound
		}
		if !tx.Rights.Administers(unit) {
			return change.ErrOutside
		}
		v.Today = tx.Today
		if v.Part, err = Read(tx, Look{Open: unit, Only: true, Archived: true, Counts: true}); err != nil {
			return err
		}
		return v.people(tx, after)
	})
	return v, err
}

// people reads the members and administrators of the unit and of all above.
func (v *View) people(tx *change.Tx, after string) error {
	up := v.Tree.Up(v.Unit.ID)
	counts, err := tx.MembersOf(up)
	if err != nil {
		return err
	}
	v.Members[v.Unit.ID] = counts[v.Unit.ID]
	administrators, err := tx.AdministratorsOf(up, tx.Today, shownOnItself)
	if err != nil {
		return err
	}
	for id, people := range administrators {
		v.Administrators[id] = people
	}
	if counts[v.Unit.ID] > 0 {
		rows, next, err := tx.UnitMembers(v.Unit.ID, after, pactius.PageSize)
		if err != nil {
			return err
		}
		v.Explicit, v.After, v.Following = membersOf(rows), after, next
	}
	var mine []pactius.UnitID
	for _, above := range up[1:] {
		if v.Rights.Administers(above) {
			mine, v.Above = append(mine, above), v.Above+counts[above]
		} else {
			v.Others += counts[above]
		}
	}
	v.FromAbove, err = members(tx, mine, v.Above)
	return err
}

// members reads the first members of several units that have so many together. A crowd is not listed: putting it in
// order would take long, and the list of users has it and can be searched.
func members(tx *change.Tx, units []pactius.UnitID, count int) ([]Member, error) {
	if count == 0 || count > pactius.MaxCount {
		return nil, nil
	}
	rows, err := tx.Members(units, pactius.PageSize)
	return membersOf(rows), err
}

func membersOf(rows []store.MemberRow) []Member {
	all := make([]Member, len(rows))
	for i, m := range rows {
		all[i] = Member{User: m.User, Access: m.Access, From: m.Unit}
	}
	return all
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
				pactius.T("There's no business unit %s. A path lists the units below the company from the top down, "+
					"for example Sales / North.", path))
		}
		return nil
	})
	return found, err
}

// Brief is Unit without members, administrators and units below, for a form.
func (r *Rules) Brief(ctx context.Context, actor pactius.Actor, unit pactius.UnitID) (View, error) {
	var v View
	err := r.db.Read(ctx, actor, change.RoleAdministrator, func(tx *change.Tx) error {
		var err error
		if v.Tree, err = tx.TreeOf(unit); err != nil {
			return err
		}
		var ok bool
		if v.Unit, ok = v.Tree.Unit(unit); !ok {
			return store.ErrNotFound
		}
		if v.Rights = tx.Rights; !v.Rights.Administers(unit) {
			return change.ErrOutside
		}
		return nil
	})
	return v, err
}

// Only returns the one unit that the actor can give access to; "" if there are more.
func (r *Rules) Only(ctx context.Context, actor pactius.Actor) (pactius.UnitID, error) {
	var only pactius.UnitID
	err := r.db.Read(ctx, actor, change.RoleAdministrator, func(tx *change.Tx) error {
		only = ""
		units := tx.Rights.Administered()
		if len(units) != 1 {
			return nil
		}
		tree, err := tx.TreeOf(units...)
		if err != nil {
			return err
		}
		below, err := tx.HaveBelow(units, false)
		if u, _ := tree.Unit(units[0]); err == nil && u.ArchivedAt.IsZero() && !below[u.ID] {
			only = u.ID
		}
		return err
	})
	return only, err
}
