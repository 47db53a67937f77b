package view

import (
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/admission"
)

// Requests is Settings > Access requests.
type Requests struct {
	Base
	State RequestsState
	Rows  []RequestRow
	Next  string // cursor of the next page
	Later bool   // this is not the first page
}

// RequestsState is a tab of the list of requests, the value of its query field "state".
type RequestsState string

// The tabs. The zero RequestsState is RequestsWaiting.
const (
	RequestsWaiting RequestsState = "waiting"
	RequestsDecided RequestsState = "decided"
	RequestsAll     RequestsState = "all"
)

// RequestRow is one row of a list of requests.
type RequestRow struct {
	Request pactius.AccessRequest // DecidedBy.Name is filled
	Wished  []string              // paths of the wished business units
}

// OneRequest is the page of one access request: look, choose, decide.
type OneRequest struct {
	Base
	Form
	Request       pactius.AccessRequest
	Wished        []UnitAccess            // paths of the wished units; Access is unused
	Units         UnitChoice              // of the approval, the wished ones prefilled with Read
	Note          string                  // as typed
	CanDecide     bool                    // false: the reader only looks
	Own           bool                    // the reader's own request
	Why           *Why                    // of a pending one: why the person was not recognised
	Existing      *pactius.User           // has the same account name: approving links them
	TakenOver     *pactius.User           // has the account name here and no longer in Microsoft 365: approving makes a new user
	Former        []admission.FormerOwner // had the account name before
	Similar       []admission.Similar     // invited users who are probably this person, best first; without a decision to make, nobody
	Hidden        int                     // such users whom the reader may not see
	Late          *pactius.AccessRequest  // the reader's click came late: what somebody else decided (usually == &Request)
	Result        *pactius.User           // the user it led to
	CanTakeBack   bool
	TakeBackUntil time.Time
}

// DeclineRequest is the form that declines: page and pop-up.
type DeclineRequest struct {
	Base
	Form
	Request pactius.AccessRequest
	Note    string // as typed
}
