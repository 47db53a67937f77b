package view

import (
	"net/url"
	"slices"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/units"
)

// Units is Settings > Business units: the tree.
type Units struct {
	Base
	UnitList
	AnyArchived bool // there are archived units: the toggle is shown
}

// OneUnit is the page of one business unit.
type OneUnit struct {
	Base
	units.View
}

// NewUnits makes the page of the tree.
func NewUnits(b Base, p units.Part, anyArchived bool) Units {
	list := UnitList{Part: p, Page: UnitsPath, Query: url.Values{}, Add: true,
		Target: func(id pactius.UnitID) string { return UnitsPath + "/" + string(id) }}
	list.Address = PartPath + "?for=list"
	if p.Archived {
		list.Query.Set("archived", "1")
		list.Address += "&archived=1"
	}
	return Units{b, list, anyArchived}
}

// CanAdd reports whether the reader may add a unit anywhere.
func (p Units) CanAdd() bool { return p.Rights.AdministersAny() }

// CanManage reports whether the reader may rename the unit and add sub-units.
func (p OneUnit) CanManage() bool { return p.Rights.Administers(p.Unit.ID) }

// CanMove reports whether the reader may move and archive the unit; never the root.
func (p OneUnit) CanMove() bool { return !p.Unit.IsRoot() && p.Rights.Administers(p.Unit.ParentID) }

// CanDelete reports whether the reader may delete the unit: it has no members
// and no units below it.
func (p OneUnit) CanDelete() bool { return p.CanMove() && p.MemberCount() == 0 && len(p.Rows) == 0 }

// MemberCount is how many members the unit has explicitly, at most pactius.MaxCount; the page lists the first.
func (p OneUnit) MemberCount() int { return min(p.Members[p.Unit.ID], pactius.MaxCount) }

// Crowded reports whether the unit has more members than are counted; none is listed then.
func (p OneUnit) Crowded() bool { return p.Members[p.Unit.ID] > pactius.MaxCount }

// CrowdAbove reports whether the units above that the reader administers have more members than are counted.
func (p OneUnit) CrowdAbove() bool { return p.Above > pactius.MaxCount }

// MoreMembers reports whether the page does not list all of them.
func (p OneUnit) MoreMembers() bool { return p.MemberCount() > len(p.View.Explicit) }

// Approvers are the local administrators of the unit and the units above it,
// the nearest first.
func (p OneUnit) Approvers() []Person {
	var all []Person
	for _, up := range p.Tree.Up(p.Unit.ID) {
		for _, a := range Persons(p.Administrators[up]) {
			if len(all) < shownApprovers && !slices.Contains(all, a) {
				all = append(all, a)
			}
		}
	}
	return all
}

// shownApprovers is how many local administrators the page of a unit names.
const shownApprovers = 20

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

// Below are the units directly below, as far as the page lists them.
func (p OneUnit) Below() []Node {
	return UnitList{Part: p.Part, Page: UnitsPath,
		Target: func(id pactius.UnitID) string { return UnitsPath + "/" + string(id) }}.Nodes()
}

// Rest is the link to all the units below, "" if the page lists them.
func (p OneUnit) Rest() string {
	if p.Next == "" {
		return ""
	}
	return UnitsPath + "?archived=1&open=" + string(p.Unit.ID)
}

// AddUnit is the form that adds a unit: page and pop-up.
type AddUnit struct {
	Base
	Form
	Name   string
	Parent UnitChoice
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
	Unit   pactius.Unit
	Path   string
	Parent UnitChoice // without the unit itself and the units below it
}
