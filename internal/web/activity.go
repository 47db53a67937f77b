package web

import (
	"errors"
	"net/http"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/audit"
	"github.com/pactius/pactius/internal/web/view"
)

// shownMatches is how many people a search offers to choose from.
const shownMatches = 10

// listActivity lists the events that the actor may see.
//
// GET /settings/activity?kind=&signins=&user=&q=&unit=&from=&to=&after=; local administrators.
func (s *Site) listActivity(v *visit) error {
	page := activityOf(v.query)
	f, status := v.filterEvents(&page.EventChoice)
	return s.showActivity(v, page, f, status)
}

// showActivity shows the events of a filter, or what is wrong with it.
func (s *Site) showActivity(v *visit, page view.Activity, f pactius.EventFilter, status int) error {
	if err := s.subject(v, &page); err != nil {
		return err
	}
	f.Unit, f.After = page.In, v.query("after", maxCursor)
	page.Later = f.After != ""
	if status == http.StatusOK && (page.Search == "" || page.Of != nil) {
		if page.Of != nil {
			f.User = page.Of.ID
		}
		var err error
		page.Log, err = s.Log.Events(v.r.Context(), v.actor, f)
		switch {
		case errors.Is(err, audit.ErrNoUnit):
			page.In, page.Form, status = "", view.FormOf(audit.ErrNoUnit), statusOf(err)
		case err != nil:
			return s.lostInList(v, err, view.ActivityPath)
		}
	}
	page.Base = v.page(view.AtActivity)
	s.show(v, status, page)
	return nil
}

// source reads a field of the address or of a form, cut at a limit.
type source func(name string, limit int) string

// posted is a field of the form.
func (v *visit) posted(name string, limit int) string { return cut(v.form.text(name), limit) }

// activityOf reads which events are to be listed.
func activityOf(get source) view.Activity {
	page := view.Activity{EventChoice: choiceOf(get), Search: get("q", maxSearch),
		In: idIn[pactius.UnitID](get, "unit")}
	if user := idIn[pactius.UserID](get, "user"); user != "" && page.Search == "" {
		page.Of = &view.Person{ID: user}
	}
	return page
}

// choiceOf reads the kinds and the time of the events that are to be listed.
func choiceOf(get source) view.EventChoice {
	return view.EventChoice{Kind: pactius.EventKind(get("kind", maxSearch)), SignIns: get("signins", maxSearch) != "",
		From: get("from", maxSearch), To: get("to", maxSearch)}
}

// filterEvents makes a filter of a choice, or marks what is wrong with it. The days are the reader's; the last one is
// included.
func (v *visit) filterEvents(c *view.EventChoice) (f pactius.EventFilter, status int) {
	var wrong pactius.Fields
	if c.Kind != "" && view.KindName(c.Kind).IsZero() {
		wrong.Add("kind", pactius.T("There's no such event type. Choose one from the list."))
		c.Kind = ""
	}
	from, err := pactius.ParseDate("from", c.From)
	wrong.Collect(err)
	to, err := pactius.ParseDate("to", c.To)
	wrong.Collect(err)
	if from != "" && to != "" && to < from {
		wrong.Add("to", pactius.T("The “To” date is before the “From” date. Choose a later date."))
	}
	if err := wrong.Err(); err != nil {
		e, _ := inForm(err)
		c.Form = view.FormOf(e)
		return f, statusOf(err)
	}
	f.Kind, f.Quiet = c.Kind, !c.SignIns
	if from != "" {
		f.From = from.Time(v.reader.Zone)
	}
	if to != "" {
		f.To = to.Time(v.reader.Zone).AddDate(0, 0, 1)
	}
	return f, http.StatusOK
}

// subject finds the user whose events are shown: the one named in the address, or
// the one that matches the search.
func (s *Site) subject(v *visit, page *view.Activity) error {
	ctx := v.r.Context()
	if page.Of != nil {
		u, err := s.Users.Brief(ctx, v.actor, page.Of.ID)
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
