package view

import (
	"slices"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/users"
)

// Requests is Settings > Access requests.
type Requests struct {
	Base
	users.RequestPage
	State  RequestsState
	Search string // as typed
	Later  bool   // this is not the first page
}

// Rows are the rows of the page.
func (p Requests) Rows() []RequestRow { return requestRows(p.RequestPage) }

// Order says how the list is sorted.
func (p Requests) Order() pactius.Text {
	switch p.Tab() {
	case string(RequestsWaiting):
		return pactius.T("Oldest first")
	case string(RequestsDecided):
		return pactius.T("Latest decision first")
	}
	return pactius.T("Newest first")
}

// Waits is how long a pending request has been waiting.
func (p Requests) Waits(q pactius.AccessRequest) time.Duration { return p.Reader.Now.Sub(q.CreatedAt) }

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
	Alike   bool                  // an invited user is probably the person
}

func requestRows(p users.RequestPage) []RequestRow {
	rows := make([]RequestRow, len(p.Requests))
	for i, q := range p.Requests {
		rows[i].Request, rows[i].Alike = q, p.Alike[q.ID]
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
	Units  UnitChoice             // of the approval, with what was typed
	Note   string                 // as typed
	EndsOn string                 // as typed
	Late   *pactius.AccessRequest // the reader's click came late: the request as another decided it

	Namesake *users.NamesakeError // approving asks whether the user with the account name is the same person
	Doubted  bool                 // approving asks before it creates a user who may be another one
}

// Doubtful reports whether the person may be an existing user, so that a new one needs a confirmation.
func (p OneRequest) Doubtful() bool {
	return p.TakenOver != nil || p.Proposed != nil || len(p.Similar) > 0 || p.Hidden > 0
}

// Creates reports whether approving creates a user, who can have an end date.
func (p OneRequest) Creates() bool { return !p.More && p.Existing == nil }

// Gave is the access that the approval gave.
func (p OneRequest) Gave() AccessList { return Granted(p.Tree, p.Given) }

// Namesakes says that a user was added with the account name.
func (p OneRequest) Namesakes() pactius.Text {
	if p.OutOfDate {
		return pactius.T("Someone else has signed in with this account name since this request was sent. Ask the " +
			"person to sign in again so that the request shows their current name.")
	}
	if !p.Existing.Identity.IsZero() {
		return pactius.T("There's already a user with this account name. Approving links the request to that user " +
			"instead of creating a new one.")
	}
	return pactius.T("A user has been added with this account name. When you approve, we check with Microsoft 365 " +
		"whose name it is now; if it's this person's, the request is linked to that user.")
}

// Has is the access of a user who asked for more.
func (p OneRequest) Has() AccessList { return Explicit(p.Tree, p.Memberships) }

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
	if p.Request.State != pactius.StatePending || p.More {
		return nil
	}
	w := WhyOf(p.Decision, p.Person(), ExplainRequest(p.Request.ID))
	if w.Outcome == users.OutcomeUnrecognised {
		w.Remedy = pactius.Text{}
	}
	return w
}

// OtherAccount says that a user has the account name with another Microsoft 365
// account.
func (p OneRequest) OtherAccount() pactius.Text {
	switch p.TakenOver.AccountState {
	case pactius.AccountDeleted:
		return pactius.T("This is another Microsoft 365 account with the account name of an existing user. The " +
			"user's own account has been deleted, so this is probably the same person with a new account.")
	case pactius.AccountDisabled:
		return pactius.T("This is another Microsoft 365 account with the account name of an existing user. The " +
			"user's own account is disabled, so this may be the same person with a new account.")
	}
	return pactius.T("This is another Microsoft 365 account with the account name of an existing user: the account " +
		"was created again, or the name was given to someone else.")
}

// NewUser says what creating a user beside TakenOver does.
func (OneRequest) NewUser() pactius.Text {
	return pactius.T("If it's someone else, create a new user. The existing user keeps their business units and " +
		"history, and is shown under a different account name until the next sign-in.")
}

// Alike are the users who are probably the person, except the proposed one: the page asks about
// that user already.
func (p OneRequest) Alike() []users.Similar {
	return slices.DeleteFunc(slices.Clone(p.Similar), func(s users.Similar) bool {
		return p.Proposed != nil && s.User.ID == p.Proposed.ID
	})
}

// SamePerson says what the button "Same person" does.
func (p OneRequest) SamePerson() pactius.Text {
	asks := func(s users.Similar) bool { return p.NeedConfirm[s.User.ID] }
	if !slices.ContainsFunc(p.Alike(), func(s users.Similar) bool { return !asks(s) }) {
		return confirmedFirst
	}
	return pactius.T("This corrects the account name, approves the request and notifies the person. Business units " +
		"stay the same. You can undo it for ten minutes.")
}

// Kept says which business units a user has, and the person after the answer "same person".
func (p OneRequest) Kept(u *pactius.User) pactius.Text {
	has := Explicit(p.Tree, p.Keeps[u.ID]).Text(p.Reader)
	switch {
	case u.UnitCount > namedUnits:
		has = pactius.Plural(u.UnitCount, "%d business unit", "%d business units")
	case has.IsZero():
		return pactius.T("If it's the same person, they won't have any business units yet.")
	}
	return pactius.T("If it's the same person, they'll keep: %s.", has)
}

// confirmedFirst says what a proposal does.
var confirmedFirst = pactius.T("An administrator who manages this user is asked to confirm. Nothing changes until " +
	"then.")

// Confirmed says that others must confirm that a user is the same person.
func (OneRequest) Confirmed() pactius.Text {
	return pactius.T("An administrator who manages this user must confirm it.")
}

// Double says what the reader confirms by creating a user.
func (OneRequest) Double() pactius.Text {
	return pactius.T("This creates a second user. If it turns out to be the same person, you can merge the two later.")
}

// SamePerson asks whether a request is from an existing user: page and pop-up.
type SamePerson struct {
	Base
	Form
	users.SameView
}

// Sender is the person of the request.
func (p SamePerson) Sender() Person { return visitor(p.Request.Person) }

// Holder is the existing user.
func (p SamePerson) Holder() Person { return PersonOf(p.Existing) }

// Old says what is known of the account that the user is linked to.
func (p SamePerson) Old() pactius.Text {
	switch {
	case !p.Linked():
		return pactius.Text{}
	case p.Account.Known && p.Account.State == pactius.AccountDeleted:
		return pactius.T("Microsoft 365 says that the account this user signed in with has been deleted.")
	case p.Account.Known && p.Account.State == pactius.AccountDisabled:
		return pactius.T("Microsoft 365 says that the account this user signed in with is disabled.")
	case p.Account.Known:
		return pactius.T("The account this user signs in with still exists in Microsoft 365 and isn't disabled. Two " +
			"accounts in use usually belong to two people.")
	case p.Existing.AccountState.Gone():
		return pactius.T("We couldn't check with Microsoft 365 just now. When we last compared, the account this " +
			"user signed in with was disabled or deleted.")
	}
	return pactius.T("We couldn't check with Microsoft 365 whether the account this user signs in with still exists.")
}

// Will lists what the answer "same person" does.
func (p SamePerson) Will() []pactius.Text {
	if !p.Manages {
		return []pactius.Text{confirmedFirst}
	}
	var will []pactius.Text
	if p.Linked() {
		will = append(will, pactius.T("The user signs in with the new account. Sessions with the old account end."))
	}
	if p.Existing.Username != p.Request.Person.Username {
		will = append(will, pactius.T("The account name becomes %s.", p.Request.Person.Username))
	}
	will = append(will, p.kept())
	if p.Request.Person.MailAddress() == "" {
		return append(will, pactius.T("The request is approved. %s has no email address, so tell them yourself.",
			p.Sender().Shown()))
	}
	return append(will, pactius.T("The request is approved, and %s gets an email.", p.Sender().Shown()))
}

// kept says what stays as it is.
func (p SamePerson) kept() pactius.Text {
	switch has := Explicit(p.Tree, p.Memberships).Text(p.Reader); {
	case !p.Visible:
		return pactius.T("Business units and history are kept.")
	case has.IsZero():
		return pactius.T("History is kept. The user has no business units yet, so assign them afterwards.")
	default:
		return pactius.T("Business units and history are kept: %s.", has)
	}
}

// DeclineRequest is the form that declines: page and pop-up.
type DeclineRequest struct {
	Base
	Form
	Request pactius.AccessRequest
	Note    string // as typed
}
