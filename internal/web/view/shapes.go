package view

import (
	"maps"
	"strings"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/audit"
	"github.com/pactius/pactius/internal/language"
)

// The types below are the arguments of parts of templates.

// WhoAmI shows the account that a person is signed in with, and switches it.
type WhoAmI struct {
	Person pactius.Person
	Return string // the page to come back to with another account; "": none, home
}

// WhoAmI makes the part.
func (Base) WhoAmI(p pactius.Person, back string) WhoAmI { return WhoAmI{p, back} }

// Empty takes the place of an empty list, with the next step.
type Empty struct {
	Icon, Title, Text string
	Href, Label       string // the next step; "" is none
	Popup             bool   // the next step opens as a pop-up
}

// Empty makes the part.
func (Base) Empty(icon, title, text, href, label string) Empty {
	return Empty{Icon: icon, Title: title, Text: text, Href: href, Label: label}
}

// When leaves the text out where it is not true.
func (e Empty) When(so bool) Empty {
	if !so {
		e.Text = ""
	}
	return e
}

// InPopup makes the next step a pop-up.
func (e Empty) InPopup() Empty { e.Popup = true; return e }

// Pages leads through a list page by page.
type Pages struct {
	First, Next string
	Cut         bool // the list was not looked through to its end, nor until the page was full
}

// Pages makes the part; the first page needs no link to itself.
func (Base) Pages(later bool, first, next string) Pages {
	if !later {
		first = ""
	}
	return Pages{First: first, Next: next}
}

// Until says that the list was looked through only in part.
func (p Pages) Until(cut bool) Pages { p.Cut = cut; return p }

// Timeline is a list of events.
type Timeline struct {
	Base
	Rows []EventRow
}

// Timeline makes the part. What an approval did to the user is told with the approval.
func (b Base) Timeline(p audit.Page) Timeline {
	var rows []EventRow
	for _, e := range p.Events {
		if n := len(rows); n > 0 && approves(e, rows[n-1].Event) {
			facts := pactius.Facts{}
			maps.Copy(facts, e.Facts)
			maps.Copy(facts, rows[n-1].Event.Facts)
			rows[n-1].Event.Facts = facts
			continue
		}
		rows = append(rows, EventRow{Event: e, Names: p.Names})
	}
	return Timeline{b, rows}
}

// approves reports whether an approval recorded the event before its own: the same
// actor, user and time.
func approves(e, approval pactius.Event) bool {
	switch e.Kind {
	case pactius.UserAdmitted, pactius.UserLinked, pactius.UserUnitsAssigned:
		return approval.Kind == pactius.RequestApproved && approval.User == e.User && approval.At.Equal(e.At) &&
			approval.Actor.Kind == e.Actor.Kind && approval.Actor.User == e.Actor.User
	}
	return false
}

// Place makes a chooser of the unit above another, with a label.
func (f Form) Place(label string, c UnitChoice) UnitChoice {
	c.Legend, c.Error = label, f.Errors[FieldParent]
	return c
}

// Failed reports whether the field is wrong.
func (f Form) Failed(field string) bool { _, ok := f.Errors[field]; return ok }

// State is how far the person's request is; "" is never asked.
func (p RequestAccess) State() pactius.RequestState {
	if p.Request == nil {
		return ""
	}
	return p.Request.State
}

// Person is the user the page is about.
func (p OneUser) Person() Person { return PersonOf(p.Subject()) }

// ManagedBy is the user's manager; the zero Person is unknown.
func (p OneUser) ManagedBy() Person { return managedBy(p.Subject().Profile, p.Manager) }

// ManagedBy is the sender's manager; the zero Person is unknown.
func (p OneRequest) ManagedBy() Person { return managedBy(p.Request.Profile, p.Manager) }

// managedBy names a manager, as the user where there is one that the reader may see.
func managedBy(p pactius.Profile, u *pactius.User) Person {
	if u != nil {
		return PersonOf(*u)
	}
	return Person{Name: p.ManagerName}
}

// Person is the user the page is about.
func (p EditUser) Person() Person { return PersonOf(p.Target) }

// Person is the user the page is about.
func (p ManageUnits) Person() Person { return PersonOf(p.Target) }

// Person is the sender of the request.
func (p OneRequest) Person() Person { return requester(p.Request) }

// Person is the sender of the request.
func (p DeclineRequest) Person() Person { return visitor(p.Request.Person) }

// Way says how the user came in.
func (p OneUser) Way() pactius.Text {
	switch p.Subject().CreatedBy {
	case pactius.ByRequest:
		return pactius.T("requested access and was approved")
	case pactius.ByAdd:
		return pactius.T("added by an administrator")
	case pactius.ByCommand:
		return pactius.T("added by Support")
	case pactius.BySetup:
		return pactius.T("the first administrator")
	}
	return pactius.Text{}
}

// Settled says who decided what; the time follows it.
func (p OneRequest) Settled() pactius.Text {
	who := p.Request.DecidedBy.Text()
	switch p.Request.State {
	case pactius.StateApproved:
		return pactius.T("%s approved this request", who)
	case pactius.StateDeclined:
		return pactius.T("%s declined this request", who)
	case pactius.StateWithdrawn:
		return pactius.T("%s withdrew this request", p.Person().Shown())
	}
	return pactius.T("No one decided on this request in time, so it expired")
}

// TakeBackLeft is how long the approval can still be taken back.
func (p OneRequest) TakeBackLeft() time.Duration {
	return p.Request.DecidedAt.Add(pactius.TakeBackTime).Sub(p.Reader.Now)
}

// More is how many wished business units the row does not show.
func (r RequestRow) More() int { return max(0, len(r.Wished)-wishedShown) }

// wishedShown is how many wished business units a row shows.
const wishedShown = 2

// None are the units above a new one: not chosen yet.
func (AddUnit) None() []pactius.Unit { return nil }

// Self is the unit, as the end of the way to it.
func (p RenameUnit) Self() []pactius.Unit { return []pactius.Unit{p.Unit} }

// Self is the unit, as the end of the way to it.
func (p MoveUnit) Self() []pactius.Unit { return []pactius.Unit{p.Unit} }

// Speaks reports whether the language is the chosen one.
func (p EnvironmentSettings) Speaks(c language.Code) bool { return string(c) == p.Language }

// Tongue is the name of the environment's language.
func (p EnvironmentSettings) Tongue() string { return language.Code(p.Environment.Language).Name() }

// Plain reports that the value is no word of a language: no capitals, no
// spelling check.
func (f Field) Plain() bool { return f.Type == "email" || strings.HasSuffix(f.Name, "username") }

// AccountName makes it a field for an account name. It is no e-mail field: an
// account name looks like an address and is none.
func (f Field) AccountName() Field { f.Autocomplete = "off"; return f }
