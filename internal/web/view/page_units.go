package view

import "github.com/pactius/pactius"

// Units is Settings > Business units: the tree.
type Units struct {
	Base
	Tree           *pactius.Tree
	Members        map[pactius.UnitID]int      // explicit members
	Administrators map[pactius.UnitID][]Person // local administrators by explicit unit
	Manages        func(pactius.UnitID) bool   // where the reader may add; nil is nowhere
	Archived       bool                        // archived units are shown
	AnyArchived    bool                        // there are some: the toggle is shown
}

// OneUnit is the page of one business unit.
type OneUnit struct {
	Base
	Unit           pactius.Unit
	Tree           *pactius.Tree // for the way up and the units beneath
	Members        []Member      // explicit here
	MoreMembers    bool          // the list of users, filtered by this unit, has more
	MemberCount    int           // explicit here
	FromAbove      []Member      // access inherited from units above
	Administrators []Person      // who decides here: nearest first
	Counts         map[pactius.UnitID]int
	CanManage      bool // rename, add beneath
	CanMove        bool // move and archive: not the root
}

// Member is somebody with access to a unit.
type Member struct {
	User   pactius.User
	Status pactius.Status
	Access pactius.Access
	From   UnitOption // the unit above that gives it; zero: the unit itself
}

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

// MoveUnit is the form that moves a unit beneath another: page and pop-up.
type MoveUnit struct {
	Base
	Form
	Unit    pactius.Unit
	Path    string
	Parent  pactius.UnitID
	Parents []UnitOption // without the unit itself and what is beneath it
}
