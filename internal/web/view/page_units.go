package view

import (
	"slices"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/units"
)

// Units is Settings > Business units: the tree.
type Units struct {
	Base
	units.Overview
	Archived bool // archived units are shown
}

// OneUnit is the page of one business unit.
type OneUnit struct {
	Base
	units.View
}

// AnyArchived reports whether there are archived units: the toggle is shown.
func (p Units) AnyArchived() bool {
	return p.any(func(u pactius.Unit) bool { return u.IsArchived() })
}

// CanAdd reports whether the reader may add a unit anywhere.
func (p Units) CanAdd() bool {
	mine := Within(p.Rights)
	return p.any(func(u pactius.Unit) bool { return mine(u.ID) })
}

func (p Units) any(wanted func(pactius.Unit) bool) bool {
	found := false
	p.Tree.Walk(p.Tree.Root().ID, func(u pactius.Unit, _ int) bool {
		found = found || wanted(u)
		return !found
	})
	return found
}

// CanManage reports whether the reader may rename the unit and add sub-units.
func (p OneUnit) CanManage() bool { return p.Rights.Administers(p.Unit.ID) }

// CanMove reports whether the reader may move and archive the unit; never the root.
func (p OneUnit) CanMove() bool { return !p.Unit.IsRoot() && p.Rights.Administers(p.Unit.ParentID) }

// CanDelete reports whether the reader may delete the unit: it has no members
// and no units below it.
func (p OneUnit) CanDelete() bool { return p.CanMove() && p.MemberCount() == 0 && len(p.Below()) == 0 }

// MemberCount is how many members the unit has explicitly; the page lists the first.
func (p OneUnit) MemberCount() int { return p.Members[p.Unit.ID] }

// MoreMembers reports whether the page does not list all of them.
func (p OneUnit) MoreMembers() bool { return p.MemberCount() > len(p.View.Explicit) }

// Approvers are the local administrators of the unit and the units above it,
// the nearest first.
func (p OneUnit) Approvers() []Person {
	var all []Person
	for _, up := range p.Tree.Up(p.Unit.ID) {
		for _, a := range Persons(p.Administrators[up]) {
			if !slices.Contains(all, a) {
				all = append(all, a)
			}
		}
	}
	return all
}

// MemberTable is a table of members: of the unit itself or from above.
type MemberTable struct {
	OneUnit
	Rows  []units.Member
	Above bool
}

// Table makes the part.
func (p OneUnit) Table(rows []units.Member, above bool) MemberTable {
	return MemberTable{p, rows, above}
}

// Status is the member's status.
func (t MemberTable) Status(m units.Member) pactius.Status { return m.User.Status(t.Today) }

// From is the path of the unit that gives the access.
func (t MemberTable) From(m units.Member) string { return t.Tree.Path(m.From) }

// Up lists the units above, the root first.
func (p OneUnit) Up() []pactius.Unit {
	var up []pactius.Unit
	ids := p.Tree.Up(p.Unit.ID)
	for i := len(ids) - 1; i > 0; i-- {
		if u, ok := p.Tree.Unit(ids[i]); ok {
			up = append(up, u)
		}
	}
	return up
}

// Below lists the units directly below.
func (p OneUnit) Below() []pactius.Unit { return p.Tree.Children(p.Unit.ID) }

// Count is how many explicit members a unit has.
func (p OneUnit) Count(id pactius.UnitID) int { return p.Members[id] }

// AddUnit is the form that adds a unit: page and pop-up.
type AddUnit struct {
	Base
	Form
	Name    string
	Parent  pactius.UnitID
	Parents []UnitOption
}

// RenameUnit is the form that renames a unit: page and pop-up.
type RenameUnit struct {
	Base
	Form
	Unit pactius.Unit
	Path string
	Name string
}

// MoveUnit is the form that moves a unit to another parent: page and pop-up.
type MoveUnit struct {
	Base
	Form
	Unit    pactius.Unit
	Path    string
	Parent  pactius.UnitID
	Parents []UnitOption // without the unit itself and the units below it
}
