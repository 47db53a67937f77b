package web

import (
	"errors"
	"net/http"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/admission"
	"github.com/pactius/pactius/internal/web/view"
)

// maxUnitFilter is how many business units the list's filter offers: more are
// found by searching, and every one of them makes the page longer.
const maxUnitFilter = 500

// listUsers lists the users that the actor may see.
//
// GET /settings/users; local administrators.
func (s *Site) listUsers(v *visit) error {
	f := userFilter(v)
	l, err := s.People.Users(v.r.Context(), v.actor, f)
	if err != nil {
		return s.lostInList(v, err, view.UsersPath)
	}
	page := view.Users{Base: v.page(view.AtUsers), Filter: f, Units: filterUnits(l.Tree, l.Rights, f.Unit), Total: l.Total, Next: l.Next}
	for _, u := range l.Users {
		page.Rows = append(page.Rows, view.UserRow{User: u, Status: u.Status(l.Today), Units: explicit(l.Tree, l.Memberships[u.ID])})
	}
	page.Alone = l.Total <= 1 && !page.Filtered()
	return s.ok(v, page)
}

// userFilter reads what is asked for. What makes no sense does not filter.
func userFilter(v *visit) pactius.UserFilter {
	f := pactius.UserFilter{Search: v.query("q", maxSearch), Unit: queryID[pactius.UnitID](v, "unit"), After: v.query("after", maxCursor)}
	switch status := v.query("status", maxSearch); status {
	case view.Unassigned:
		f.Unassigned = true
	case string(pactius.Invited), string(pactius.Active), string(pactius.Ended), string(pactius.Deactivated):
		f.Status = pactius.Status(status)
	}
	switch sort := pactius.UserSort(v.query("sort", maxSearch)); sort {
	case pactius.SortName, pactius.SortNewest, pactius.SortSeen:
		f.Sort = sort
	}
	return f
}

// filterUnits are the units to filter by: as many levels as fit, and the
// chosen one.
func filterUnits(tree *pactius.Tree, rights pactius.Rights, chosen pactius.UnitID) []view.UnitOption {
	mine := within(rights)
	for depth := pactius.MaxDepth; depth > 0; depth-- {
		all := options(tree, func(u pactius.UnitID) bool { return u == chosen || (len(tree.Up(u)) <= depth && mine(u)) })
		if len(all) <= maxUnitFilter {
			return all
		}
	}
	return nil
}

// lostInList answers a list that cannot be shown. A damaged link to one of its
// pages leads back to its first.
func (s *Site) lostInList(v *visit, err error, path string) error {
	if pactius.KindOf(err) == pactius.Invalid {
		v.flash = &view.Flash{Message: pactius.T("The list itself is still there."), Link: path, Label: pactius.T("Open the list")}
	}
	return err
}

// openAddUser opens the form that adds a user.
//
// GET /settings/users/add; local administrators.
func (s *Site) openAddUser(v *visit) error {
	return s.addForm(v, http.StatusOK, view.AddUser{Welcome: true}, nil)
}

// addForm shows the form that adds a user, with what was typed.
func (s *Site) addForm(v *visit, status int, page view.AddUser, grants []pactius.Grant) error {
	o, err := s.Units.Tree(v.r.Context(), v.actor)
	if err != nil {
		return err
	}
	page.Base = v.page(view.AtUsers)
	page.Units = choice(o.Tree, o.Rights, chosen(grants))
	s.show(v, status, page)
	return nil
}

// checkAddUser tells what adding a typed account name would meet.
//
// GET /settings/users/add/check?username=; local administrators.
func (s *Site) checkAddUser(v *visit) error {
	m, err := s.Admission.Check(v.r.Context(), v.actor, admission.NewUser{Username: v.query("username", maxSearch)})
	if err != nil {
		return err
	}
	page := view.AddCheck{Base: v.page(view.AtUsers), Notice: view.AddNotice{Pending: m.Pending}}
	if m.Visible {
		page.Notice.Existing = m.Existing
	}
	s.answer(v, http.StatusOK, page)
	return nil
}

// addUser adds a user. A pending request under the account name is approved by
// it, after the person at the screen has said so.
//
// POST /settings/users/add; local administrators.
func (s *Site) addUser(v *visit) error {
	f := v.form
	page := view.AddUser{Username: f.text("username"), Name: f.text("name"), Email: f.text("email"), EndsOn: f.text("ends_on"), Welcome: f.has("welcome")}
	grants := f.grants()
	added, err := s.Admission.Add(v.r.Context(), v.actor, admission.NewUser{Username: page.Username, Name: page.Name, Email: page.Email,
		EndsOn: pactius.Date(page.EndsOn), Grants: grants, Welcome: page.Welcome, Settle: f.text("confirmed") != ""})
	if e, ok := inForm(err); ok {
		return s.addRefused(v, page, grants, err, e)
	}
	if err != nil {
		return err
	}
	code := flashAdded
	switch {
	case added.Again:
		code = flashAddedAgain
	case added.Settled != nil:
		code = flashAddedSettled
	}
	s.say(v, code, string(added.User.ID), added.User.Name)
	return redirect(v, userPath(added.User.ID))
}

// addRefused shows the form again, with what stands in the way.
func (s *Site) addRefused(v *visit, page view.AddUser, grants []pactius.Grant, err error, e *pactius.Error) error {
	status := statusOf(err)
	page.Form = view.FormOf(e, 0)
	if exists, ok := errors.AsType[*admission.ExistsError](err); ok {
		status = http.StatusUnprocessableEntity // the account name is what must change
		if exists.Visible {
			page.Notice.Existing = &exists.User
		}
	}
	if pending, ok := errors.AsType[*admission.PendingError](err); ok {
		page.Notice.Pending = &pending.Request
	}
	return s.addForm(v, status, page, grants)
}
