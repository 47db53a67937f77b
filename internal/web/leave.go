package web

import (
	"context"
	"net/http"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/users"
	"github.com/pactius/pactius/internal/web/view"
)

// farewell is a page that asks before a user is removed for good.
type farewell func(u users.View) view.Confirm

// askFarewell shows a farewell page. The user's page is where it comes from.
func (s *Site) askFarewell(v *visit, status int, e *pactius.Error, page farewell,
	read func(context.Context, pactius.Actor, pactius.UserID) (users.View, error)) error {
	u, err := readUser(v, read)
	if err != nil {
		return err
	}
	p := page(u)
	p.Base, p.Form, p.Cancel = v.page(view.AtUsers), view.FormOf(e).At(u.User.Version), userPath(u.User.ID)
	s.show(v, status, p)
	return nil
}

func deletion(u users.View) view.Confirm {
	return view.Confirm{Title: pactius.T("Delete %s", u.User.Name), Will: []pactius.Text{
		pactius.T("The user is removed, including name, account name, email and business units. This can't be undone."),
		pactius.T("The activity log still shows what happened, without the name."),
		pactius.T("%s can be added again, or request access.", u.User.Name),
	}, Action: userPath(u.User.ID) + "/delete", Button: pactius.T("Delete"), Danger: true, Then: view.UsersPath}
}

func erasure(u users.View) view.Confirm {
	return view.Confirm{Title: pactius.T("Erase %s", u.User.Name), Will: []pactius.Text{
		pactius.T("The user is removed and signed out everywhere. This can't be undone."),
		pactius.T("The person's name, account names, email, messages, notes and IP addresses, and everything else " +
			"about them, are erased from users, access requests, the activity log, emails and references."),
		pactius.T("The activity log still shows what happened and when, under “Erased user”."),
		pactius.T("Existing backups still contain the person's data. Support knows how long they're kept."),
		pactius.T("Anyone who signs in with this Microsoft 365 account later is treated as a new person."),
	}, Action: userPath(u.User.ID) + "/erase", Button: pactius.T("Erase"), Danger: true, Then: view.UsersPath}
}

// confirmDelete asks before a user who has never signed in is deleted.
//
// GET /settings/users/{id}/delete; administrators who may change the account name.
func (s *Site) confirmDelete(v *visit) error {
	return s.askFarewell(v, http.StatusOK, nil, deletion, s.Users.Managed)
}

// deleteUser deletes a user who has never signed in.
//
// POST /settings/users/{id}/delete; administrators who may change the account name.
func (s *Site) deleteUser(v *visit) error {
	id, err := pathID[pactius.UserID](v)
	if err != nil {
		return err
	}
	u, err := s.Users.Delete(v.r.Context(), v.actor, id, v.form.version())
	if e, ok := inForm(err); ok {
		return s.askFarewell(v, statusOf(err), e, deletion, s.Users.Managed)
	}
	if err != nil {
		return err
	}
	s.say(v, done(pactius.T("%s has been deleted.", u.Name)))
	return redirect(v, view.UsersPath)
}

// confirmErase asks before a person is erased.
//
// GET /settings/users/{id}/erase; administrators of the whole environment.
func (s *Site) confirmErase(v *visit) error {
	return s.askFarewell(v, http.StatusOK, nil, erasure, s.Users.Erasable)
}

// eraseUser erases a person.
//
// POST /settings/users/{id}/erase; administrators of the whole environment.
func (s *Site) eraseUser(v *visit) error {
	id, err := pathID[pactius.UserID](v)
	if err != nil {
		return err
	}
	e, err := s.Users.Erase(v.r.Context(), v.actor, id, v.form.version())
	if refusal, ok := inForm(err); ok {
		return s.askFarewell(v, statusOf(err), refusal, erasure, s.Users.Erasable)
	}
	if err != nil {
		return err
	}
	s.say(v, done(pactius.T("%s has been erased.", e.Name)))
	return redirect(v, view.UsersPath)
}
