package web

import (
	"net/http"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/names"
	"github.com/pactius/pactius/internal/users"
	"github.com/pactius/pactius/internal/web/view"
)

// openAddMember opens the form that gives a user access to a unit.
//
// GET /settings/units/{id}/members/add?access=; administrators of the unit.
func (s *Site) openAddMember(v *visit) error {
	page := view.AddMember{Access: pactius.AccessRead}
	if a, err := pactius.ParseAccess(v.query("access", maxSearch)); err == nil && a != pactius.AccessNone {
		page.Access = a
	}
	return s.memberForm(v, http.StatusOK, page)
}

func (s *Site) memberForm(v *visit, status int, page view.AddMember) error {
	id, err := pathID[pactius.UnitID](v)
	if err != nil {
		return err
	}
	if !page.Searched {
		if page.Found, err = s.Users.FindCandidates(v.r.Context(), v.actor, id, ""); err != nil {
			return err
		}
	}
	page.Base = v.page(view.AtUnits)
	s.show(v, status, page)
	return nil
}

// findCandidates answers a script with users who may be given access to a unit, as the options of a list.
//
// GET /settings/units/{id}/members/people?q=; administrators of the unit.
func (s *Site) findCandidates(v *visit) error {
	id, err := pathID[pactius.UnitID](v)
	if err != nil {
		return err
	}
	search := v.query(users.FieldMember, maxSearch)
	found, err := s.Users.FindCandidates(v.r.Context(), v.actor, id, search)
	if err != nil {
		return err
	}
	s.answer(v, http.StatusOK, view.MemberPeople{Base: v.page(view.AtUnits), Typed: search, Found: found})
	return nil
}

// addMember gives a user access to a unit. Without a chosen user it searches for what was typed, and takes the user
// with exactly that account name.
//
// POST /settings/units/{id}/members/add; administrators of the unit.
func (s *Site) addMember(v *visit) error {
	unit, err := pathID[pactius.UnitID](v)
	if err != nil {
		return err
	}
	f := v.form
	page := view.AddMember{Search: cut(f.text(users.FieldMember), maxSearch)}
	access, err := pactius.ParseAccess(f.text("access"))
	if err != nil || access == pactius.AccessNone {
		e, _ := inForm(pactius.RefuseField("access", pactius.T("Choose read, write or administer.")))
		page.Form, access = view.FormOf(e), pactius.AccessRead
	}
	page.Access = access
	user := pactius.UserID(f.text("user"))
	typed := f.has(view.FieldFound) && page.Search != f.text(view.FieldFound) // since the list was made
	if !id.Valid(string(user)) || typed || f.has("look_up") {
		found, err := s.Users.FindCandidates(v.r.Context(), v.actor, unit, page.Search)
		if err != nil {
			return err
		}
		if user = exactly(found, page.Search); user == "" || f.has("look_up") {
			page.Searched, page.Found = true, found
			return s.askMember(v, page, f.has("look_up"))
		}
	}
	if len(page.Form.Errors) > 0 {
		page.Chosen = user
		return s.memberForm(v, http.StatusUnprocessableEntity, page)
	}
	m, err := s.Users.SetAccess(v.r.Context(), v.actor, user, unit, pactius.AccessNone, access)
	if pactius.KindOf(err) == pactius.KindNotFound {
		err = pactius.RefuseField(users.FieldMember, pactius.T("This user no longer exists. Choose another one."))
	}
	if e, ok := inForm(err); ok {
		page.Form = view.FormOf(e)
		return s.memberForm(v, statusOf(err), page)
	}
	if err != nil {
		return err
	}
	return s.sayAccess(v, m, "")
}

// askMember shows the form again with those who were found, to choose from.
func (s *Site) askMember(v *visit, page view.AddMember, searched bool) error {
	if searched {
		page.Form = view.Form{}
		return s.memberForm(v, http.StatusOK, page)
	}
	problem := pactius.T("Choose the user from the list.")
	switch {
	case page.Search == "":
		problem = pactius.T("Type a name or an account name.")
	case len(page.Found.Users) == 0:
		problem = pactius.T("No user found. Check the spelling, or add the user under Users first.")
	}
	if page.Errors == nil {
		page.Errors = view.Errors{}
	}
	page.Errors[users.FieldMember] = problem
	return s.memberForm(v, http.StatusUnprocessableEntity, page)
}

// exactly is the found user with the typed account name, "" for none.
func exactly(found users.Candidates, typed string) pactius.UserID {
	for _, c := range found.Users {
		if typed != "" && names.Key(c.User.Username) == names.Key(typed) {
			return c.User.ID
		}
	}
	return ""
}

// changeMember changes a member's access.
//
// POST /settings/units/{id}/members/{user}; administrators of the unit.
func (s *Site) changeMember(v *visit) error {
	unit, user, err := pathMember(v)
	if err != nil {
		return err
	}
	after := cut(v.form.text("after"), maxCursor)
	access, err := pactius.ParseAccess(v.form.text("access"))
	if err == nil && access == pactius.AccessNone {
		err = pactius.RefuseField("access", pactius.T("Choose read, write or administer."))
	}
	var m users.Member
	if err == nil {
		m, err = s.Users.SetAccess(v.r.Context(), v.actor, user, unit, pactius.Access(v.form.version()), access)
	}
	if e, ok := inForm(err); ok {
		return s.unitPage(v, statusOf(err), after, view.Form{Problem: e.Message})
	}
	if err != nil {
		return err
	}
	return s.sayAccess(v, m, after)
}

// sayAccess says what a user has been given, on the unit's page.
func (s *Site) sayAccess(v *visit, m users.Member, after string) error {
	s.say(v, done(pactius.T("%[1]s now has %[3]s access to %[2]s.", m.User.Name, m.Unit.Name, m.Access.Text())))
	return redirect(v, view.MembersPath(m.Unit.ID, after))
}

func pathMember(v *visit) (unit pactius.UnitID, user pactius.UserID, err error) {
	if unit, err = pathID[pactius.UnitID](v); err != nil {
		return unit, user, err
	}
	user, err = pathPart[pactius.UserID](v, "user")
	return unit, user, err
}

// confirmRemoveMember asks before a member is removed from a unit.
//
// GET /settings/units/{id}/members/{user}/remove; administrators of the unit.
func (s *Site) confirmRemoveMember(v *visit) error { return s.askRemoval(v, http.StatusOK, nil) }

func (s *Site) askRemoval(v *visit, status int, e *pactius.Error) error {
	unit, user, err := pathMember(v)
	if err != nil {
		return err
	}
	m, err := s.Users.Member(v.r.Context(), v.actor, user, unit)
	if err != nil {
		return err
	}
	c := view.RemoveMember(m)
	c.Base, c.Form, c.Cancel = v.page(view.AtUnits), view.FormOf(e).At(int(m.Access)), unitPath(m.Unit.ID)
	s.show(v, status, c)
	return nil
}

// removeMember takes a user's access to a unit away.
//
// POST /settings/units/{id}/members/{user}/remove; administrators of the unit.
func (s *Site) removeMember(v *visit) error {
	unit, user, err := pathMember(v)
	if err != nil {
		return err
	}
	m, err := s.Users.SetAccess(v.r.Context(), v.actor, user, unit, pactius.Access(v.form.version()),
		pactius.AccessNone)
	if e, ok := inForm(err); ok {
		return s.askRemoval(v, statusOf(err), e)
	}
	if err != nil {
		return err
	}
	s.say(v, done(pactius.T("%s has been removed from %s.", m.User.Name, m.Unit.Name)))
	return redirect(v, unitPath(unit))
}
