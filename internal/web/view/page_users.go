package view

import (
	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/admission"
	"github.com/pactius/pactius/internal/audit"
	"github.com/pactius/pactius/internal/leavers"
)

// Users is Settings > Users.
type Users struct {
	Base
	Filter pactius.UserFilter // as asked for; Search is what was typed
	Units  []UnitOption       // the unit filter
	Rows   []UserRow
	Total  int           // matches; more than pactius.MaxCount means "1,000+"
	Next   string        // cursor of the next page
	Alone  bool          // nobody but the reader is here yet
	Sweep  leavers.State // for administrators of the whole environment
}

// UserRow is one row of the list of users.
type UserRow struct {
	User   pactius.User
	Status pactius.Status
	Units  []UnitAccess // explicit; the first is shown and the rest counted (User.UnitCount)
}

// OneUser is the page of one user.
type OneUser struct {
	Base
	Target         pactius.User
	Status         pactius.Status
	CanManage      bool // master data, deactivation, sessions
	CanAssign      bool // some business units
	LastRoot       bool // the last administrator of the root: cannot be deactivated
	Explicit       []UnitAccess
	Inherited      []UnitAccess // what the explicit ones give beneath; may be cut at a few
	Sessions       []pactius.Session
	CurrentSession pactius.SessionID // the reader's own, marked
	History        audit.Page        // newest first; Activity has more where there is a next page
	Request        *pactius.AccessRequest
	Why            *Why // what a sign-in would meet; nil is not said
	JustApproved   bool // comes from an approval without units: asks for them
	Former         []pactius.FormerUsername
	Seen           []admission.FormerOwner // users who have signed in with this user's account name
	Waiting        []admission.Similar     // requests that are probably this user's, best first
}

// EditUser is the form with a user's master data: page and pop-up. The account
// name can be changed while the user never signed in.
type EditUser struct {
	Base
	Form
	Target   pactius.User
	Username string // as typed, like all that follow
	Name     string
	Email    string
	EndsOn   string
}

// ManageUnits is the form with a user's business units: page and pop-up.
type ManageUnits struct {
	Base
	Form
	Target pactius.User
	Units  UnitChoice
}
