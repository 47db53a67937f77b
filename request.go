package pactius

import "time"

// AccessRequest is a request for access by an unrecognised person, or for more access by a user.
type AccessRequest struct {
	ID        RequestID
	Person    Person // as authenticated when it was sent
	Message   string
	Units     []UnitID // requested business units; empty leaves the choice to the administrator
	State     RequestState
	CreatedAt time.Time
	ExpiresAt time.Time
	DecidedAt time.Time // when it stopped being pending
	DecidedBy Actor     // its Name is filled when read
	Note      string    // the approver's message to the person
	UserID    UserID    // the user who sent it, or who the person became by its approval
	Created   bool      // the approval created the user; otherwise it linked an existing one
	Proposal  Proposal  // of a pending request
	Version   int

	Profile Profile // of Person; filled for pages that show it
}

// Proposal says that an access request is from a user that the approver may not
// change. It waits for an administrator who may. The zero Proposal is none.
type Proposal struct {
	User UserID
	By   UserID // the approver
	At   time.Time
}

// RequestState is the state of an access request.
type RequestState string

// The states of a request: pending, then exactly one of the others.
const (
	StatePending   RequestState = "pending"
	StateApproved  RequestState = "approved"
	StateDeclined  RequestState = "declined"
	StateWithdrawn RequestState = "withdrawn"
	StateExpired   RequestState = "expired"
)

// Text returns the state for display.
func (s RequestState) Text() Text {
	switch s {
	case StatePending:
		return T("Pending")
	case StateApproved:
		return T("Approved")
	case StateDeclined:
		return T("Declined")
	case StateWithdrawn:
		return T("Withdrawn")
	default:
		return T("Expired")
	}
}

// Times and limits of requests.
const (
	RequestLifetime  = 30 * 24 * time.Hour // a pending request expires after it
	RequestReminder  = 3 * 24 * time.Hour  // administrators are reminded once after it
	TakeBackTime     = 10 * time.Minute    // an approval can be undone this long, see users.Rules.TakeBack
	MaxMessage       = 2000                // characters of the person's message
	MaxNote          = 2000                // characters of the approver's note
	MaxWishedUnits   = 20                  // units in one request
	MaxDeciderMails  = 50                  // administrators who get an email about one request, the nearest first
	AskAgainInterval = 24 * time.Hour      // wait after a declined request
	MaxRequestsADay  = 5                   // of one person: each one sends emails to the administrators
)

// CanTakeBack reports whether an approval can still be undone, provided that nothing
// has happened since that undoing it would lose.
func (r AccessRequest) CanTakeBack(now time.Time) bool {
	return r.State == StateApproved && now.Before(r.DecidedAt.Add(TakeBackTime))
}

// FromUser reports whether a user asked for more access. It is for requests that are not approved: those that were
// approved have a user in any case.
func (r AccessRequest) FromUser() bool { return r.UserID != "" && r.State != StateApproved }

// RequestPage is one page of access requests.
type RequestPage struct {
	Requests []AccessRequest
	Next     string // cursor of the next page, "" at the end
	Cut      bool   // the list was looked through only up to Next: there may be more before a full page
}

// RequestFilter chooses access requests for a list. Zero fields do not filter.
type RequestFilter struct {
	State   RequestState // "" is all
	Settled bool         // all but the pending ones, by the time of the decision
	Search  string       // words of name and account name
	After   string       // cursor of the previous page
	Limit   int          // rows; 0 is PageSize
}
