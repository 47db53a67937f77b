package view

import (
	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/audit"
)

// Person is a person on a page.
type Person struct {
	ID       pactius.UserID // "" is not a user here: the name is no link
	Name     string
	Username string // account name
}

// PersonOf names a user.
func PersonOf(u pactius.User) Person { return Person{ID: u.ID, Name: u.Name, Username: u.Username} }

// UnitAccess is access to one business unit, for showing.
type UnitAccess struct {
	Unit     pactius.UnitID
	Path     string // as pactius.Tree.Path gives it
	Access   pactius.Access
	From     string // path of the unit above that gives the access; "" is the unit's own
	Archived bool
}

// UnitOption is one entry of a choice of business units.
type UnitOption struct {
	ID   pactius.UnitID
	Path string
}

// UnitChoice is the check tree: choose business units and, if Access is set,
// the access to each. It posts FieldUnit and FieldAccess.
type UnitChoice struct {
	Tree   *pactius.Tree                     // nil or empty: says that there are none
	Chosen map[pactius.UnitID]pactius.Access // as stored or as typed; NoAccess is not chosen
	Reach  func(pactius.UnitID) bool         // which units the reader may change; nil is all
	Access bool                              // an access choice stands in every row
}

// FieldUnit is the name of the check boxes of a UnitChoice; their values are
// unit IDs.
const FieldUnit = "unit"

// FieldAccess is the name of the access choice of a unit; its values are those
// of pactius.Access.String.
func FieldAccess(id pactius.UnitID) string { return "access." + string(id) }

// EventRow is one line of the activity with the names its IDs stand for. A
// name that is missing is said as "somebody who is no longer here".
type EventRow struct {
	Event pactius.Event // Actor.Name is filled
	Names audit.Names
}
