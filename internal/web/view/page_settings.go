package view

import (
	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/audit"
	"github.com/pactius/pactius/internal/environments"
	"github.com/pactius/pactius/internal/leavers"
)

// Activity is Settings > Activity.
type Activity struct {
	Base
	EventChoice
	Search  string         // part of a person's name or account name, as typed
	Of      *Person        // only this person's events: who Search or the query field "user" means; nil is everybody's
	Matches []Person       // several people match Search: to choose from
	In      pactius.UnitID // only events in this unit; its name is in Log
	Log     audit.Page
	Later   bool // this is not the first page
}

// Earlier says where most events of before the list are, the zero Text if they are in it.
func (a Activity) Earlier() pactius.Text {
	switch day := pactius.DateOf(a.Log.Before.UTC()); {
	case a.Log.Before.IsZero():
		return pactius.Text{}
	case a.Log.Discarded:
		return pactius.T("Most events from before %s have been deleted.", day)
	default:
		return pactius.T("Most events from before %s have been moved to an archive. Contact Support if you need them.",
			day)
	}
}

// EventChoice is a choice of events by kind and time.
type EventChoice struct {
	Form                      // errors of the fields kind, unit, from and to
	Kind    pactius.EventKind // as pactius.EventFilter.Kind
	SignIns bool              // events of pactius.SignInEvents too
	From    string            // 2006-01-02, as typed
	To      string
}

// EnvironmentSettings is Settings > Environment. Base.Environment is shown.
type EnvironmentSettings struct {
	Base
	Form
	Now         environments.View
	Name        string // as typed, like all that follow
	Contact     string // field support_contact
	Language    string
	TimeZone    string
	TimeZones   []string // on offer
	LeaverRule  pactius.LeaverRule
	LeaverBound string        // percent
	Sweep       leavers.State // for root administrators
	Later       bool          // the undelivered emails are not those of the first page
}

// FormerUsed reports whether the client secret before may still be used.
func (p EnvironmentSettings) FormerUsed() bool { return !p.Now.FormerUntil.IsZero() }

// Following leads to the next page of the undelivered emails, "" at the end.
func (p EnvironmentSettings) Following() string {
	if p.Now.Undelivered.Next == "" {
		return ""
	}
	return link(EnvironmentPath, "after", string(p.Now.Undelivered.Next)) + "#undelivered"
}

// RetryAsks reports whether sending all undelivered emails again asks first: they are more than a page shows.
func (p EnvironmentSettings) RetryAsks() bool { return p.Now.Undelivered.Total > pactius.PageSize }

// ZoneLost returns a notice if the stored time zone cannot be loaded, nil otherwise.
func (p EnvironmentSettings) ZoneLost() *pactius.Text {
	lost := p.Now.Environment.LostZone()
	if lost == "" {
		return nil
	}
	return new(pactius.T("The time zone %s can't be loaded. Times are shown in UTC, and end dates pass up to 14 hours "+
		"early. Choose another time zone.", lost))
}

// Confirm asks before something is done, by saying what will happen.
type Confirm struct {
	Base
	Form
	Title  pactius.Text   // "Deactivate Anna Hansen"
	Will   []pactius.Text // consequences, one sentence each
	Action string         // local path the form posts to
	Button pactius.Text   // a verb: "Deactivate"
	Danger bool           // the button is a dangerous one
	Cancel string         // local path to go back to
	Then   string         // local path that the action leads to, where the page it was asked from is gone afterwards
}

// ErrorPage says that something did not work. Without Message it says what
// Status means.
type ErrorPage struct {
	Base
	Status  int          // HTTP status
	Message pactius.Text // the result and the next step
	Ticket  Ticket       // for Support, where it is a fault of ours; without a reference it is not shown
	Account *WhoAmI      // may be the wrong one for the page; nil: nothing is said of it
	Typed   []Typed      // was in the form and was not saved
}

// Typed is what a person has typed into a form that can't be shown again.
type Typed struct {
	Label pactius.Text
	Value string
}
