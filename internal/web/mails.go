package web

import (
	"net/http"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/environments"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/web/view"
)

// maxUnasked is the most emails that are sent again without asking first: those that one page of the list shows.
const maxUnasked = pactius.PageSize

// turnMails replaces the undelivered emails of a settings page by the page of them that the address names.
func (s *Site) turnMails(v *visit, page *view.EnvironmentSettings) error {
	after := v.query("after", maxCursor)
	if !id.Valid(after) {
		return nil
	}
	var err error
	page.Now.Undelivered, err = s.Environments.Undelivered(v.r.Context(), v.actor, pactius.MailID(after))
	page.Later = true
	return err
}

// retryMail sends an email again that was given up.
//
// POST /settings/environment/mails/{id}/retry; administrators of the whole environment.
func (s *Site) retryMail(v *visit) error {
	id, err := pathID[pactius.MailID](v)
	if err != nil {
		return err
	}
	again, err := s.Environments.RetryMail(v.r.Context(), v.actor, id)
	if err != nil {
		return err
	}
	if again.Outdated > 0 {
		s.say(v, done(pactius.T("The email was outdated because the matter has been settled. It was removed without "+
			"being sent.")))
	} else {
		s.say(v, done(pactius.T("The email is on its way again.")))
	}
	return redirect(v, view.UndeliveredPath)
}

// confirmRetryMails asks before all emails that were given up are sent again.
//
// GET /settings/environment/mails/retry; administrators of the whole environment.
func (s *Site) confirmRetryMails(v *visit) error {
	g, err := s.Environments.GivenUp(v.r.Context(), v.actor)
	if err != nil {
		return err
	}
	if g.Total == 0 {
		return redirect(v, view.UndeliveredPath)
	}
	base := v.page(view.AtEnvironment)
	s.show(v, http.StatusOK, view.Confirm{Base: base, Title: pactius.T("Send all undelivered emails again"),
		Will: retryWill(g, base.Reader.Date(base.Moment(g.Oldest).At)), Action: view.RetryMailsPath,
		Button: pactius.T("Send all again"), Cancel: view.UndeliveredPath, Form: view.Form{Version: 1}})
	return nil
}

// retryWill says what sending all again does; oldest is the day on which the oldest email was written.
func retryWill(g environments.GivenUp, oldest string) []pactius.Text {
	will := []pactius.Text{pactius.Plural(g.Total, "%d email is sent again as it was written on %s.",
		"%d emails are sent again as they were written. The oldest is from %s.", oldest)}
	if g.Total > environments.MaxMailsAgain {
		will = append(will, pactius.T("Only the %d oldest are sent now. Send the rest afterwards.",
			environments.MaxMailsAgain))
	}
	return append(will,
		pactius.T("Outdated emails are removed instead, such as those about requests that have since been decided."))
}

// retryMails sends all emails again that were given up. Where they are many it asks first.
//
// POST /settings/environment/mails/retry; administrators of the whole environment.
func (s *Site) retryMails(v *visit) error {
	g, err := s.Environments.GivenUp(v.r.Context(), v.actor)
	if err != nil {
		return err
	}
	if g.Total > maxUnasked && v.form.version() == noVersion {
		return redirect(v, view.RetryMailsPath)
	}
	again, err := s.Environments.RetryAllMails(v.r.Context(), v.actor, environments.MaxMailsAgain, nil)
	if err != nil {
		return err
	}
	s.say(v, done(retriedText(again)))
	return redirect(v, view.UndeliveredPath)
}

// retriedText says what became of the emails.
func retriedText(again environments.MailsAgain) pactius.Text {
	sent := pactius.Plural(again.Sent, "%d email is on its way again.", "%d emails are on their way again.")
	removed := pactius.Plural(again.Outdated, "%d outdated email has been removed.",
		"%d outdated emails have been removed.")
	switch {
	case again.Outdated == 0 && again.Sent == 0:
		return pactius.T("There are no undelivered emails left.")
	case again.Outdated == 0:
		return sent
	case again.Sent == 0:
		return removed
	}
	return pactius.T("%[1]s %[2]s", sent, removed)
}
