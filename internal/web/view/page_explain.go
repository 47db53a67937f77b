package view

import (
	"slices"
	"strings"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/applications"
	"github.com/pactius/pactius/internal/microsoft"
	"github.com/pactius/pactius/internal/names"
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

	Applications []applications.Openable // to choose from
	Application  pactius.ApplicationID   // the chosen one; "" is none
	Opening      *Opening                // about Application and the person of Why; nil is no answer
}

// Why shows what a sign-in would meet, why, and what helps. It is the decision
// of the sign-in itself, in words.
type Why struct {
	users.Explanation
	Who     Person
	Source  string   // where this explanation is shown with the account looked up
	Actions []Action // buttons that lead to the remedy, the best first
}

// Opening shows whether a person can open an application, why not, and what helps.
type Opening struct {
	applications.Explanation
	Who Person
}

// Says is the verdict.
func (o *Opening) Says() pactius.Text { return o.Verdict(o.Who.Shown()) }

// Tone is the tone of the verdict. What Microsoft would say at a sign-in is the business of Why.
func (o *Opening) Tone() Tone {
	if o.Opens() {
		return ToneInformation
	}
	return ToneDanger
}

// WhyOf shows a decision about a person, whose account is looked up at source.
func WhyOf(d users.Decision, who Person, source string) *Why {
	return &Why{Explanation: users.Explanation{Decision: d, Remedy: d.Remedy}, Who: who, Source: source}
}

// ExplainUser is where a user's sign-in is explained with the account looked up.
func ExplainUser(id pactius.UserID) string { return link(ExplainPath, "user", string(id)) }

// ExplainRequest is where the sign-in of a request's person is explained with the
// account looked up.
func ExplainRequest(id pactius.RequestID) string { return link(ExplainPath, "request", string(id)) }

// Action leads to where something can be done.
type Action struct {
	Href  string
	Label pactius.Text
	Popup bool // opens as a pop-up
	Later bool // something else comes first: it isn't the primary button
}

// Tone is the tone of the verdict: good only where the account was looked up.
func (w *Why) Tone() Tone {
	switch w.Outcome {
	case users.OutcomeEnter, users.OutcomeLink:
		if w.Standing.State == pactius.StandingEnabled {
			return ToneGood
		}
		return ToneInformation
	case users.OutcomeUnrecognised:
		return ToneAttention
	}
	return ToneDanger
}

// Verdict says the decision in one sentence.
func (w *Why) Verdict() pactius.Text { return w.Decision.Verdict(w.Who.Shown()) }

// Open reports whether the explanation is what the reader of a user's page needs
// to see first.
func (w *Why) Open() bool { return w.Tone() == ToneDanger || w.Tone() == ToneAttention }

// OnRequest leaves out what the page of a request says itself.
func (w *Why) OnRequest() {
	w.Request, w.Similar, w.Former, w.Actions = nil, nil, nil, nil
	if w.Outcome == users.OutcomeUnrecognised && !w.Standing.State.Shut() {
		w.Remedy = pactius.Text{}
	}
}

// Question asks about a user's own page.
func (w *Why) Question() pactius.Text {
	if w.Open() {
		return pactius.T("Why can't %s get in?", w.Who.Shown())
	}
	return pactius.T("What happens when %s signs in?", w.Who.Shown())
}

// NotAsked reports whether the directory was not asked.
func (w *Why) NotAsked() bool { return w.Standing.State == pactius.StandingNotAsked }

// Again reports whether asking again may help: the directory was not asked, or was
// too slow, and its answer is there in a moment.
func (w *Why) Again() bool {
	return w.Source != "" && (w.NotAsked() || w.Standing.Trouble == pactius.TroubleSlow)
}

// Near are the accounts to choose from.
func (w *Why) Near() []Choosable {
	all := make([]Choosable, 0, len(w.Matches)+len(w.Standing.Near))
	for _, u := range w.Matches {
		all = append(all, Choosable{PersonOf(u), link(ExplainPath, "username", u.Username), true})
	}
	for _, a := range w.Standing.Near {
		same := func(c Choosable) bool { return names.Key(c.Username) == names.Key(a.Username) }
		if a.Username != "" && !slices.ContainsFunc(all, same) {
			all = append(all, Choosable{Person{Name: a.Name, Username: a.Username},
				link(ExplainPath, "username", a.Username), false})
		}
	}
	return all
}

// Only is the account name of the one person who has the name that was asked about; "" where the reader must choose.
func (w *Why) Only() string {
	if w == nil || w.Outcome != users.OutcomeUnrecognised || strings.Contains(w.Who.Username, "@") ||
		w.Standing.State == pactius.StandingUnknown {
		return ""
	}
	if near := w.Near(); len(near) == 1 {
		return near[0].Username
	}
	return ""
}

// Choosable is a person to explain instead.
type Choosable struct {
	Person
	Explain string // where the person is explained
	User    bool   // has this account name here
}

// Correct is the form in which the account name of a similar user becomes the
// one in question; "" while the person's own request waits, because its page
// settles both together, and where Microsoft 365 has no such account.
func (w *Why) Correct(s users.Similar) string {
	if w.Request != nil || s.User == nil || w.Standing.State == pactius.StandingMissing {
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
		return pactius.T("Sign-in failed")
	case pactius.IncidentNoAccess:
		return pactius.T("Signed in with Microsoft, but wasn't given access")
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
		return pactius.T("The person did nothing wrong, and nothing they did was saved. Page: %s", i.Route)
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
	return pactius.T("Ask the person to try again. If it happens again, send the details to Support.")
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
		return pactius.T("Who can fix it: the IT department that manages the company's Microsoft 365.")
	case microsoft.HelperLocalAdministrator:
		return pactius.T("Who can fix it: a local administrator, such as you.")
	case microsoft.HelperSupport:
		return pactius.T("Who can fix it: Support.")
	}
	return pactius.T("Who can fix it: the person, by trying again.")
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
