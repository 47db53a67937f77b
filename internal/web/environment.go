package web

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/environments"
	"github.com/pactius/pactius/internal/web/view"
)

// zones are time zones on offer; any other name can be typed.
func zones() []string {
	return []string{
		"Europe/Copenhagen", "Europe/London", "Europe/Dublin", "Europe/Lisbon", "Europe/Madrid", "Europe/Paris",
		"Europe/Brussels", "Europe/Amsterdam", "Europe/Berlin", "Europe/Zurich", "Europe/Vienna", "Europe/Rome",
		"Europe/Prague", "Europe/Warsaw", "Europe/Oslo", "Europe/Stockholm", "Europe/Helsinki", "Europe/Tallinn",
		"Europe/Riga", "Europe/Vilnius", "Europe/Athens", "Europe/Bucharest", "Europe/Kyiv", "Europe/Istanbul",
		"Atlantic/Faroe", "Atlantic/Reykjavik", "America/Nuuk", "America/Sao_Paulo", "America/New_York",
		"America/Chicago", "America/Denver", "America/Los_Angeles", "Africa/Cairo", "Africa/Johannesburg",
		"Asia/Dubai", "Asia/Kolkata", "Asia/Singapore", "Asia/Shanghai", "Asia/Tokyo", "Australia/Sydney",
		"Pacific/Auckland", "UTC",
	}
}

// seeEnvironment shows the environment's settings.
//
// GET /settings/environment; local administrators.
func (s *Site) seeEnvironment(v *visit) error {
	e, err := s.Environments.View(v.r.Context(), v.actor)
	if err != nil {
		return err
	}
	page, err := s.environmentPage(v, e)
	if err == nil && e.CanEdit {
		err = s.turnMails(v, &page)
	}
	if err != nil {
		return err
	}
	page.Form = view.Form{Version: e.Environment.Version}
	page.Name, page.Contact = e.Environment.Name, e.Environment.SupportContact
	page.Language, page.TimeZone = e.Environment.Language, cmp.Or(e.Environment.TimeZone, "UTC") // the default
	page.LeaverRule, page.LeaverBound = e.Environment.LeaverRule, strconv.Itoa(e.Environment.LeaverPercent())
	return s.ok(v, page)
}

func (s *Site) environmentPage(v *visit, e environments.View) (view.EnvironmentSettings, error) {
	page := view.EnvironmentSettings{Base: v.page(view.AtEnvironment), Now: e, TimeZones: zones()}
	var err error
	page.Sweep, err = s.sweepFor(v)
	return page, err
}

// changeEnvironment saves the environment's settings.
//
// POST /settings/environment; administrators of the whole environment.
func (s *Site) changeEnvironment(v *visit) error {
	f := v.form
	name, contact, language, zone := f.text("name"), f.text("support_contact"), f.text("language"), f.text("time_zone")
	rule, bound := pactius.LeaverRule(f.text("leaver_rule")), f.text("leaver_bound")
	up := pactius.EnvironmentUpdate{Name: &name, SupportContact: &contact, Language: &language, TimeZone: &zone}
	if f.has("leaver_bound") {
		up.LeaverRule, up.LeaverBound = &rule, new(percent(bound))
	}
	_, err := s.Environments.Update(v.r.Context(), v.actor, f.version(), up)
	if e, ok := inForm(err); ok {
		now, readErr := s.Environments.View(v.r.Context(), v.actor)
		if readErr != nil {
			return readErr
		}
		page, readErr := s.environmentPage(v, now)
		if readErr != nil {
			return readErr
		}
		page.Form = view.FormOf(e).At(now.Environment.Version)
		page.Name, page.Contact, page.Language, page.TimeZone = name, contact, language, zone
		page.LeaverRule, page.LeaverBound = rule, bound
		s.show(v, statusOf(err), page)
		return nil
	}
	if err != nil {
		return err
	}
	s.say(v, done(pactius.T("The settings have been saved.")))
	return redirect(v, view.EnvironmentPath)
}

// percent reads a typed number. For other text it returns one that the rules refuse.
func percent(s string) int {
	n, err := strconv.Atoi(strings.TrimRight(strings.TrimSpace(s), " %"))
	if err != nil {
		return -1
	}
	return n
}
