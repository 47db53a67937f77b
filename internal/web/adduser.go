package web

import (
	"errors"
	"net/http"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/directory"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/names"
	"github.com/pactius/pactius/internal/users"
	"github.com/pactius/pactius/internal/web/view"
)

// openAddUser opens the form that adds a user, filled in as far as the address says. Where the administrator can give
// access to one unit alone, that unit is chosen.
//
// GET /settings/users/add?username=&name=&email=; local administrators.
func (s *Site) openAddUser(v *visit) error {
	var grants []pactius.Grant
	only, err := s.Units.Only(v.r.Context(), v.actor)
	if err != nil {
		return err
	}
	if only != "" {
		grants = []pactius.Grant{{Unit: only, Access: pactius.AccessRead}}
	}
	return s.addForm(v, http.StatusOK, view.AddUser{Welcome: true, Username: v.query("username", maxSearch),
		Name: v.query("name", maxSearch), Email: v.query("email", maxSearch)}, grants)
}

// addForm shows the form that adds a user, with what was typed.
func (s *Site) addForm(v *visit, status int, page view.AddUser, grants []pactius.Grant) error {
	var err error
	if page.Units, err = s.choose(v, chosen(grants)); err != nil {
		return err
	}
	page.Base = v.page(view.AtUsers)
	page.Notice.Typed = page.Username
	s.show(v, status, page)
	return nil
}

// checkAddUser shows what PACTIUS and the directory know about a person to be
// added.
//
// GET /settings/users/add/check?username=&name=&email=; local administrators.
func (s *Site) checkAddUser(v *visit) error {
	n := users.NewUser{Username: v.query("username", maxSearch), Name: v.query("name", maxSearch),
		Email: v.query("email", maxSearch)}
	verdict, err := s.Directory.Verify(v.r.Context(), v.actor, n.Username)
	if err != nil {
		return err
	}
	if verdict.State == directory.NameExists {
		n.Identity = verdict.Person.Identity
	}
	m, err := s.Users.Check(v.r.Context(), v.actor, n)
	if err != nil {
		return err
	}
	notice := view.AddNotice{Typed: n.Username, Verdict: verdict, Meets: m}
	s.answer(v, http.StatusOK, view.AddCheck{Base: v.page(view.AtUsers), Notice: notice})
	return nil
}

// newUser is the form that adds a user as it was posted.
type newUser struct {
	page    view.AddUser
	rules   users.NewUser
	missing bool // Microsoft 365 has no account with the typed name or one that is similar
}

// readNewUser reads the form.
func readNewUser(f form) newUser {
	u := newUser{page: view.AddUser{Username: f.text("username"), Name: f.text("name"), Email: f.text("email"),
		EndsOn: f.text("ends_on"), Welcome: f.has("welcome"),
		Choice: view.Choice{ObjectID: f.text(view.FieldAccount), Username: f.text(view.FieldChosen)}}}
	p := u.page
	u.rules = users.NewUser{Username: p.Username, Name: p.Name, Email: p.Email, EndsOn: pactius.Date(p.EndsOn),
		Grants: f.grants(), Welcome: p.Welcome, Despite: despite(f, p.Username)}
	u.rules.Settle, u.rules.Shown = settles(f)
	return u
}

// settles reports whether the form confirms that saving approves a request, and which.
func settles(f form) (bool, pactius.RequestID) {
	shown := pactius.RequestID(f.text("confirmed"))
	return shown != "", shown
}

// addUser adds a user. A pending request of the same account is approved by it,
// once the administrator has confirmed that. Without scripts the form also
// looks people up and chooses one; both show it again.
//
// POST /settings/users/add; local administrators.
func (s *Site) addUser(v *visit) error {
	u := readNewUser(v.form)
	switch {
	case v.form.browses():
		return s.addForm(v, http.StatusOK, u.page, u.rules.Grants)
	case v.form.has("look_up"):
		return s.lookUpPeople(v, u)
	case v.form.has("choose"):
		return s.chooseAccount(v, u)
	case v.form.has("same"):
		if ready, err := s.asRequested(v, &u); err != nil || !ready {
			return err
		}
	default:
		if ready, err := s.identify(v, &u); err != nil || !ready {
			return err
		}
	}
	added, err := s.Users.Add(v.r.Context(), v.actor, u.rules)
	if e, ok := inForm(err); ok {
		return s.addRefused(v, u, err, e)
	}
	if err != nil {
		return err
	}
	s.say(v, linked(u.said(added), userPath(added.User.ID), pactius.T("Open this user")))
	return redirect(v, userPath(added.User.ID))
}

// said is the message about an added user: what adding did besides, or what the
// directory could not confirm.
func (u newUser) said(added users.Added) view.Flash {
	name := added.User.Name
	switch {
	case added.Again:
		return done(pactius.T("%s was added by your first click. Nothing was done twice.", name))
	case added.Settled != nil:
		return done(pactius.T("%s has been added, and the access request has been approved.", name))
	case added.Elsewhere:
		return done(pactius.T("%s has been added. This person also has a pending access request that only other "+
			"administrators can decide on.", name))
	case u.missing && u.page.Notice.Trouble != "":
		return warn(pactius.T("%s has been added, but Microsoft 365 has no account with this name, and similar names "+
			"weren't checked. Check the spelling.", name))
	case u.page.Notice.Trouble != "":
		return warn(pactius.T("%s has been added. %s The account will be linked when the person first signs in.", name,
			u.page.Notice.Trouble.Text()))
	case u.page.Notice.Gone:
		return warn(pactius.T("%s has been added by account name only, because the account you chose is no longer in "+
			"Microsoft 365. Check the spelling.", name))
	case u.missing:
		return warn(pactius.T("%s has been added, but Microsoft 365 has no account with this name. Check the "+
			"spelling, unless the account will be created later.", name))
	}
	return done(pactius.T("%s has been added.", name))
}

// asRequested turns the form into the approval of a similar person's request, with
// what the directory says of the account that sent it. Where the directory does not
// confirm the account, or the request was settled meanwhile, it reports false and
// redirects to the request's page.
func (s *Site) asRequested(v *visit, u *newUser) (bool, error) {
	request := v.form.text("same")
	if !id.Valid(request) {
		return false, errNoSuchThing
	}
	r, err := s.Users.Request(v.r.Context(), v.actor, pactius.RequestID(request))
	if err != nil {
		return false, err
	}
	q := r.Request
	if q.State != pactius.StatePending {
		s.say(v, linked(late(), requestPath(q.ID), pactius.T("See the request")))
		return false, redirect(v, requestPath(q.ID))
	}
	a, err := s.Directory.Account(v.r.Context(), v.actor, q.Person.ObjectID)
	_, away := errors.AsType[*pactius.DirectoryError](err)
	switch {
	case away, pactius.KindOf(err) == pactius.KindNotFound, err == nil && a.Identity != q.Person.Identity:
		// A pop-up shows the message on the page below it, from where the link leads to the request.
		s.say(v, linked(warn(pactius.T("Microsoft 365 didn't confirm the account in the request, so no one was "+
			"added. Open the request and decide whether it's the same person.")), requestPath(q.ID),
			pactius.T("See the request")))
		return false, redirect(v, requestPath(q.ID))
	case err != nil:
		return false, err
	}
	if names.Key(u.rules.Email) == names.Key(u.rules.Username) {
		u.rules.Email = "" // mistyped like the account name
	}
	u.rules.Use(a)
	u.rules.Settle, u.rules.Shown = true, q.ID
	return true, nil
}

// addRefused shows the form again with the reason.
func (s *Site) addRefused(v *visit, u newUser, err error, e *pactius.Error) error {
	status := statusOf(err)
	page := u.page
	page.Form = view.FormOf(e)
	tell(&page.Notice, err)
	if _, ok := errors.AsType[*users.ExistsError](err); ok {
		status = http.StatusUnprocessableEntity // the account name must change
	}
	return s.addForm(v, status, page, u.rules.Grants)
}

// tell adds the users and requests that a refusal names.
func tell(n *view.AddNotice, err error) {
	if exists, ok := errors.AsType[*users.ExistsError](err); ok {
		n.Existing, n.Visible = &exists.User, exists.Visible
	}
	if pending, ok := errors.AsType[*users.PendingError](err); ok {
		n.Pending = &pending.Request
	}
	if similar, ok := errors.AsType[*users.SimilarError](err); ok {
		n.Similar = similar
	}
}
