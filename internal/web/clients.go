package web

import (
	"net/http"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/web/view"
)

// confirmSecret asks before the secret of a client is replaced.
//
// GET /settings/applications/{id}/secret; administrators of the whole environment.
func (s *Site) confirmSecret(v *visit) error {
	l, err := s.application(v)
	if err != nil {
		return err
	}
	if l.Client.Kind != pactius.ClientWeb {
		return redirect(v, applicationPath(l.ID))
	}
	return s.ok(v, view.ReplaceSecret{Base: v.page(view.AtApplications), App: l, Now: s.Now()})
}

// makeSecret makes the secret of a client and shows it. It is in this answer alone, which the browser doesn't keep:
// the address, cookies and the log have no part of it.
//
// POST /settings/applications/{id}/secret; administrators of the whole environment.
func (s *Site) makeSecret(v *visit) error {
	id, err := pathID[pactius.ApplicationID](v)
	if err != nil {
		return err
	}
	now := v.form.text("end") == "now"
	app, secret, err := s.Applications.NewSecret(v.r.Context(), v.actor, id, v.form.version(), now)
	if err != nil {
		return err
	}
	v.w.Header().Set("Cache-Control", "no-store")
	s.show(v, http.StatusOK, view.NewSecret{Base: v.page(view.AtApplications), App: app, Secret: secret, Now: s.Now(),
		Provider: view.Provider{Issuer: v.base.String()}})
	return nil
}
