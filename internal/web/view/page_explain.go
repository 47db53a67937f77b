package view

import (
	"time"

	"github.com/pactius/pactius"
)

// Explain is Settings > Sign-in help: why somebody can or cannot get in, and
// what an error number or a reference means.
type Explain struct {
	Base
	Form
	Username string // as typed, like all that follow
	Name     string
	Email    string
	Pasted   string
	Why      *Why      // about the account name, or the person of the incident; nil where nobody is asked about
	Incident *Incident // what the reference is about; nil is none
	Number   *Number   // what the error number means; nil is none
	Lost     bool      // a reference was pasted beside the number, and nothing is known about it
}

// Why is what a sign-in would meet, why, and what helps. It is the decision of
// the sign-in itself, in words.
type Why struct {
	Who     Person
	Tone    Tone
	Verdict pactius.Text   // the decision
	Reasons []pactius.Text // step by step
	Remedy  pactius.Text   // what helps; empty where nothing is wrong
	Actions []Action       // the remedy's buttons, the best first
	Request *pactius.AccessRequest
	Similar []Similar // who is probably meant, best first
	Former  []Former  // who had the account name before
}

// Action leads to where something can be done.
type Action struct {
	Href  string
	Label pactius.Text
	Popup bool // opens as a pop-up
}

// Similar is somebody who is probably the same person: a user, or who asks for access.
type Similar struct {
	User    *pactius.User          // nil: Request
	Request *pactius.AccessRequest // nil: User
	Reasons []pactius.Text         // what speaks for it, the strongest first
	Correct string                 // where the user's account name is corrected; "" is not offered
}

// Person names who it is.
func (s Similar) Person() Person {
	if s.User != nil {
		return PersonOf(*s.User)
	}
	return visitor(s.Request.Person)
}

// Former is a user who had an account name before.
type Former struct {
	Who   Person
	Until time.Time
}

// Number is one of Microsoft's error numbers in words.
type Number struct {
	Code  string
	Title pactius.Text
	Cause pactius.Text
	Who   pactius.Text // who can mend it: a sentence
	Next  pactius.Text // what to do, and what to ask of whom
}

// Incident is what somebody was shown with a reference.
type Incident struct {
	pactius.Incident
	Title  pactius.Text // what happened
	Cause  pactius.Text // what the person was told about it
	Who    pactius.Text // who can mend it: a sentence
	Next   pactius.Text // what to do now
	Ticket Ticket       // to copy
}

// Ticket is what a person may copy and send to Support, so that nobody has to
// ask back. It holds no token and no secret.
type Ticket struct {
	At        time.Time
	Reference string
	Problem   pactius.Text   // what went wrong, in a few words; may be empty
	Code      string         // Microsoft's number; "" is none
	Person    pactius.Person // whom Microsoft vouched for, as far as it did
}

// UTC is the time as people in other places read it, to the second.
func (t Ticket) UTC() string { return t.At.UTC().Format("2006-01-02 15:04:05") + " UTC" }

// TicketFor is a Ticket with its page.
type TicketFor struct {
	Base
	Ticket
}

// With makes the part.
func (t Ticket) With(b Base) TicketFor { return TicketFor{b, t} }

// IncidentFor is an Incident with its page.
type IncidentFor struct {
	Base
	*Incident
}

// With makes the part.
func (i *Incident) With(b Base) IncidentFor { return IncidentFor{b, i} }

// WhyFor is a Why with its page.
type WhyFor struct {
	Base
	*Why
}

// With makes the part.
func (w *Why) With(b Base) WhyFor { return WhyFor{b, w} }

// Asked reports whether the page answers anything.
func (p Explain) Asked() bool { return p.Why != nil || p.Incident != nil || p.Number != nil }

// Question asks about a user's own page.
func (w *Why) Question() pactius.Text {
	if w.Tone == Good {
		return pactius.T("Why can %s sign in?", w.Who.Shown())
	}
	return pactius.T("Why can't %s get in?", w.Who.Shown())
}
