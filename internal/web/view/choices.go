package view

import (
	"cmp"
	"slices"
	"strings"

	"github.com/pactius/pactius"
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

// Choose makes a tree in which units and access are chosen, as far as the
// rights reach.
func Choose(tree *pactius.Tree, rights pactius.Rights, chosen map[pactius.UnitID]pactius.Access) UnitChoice {
	c := UnitChoice{Tree: tree, Chosen: chosen, Access: true}
	if !rights.AdministersAll() {
		c.Reach = rights.Administers
	}
	return c
}

// Options lists units in use with their paths, in the order of the tree.
func Options(tree *pactius.Tree, wanted func(pactius.UnitID) bool) []UnitOption {
	var all []UnitOption
	tree.Walk(tree.Root().ID, func(u pactius.Unit, _ int) bool {
		if !u.IsArchived() && wanted(u.ID) {
			all = append(all, UnitOption{ID: u.ID, Path: tree.Path(u.ID)})
		}
		return !u.IsArchived()
	})
	return all
}

// Explicit lists a user's explicit access by path.
func Explicit(tree *pactius.Tree, memberships []pactius.Membership) []UnitAccess {
	all := make([]UnitAccess, 0, len(memberships))
	for _, m := range memberships {
		if u, ok := tree.Unit(m.UnitID); ok {
			all = append(all, UnitAccess{Unit: u.ID, Path: tree.Path(u.ID), Access: m.Access, Archived: u.IsArchived()})
		}
	}
	slices.SortFunc(all, func(a, b UnitAccess) int {
		return cmp.Or(strings.Compare(strings.ToLower(a.Path), strings.ToLower(b.Path)), cmp.Compare(a.Unit, b.Unit))
	})
	return all
}
