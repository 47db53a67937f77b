package web

import (
	"context"
	"errors"
	"net/http"
	"path"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/audit"
	"github.com/pactius/pactius/internal/directory"
	"github.com/pactius/pactius/internal/users"
	"github.com/pactius/pactius/internal/web/view"
)

// brief reads the user that the path names, for forms, which show less than the user's page.
func (s *Site) brief(v *visit) (users.View, error) { return readUser(v, s.Users.Brief) }

// managed is brief for actors who may change the user.
func (s *Site) managed(v *visit) (users.View, error) { return readUser(v, s.Users.Managed) }

// readUser reads the user that the path names.
func readUser(v *visit,
	read func(context.Context, pactius.Actor, pactius.UserID) (users.View, error)) (users.View, error) {
	id, err := pathID[pactius.UserID](v)
	if err != nil {
		return users.View{}, err
	}
	return read(v.r.Context(), v.actor, id)
}

// seeUser shows one user.
//
// GET /settings/users/{id}; administrators of one of the user's business
// units, and of any for users without. The ID of a user that was merged leads on.
func (s *Site) seeUser(v *visit) error {
	page := view.OneUser{Chosen: choiceOf(v.query), After: v.query("after", maxCursor),
		JustApproved: v.query("approved", 1) != ""}
	history, status := v.filterEvents(&page.Chosen)
	history.After = page.After
	u, err := readUser(v, func(ctx context.Context, a pactius.Actor, id pactius.UserID) (users.View, error) {
		return s.Users.UserWith(ctx, a, id, history)
	})
	if err != nil {
		return s.lostInList(v, err, v.r.URL.Path)
	}
	if id := v.r.PathValue("id"); id != string(u.User.ID) { // merged into this user
		return redirect(v, userPath(u.User.ID))
	}
	if status != http.StatusOK {
		u.History = audit.Page{} // nothing was chosen
	}
	page.Base, page.View, page.CurrentSession = v.page(view.AtUsers), u, v.signed.Session.ID
	s.show(v, status, page)
	return nil
}

// openEditUser opens the form with a user's master data.
//
// GET /settings/users/{id}/edit; administrators of all the user's business units.
func (s *Site) openEditUser(v *visit) error {
	u, err := s.managed(v)
	if err != nil {
		return err
	}
	t := u.User
	if username := v.query("username", maxSearch); username != "" && u.CanIdentify && t.FirstSignInAt.IsZero() {
		t.Username = username // the corrected one; the form shows it before saving
	}
	return s.ok(v, view.EditUser{Base: v.page(view.AtUsers), Form: view.Form{Version: t.Version}, Target: u.User,
		CanIdentify: u.CanIdentify, Username: t.Username, Name: t.Name, Email: t.Email, EndsOn: string(t.EndsOn)})
}

// editUser saves a user's master data. The form has the account name only before
// the first sign-in; afterwards it follows Microsoft 365. It has account name and
// email address only for administrators who may change them.
//
// POST /settings/users/{id}/edit; administrators of all the user's business units.
func (s *Site) editUser(v *visit) error {
	id, err := pathID[pactius.UserID](v)
	if err != nil {
		return err
	}
	f := v.form
	up := pactius.UserUpdate{Name: new(f.text("name")), EndsOn: new(pactius.Date(f.text("ends_on")))}
	if f.has("email") {
		up.Email = new(f.text("email"))
	}
	if f.has("username") {
		up.Username = new(f.text("username"))
	}
	n, ready, err := s.identifyRenamed(v, &up)
	if err != nil || !ready {
		return err
	}
	edited, err := s.Users.Edit(v.r.Context(), v.actor, id, f.version(), up)
	if e, ok := inForm(err); ok {
		tell(&n, err)
		status := statusOf(err)
		if len(e.Fields) > 0 {
			status = http.StatusUnprocessableEntity
		}
		return s.editAgain(v, status, view.FormOf(e), n)
	}
	if err != nil {
		return err
	}
	s.say(v, savedAs(edited, n))
	return redirect(v, userPath(id))
}

// identifyRenamed finds the account that a corrected account name means, before
// anything is stored, as identify does for a user to be added. It reports false if
// it has shown the form again. The notice tells what the directory answered.
func (s *Site) identifyRenamed(v *visit, up *pactius.UserUpdate) (n view.AddNotice, ready bool, err error) {
	if up.Username == nil {
		return n, true, nil
	}
	if v.form.has("choose") {
		return n, false, s.chooseRenamed(v)
	}
	named, err := s.Users.Find(v.r.Context(), v.actor, *up.Username)
	if err == nil && userPath(named.ID) == path.Dir(v.r.URL.Path) {
		return n, true, nil // the account name stays
	}
	up.Settle, up.Shown = settles(v.form)
	up.Despite = despite(v.form, *up.Username)
	verdict, ask, err := s.verifyTyped(v, *up.Username)
	if err != nil {
		return n, false, err
	}
	n.Verdict = verdict
	switch {
	case ask:
		return n, false, s.editAgain(v, http.StatusUnprocessableEntity, view.Form{}, n)
	case verdict.Linkable():
		up.Identity, *up.Username = verdict.Person.Identity, verdict.Person.Username
	}
	return n, true, nil
}

// chooseRenamed shows the form with the account name of a chosen account; saving
// looks the account up again.
func (s *Site) chooseRenamed(v *visit) error {
	var n view.AddNotice
	a, err := s.Directory.Account(v.r.Context(), v.actor, v.form.text("choose"))
	trouble, away := errors.AsType[*pactius.DirectoryError](err)
	switch {
	case away:
		n.Trouble = trouble.Trouble
	case pactius.KindOf(err) == pactius.KindNotFound:
		n.Gone = true
	case err != nil:
		return err
	default:
		v.form["username"] = []string{a.Username}
	}
	return s.editAgain(v, http.StatusOK, view.Form{}, n)
}

// editAgain shows the form again with what was typed. Its version is the current
// one, because the form shows the problem.
func (s *Site) editAgain(v *visit, status int, form view.Form, n view.AddNotice) error {
	u, err := s.managed(v)
	if err != nil {
		return err
	}
	f := v.form
	n.Typed, n.Rename = f.text("username"), true
	s.show(v, status, view.EditUser{Base: v.page(view.AtUsers), Form: form.At(u.User.Version), Target: u.User,
		CanIdentify: u.CanIdentify, Username: f.text("username"), Name: f.text("name"), Email: f.text("email"),
		EndsOn: f.text("ends_on"), Notice: n})
	return nil
}

// savedAs is the message about a changed user: what saving did besides, or what the
// directory could not confirm.
func savedAs(e users.Edited, n view.AddNotice) view.Flash {
	name := e.User.Name
	switch {
	case e.Settled != nil:
		return done(pactius.T("Changes to %s have been saved, and the access request has been approved.", name))
	case e.Elsewhere:
		return done(pactius.T("Changes to %s have been saved. This person also has a pending access request that "+
			"only other administrators can decide on.", name))
	case n.State == directory.NameMissing:
		return warn(pactius.T("Changes to %s have been saved, but Microsoft 365 has no account with this name. Check "+
			"the spelling, unless the account will be created later.", name))
	case n.Trouble != "":
		return warn(pactius.T("Changes to %s have been saved. %s", name, n.Trouble.Text()))
	}
	return done(pactius.T("Changes to %s have been saved.", name))
}

// openManageUnits opens the form with a user's business units.
//
// GET /settings/users/{id}/units; as seeUser.
func (s *Site) openManageUnits(v *visit) error {
	u, err := s.brief(v)
	if err != nil {
		return err
	}
	return s.manageForm(v, http.StatusOK, u, accessVersion(u), chosenOf(u.Memberships), nil)
}

func (s *Site) manageForm(v *visit, status int, u users.View, version int, chosen map[pactius.UnitID]pactius.Access,
	e *pactius.Error) error {
	units, err := s.choose(v, chosen)
	if err != nil {
		return err
	}
	s.show(v, status, view.ManageUnits{Base: v.page(view.AtUsers), Target: u.User, Changed: u.Changed,
		Form: view.FormOf(e).At(version), Units: units})
	return nil
}

func accessVersion(u users.View) int { return pactius.AccessVersion(u.User, u.Memberships) }

func chosenOf(memberships []pactius.Membership) map[pactius.UnitID]pactius.Access {
	m := make(map[pactius.UnitID]pactius.Access, len(memberships))
	for _, one := range memberships {
		m[one.UnitID] = one.Access
	}
	return m
}

// manageUnits changes a user's business units, as far as the actor may give them.
// It does not overwrite changes made since the form was opened.
//
// POST /settings/users/{id}/units; as seeUser, for the units the actor administers.
func (s *Site) manageUnits(v *visit) error {
	u, err := s.brief(v)
	if err != nil {
		return err
	}
	grants := v.form.grants()
	typed := s.typedUnits(u, grants)
	if v.form.browses() { // with the version that the choice was made from
		return s.manageForm(v, http.StatusOK, u, v.form.version(), typed, nil)
	}
	saved, err := s.Users.Replace(v.r.Context(), v.actor, u.User.ID, v.form.version(), grants)
	if e, ok := inForm(err); ok {
		if u, err := s.brief(v); err == nil { // as it is now, in case of a conflict
			return s.manageForm(v, statusOf(e), u, accessVersion(u), typed, e)
		}
		return s.manageForm(v, statusOf(err), u, accessVersion(u), typed, e)
	}
	if err != nil {
		return err
	}
	s.say(v, done(pactius.T("Business units for %s have been saved.", saved.Name)))
	return redirect(v, userPath(saved.ID))
}

// typedUnits is the posted choice, with the units that the actor may not change.
func (s *Site) typedUnits(u users.View, grants []pactius.Grant) map[pactius.UnitID]pactius.Access {
	typed, mine := chosen(grants), view.Within(u.Rights)
	for _, m := range u.Memberships {
		if !mine(m.UnitID) {
			typed[m.UnitID] = m.Access
		}
	}
	return typed
}

// confirm is a page that asks before a user is changed.
type confirm func(u users.View) view.Confirm

// ask shows a confirm page about the user that the path names.
func (s *Site) ask(v *visit, status int, e *pactius.Error, page confirm) error {
	u, err := s.managed(v)
	if err != nil {
		return err
	}
	p := page(u)
	p.Base, p.Form, p.Cancel = v.page(view.AtUsers), view.FormOf(e), userPath(u.User.ID)
	s.show(v, status, p)
	return nil
}

// confirmed carries out what a confirm page has asked about.
func (s *Site) confirmed(v *visit, page confirm, do func(pactius.UserID) error) error {
	id, err := pathID[pactius.UserID](v)
	if err != nil {
		return err
	}
	err = do(id)
	if e, ok := inForm(err); ok {
		return s.ask(v, statusOf(err), e, page)
	}
	if err != nil {
		return err
	}
	return redirect(v, userPath(id))
}

func deactivation(u users.View) view.Confirm {
	return view.Confirm{Title: pactius.T("Deactivate %s", u.User.Name), Will: []pactius.Text{
		pactius.T("%s is signed out everywhere immediately.", u.User.Name),
		pactius.T("%s can't sign in until the user is reactivated.", u.User.Name),
		pactius.T("Business units and history are kept."),
	}, Action: userPath(u.User.ID) + "/deactivate", Button: pactius.T("Deactivate"), Danger: true}
}

func reactivation(u users.View) view.Confirm {
	c := view.Confirm{Title: pactius.T("Reactivate %s", u.User.Name), Will: []pactius.Text{
		pactius.T("%s gets access again, with the same business units as before.", u.User.Name),
	}, Action: userPath(u.User.ID) + "/reactivate", Button: pactius.T("Reactivate")}
	if u.User.AccountState.Gone() {
		c.Will[0] = pactius.T("%s gets access again as soon as the Microsoft 365 account is active again.",
			u.User.Name)
	}
	if u.User.EndsOn != "" {
		c.Will = append(c.Will, pactius.T("If the end date has passed, it's removed."))
	}
	return c
}

func endOfSessions(u users.View) view.Confirm {
	ends := pactius.Plural(len(u.Sessions), "%d session ends immediately.", "%d sessions end immediately.")
	if len(u.Sessions) == 0 {
		ends = pactius.T("%s isn't signed in anywhere right now.", u.User.Name)
	}
	return view.Confirm{Title: pactius.T("Sign %s out everywhere", u.User.Name), Will: []pactius.Text{
		ends,
		pactius.T("This doesn't stop %s from signing in again.", u.User.Name),
	}, Action: userPath(u.User.ID) + "/sign-out-everywhere", Button: pactius.T("Sign out everywhere"), Danger: true}
}

// confirmDeactivate asks before a user is switched off.
//
// GET /settings/users/{id}/deactivate; administrators of all the user's business units.
func (s *Site) confirmDeactivate(v *visit) error { return s.ask(v, http.StatusOK, nil, deactivation) }

// deactivateUser switches a user off.
//
// POST /settings/users/{id}/deactivate; administrators of all the user's business units.
func (s *Site) deactivateUser(v *visit) error {
	return s.confirmed(v, deactivation, func(id pactius.UserID) error {
		u, err := s.Users.Deactivate(v.r.Context(), v.actor, id)
		if err == nil {
			s.say(v, done(pactius.T("%s has been deactivated and signed out everywhere.", u.Name)))
		}
		return err
	})
}

// confirmReactivate asks before a user is switched on again.
//
// GET /settings/users/{id}/reactivate; administrators of all the user's business units.
func (s *Site) confirmReactivate(v *visit) error { return s.ask(v, http.StatusOK, nil, reactivation) }

// reactivateUser switches a user on again.
//
// POST /settings/users/{id}/reactivate; administrators of all the user's business units.
func (s *Site) reactivateUser(v *visit) error {
	return s.confirmed(v, reactivation, func(id pactius.UserID) error {
		u, err := s.Users.Reactivate(v.r.Context(), v.actor, id)
		if err == nil {
			s.say(v, done(pactius.T("%s has been reactivated.", u.Name)))
		}
		return err
	})
}

// confirmEndSessions asks before a user is signed out everywhere.
//
// GET /settings/users/{id}/sign-out-everywhere; administrators of all the user's business units.
func (s *Site) confirmEndSessions(v *visit) error { return s.ask(v, http.StatusOK, nil, endOfSessions) }

// endSessions signs a user out everywhere.
//
// POST /settings/users/{id}/sign-out-everywhere; administrators of all the user's business units.
func (s *Site) endSessions(v *visit) error {
	u, err := s.managed(v)
	if err != nil {
		return err
	}
	return s.confirmed(v, endOfSessions, func(id pactius.UserID) error {
		_, err := s.Users.EndSessions(v.r.Context(), v.actor, id)
		if err == nil {
			s.say(v, done(endedText(len(u.Sessions), u.User.Name))) // those that had not ended on their own
		}
		return err
	})
}

func endedText(sessions int, name string) pactius.Text {
	if sessions == 0 {
		return pactius.T("%s was no longer signed in anywhere.", name)
	}
	return pactius.Plural(sessions, "%d session for %s has been ended.", "%d sessions for %s have been ended.", name)
}
