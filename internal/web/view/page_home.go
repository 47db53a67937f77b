package view

import (
	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/users"
)

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

// UsersFound is the number of users that a search on the home page shows: a glance, the list has the rest.
func (Home) UsersFound() int { return 8 }

// Rows are the latest requests.
func (w HomeWaiting) Rows() []RequestRow { return requestRows(w.Oldest) }
