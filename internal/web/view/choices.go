package view

import (
	"cmp"
	"slices"
	"strings"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/language"
	"github.com/pactius/pactius/internal/names"
	"github.com/pactius/pactius/internal/units"
)

// Persons names users.
func Persons(users []pactius.User) []Person {
	all := make([]Person, len(users))
	for i, u := range users {
		all[i] = PersonOf(u)
	}
	return all
}

// Within tells which units rights administer. Rights on the root count for
// every unit, whichever part of the tree they were derived from.
func Within(rights pactius.Rights) func(pactius.UnitID) bool {
	all := rights.AdministersAll()
	return func(u pactius.UnitID) bool { return all || rights.Administers(u) }
}

// Choose makes a chooser of units and the access to them, as far as the rights reach.
func Choose(p units.Part, given map[pactius.UnitID]pactius.Access) UnitChoice {
	c := UnitChoice{Part: p, Given: given, Access: true, Address: PartPath}
	if !p.Rights.AdministersAll() {
		c.Reach = p.Rights.Administers
	}
	return c
}

// ChoosePlace makes a chooser of the unit above another: one that the rights reach, and neither the one that is moved
// nor below it.
func ChoosePlace(p units.Part, parent, moved pactius.UnitID) UnitChoice {
	c := UnitChoice{Part: p, Given: map[pactius.UnitID]pactius.Access{}, Single: true, Address: PartPath + "?for=place"}
	if parent != "" {
		c.Given[parent] = pactius.AccessRead
	}
	if moved != "" {
		c.Address += "&moved=" + string(moved)
	}
	c.Reach = Within(p.Rights)
	c.Hide = func(id pactius.UnitID) bool { return moved != "" && p.Tree.Within(id, moved) }
	return c
}

// Wish makes a chooser of units to request; address is WishPath or MoreUnitsPath.
func Wish(p units.Part, given map[pactius.UnitID]pactius.Access, address string) UnitChoice {
	return UnitChoice{Part: p, Given: given, Address: address}
}

// AccessList is access to several units.
type AccessList []UnitAccess

// accessesShown is how many units a list of access shows.
const accessesShown = 50

// First are those that are shown.
func (l AccessList) First() []UnitAccess { return l[:min(len(l), accessesShown)] }

// Rest is how many are not shown.
func (l AccessList) Rest() int { return len(l) - len(l.First()) }

// Granted lists access that was given by path.
func Granted(tree *pactius.Tree, grants []pactius.Grant) AccessList {
	memberships := make([]pactius.Membership, len(grants))
	for i, g := range grants {
		memberships[i] = pactius.Membership{UnitID: g.Unit, Access: g.Access}
	}
	return Explicit(tree, memberships)
}

// Explicit lists a user's explicit access by path.
func Explicit(tree *pactius.Tree, memberships []pactius.Membership) AccessList {
	all := make(AccessList, 0, len(memberships))
	for _, m := range memberships {
		if u, ok := tree.Unit(m.UnitID); ok {
			all = append(all, UnitAccess{Unit: u.ID, Path: tree.Path(u.ID), Access: m.Access, Archived: u.IsArchived()})
		}
	}
	keys := make(map[pactius.UnitID]string, len(all))
	for _, a := range all {
		keys[a.Unit] = names.OrderKey(a.Path)
	}
	slices.SortFunc(all, func(a, b UnitAccess) int {
		return cmp.Or(strings.Compare(keys[a.Unit], keys[b.Unit]), cmp.Compare(a.Unit, b.Unit))
	})
	return all
}

// Bounds of the access that a sentence names; where there is more, it says how much.
const (
	namedUnits = 3
	namedBytes = 400
)

// Text names access within a sentence, or says to how many units it is; zero for none.
func (l AccessList) Text(r language.Reader) pactius.Text {
	var named []string
	for _, a := range l {
		named = append(named, a.Path+" ("+strings.ToLower(r.Text(a.Access.Text()))+")")
	}
	all := strings.Join(named, ", ")
	switch {
	case len(named) == 0:
		return pactius.Text{}
	case len(named) > namedUnits || len(all) > namedBytes:
		return pactius.Plural(len(named), "%d business unit", "%d business units")
	}
	return pactius.T("%s", all)
}
