package view

import (
	"net/url"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/audit"
)

// Person is a person on a page.
type Person struct {
	ID       pactius.UserID // "" is not a user here: the name is no link
	Name     string
	Username string // account name
	Work     string // title and department, "" unknown
	Photo    string // where the photo is, "" is none
}

// PersonOf names a user.
func PersonOf(u pactius.User) Person {
	return Person{ID: u.ID, Name: u.Name, Username: u.Username, Work: u.Profile.Work(),
		Photo: photoAt(UsersPath+"/"+string(u.ID), u.Profile)}
}

// photoAt is the address of a photo: another photo has another one. "" is none.
func photoAt(path string, p pactius.Profile) string {
	if p.Photo == "" {
		return ""
	}
	return path + "/photo?v=" + url.QueryEscape(p.Photo)
}

// UnitAccess is access to one business unit, for showing.
type UnitAccess struct {
	Unit     pactius.UnitID
	Path     string // as pactius.Tree.Path gives it
	Access   pactius.Access
	From     string // path of the unit above that gives the access; "" is the unit's own
	Archived bool
}

// EventRow is one line of the activity with the names its IDs stand for. A
// name that is missing is said as "someone who is no longer here".
type EventRow struct {
	Event pactius.Event // Actor.Name is filled
	Names audit.Names
}
