package web

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/applications"
	"github.com/pactius/pactius/internal/clients"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/microsoft"
	"github.com/pactius/pactius/internal/web/view"
)

// maxOrigin bounds an origin and a challenge in bytes: a host name has at most 253.
const maxOrigin = 300

var (
	// errSignInFirst begins a sign-in that leads back to the page.
	errSignInFirst = errors.New("a sign-in is needed first")

	errNoApplication = pactius.Refuse(pactius.KindNotFound, pactius.T("There's no application at this address; it "+
		"may have been removed. Go to Home to see the applications you can open."))
)

// handOver hands the sign-in of a user over to an application's host, which has sent the browser here.
//
// GET /enter?application=&origin=&challenge=&to=; anybody. Users without the required access see how to request it.
func (s *Site) handOver(v *visit) error {
	e := applications.Entry{Application: queryID[pactius.ApplicationID](v, "application"),
		Origin: pactius.Origin(v.query("origin", maxOrigin)), Challenge: v.query("challenge", maxOrigin),
		To: applications.ReturnPath(v.r.URL.Query().Get("to"))}
	if !v.isUser() {
		return s.enterFirst(v, e.Application)
	}
	code, err := s.Applications.Enter(v.r.Context(), v.actor, v.token, e)
	switch {
	case errors.Is(err, applications.ErrMayNot):
		return s.openApplication(v, e.Application)
	case pactius.KindOf(err) == pactius.KindNotFound:
		return errNoApplication
	case err != nil:
		return err
	}
	return redirect(v, string(e.Origin)+applications.FinishPath+"?"+url.Values{"code": {code}}.Encode())
}

// seeApplication opens an application, or says what is needed for it.
//
// GET /applications/{id}; anybody.
func (s *Site) seeApplication(v *visit) error {
	app, err := pathID[pactius.ApplicationID](v)
	if err != nil {
		return errNoApplication
	}
	if !v.isUser() {
		return s.enterFirst(v, app)
	}
	return s.openApplication(v, app)
}

// enterFirst sends a visitor to the page that requests access, and everyone else to Microsoft.
func (s *Site) enterFirst(v *visit, app pactius.ApplicationID) error {
	if v.isVisitor() {
		return redirect(v, view.AccessFor(app, v.back()))
	}
	return errSignInFirst
}

// signInFirst sends a person to Microsoft and back to this page.
func (s *Site) signInFirst(v *visit) error {
	back := v.here()
	if back == "/" && applicationOf(v.r.URL.RequestURI()) != "" {
		// Too long for a cookie: without the path at the application.
		q := v.r.URL.Query()
		q.Del("to")
		back = v.r.URL.Path + "?" + q.Encode()
	}
	return s.begin(v, microsoft.NewAttempt(), back, false)
}

// openApplication leads a user to an application, or says what is needed and who can approve it.
func (s *Site) openApplication(v *visit, app pactius.ApplicationID) error {
	o, err := s.Applications.One(v.r.Context(), v.actor, app)
	if pactius.KindOf(err) == pactius.KindNotFound {
		return errNoApplication
	}
	if err != nil {
		return err
	}
	if o.May {
		return redirect(v, o.Address())
	}
	approvers, err := s.Users.Approvers(v.r.Context(), v.actor, o.Unit)
	if err != nil {
		return err
	}
	s.show(v, http.StatusForbidden, view.MayNotOpen{Base: v.page(view.AtHome), App: view.AppCard{Openable: o},
		Approvers: view.Helpers(approvers[:min(len(approvers), shownDeciders)])})
	return nil
}

// sought is the application for which a visitor requests access, as the address or the form says; nil is none.
func (s *Site) sought(v *visit) (*applications.Listed, error) {
	app := v.form.text("application")
	if app == "" {
		app = v.query("application", id.Length)
	}
	if !id.Valid(app) {
		return nil, nil
	}
	found, err := s.Applications.Sought(v.r.Context(), v.actor, pactius.ApplicationID(app))
	if pactius.KindOf(err) == pactius.KindNotFound {
		return nil, nil
	}
	return &found, err
}

// applicationOf is the application that a local path is about, "" for none.
func applicationOf(path string) pactius.ApplicationID {
	u, err := url.Parse(path)
	if err != nil {
		return ""
	}
	app := u.Query().Get("application")
	if of, ok := strings.CutPrefix(u.Path, view.ApplicationPath); ok {
		app = of
	} else if u.Path == clients.AuthorizePath {
		app = u.Query().Get("client_id")
	} else if u.Path != view.EnterPath {
		app = ""
	}
	if !id.Valid(app) {
		return ""
	}
	return pactius.ApplicationID(app)
}
