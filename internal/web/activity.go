package web

import (
	"net/http"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/web/view"
)

// shownMatches is how many people a search offers to choose from.
const shownMatches = 10

// listActivity lists the events that the actor may see.
//
// GET /settings/activity; local administrators.
func (s *Site) listActivity(v *visit) error {
	page := view.Activity{Group: group(v), Search: v.query("q", maxSearch), From: v.query("from", maxSearch),
		To: v.query("to", maxSearch)}
	f := pactius.EventFilter{Kind: pactius.EventKind(page.Group), After: v.query("after", maxCursor)}
	page.Later = f.After != ""
	status := http.StatusOK
	if err := span(v, page, &f); err != nil {
		e, _ := inForm(err)
		page.Form, status = view.FormOf(e), statusOf(err)
	}
	if err := s.subject(v, &page); err != nil {
		return err
	}
	if status == http.StatusOK && (page.Search == "" || page.Of != nil) {
		if page.Of != nil {
			f.User = page.Of.ID
		}
		var err error
		if page.Log, err = s.Log.Events(v.r.Context(), v.actor, f); err != nil {
			return s.lostInList(v, err, view.ActivityPath)
		}
	}
	page.Base = v.page(view.AtActivity)
	s.show(v, status, page)
	return nil
}

// group returns the requested kinds of event; an unknown value means all.
func group(v *visit) view.EventGroup {
	switch g := view.EventGroup(v.query("group", maxSearch)); g {
	case view.UserEvents, view.RequestEvents, view.UnitEvents, view.ApplicationEvents, view.EnvironmentEvents,
		view.MailEvents:
		return g
	default:
		return ""
	}
}

// span reads the days, which are the reader's; the last one is included.
func span(v *visit, page view.Activity, f *pactius.EventFilter) error {
	var wrong pactius.Fields
	from, err := pactius.ParseDate("from", page.From)
	wrong.Collect(err)
	to, err := pactius.ParseDate("to", page.To)
	wrong.Collect(err)
	if len(wrong) == 0 && from != "" && to != "" && to < from {
		wrong.Add("to", pactius.T("The “To” date is before the “From” date. Choose a later date."))
	}
	if from != "" {
		f.From = from.Time(v.reader.Zone)
	}
	if to != "" {
		f.To = to.Time(v.reader.Zone).AddDate(0, 0, 1)
	}
	return wrong.Err()
}

// subject finds the user whose events are shown: the one named in the address, or
// the one that matches the search.
func (s *Site) subject(v *visit, page *view.Activity) error {
	ctx := v.r.Context()
	if id := queryID[pactius.UserID](v, "user"); id != "" && page.Search == "" {
		u, err := s.Users.Brief(ctx, v.actor, id)
		if err != nil {
			return err
		}
		page.Of = new(view.PersonOf(u.User))
		return nil
	}
	if page.Search == "" {
		return nil
	}
	found, err := s.Users.Users(ctx, v.actor, pactius.UserFilter{Search: page.Search, Limit: shownMatches})
	if err != nil {
		return err
	}
	if len(found.Users) == 1 {
		page.Of = new(view.PersonOf(found.Users[0]))
		return nil
	}
	page.Matches = persons(found.Users, shownMatches)
	return nil
}
