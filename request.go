package pactius

import "time"

// AccessRequest is an unrecognised person's wish to be let in.
type AccessRequest struct {
	ID        RequestID
	Person    Person // as vouched for by Microsoft when it was sent
	Message   string
	Units     []UnitID // wished business units; empty leaves it to the administrator
	State     RequestState
	CreatedAt time.Time
	ExpiresAt time.Time
	DecidedAt time.Time // when it left pending, whichever way
	DecidedBy Actor     // who decided; its Name is filled when read
	Note      string    // the decider's word to the person
	UserID    UserID    // the user it led to
	Created   bool      // the approval created that user; else it was linked
	Version   int
}

// RequestState is how far an access request is.
type RequestState string

// The states: pending, then exactly one of the others.
const (
	Pending   RequestState = "pending"
	Approved  RequestState = "approved"
	Declined  RequestState = "declined"
	Withdrawn RequestState = "withdrawn"
	Expired   RequestState = "expired"
)

// Text gives the word for a person.
func (s RequestState) Text() Text {
	switch s {
	case Pending:
		return T("Waiting")
	case Approved:
		return T("Approved")
	case Declined:
		return T("Declined")
	case Withdrawn:
		return T("Withdrawn")
	default:
		return T("Expired")
	}
}

// Times and sizes of requests.
const (
	RequestLifetime  = 30 * 24 * time.Hour // undecided for longer, it expires
	RequestReminder  = 3 * 24 * time.Hour  // undecided for this long, the administrators are reminded once
	TakeBackTime     = 10 * time.Minute    // an approval can be taken back this long, unless the person is in
	MaxMessage       = 2000                // characters of the person's message
	MaxNote          = 2000                // characters of the decider's note
	MaxWishedUnits   = 20                  // units a person can wish for
	MaxDeciderMails  = 50                  // administrators who get a mail about one request, the nearest first
	AskAgainInterval = 24 * time.Hour      // after being declined, the next request can be sent this much later
	MaxRequestsADay  = 5                   // of one person, sent and withdrawn again: each one mails the administrators
)

// CanTakeBack reports whether an approval can still be undone, were the
// person not in yet.
func (r AccessRequest) CanTakeBack(now time.Time) bool {
	return r.State == Approved && now.Before(r.DecidedAt.Add(TakeBackTime))
}

// RequestFilter chooses access requests for a list. Zero fields do not filter.
type RequestFilter struct {
	State   RequestState // "" is all
	Settled bool         // without the pending ones
	After   string       // cursor of the previous page
	Limit   int          // rows; 0 is PageSize
}
