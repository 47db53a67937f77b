package web

import (
	"encoding/json"
	"errors"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/environments"
	"github.com/pactius/pactius/internal/microsoft"
)

const (
	// consentTime is how long granting permissions may take: a colleague with the
	// right role may have to be fetched.
	consentTime = time.Hour

	consentPurpose = "admin consent"
)

// consent is a round trip to Microsoft's admin consent page. Like a sign-in's
// attempt it travels sealed in a cookie of the browser that began it.
type consent struct {
	State   string         `json:"s"`
	Shared  bool           `json:"r,omitempty"` // for the deployment's app registration
	User    pactius.UserID `json:"u,omitempty"` // the administrator who began it, or
	Link    string         `json:"l,omitempty"` // the token of the link behind which it began,
	Tenant  string         `json:"t,omitempty"` // for this tenant
	Expires time.Time      `json:"e"`
}

func (s *Site) newConsent(v *visit, shared bool) consent {
	return consent{State: s.Environments.ConsentState(v.env, shared), Shared: shared,
		Expires: s.Now().Add(consentTime)}
}

// answer is what came back for the round trip.
func (c consent) answer(tenant string) environments.ConsentAnswer {
	return environments.ConsentAnswer{State: c.State, StateEnd: c.Expires, Tenant: tenant, Shared: c.Shared}
}

// keepConsent gives a round trip to the browser. There is one cookie: a second
// trip takes the place of the first.
func (s *Site) keepConsent(v *visit, c consent) error {
	plain, err := json.Marshal(c)
	if err != nil {
		return err
	}
	s.setCookie(v, consentCookie, s.Box.Seal(consentPurpose, plain, string(v.env.ID)), consentTime)
	return nil
}

// findConsent finds the browser's round trip of a state.
func (s *Site) findConsent(v *visit, state string) (consent, bool) {
	var c consent
	cookie, err := v.r.Cookie(s.cookieName(consentCookie))
	if err != nil || state == "" {
		return c, false
	}
	plain, err := s.Box.Open(consentPurpose, cookie.Value, string(v.env.ID))
	if err != nil || json.Unmarshal(plain, &c) != nil || c.State != state || !s.Now().Before(c.Expires) {
		return consent{}, false
	}
	return c, true
}

// isConsent reports whether an answer of Microsoft is one of its admin consent
// page, which comes back to the address of sign-ins, so that customers register
// one address only.
func (s *Site) isConsent(v *visit) bool {
	q := v.r.URL.Query()
	_, begun := s.findConsent(v, q.Get("state"))
	return begun || q.Has("admin_consent")
}

// comeBackFromConsent handles the return from Microsoft's admin consent page.
func (s *Site) comeBackFromConsent(v *visit) error {
	v.endTurn() // Microsoft is asked what was granted
	answer, refused := microsoft.ParseConsent(v.r.URL.Query())
	trip, known := s.findConsent(v, v.r.URL.Query().Get("state"))
	if v.begun = known; known {
		s.dropCookie(v, consentCookie)
	}
	switch {
	case !known, trip.Link == "" && (!v.isUser() || v.actor.User != trip.User):
		return environments.ErrAnswerUsed // unknown, of another administrator, or too old
	case refused != nil || !answer.Granted:
		return s.notGranted(v, trip, refused)
	case trip.Link != "":
		return s.consentedByLink(v, trip, answer.Tenant)
	}
	return s.consented(v, trip, answer.Tenant)
}

var errNotGranted = pactius.Refuse(pactius.KindConflict,
	pactius.T("The permissions weren't granted, so nothing has changed. Only a Microsoft 365 administrator can grant "+
		"them: ask one in your organisation, or start again."))

// notGranted explains why the permissions were not granted: by the error number
// where Microsoft gives one.
func (s *Site) notGranted(v *visit, trip consent, err error) error {
	f, ok := errors.AsType[*microsoft.Failure](err)
	switch {
	case err != nil && !ok:
		return err
	case ok && f.Code != "" && f.Reason != microsoft.ReasonCancelled && f.Reason != microsoft.ReasonDeclined:
		return s.failed(v, err, "")
	case trip.Link != "":
		return s.linkRefused(v, trip.link(v), environments.ConnectionForm{TenantID: trip.Tenant, Shared: true},
			errNotGranted)
	}
	return errNotGranted
}

// link is the link of Support behind which the round trip began.
func (c consent) link(v *visit) environments.Link {
	return environments.Link{Environment: v.env.ID, Token: c.Link, Address: v.address}
}
