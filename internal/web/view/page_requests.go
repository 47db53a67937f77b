package view

import (
	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/users"
)

// Requests is Settings > Access requests.
type Requests struct {
	Base
	users.RequestPage
	State RequestsState
	Later bool // this is not the first page
}

// Rows are the rows of the page.
func (p Requests) Rows() []RequestRow { return requestRows(p.RequestPage) }

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

func requestRows(p users.RequestPage) []RequestRow {
	rows := make([]RequestRow, len(p.Requests))
	for i, q := range p.Requests {
		rows[i].Request = q
		for _, u := range q.Units {
			rows[i].Wished = append(rows[i].Wished, p.Paths[u])
		}
	}
	return rows
}

// OneRequest is the page of one access request: look, choose, decide.
type OneRequest struct {
	Base
	Form
	users.RequestView
	Units UnitChoice             // of the approval, with what was typed
	Note  string                 // as typed
	Late  *pactius.AccessRequest // the reader's click came late: the request as another decided it
}

// Wished are the paths of the requested units.
func (p OneRequest) Wished() []string {
	paths := make([]string, len(p.Request.Units))
	for i, id := range p.Request.Units {
		paths[i] = p.Tree.Path(id)
	}
	return paths
}

// Why explains why the person of a pending request was not recognised; nil for
// a settled one. The remedy is the page itself.
func (p OneRequest) Why() *Why {
	if p.Request.State != pactius.StatePending {
		return nil
	}
	w := WhyOf(p.Decision, p.Person(), ExplainRequest(p.Request.ID))
	if w.Outcome == users.OutcomeUnrecognised {
		w.Remedy = pactius.Text{}
	}
	return w
}

// NewPerson says what approving does where Microsoft 365 has given the account
// name of a user to a new person.
func (OneRequest) NewPerson() pactius.Text {
	return pactius.T("Microsoft 365 has given this account name to a new person. Approving makes a new user; " +
		"the one who has the name here keeps everything and is shown under another " +
		"until the next sign-in tells the new one.")
}

// SamePerson says what the button "Same person" does.
func (OneRequest) SamePerson() pactius.Text {
	return pactius.T("“Same person” corrects the account name, approves the request and tells the person. " +
		"Business units stay as they are. It can be taken back for ten minutes.")
}

// DeclineRequest is the form that declines: page and pop-up.
type DeclineRequest struct {
	Base
	Form
	Request pactius.AccessRequest
	Note    string // as typed
}
