package web

import (
	"errors"
	"net/http"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/environments"
	"github.com/pactius/pactius/internal/web/view"
)

// Values of the fields of the connection's form.
const (
	registrationShared = "shared"
	proofCertificate   = "certificate"
)

// openConnection shows the form of the Microsoft 365 connection.
//
// GET /settings/environment/connection; administrators of the whole environment.
func (s *Site) openConnection(v *visit) error {
	now, err := s.Environments.Connection(v.r.Context(), v.actor)
	if err != nil {
		return err
	}
	return s.ok(v, s.connectionPage(v, now))
}

// connectionPage is the form as the connection is stored.
func (s *Site) connectionPage(v *visit, now environments.ConnectionView) view.Connection {
	e := now.Environment
	c := e.Connection
	page := view.Connection{Base: v.page(view.AtEnvironment), Form: view.Form{Version: e.Version},
		RedirectURI: s.Environments.OwnRedirectURI(e), SignOutURI: v.base.String() + "/",
		SharedOffered: now.SharedOffered, Stored: view.StoredOf(c), Shared: c.ClientID == "" && now.SharedOffered,
		TenantID: c.TenantID,
		ClientID: c.ClientID, ByCertificate: c.SealedCertificate != "", EndsOn: string(c.SecretEndsOn)}
	if page.ByCertificate {
		page.EndsOn = ""
	}
	if now.Certificate != nil {
		page.Thumbprint = now.Certificate.Thumbprint
	}
	return page
}

// connectionForm reads the form.
func connectionForm(f form) environments.ConnectionForm {
	return environments.ConnectionForm{TenantID: f.text("tenant"), Shared: f.text("registration") == registrationShared,
		ClientID:      f.text("client_id"),
		ByCertificate: f.text("proof") == proofCertificate, ClientSecret: f.text("client_secret"),
		EndsOn:      f.text("secret_ends_on"),
		Certificate: f.text("certificate")}
}

// typed puts the typed values into the page, except secrets.
func typed(page view.Connection, f environments.ConnectionForm) view.Connection {
	page.Shared, page.ClientID, page.ByCertificate, page.EndsOn = f.Shared, f.ClientID, f.ByCertificate, f.EndsOn
	if page.Link != "" {
		page.TenantID = f.TenantID
	}
	return page
}

// changeConnection tests a connection and saves it if it works.
//
// POST /settings/environment/connection; administrators of the whole environment.
func (s *Site) changeConnection(v *visit) error {
	f := connectionForm(v.form)
	tried, err := s.Environments.Connect(v.r.Context(), v.actor, v.form.version(), f)
	if e, ok := inForm(err); ok && e.Kind != pactius.KindNotConnected {
		now, readErr := s.Environments.Connection(v.r.Context(), v.actor)
		if readErr != nil {
			return readErr
		}
		page := typed(s.connectionPage(v, now), f)
		page.Form, page.Steps = view.FormOf(e).At(now.Environment.Version), tried.Steps
		s.show(v, statusOf(err), page)
		return nil
	}
	if err != nil {
		return err
	}
	said := done(pactius.T("The connection has been tested and saved."))
	if !view.Steps(tried.Steps).Complete() {
		said = warn(pactius.T("The connection has been saved and people can sign in, but something is still missing. " +
			"Test the connection to see what."))
	}
	s.say(v, said)
	return redirect(v, view.EnvironmentPath)
}

// testConnection tries the connection as it is stored and shows what was found.
// It changes nothing and keeps nothing, so it leads nowhere else.
//
// POST /settings/environment/connection/test; administrators of the whole environment.
func (s *Site) testConnection(v *visit) error {
	steps, err := s.Environments.Test(v.r.Context(), v.actor)
	if err != nil {
		return err
	}
	return s.ok(v, view.ConnectionTest{Base: v.page(view.AtEnvironment), Steps: steps})
}

// grantConsent sends the administrator to Microsoft to grant the permissions.
//
// POST /settings/environment/connection/consent; administrators of the whole environment.
func (s *Site) grantConsent(v *visit) error {
	trip := s.newConsent(v, v.form.text("registration") == registrationShared)
	trip.User = v.actor.User
	to, err := s.Environments.ConsentURL(v.r.Context(), v.actor, trip.Shared, trip.State)
	if err != nil {
		return err
	}
	if err := s.keepConsent(v, trip); err != nil {
		return err
	}
	return s.leave(v, to)
}

// consented shows an administrator the result of granting the permissions.
func (s *Site) consented(v *visit, trip consent, tenant string) error {
	steps, err := s.Environments.Consented(v.r.Context(), v.actor, trip.answer(tenant))
	if err != nil && !errors.Is(err, environments.ErrTestFailed) {
		return err
	}
	if trip.Shared == (v.env.Connection.ClientID == "") { // the stored registration was meant
		return s.ok(v, view.ConnectionTest{Base: v.page(view.AtEnvironment), Steps: steps, Granted: true})
	}
	now, err := s.Environments.Connection(v.r.Context(), v.actor)
	if err != nil {
		return err
	}
	page := s.connectionPage(v, now)
	page.Shared, page.Steps, page.Granted = trip.Shared, steps, true
	s.show(v, http.StatusOK, page)
	return nil
}
