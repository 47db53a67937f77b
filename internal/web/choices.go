package web

import (
	"cmp"
	"slices"
	"strings"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/admission"
	"github.com/pactius/pactius/internal/web/view"
)

func userPath(id pactius.UserID) string       { return view.UsersPath + "/" + string(id) }
func requestPath(id pactius.RequestID) string { return admission.RequestPath(id) } // where the mail's button leads
func unitPath(id pactius.UnitID) string       { return view.UnitsPath + "/" + string(id) }

// persons names users, at most so many.
func persons(users []pactius.User, most int) []view.Person {
	all := make([]view.Person, 0, min(len(users), most))
	for _, u := range users[:min(len(users), most)] {
		all = append(all, view.PersonOf(u))
	}
	return all
}

// reach tells which units an actor may give; nil is all.
func reach(rights pactius.Rights) func(pactius.UnitID) bool {
	if rights.AdministersAll() {
		return nil
	}
	return rights.Administers
}

// within is reach for those who want an answer in any case.
func within(rights pactius.Rights) func(pactius.UnitID) bool {
	all := rights.AdministersAll()
	return func(u pactius.UnitID) bool { return all || rights.Administers(u) }
}

// choice is a tree to choose units and access from.
func choice(tree *pactius.Tree, rights pactius.Rights, chosen map[pactius.UnitID]pactius.Access) view.UnitChoice {
	return view.UnitChoice{Tree: tree, Chosen: chosen, Reach: reach(rights), Access: true}
}

// inUse is the tree without archived units and what is beneath them.
func inUse(tree *pactius.Tree) *pactius.Tree {
	var units []pactius.Unit
	tree.Walk(tree.Root().ID, func(u pactius.Unit, _ int) bool {
		if !u.IsArchived() {
			units = append(units, u)
		}
		return !u.IsArchived()
	})
	return pactius.NewTree(units)
}

// options lists units in use with their paths, in the order of the tree.
func options(tree *pactius.Tree, wanted func(pactius.UnitID) bool) []view.UnitOption {
	var all []view.UnitOption
	tree.Walk(tree.Root().ID, func(u pactius.Unit, _ int) bool {
		if u.IsArchived() {
			return false
		}
		if wanted(u.ID) {
			all = append(all, view.UnitOption{ID: u.ID, Path: tree.Path(u.ID)})
		}
		return true
	})
	return all
}

// explicit lists a user's explicit access by path.
func explicit(tree *pactius.Tree, memberships []pactius.Membership) []view.UnitAccess {
	all := make([]view.UnitAccess, 0, len(memberships))
	for _, m := range memberships {
		u, ok := tree.Unit(m.UnitID)
		if !ok {
			continue
		}
		all = append(all, view.UnitAccess{Unit: m.UnitID, Path: tree.Path(m.UnitID), Access: m.Access, Archived: u.IsArchived()})
	}
	sortByPath(all)
	return all
}

// inherited lists what explicit access gives beneath, at most so many units.
func inherited(tree *pactius.Tree, rights pactius.Rights, most int) []view.UnitAccess {
	var all []view.UnitAccess
	tree.Walk(tree.Root().ID, func(u pactius.Unit, _ int) bool {
		if u.IsArchived() || len(all) >= most {
			return false
		}
		access, from := rights.Inherited(u.ID)
		if access > rights.Explicit(u.ID) {
			all = append(all, view.UnitAccess{Unit: u.ID, Path: tree.Path(u.ID), Access: access, From: tree.Path(from)})
		}
		return true
	})
	return all
}

func sortByPath(all []view.UnitAccess) {
	slices.SortFunc(all, func(a, b view.UnitAccess) int {
		return cmp.Or(strings.Compare(strings.ToLower(a.Path), strings.ToLower(b.Path)), cmp.Compare(a.Unit, b.Unit))
	})
}
