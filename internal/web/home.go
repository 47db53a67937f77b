package web

import (
	"net/http"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/admission"
	"github.com/pactius/pactius/internal/people"
	"github.com/pactius/pactius/internal/web/view"
)

const (
	latestRequests = 5  // waiting requests on the home page: a glance, the list has the rest
	shownAssigners = 10 // administrators named to somebody without business units
)

// home shows the way in, or the first page of a user. Visitors have a page of
// their own.
//
// GET /; anybody.
func (s *Site) home(v *visit) error {
	if v.isVisitor() {
		return redirect(v, "/access")
	}
	if !v.isUser() {
		s.door(v, http.StatusOK)
		return nil
	}
	mine, err := s.People.Home(v.r.Context(), v.actor)
	if err != nil {
		return err
	}
	page := view.Home{Base: v.page(view.AtHome), Access: explicit(mine.Tree, mine.Memberships), Assigners: persons(mine.Assigners, shownAssigners)}
	if v.signed.Rights.AdministersAny() {
		if page.Waiting, err = s.waiting(v, mine.Today); err != nil {
			return err
		}
	}
	return s.ok(v, page)
}

// waiting is what waits for an administrator.
func (s *Site) waiting(v *visit, today pactius.Date) (*view.HomeWaiting, error) {
	n, err := s.People.Unfinished(v.r.Context(), v.actor)
	if err != nil {
		return nil, err
	}
	latest, err := s.Admission.Requests(v.r.Context(), v.actor, pactius.RequestFilter{State: pactius.Pending, Limit: latestRequests})
	if err != nil {
		return nil, err
	}
	return &view.HomeWaiting{Requests: v.signed.Waiting, Unassigned: n.Unassigned, NeverSeen: n.NeverSeen, Undelivered: n.Undelivered,
		Latest: requestRows(latest), SignIns: days(v, today, n.SignIns), Asked: days(v, today, n.Requests)}, nil
}

// days dates the counts of a plot; the last is today's. Noon, so that the day
// is the same one in every way of counting.
func days(v *visit, today pactius.Date, counts []int) []view.DayCount {
	const noon = 12 * time.Hour
	first := today.Time(v.reader.Zone).AddDate(0, 0, 1-people.TrendDays)
	all := make([]view.DayCount, len(counts))
	for i, n := range counts {
		all[i] = view.DayCount{Day: first.AddDate(0, 0, i).Add(noon), Count: n}
	}
	return all
}

func requestRows(p admission.RequestPage) []view.RequestRow {
	rows := make([]view.RequestRow, len(p.Requests))
	for i, q := range p.Requests {
		rows[i].Request = q
		for _, u := range q.Units {
			rows[i].Wished = append(rows[i].Wished, p.Paths[u])
		}
	}
	return rows
}
