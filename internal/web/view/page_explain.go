package view

import (
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/microsoft"
	"github.com/pactius/pactius/internal/users"
)

// Explain is Settings > Sign-in help: why a person can or cannot sign in, and
// what an error number or a reference means.
type Explain struct {
	Base
	Form
	Username string // as typed, like all that follow
	Name     string
	Email    string
	Pasted   string
	Why      *Why              // about the account name, or the person of the incident; nil is no question
	Incident *Incident         // the incident with the reference; nil is none
	Number   *microsoft.Number // the error number; nil is none
	Lost     bool              // a reference was pasted beside the number, and there is no such incident
}

// Why shows what a sign-in would meet, why, and what helps. It is the decision
// of the sign-in itself, in words.
type Why struct {
	users.Explanation
	Who     Person
	Actions []Action // buttons that lead to the remedy, the best first
}

// WhyOf shows a decision about a person.
func WhyOf(d users.Decision, who Person) *Why {
	return &Why{Explanation: users.Explanation{Decision: d, Remedy: d.Remedy}, Who: who}
}

// Action leads to where something can be done.
type Action struct {
	Href  string
	Label pactius.Text
	Popup bool // opens as a pop-up
}

// Tone is the tone of the verdict.
func (w *Why) Tone() Tone {
	switch w.Outcome {
	case users.OutcomeEnter, users.OutcomeLink:
		return ToneGood
	case users.OutcomeUnrecognised:
		return ToneAttention
	}
	return ToneDanger
}

// Verdict says the decision in one sentence.
func (w *Why) Verdict() pactius.Text {
	who := w.Who.Shown()
	switch w.Outcome {
	case users.OutcomeEnter:
		return pactius.T("%s can sign in.", who)
	case users.OutcomeLink:
		return pactius.T("%s can sign in, and is recognised by the Microsoft 365 account from then on.", who)
	case users.OutcomeBlocked:
		return pactius.T("%s is a user, but is not let in.", who)
	case users.OutcomeUnrecognised:
		return pactius.T("%s is not recognised and can only ask for access.", who)
	case users.OutcomeForeign:
		return pactius.T("%s belongs to another organisation and is not let in.", who)
	}
	return pactius.T("Nobody can sign in here yet.")
}

// Question asks about a user's own page.
func (w *Why) Question() pactius.Text {
	if w.Tone() == ToneGood {
		return pactius.T("Why can %s sign in?", w.Who.Shown())
	}
	return pactius.T("Why can't %s get in?", w.Who.Shown())
}

// Correct is the form in which the account name of a similar user becomes the
// one in question; "" while the person's own request waits, because its page
// settles both together.
func (w *Why) Correct(s users.Similar) string {
	if w.Request != nil || s.User == nil {
		return ""
	}
	return link(PersonOf(*s.User).Href()+"/edit", "username", w.Who.Username)
}

// Incident is an incident in words.
type Incident struct{ pactius.Incident }

// failure is the sign-in failure of an IncidentSignIn.
func (i *Incident) failure() *microsoft.Failure {
	return &microsoft.Failure{Reason: microsoft.Reason(i.Reason), Code: i.Code}
}

// Title says what happened.
func (i *Incident) Title() pactius.Text {
	switch i.Kind {
	case pactius.IncidentSignIn:
		return pactius.T("A sign-in failed")
	case pactius.IncidentNoAccess:
		return pactius.T("Signed in with Microsoft, and not let in")
	}
	return pactius.T("Something went wrong on our side")
}

// Cause says what the person was told, or why it happened. The card of an error
// number says the rest.
func (i *Incident) Cause() pactius.Text {
	f := i.failure()
	switch {
	case i.Kind == pactius.IncidentNoAccess:
		return pactius.Text{}
	case i.Kind != pactius.IncidentSignIn:
		return pactius.T("The person did nothing wrong, and nothing of what they did was saved. Page: %s", i.Route)
	case i.Code != "":
		return pactius.T("The person was told: %s.", f.Title())
	}
	return pactius.T("The person was told: %s. %s %s", f.Title(), f.Explanation(), f.Remedy())
}

// Next says what to do now about a fault of ours.
func (i *Incident) Next() pactius.Text {
	if i.Kind == pactius.IncidentSignIn || i.Kind == pactius.IncidentNoAccess {
		return pactius.Text{}
	}
	return pactius.T("Let the person try again. If it happens again, send the details to Support.")
}

// Mender says who can mend it, unless the card of an error number does.
func (i *Incident) Mender() pactius.Text {
	if i.Kind == pactius.IncidentSignIn && i.Code != "" {
		return pactius.Text{}
	}
	return mender(microsoft.Mender(i.Incident))
}

// Ticket is what can be copied and sent to Support.
func (i *Incident) Ticket() Ticket {
	t := Ticket{At: i.At, Reference: i.Reference, Code: i.Code, Problem: i.Title(),
		Person: pactius.Person{Identity: i.Identity, Username: i.Username}}
	if i.Kind == pactius.IncidentSignIn {
		t.Problem = i.failure().Title()
	}
	return t
}

// mender is the template function that says to an administrator who can mend
// what happened.
func mender(who microsoft.Helper) pactius.Text {
	switch who {
	case microsoft.HelperCustomerIT:
		return pactius.T("Who can mend it: the IT department that looks after the company's Microsoft 365.")
	case microsoft.HelperLocalAdministrator:
		return pactius.T("Who can mend it: a local administrator, such as you.")
	case microsoft.HelperSupport:
		return pactius.T("Who can mend it: Support.")
	}
	return pactius.T("Who can mend it: the person, by trying again.")
}

// Ticket is what a person may copy and send to Support, with everything that
// Support would ask for. It holds no token and no secret.
type Ticket struct {
	At        time.Time
	Reference string
	Problem   pactius.Text   // the fault in a few words; may be empty
	Code      string         // Microsoft's number; "" is none
	Person    pactius.Person // as far as Microsoft has vouched for the person
}

// UTC is the time in UTC, to the second, which Support reads anywhere.
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
