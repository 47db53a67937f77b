package view

import (
	"strings"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/users"
)

// shownAssigners is how many people are named to a user without business units.
const shownAssigners = 3

// Home is the first page of a user: their business units and, for
// administrators, what waits.
type Home struct {
	Base
	Applications AppCards
	Access       AccessList   // own explicit memberships, by path
	Assigners    []Person     // people who can assign business units: named where Access is empty
	More         bool         // there is more access to request
	Waiting      *HomeWaiting // nil: not an administrator
}

// HomeWaiting is what waits for an administrator.
type HomeWaiting struct {
	users.Unfinished
	Oldest users.RequestPage // a few pending requests
	Today  pactius.Date      // the last day of the counts
}

// Assigning names the people who can assign business units.
func (p Home) Assigning() pactius.Text {
	shown := p.Assigners[:min(len(p.Assigners), shownAssigners)]
	names := make([]string, len(shown))
	for i, a := range shown {
		names[i] = isolated(a.Shown())
	}
	switch n := len(names); {
	case n == 0:
		return pactius.T("A local administrator can assign business units to you.")
	case n < len(p.Assigners):
		return pactius.T("%s or another administrator of the whole company can assign business units to you.",
			strings.Join(names, ", "))
	case n == 1:
		return pactius.T("%s can assign business units to you.", names[0])
	default:
		return pactius.T("%s or %s can assign business units to you.", strings.Join(names[:n-1], ", "), names[n-1])
	}
}

// isolated keeps the reading direction of a name from changing the sentence around it, as bdi does in a template.
func isolated(name string) string { return "\u2068" + name + "\u2069" }

// UsersFound is the number of users that a search on the home page shows: a glance, the list has the rest.
func (Home) UsersFound() int { return 8 }

// Rows are the latest requests.
func (w HomeWaiting) Rows() []RequestRow { return requestRows(w.Oldest) }
