package view

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/leavers"
	"github.com/pactius/pactius/internal/units"
	"github.com/pactius/pactius/internal/users"
)

// Users is Settings > Users.
type Users struct {
	Base
	users.List
	Form
	Filter     pactius.UserFilter // as requested; Search is what was typed
	FilterName string             // of a filter to save, as typed
	Sweep      leavers.State      // for administrators of the whole environment
}

// SavedHref leads to the list as a filter shows it.
func SavedHref(f pactius.SavedFilter) string {
	return link(UsersPath, "status", f.Shows, "unit", string(f.Unit), "sort", string(f.Sort))
}

// SavedLink is a saved filter above the list.
type SavedLink struct {
	pactius.SavedFilter
	Href    string
	Current bool // the list is as the filter shows it
}

// Links are the reader's saved filters.
func (p Users) Links() []SavedLink {
	links := make([]SavedLink, len(p.Saved))
	now := pactius.SavedFilter{Shows: p.Filter.Shows(), Unit: cmp.Or(p.LostUnit, p.Filter.Unit), Sort: p.Filter.Sort}
	for i, f := range p.Saved {
		now.User, now.Name = f.User, f.Name
		links[i] = SavedLink{f, SavedHref(f), p.Filter.Search == "" && now == f}
	}
	return links
}

// UnitArchived reports whether the list is filtered by a unit that is archived.
func (p Users) UnitArchived() bool { return !p.Unit.ArchivedAt.IsZero() }

// CanSave reports whether the list has a filter or an order that can be saved, and is not.
func (p Users) CanSave() bool {
	saved := slices.ContainsFunc(p.Links(), func(l SavedLink) bool { return l.Current })
	return !saved && p.LostUnit == "" && SavedHref(pactius.SavedFilter{Shows: p.Filter.Shows(), Unit: p.Filter.Unit,
		Sort: p.Filter.Sort}) != UsersPath
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
func (p Users) Alone() bool { return p.Total <= 1 && !p.More && !p.Filtered() }

// UnitFilter is the part of the form that filters by a business unit: the unit, and links to change it.
func (p Users) UnitFilter() UnitFilter {
	f := UnitFilter{Unit: p.Unit, Choose: UnitFilterPath + strings.TrimPrefix(p.First(), UsersPath)}
	if f.Unit.ID != "" {
		f.Path = p.Tree.Path(f.Unit.ID)
		p.Filter.Unit = ""
		f.All = p.First()
	}
	return f
}

// UnitFilter is a unit that the list of users is filtered by.
type UnitFilter struct {
	Unit   pactius.Unit // zero: none
	Path   string
	Choose string // link to the page where one is chosen
	All    string // link to the list without it
}

// ChooseFilter is the page where the unit is chosen: page and pop-up.
type ChooseFilter struct {
	Base
	UnitList
	Back     string // the list as it was
	Activity bool   // the list is that of events
}

// NewChooseFilter makes the page for a list of users.
func NewChooseFilter(b Base, p units.Part, f pactius.UserFilter) ChooseFilter {
	f.Unit = ""
	return chooseFilter(b, p, Users{Filter: f}.First(), "filter")
}

// NewChooseActivity makes the page for a list of events.
func NewChooseActivity(b Base, p units.Part, list Activity) ChooseFilter {
	list.In = ""
	c := chooseFilter(b, p, list.First(), "activity")
	c.Activity = true
	c.Query.Set("for", "activity")
	return c
}

// chooseFilter makes the page for the list with an address, without a unit.
func chooseFilter(b Base, p units.Part, back, kind string) ChooseFilter {
	u, _ := url.Parse(back) // made by package net/url
	address, to := u.Query(), u.Query()
	address.Set("for", kind)
	reach := Within(p.Rights)
	return ChooseFilter{Base: b, Back: back, UnitList: UnitList{Part: p, Page: UnitFilterPath, Query: u.Query(),
		Address: PartPath + "?" + address.Encode(),
		Target: func(id pactius.UnitID) string {
			if !reach(id) {
				return ""
			}
			to.Set("unit", string(id))
			return u.Path + "?" + to.Encode()
		}}}
}

// OneUser is the page of one user.
type OneUser struct {
	Base
	users.View
	CurrentSession pactius.SessionID // the reader's own, marked
	JustApproved   bool              // comes from an approval without units: asks for them
	Chosen         EventChoice       // of the history
	After          string            // cursor of the history, "" is its newest events
}

// Subject is the user the page is about.
func (p OneUser) Subject() pactius.User { return p.View.User }

// Why explains what a sign-in of the user would meet.
func (p OneUser) Why() *Why { return WhyOf(p.Explanation, p.Person(), ExplainUser(p.View.User.ID)) }

// Unconfirmed reports whether nothing has shown yet that the invited user's account exists: the page then looks it up.
func (p OneUser) Unconfirmed() bool {
	return p.View.User.FirstSignInAt.IsZero() && p.View.User.Identity.IsZero()
}

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
func (p OneUser) Explicit() AccessList { return Explicit(p.Tree, p.Memberships) }

// Inherited is what the explicit access gives to the units directly below.
func (p OneUser) Inherited() AccessList {
	var all AccessList
	rights := p.View.Target
	for _, u := range p.View.Below {
		if access, from := rights.Inherited(u.ID); access > rights.Explicit(u.ID) {
			all = append(all, UnitAccess{Unit: u.ID, Path: p.Tree.Path(u.ID), Access: access, From: p.Tree.Path(from)})
		}
	}
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

// Welcomes reports whether saving emails the user, who was approved without business units.
func (p ManageUnits) Welcomes() bool {
	return p.Target.UnitCount == 0 && p.Target.CreatedBy == pactius.ByRequest
}
