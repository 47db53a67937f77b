package view

import (
	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/users"
)

// Names of the fields that copy the access of a user into a choice of units. FieldLike is what was typed, FieldLiked
// what was typed when the form was made. The value of the button FieldCopy is the user's ID, or CopyTyped.
const (
	FieldLike  = "like"
	FieldLiked = "liked"
	FieldCopy  = "copy"
	CopyTyped  = "typed"
)

// LikePath is where scripts look users up to copy their access.
const LikePath = UsersPath + "/like"

// Like is the part of a form that copies the access of a user into a choice of units.
type Like struct {
	users.Like
	Typed string // the name that was looked for, where it is to be looked for again
	Asked bool   // the form was sent to copy access
}

// Copied says what was copied; zero where nothing was.
func (l Like) Copied() pactius.Text {
	switch {
	case l.User.ID == "":
		return pactius.Text{}
	case len(l.Grants) == 0 && l.LeftOut == 0:
		return pactius.T("%s has no business units to copy.", l.User.Name)
	case len(l.Grants) == 0:
		return pactius.T("Nothing was copied from %s.", l.User.Name)
	}
	return pactius.Plural(len(l.Grants),
		"%d business unit was copied from %s and added to any already chosen. Check the access below.",
		"%d business units were copied from %s and added to any already chosen. Check the access below.", l.User.Name)
}

// Without says how many units were not copied; zero for none.
func (l Like) Without() pactius.Text {
	if l.LeftOut == 0 {
		return pactius.Text{}
	}
	return pactius.Plural(l.LeftOut, "%d unit is archived or not yours to give, and was left out.",
		"%d units are archived or not yours to give, and were left out.")
}

// None reports whether no user was found.
func (l Like) None() bool { return l.Asked && l.User.ID == "" && len(l.Found) == 0 }

// LikePeople is the fragment that LikePath answers with: the options of the list.
type LikePeople struct {
	Base
	Found []pactius.User
	Typed string
}
