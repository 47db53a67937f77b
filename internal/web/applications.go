package web

import (
	"net/http"
	"strings"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/applications"
	"github.com/pactius/pactius/internal/web/view"
)

func applicationPath(id pactius.ApplicationID) string {
	return view.ApplicationsPath + "/" + string(id)
}

// listApplications lists the applications behind the door.
//
// GET /settings/applications; administrators of the whole environment.
func (s *Site) listApplications(v *visit) error {
	all, err := s.Applications.List(v.r.Context(), v.actor)
	if err != nil {
		return err
	}
	return s.ok(v, view.Applications{Base: v.page(view.AtApplications), All: all})
}

// application reads the application that the path names.
func (s *Site) application(v *visit) (applications.Listed, error) {
	id, err := pathID[pactius.ApplicationID](v)
	if err != nil {
		return applications.Listed{}, err
	}
	return s.Applications.Find(v.r.Context(), v.actor, id)
}

// openAddApplication opens the form that adds an application.
//
// GET /settings/applications/add; administrators of the whole environment.
func (s *Site) openAddApplication(v *visit) error {
	if _, err := s.Applications.List(v.r.Context(), v.actor); err != nil {
		return err
	}
	return s.addApplicationForm(v, http.StatusOK, view.AppForm{Access: pactius.AccessRead}, "")
}

func (s *Site) addApplicationForm(v *visit, status int, form view.AppForm, unit pactius.UnitID) error {
	var err error
	if form.Unit, err = s.place(v, unit, ""); err != nil {
		return err
	}
	s.show(v, status, view.AddApplication{Base: v.page(view.AtApplications), AppForm: form})
	return nil
}

// typedApplication reads the form of an application: as typed, and as the change that it asks for.
func (f form) typedApplication() (view.AppForm, pactius.UnitID, pactius.ApplicationUpdate) {
	unit := pactius.UnitID(f.text(view.FieldParent))
	access, err := pactius.ParseAccess(f.text("access"))
	if err != nil {
		access = pactius.AccessNone // which the rules refuse
	}
	typed := view.AppForm{Name: f.text("name"), Icon: f.text("icon"), Origins: f.text("origin"), Access: access,
		Preflight: f.has("preflight"), Client: view.ClientForm{Kind: pactius.ClientKind(f.text("client")),
			Redirects: f.text("redirect"), Returns: f.text("return"), BackChannel: f.text("back_channel"),
			Groups: f.has("groups")}}
	c := &typed.Client
	return typed, unit, pactius.ApplicationUpdate{Name: &typed.Name, Icon: &typed.Icon,
		Origins: lines(typed.Origins), Unit: &unit, Access: &access, Preflight: &typed.Preflight, ClientKind: &c.Kind,
		RedirectURIs: lines(c.Redirects), ReturnURIs: lines(c.Returns), BackChannel: &c.BackChannel, Groups: &c.Groups}
}

// lines are the lines of a text area.
func lines(s string) *[]string {
	all := strings.FieldsFunc(s, func(r rune) bool { return r == '\n' || r == '\r' })
	return &all
}

// addApplication adds an application.
//
// POST /settings/applications/add; administrators of the whole environment.
func (s *Site) addApplication(v *visit) error {
	typed, unit, up := v.form.typedApplication()
	if v.form.browses() {
		return s.addApplicationForm(v, http.StatusOK, typed, unit)
	}
	a, err := s.Applications.Add(v.r.Context(), v.actor, up)
	if e, ok := inForm(err); ok {
		typed.Form = view.FormOf(e)
		return s.addApplicationForm(v, statusOf(err), typed, unit)
	}
	if err != nil {
		return err
	}
	s.say(v, nextStep(a))
	return redirect(v, applicationPath(a.ID))
}

// nextStep says what to do with an application that was added.
func nextStep(a pactius.Application) view.Flash {
	added := pactius.T("%s has been added.", a.Name)
	switch a.Client.Kind {
	case pactius.ClientWeb:
		return linked(done(added), view.SecretPath(a.ID), pactius.T("Create its client secret next"))
	case pactius.ClientNative:
		return done(pactius.T("%s has been added. Enter the issuer and the client ID in its settings next.", a.Name))
	}
	return linked(done(added), applicationPath(a.ID), pactius.T("Set up its proxy next"))
}

// seeSettings shows an application's settings, and how its proxy is set up.
//
// GET /settings/applications/{id}; administrators of the whole environment.
func (s *Site) seeSettings(v *visit) error {
	l, err := s.application(v)
	if err != nil {
		return err
	}
	return s.applicationForm(v, http.StatusOK, l, view.AppFormOf(l.Application), l.Unit)
}

func (s *Site) applicationForm(
	v *visit, status int, l applications.Listed, form view.AppForm, unit pactius.UnitID,
) error {
	var err error
	if form.Unit, err = s.place(v, unit, ""); err != nil {
		return err
	}
	form.Saved = l.Client.Kind
	s.show(v, status, view.OneApplication{Base: v.page(view.AtApplications), AppForm: form, App: l, Now: s.Now(),
		Provider: view.Provider{Issuer: v.base.String()},
		Proxy:    view.Proxy{Portal: v.base.String(), Environment: v.env.Host, Application: l.Application}})
	return nil
}

// changeApplication changes an application.
//
// POST /settings/applications/{id}; administrators of the whole environment.
func (s *Site) changeApplication(v *visit) error {
	id, err := pathID[pactius.ApplicationID](v)
	if err != nil {
		return err
	}
	typed, unit, up := v.form.typedApplication()
	var a pactius.Application
	if !v.form.browses() {
		a, err = s.Applications.Update(v.r.Context(), v.actor, id, v.form.version(), up)
	}
	e, again := inForm(err)
	if again || v.form.browses() {
		l, readErr := s.application(v)
		if readErr != nil {
			return readErr
		}
		typed.Form = view.FormOf(e).At(l.Version)
		if e == nil {
			typed.Version = v.form.version()
			return s.applicationForm(v, http.StatusOK, l, typed, unit)
		}
		return s.applicationForm(v, statusOf(err), l, typed, unit)
	}
	if err != nil {
		return err
	}
	s.say(v, done(pactius.T("%s has been saved.", a.Name)))
	return redirect(v, applicationPath(id))
}

// confirmRemoveApplication asks before an application is removed.
//
// GET /settings/applications/{id}/remove; administrators of the whole environment.
func (s *Site) confirmRemoveApplication(v *visit) error {
	l, err := s.application(v)
	if err != nil {
		return err
	}
	ends := pactius.T("Everyone is signed out of it, and PACTIUS no longer gives anyone access to it.")
	if l.Client.Kind != pactius.ClientNone {
		ends = pactius.T("No one can sign in to it with PACTIUS any more. It isn't told, so people who are signed in " +
			"there stay so until it asks them to sign in again.")
	}
	return s.ok(v, view.Confirm{Base: v.page(view.AtApplications), Title: pactius.T("Remove %s", l.Name),
		Will: []pactius.Text{
			pactius.Plural(len(l.Origins), "%d address becomes available again.",
				"%d addresses become available again."), ends,
			pactius.T("This can't be undone. If you add it again, it gets a new ID, and its proxy has to be updated."),
		}, Action: applicationPath(l.ID) + "/remove", Button: pactius.T("Remove"), Danger: true,
		Cancel: applicationPath(l.ID), Then: view.ApplicationsPath})
}

// removeApplication removes an application. One that is gone already was removed by the first of two clicks.
//
// POST /settings/applications/{id}/remove; administrators of the whole environment.
func (s *Site) removeApplication(v *visit) error {
	l, err := s.application(v)
	if err == nil {
		err = s.Applications.Remove(v.r.Context(), v.actor, l.ID)
	}
	if err != nil {
		return err
	}
	s.say(v, done(pactius.T("%s has been removed.", l.Name)))
	return redirect(v, view.ApplicationsPath)
}

// confirmKeys asks before a new signing key is published.
//
// GET /settings/applications/keys; administrators of the whole environment.
func (s *Site) confirmKeys(v *visit) error {
	if _, err := s.Applications.List(v.r.Context(), v.actor); err != nil {
		return err
	}
	return s.ok(v, view.ReplaceKeys{Base: v.page(view.AtApplications)})
}

// replaceKeys publishes a new signing key, which signs a day later.
//
// POST /settings/applications/keys; administrators of the whole environment.
func (s *Site) replaceKeys(v *visit) error {
	starts, err := s.Applications.Rotate(v.r.Context(), v.actor, false)
	if err != nil {
		return err
	}
	hours := int(starts.Sub(s.Now()).Hours() + 0.5)
	s.say(v, done(pactius.Plural(hours, "A new signing key has been published. It takes effect in %d hour.",
		"A new signing key has been published. It takes effect in %d hours.")))
	return redirect(v, view.ApplicationsPath)
}

// confirmKeysNow asks before the signing keys are replaced without notice.
//
// GET /settings/applications/keys/now; administrators of the whole environment.
func (s *Site) confirmKeysNow(v *visit) error {
	if _, err := s.Applications.List(v.r.Context(), v.actor); err != nil {
		return err
	}
	return s.ok(v, view.Confirm{Base: v.page(view.AtApplications), Title: pactius.T("Replace the signing keys now"),
		Will: []pactius.Text{
			pactius.T("The current keys are no longer published, and a new key is used immediately."),
			pactius.T("Applications that have already read the keys will refuse everyone until they read the new " +
				"ones. Most do so within minutes; some need a restart."),
			pactius.T("Do this only if a key has leaked."),
		}, Action: view.KeysPath + "/now", Button: pactius.T("Replace now"), Danger: true,
		Cancel: view.ApplicationsPath})
}

// replaceKeysNow replaces the signing keys without notice.
//
// POST /settings/applications/keys/now; administrators of the whole environment.
func (s *Site) replaceKeysNow(v *visit) error {
	if _, err := s.Applications.Rotate(v.r.Context(), v.actor, true); err != nil {
		return err
	}
	s.say(v, done(pactius.T("The signing keys have been replaced. If an application still refuses people, it needs "+
		"to read the new keys.")))
	return redirect(v, view.ApplicationsPath)
}
