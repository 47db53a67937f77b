package view

import (
	"cmp"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/leavers"
	"github.com/pactius/pactius/internal/users"
)

// Users is Settings > Users.
type Users struct {
	Base
	users.List
	Filter pactius.UserFilter // as requested; Search is what was typed
	Sweep  leavers.State      // for administrators of the whole environment
}

// UserRow is one row of the list of users.
type UserRow struct {
	User   pactius.User
	Status pactius.Status
	Units  []UnitAccess // explicit; the first is shown and the rest counted (User.UnitCount)
}

// Rows are the rows of the page.
func (p Users) Rows() []UserRow {
	rows := make([]UserRow, len(p.Users))
	for i, u := range p.Users {
		rows[i] = UserRow{u, u.Status(p.Today), Explicit(p.Tree, p.Memberships[u.ID])}
	}
	return rows
}

// Alone reports whether there are no users but the reader.
func (p Users) Alone() bool { return p.Total <= 1 && !p.Filtered() }

// maxUnitFilter is how many business units the list of users offers as a
// filter. More are found by searching, and each one makes the page longer.
const maxUnitFilter = 500

// Units are the units to filter by: as many levels of the reader's as fit, and
// the chosen one.
func (p Users) Units() []UnitOption {
	if p.Tree == nil {
		return nil
	}
	mine := Within(p.Rights)
	for depth := pactius.MaxDepth; depth > 0; depth-- {
		all := Options(p.Tree, func(u pactius.UnitID) bool {
			return u == p.Filter.Unit || (len(p.Tree.Up(u)) <= depth && mine(u))
		})
		if len(all) <= maxUnitFilter {
			return all
		}
	}
	return nil
}

// OneUser is the page of one user.
type OneUser struct {
	Base
	users.View
	CurrentSession pactius.SessionID // the reader's own, marked
	JustApproved   bool              // comes from an approval without units: asks for them
}

// Subject is the user the page is about.
func (p OneUser) Subject() pactius.User { return p.View.User }

// Why explains what a sign-in of the user would meet.
func (p OneUser) Why() *Why { return WhyOf(p.Explanation, p.Person(), ExplainUser(p.View.User.ID)) }

// MergedAt is the time of the latest merge.
func (p OneUser) MergedAt() time.Time {
	if len(p.Merged) == 0 {
		return time.Time{}
	}
	return p.Merged[0].At
}

// CanAssign reports whether the reader may assign some business units.
func (p OneUser) CanAssign() bool { return p.Rights.AdministersAny() }

// Explicit is the user's explicit access.
func (p OneUser) Explicit() []UnitAccess { return Explicit(p.Tree, p.Memberships) }

// shownInherited is how many units of inherited access a user's page lists.
const shownInherited = 50

// Inherited is what the explicit access gives below, cut at a few units.
func (p OneUser) Inherited() []UnitAccess {
	var all []UnitAccess
	rights := p.View.Target
	p.Tree.Walk(p.Tree.Root().ID, func(u pactius.Unit, _ int) bool {
		if u.IsArchived() || len(all) >= shownInherited {
			return false
		}
		if access, from := rights.Inherited(u.ID); access > rights.Explicit(u.ID) {
			all = append(all, UnitAccess{Unit: u.ID, Path: p.Tree.Path(u.ID), Access: access, From: p.Tree.Path(from)})
		}
		return true
	})
	return all
}

// EditUser is the form with a user's master data: page and pop-up. The account
// name can be changed while the user never signed in.
type EditUser struct {
	Base
	Form
	Target      pactius.User
	CanIdentify bool   // account name and email address can be changed
	Username    string // as typed, like all that follow
	Name        string
	Email       string
	EndsOn      string
	Notice      AddNotice // about a corrected account name
}

// ChangeFor is a change of a user's account name or email address, with the reader.
type ChangeFor struct {
	Base
	users.IdentityChange
}

// OfChange makes the part.
func (b Base) OfChange(c *users.IdentityChange) ChangeFor { return ChangeFor{b, *c} }

// Text names the administrator, and what was changed.
func (c ChangeFor) Text() pactius.Text {
	if c.Username != "" || c.Email == "" {
		return pactius.T("%s changed the account name.", c.By.Text())
	}
	return pactius.T("%s changed the email address.", c.By.Text())
}

// Before is what was replaced: the account name, the email address or both.
func (c ChangeFor) Before() string {
	if c.Username == "" || c.Email == "" || c.Username == c.Email {
		return cmp.Or(c.Username, c.Email)
	}
	return c.Username + ", " + c.Email
}

// ManageUnits is the form with a user's business units: page and pop-up.
type ManageUnits struct {
	Base
	Form
	Target  pactius.User
	Changed *users.IdentityChange // shown before access is given; nil: none
	Units   UnitChoice
}
