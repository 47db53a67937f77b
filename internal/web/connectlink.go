package web

import (
	"errors"
	"net/http"
	"strings"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/environments"
	"github.com/pactius/pactius/internal/web/view"
)

// linkOf is the link of Support that the visitor has.
func linkOf(v *visit) environments.Link {
	return environments.Link{Environment: v.env.ID, Token: v.r.PathValue("token"), Address: v.address}
}

// hush keeps a link's token out of other sites' logs and of search engines.
func hush(v *visit) {
	v.w.Header().Set("Referrer-Policy", "no-referrer")
	v.w.Header().Set("X-Robots-Tag", "noindex, nofollow")
}

// openLink shows the form behind a link. It changes nothing: mail programs open
// links before people do.
//
// GET /connect/{token}; anyone with the link.
func (s *Site) openLink(v *visit) error {
	hush(v)
	behind, err := s.Environments.OpenLink(v.r.Context(), linkOf(v))
	if err != nil {
		return s.deadLink(v, err)
	}
	return s.ok(v, s.linkPage(v, linkOf(v), behind))
}

// linkPage is the form behind a link.
func (s *Site) linkPage(v *visit, l environments.Link, behind environments.LinkView) view.Connection {
	page := s.connectionPage(v, environments.ConnectionView{Environment: behind.Environment,
		SharedOffered: behind.SharedOffered})
	page.Link, page.Administrator, page.TenantID = environments.LinkPath+l.Token, behind.Administrator, behind.Tenant
	page.User, page.Visitor = nil, nil // only the link counts here
	return page
}

// deadLink shows that a link does not work. It returns other errors.
func (s *Site) deadLink(v *visit, err error) error {
	if !errors.Is(err, environments.ErrDeadLink) {
		return err
	}
	page := view.ConnectionDead{Base: v.page("")}
	page.User, page.Visitor = nil, nil
	s.show(v, http.StatusNotFound, page)
	return nil
}

// connectByLink tests a first connection and stores it if it works.
//
// POST /connect/{token}; anyone with the link.
func (s *Site) connectByLink(v *visit) error {
	hush(v)
	l, f := linkOf(v), environments.LinkForm{ConnectionForm: connectionForm(v.form),
		Confirmed: v.form.text("confirmed")}
	behind, err := s.Environments.OpenLink(v.r.Context(), l)
	if err != nil {
		return s.deadLink(v, err)
	}
	tried, err := s.Environments.ConnectByLink(v.r.Context(), l, f)
	page := typed(s.linkPage(v, l, behind), f.ConnectionForm)
	page.Steps = tried.Steps
	if errors.Is(err, environments.ErrConfirm) {
		page.Confirm, page.TenantID = true, tried.Environment.Connection.TenantID
		if !strings.EqualFold(f.TenantID, page.TenantID) {
			page.Domain = f.TenantID
		}
		return s.ok(v, page)
	}
	if errors.Is(err, environments.ErrDeadLink) {
		return s.deadLink(v, err)
	}
	if e, ok := inForm(err); ok {
		page.Form = view.FormOf(e)
		s.show(v, statusOf(err), page)
		return nil
	}
	if err != nil {
		return err
	}
	v.env = tried.Environment
	made := view.ConnectionMade{Base: v.page(""), Administrator: behind.Administrator, Steps: tried.Steps}
	made.User, made.Visitor = nil, nil
	return s.ok(v, made)
}

// grantByLink redirects to Microsoft, to grant the permissions of the shared app
// registration in the typed tenant.
//
// POST /connect/{token}/consent; anyone with the link.
func (s *Site) grantByLink(v *visit) error {
	hush(v)
	l, f := linkOf(v), connectionForm(v.form)
	trip := s.newConsent(v, true)
	trip.Link = l.Token
	to, tenant, err := s.Environments.LinkConsentURL(v.r.Context(), l, f.TenantID, trip.State)
	trip.Tenant = tenant
	if e, ok := inForm(err); ok {
		return s.linkRefused(v, l, f, e)
	}
	if err != nil {
		return s.deadLink(v, err)
	}
	if err := s.keepConsent(v, trip); err != nil {
		return err
	}
	return s.leave(v, to)
}

// linkRefused shows the form again with what is wrong.
func (s *Site) linkRefused(v *visit, l environments.Link, f environments.ConnectionForm, e *pactius.Error) error {
	hush(v)
	behind, err := s.Environments.OpenLink(v.r.Context(), l)
	if err != nil {
		return s.deadLink(v, err)
	}
	page := typed(s.linkPage(v, l, behind), f)
	page.Form = view.FormOf(e)
	s.show(v, statusOf(e), page)
	return nil
}

// consentedByLink shows the result of granting the permissions behind a link.
func (s *Site) consentedByLink(v *visit, trip consent, tenant string) error {
	hush(v)
	l := trip.link(v)
	behind, err := s.Environments.OpenLink(v.r.Context(), l)
	if err != nil {
		return s.deadLink(v, err)
	}
	f := environments.ConnectionForm{TenantID: trip.Tenant, Shared: true}
	page := typed(s.linkPage(v, l, behind), f)
	page.Granted = true
	page.Steps, err = s.Environments.LinkConsented(v.r.Context(), l, trip.Tenant, trip.answer(tenant))
	switch {
	case err == nil:
		page.Confirm = true
	case errors.Is(err, environments.ErrTestFailed):
	default:
		e, ok := inForm(err)
		if !ok {
			return err
		}
		page.Granted, page.Form = false, view.FormOf(e)
		s.show(v, statusOf(err), page)
		return nil
	}
	return s.ok(v, page)
}
