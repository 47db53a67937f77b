package view

import (
	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/applications"
)

// Paths of applications for everyone: ApplicationPath is followed by an ID.
const (
	EnterPath       = "/enter"
	ApplicationPath = "/applications/"
)

// AccessFor is where a visitor requests access for an application; "" is for none.
func AccessFor(app pactius.ApplicationID) string { return link("/access", "application", string(app)) }

// AppFace is the icon of an application, or its initials.
type AppFace struct {
	Person
	Icon string // of the sprite; "" shows the initials
}

// face is the template function that makes the face of an application.
func face(a pactius.Application) AppFace {
	return AppFace{Person{Name: a.Name, Username: string(a.ID)}, a.Icon}
}

// AppCard is an application as its user sees it.
type AppCard struct{ applications.Openable }

// Request is where the user requests the access that the application requires.
func (c AppCard) Request() string {
	return link("/access/more", "unit", string(c.Unit), "application", string(c.ID))
}

// MayNotOpen says to a user what is needed for an application, and who can give it.
type MayNotOpen struct {
	Base
	App       AppCard
	Approvers []Helper
}

// Helper is a user to turn to.
type Helper struct {
	Person
	Contact
}

// Helpers names users to turn to.
func Helpers(users []pactius.User) []Helper {
	all := make([]Helper, len(users))
	for i, u := range users {
		all[i] = Helper{PersonOf(u), Contact(u.MailAddress())}
	}
	return all
}
