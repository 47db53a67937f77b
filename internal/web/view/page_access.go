package view

import (
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/applications"
)

// RequestAccess is the page of a person PACTIUS does not know: who they are
// signed in as, the form to ask, and afterwards how far the request is.
// Base.Visitor is the person.
type RequestAccess struct {
	Base
	Form
	Person   pactius.Person
	Request  *pactius.AccessRequest // the latest; nil: never asked
	Wished   []string               // paths of Request.Units
	Deciders []Helper               // can approve the pending request, or one without units; none: Support helps
	Units    UnitChoice             // of the form, without access
	Browsing bool                   // another part of the tree was asked for
	Message  string                 // of the form, as typed
	CanAsk   bool                   // the form is shown: nothing pending, and asking again is allowed
	AskAgain time.Time              // of a declined request: from when CanAsk
	Ticket   Ticket                 // for Support
	Sought   *applications.Listed   // the application the person wants to open; nil: none
	Return   string                 // the page the person came for, which another account may open; "": none
}

// AddedAlready says that asking is right also for a person who has been added.
func (RequestAccess) AddedAlready() pactius.Text {
	return pactius.T("Told you already have access? You may be registered under a different account name. Send the " +
		"request anyway: the approver will see any match, and you won't be added twice.")
}

// MorePath is where a user requests more access.
const MorePath = "/access/more"

// MoreAccess is the page on which a user requests more access, and sees how far the request is.
type MoreAccess struct {
	RequestAccess              // Person is not shown: it is the user
	Purpose       pactius.Text // why the user came here; the zero text is a general one
	All           bool         // the user has all access, so there is nothing to request
	Has           AccessList   // the user's access now
}
