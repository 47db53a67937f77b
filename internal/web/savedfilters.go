package web

import (
	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/users"
	"github.com/pactius/pactius/internal/web/view"
)

// saveFilter keeps the filter of the list of users under a name.
//
// POST /settings/users/filters; local administrators.
func (s *Site) saveFilter(v *visit) error {
	f, name := pactius.UserFilter{}, v.form.text(users.FieldFilterName)
	shows(&f, v.form.text("status"), v.form.text("sort"))
	if unit := v.form.text("unit"); id.Valid(unit) {
		f.Unit = pactius.UnitID(unit)
	}
	saved, err := s.Users.SaveFilter(v.r.Context(), v.actor, name, f)
	if e, ok := inForm(err); ok {
		return s.showUsers(v, statusOf(err), f, view.Users{Form: view.FormOf(e), FilterName: name})
	}
	if err != nil {
		return err
	}
	s.say(v, done(pactius.T("The filter %s has been saved.", saved.Name)))
	return redirect(v, view.SavedHref(saved))
}

// removeFilter removes a filter that was kept.
//
// POST /settings/users/filters/remove; local administrators.
func (s *Site) removeFilter(v *visit) error {
	if err := s.Users.RemoveFilter(v.r.Context(), v.actor, v.form.text(users.FieldFilterName)); err != nil {
		return err
	}
	s.say(v, done(pactius.T("The filter has been removed.")))
	return redirect(v, view.UsersPath)
}

// showUsers shows the list of users.
func (s *Site) showUsers(v *visit, status int, f pactius.UserFilter, page view.Users) error {
	l, err := s.Users.Users(v.r.Context(), v.actor, f)
	if err != nil {
		return s.lostInList(v, err, view.UsersPath)
	}
	if l.LostUnit != "" {
		f.Unit = ""
	}
	page.Base, page.List, page.Filter = v.page(view.AtUsers), l, f
	if page.Sweep, err = s.sweepFor(v); err != nil {
		return err
	}
	s.show(v, status, page)
	return nil
}
