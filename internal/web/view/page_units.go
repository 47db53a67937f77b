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
	Form // a refused change in the list of members
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

// CrowdAbove reports whether the units above that the reader administers have more members than are counted.
func (p OneUnit) CrowdAbove() bool { return p.Above > pactius.MaxCount }

// Crowded reports whether the unit has more members than are counted.
func (p OneUnit) Crowded() bool { return p.Members[p.Unit.ID] > pactius.MaxCount }

// MoreMembers reports whether the page does not list all of them.
func (p OneUnit) MoreMembers() bool { return p.MemberCount() > len(p.View.Explicit) }

// CanAssign reports whether the reader may add, change and remove members.
func (p OneUnit) CanAssign() bool { return p.CanManage() && !p.Unit.IsArchived() }

// MembersAt is the page with the members behind a cursor.
func (p OneUnit) MembersAt(after string) string { return MembersPath(p.Unit.ID, after) }

// NextMembers is the link to the next page of members, "" for none.
func (p OneUnit) NextMembers() string {
	if p.Following == "" {
		return ""
	}
	return p.MembersAt(p.Following)
}

// MembersPath is the page of a unit with the members behind a cursor.
func MembersPath(unit pactius.UnitID, after string) string {
	return link(UnitsPath+"/"+string(unit), "after", after)
}

// Approver is a local administrator of a unit.
type Approver struct {
	Person
	From string // path of the unit above that gives the access; "" is the unit itself
}

// Approvers are the local administrators of the unit and the units above it, the nearest first.
func (p OneUnit) Approvers() []Approver {
	var all []Approver
	for _, up := range p.Tree.Up(p.Unit.ID) {
		from := ""
		if up != p.Unit.ID {
			from = p.Tree.Path(up)
		}
		for _, a := range Persons(p.Administrators[up]) {
			known := slices.ContainsFunc(all, func(b Approver) bool { return a.ID == b.ID })
			if len(all) < shownApprovers && !known {
				all = append(all, Approver{a, from})
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

// Edits reports whether the rows have their controls.
func (t MemberTable) Edits() bool { return !t.Above && t.CanAssign() }

// MemberEdit is the access of a member, to be changed in place.
type MemberEdit struct {
	OneUnit
	units.Member
}

// Edit makes the part.
func (t MemberTable) Edit(m units.Member) MemberEdit { return MemberEdit{t.OneUnit, m} }

// Seen is the access that the page shows, which the form posts as its version.
func (e MemberEdit) Seen() int { return int(e.Access) }

// Shown is the member's name.
func (e MemberEdit) Shown() string { return PersonOf(e.Member.User).Shown() }

// Offered are the accesses that a member can be given.
func (MemberEdit) Offered() []pactius.Access { return offered }

// Status is the member's status.
func (t MemberTable) Status(m units.Member) pactius.Status { return m.User.Status(t.Today) }

// From is the path of the unit that gives the access.
func (t MemberTable) From(m units.Member) string { return t.Tree.Path(m.From) }

// Up lists the units above, the root first.
func (p OneUnit) Up() []pactius.Unit { return unitsAbove(p.Tree, p.Unit.ID) }

func unitsAbove(tree *pactius.Tree, unit pactius.UnitID) []pactius.Unit {
	var up []pactius.Unit
	ids := tree.Up(unit)
	for i := len(ids) - 1; i > 0; i-- {
		if u, ok := tree.Unit(ids[i]); ok {
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
