package view

import (
	"slices"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/language"
	"github.com/pactius/pactius/internal/users"
)

// Home is the first page of a user: their applications and business units and, for
// administrators, what waits.
type Home struct {
	Base
	Applications AppCards
	Access       AccessList   // own explicit memberships, by path
	Helpers      []Helper     // administrators who can change Access
	More         bool         // there is more access to request
	Waiting      *HomeWaiting // nil: not an administrator
}

// HomeWaiting is what waits for an administrator.
type HomeWaiting struct {
	users.Unfinished
	Setup   *Setup // nil: not an administrator of the whole environment
	Address string // of the environment, which people are told
}

// Accesses are the accesses that the user has, each once.
func (p Home) Accesses() []pactius.Access {
	var all []pactius.Access
	for _, a := range p.Access.First() {
		all = append(all, a.Access)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// UsersFound is the number of users that a search on the home page shows: a glance, the list has the rest.
func (Home) UsersFound() int { return 8 }

// FieldRow is the field by which a row says what it has shown: see users.Approval.
const FieldRow = "row"

// GlanceRow is a pending request on the home page.
type GlanceRow struct {
	RequestRow
	Unit   pactius.UnitID // that approving gives access to; "": only the request's page can approve
	Access pactius.Access
}

// Place is the path of Unit.
func (r GlanceRow) Place() string { return r.Wished[0] }

// Said is the value of FieldRow.
func (r GlanceRow) Said() string { return users.Row(r.Request, r.Place()) }

// Field is the name of the field with the access.
func (r GlanceRow) Field() string { return FieldAccess(r.Unit) }

// Rows are the oldest pending requests.
func (w HomeWaiting) Rows() []GlanceRow {
	rows := make([]GlanceRow, len(w.Requests.Requests))
	for i, row := range requestRows(w.Requests) {
		g := w.Glance[row.Request.ID]
		rows[i] = GlanceRow{row, g.Unit, g.Access}
	}
	return rows
}

// Before says how long requests were pending before the last days, if that is known.
func (w HomeWaiting) Before(r language.Reader) pactius.Text {
	return pactius.T("In the %d days before: %s.", users.TrendDays, r.Duration(w.Decisions.Before))
}

// Setup is the checklist of a fresh environment.
type Setup struct {
	Steps  []SetupStep
	Alone  bool   // the environment has one administrator only
	Second string // where another one is made
}

// SetupStep is a step of the checklist.
type SetupStep struct {
	Done    bool
	Title   pactius.Text
	Text    pactius.Text // why; zero is none
	Href    string       // the page that does it; "" is none
	Label   pactius.Text
	Popup   bool // Href opens as a pop-up
	Address bool // the step shows the environment's address
}

// SetupOf makes the checklist from what there is.
func SetupOf(o users.OpenTasks, connected bool, root pactius.UnitID) *Setup {
	s := &Setup{Alone: !o.Second, Second: UsersPath + "/add"}
	if o.People {
		s.Second = UnitsPath + "/" + string(root) + "/members/add"
	}
	s.Steps = []SetupStep{
		{Done: connected, Title: pactius.T("Connect Microsoft 365"),
			Text: pactius.T("People sign in with the Microsoft 365 accounts they have."),
			Href: ConnectionPath, Label: pactius.T("Connect")},
		{Done: o.Units, Title: pactius.T("Add business units"),
			Text: pactius.T("They decide who can see what, and who approves requests."),
			Href: UnitsPath + "/add?parent=" + string(root), Label: pactius.T("Add a business unit"), Popup: true},
		{Done: o.Second, Title: pactius.T("Make a second administrator"),
			Text: pactius.T("Then someone can help when you're away. Give them Administer access to the whole " +
				"company."),
			Href: s.Second, Label: pactius.T("Choose someone"), Popup: true},
		{Done: o.People, Title: pactius.T("Add the first people"),
			Text: pactius.T("People you don't add can request access themselves."),
			Href: UsersPath + "/add", Label: pactius.T("Add user"), Popup: true},
		{Done: o.SignedIn, Title: pactius.T("Tell people the address"),
			Text: pactius.T("Done as soon as someone besides you has signed in."), Address: true},
	}
	return s
}

// Done is the number of steps that are done.
func (s Setup) Done() int {
	n := 0
	for _, step := range s.Steps {
		if step.Done {
			n++
		}
	}
	return n
}

// Left reports whether anything is left but a second administrator, which the page warns about in any case.
func (s Setup) Left() bool {
	left := len(s.Steps) - s.Done()
	return left > 1 || left == 1 && !s.Alone
}

// Next is the number of the step to do now.
func (s Setup) Next() int {
	return slices.IndexFunc(s.Steps, func(step SetupStep) bool { return !step.Done })
}

// Checklist is the checklist on the page.
type Checklist struct {
	Setup
	Address string
}

// Checklist makes the part.
func (p Home) Checklist(s *Setup) Checklist { return Checklist{*s, p.Waiting.Address} }

// Number is the number of a step, from 1.
func (Checklist) Number(i int) int { return i + 1 }

// Tasks are what waits, on the page.
type Tasks struct {
	Base
	HomeWaiting
}

// Tasks makes the part.
func (p Home) Tasks(w *HomeWaiting) Tasks { return Tasks{p.Base, *w} }

// TaskPerson is a user of Tasks.
type TaskPerson struct {
	Base
	User pactius.User
}

// Person makes the row of a user.
func (t Tasks) Person(u pactius.User) TaskPerson { return TaskPerson{t.Base, u} }
