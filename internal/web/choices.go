package web

import (
	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/web/view"
)

func userPath(id pactius.UserID) string       { return view.UsersPath + "/" + string(id) }
func requestPath(id pactius.RequestID) string { return view.RequestsPath + "/" + string(id) }
func unitPath(id pactius.UnitID) string       { return view.UnitsPath + "/" + string(id) }

// persons names users, at most so many.
func persons(users []pactius.User, most int) []view.Person {
	return view.Persons(users[:min(len(users), most)])
}

// inUse is the tree without archived units and all units below them.
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
