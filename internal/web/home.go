package web

import (
	"net/http"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/web/view"
)

// oldestRequests is how many pending requests the home page shows: a glance, the list has the rest.
const oldestRequests = 5

// home shows the sign-in page, or a user's first page. Visitors have a page of
// their own.
//
// GET /; anybody.
func (s *Site) home(v *visit) error {
	if v.isVisitor() {
		return redirect(v, accessPath)
	}
	if !v.isUser() {
		s.door(v, http.StatusOK)
		return nil
	}
	mine, err := s.Users.Home(v.r.Context(), v.actor)
	if err != nil {
		return err
	}
	apps, err := s.Applications.Mine(v.r.Context(), v.actor)
	if err != nil {
		return err
	}
	page := view.Home{Base: v.page(view.AtHome), Applications: view.CardsOf(apps),
		Access:    view.Explicit(mine.Tree, mine.Memberships),
		Assigners: view.Persons(mine.Assigners), More: !mine.Rights.AdministersAll()}
	if v.menu().Administrator {
		if page.Waiting, err = s.waiting(v, mine.Today); err != nil {
			return err
		}
	}
	return s.ok(v, page)
}

// waiting reads what waits for an administrator.
func (s *Site) waiting(v *visit, today pactius.Date) (*view.HomeWaiting, error) {
	n, err := s.Users.Unfinished(v.r.Context(), v.actor)
	if err != nil {
		return nil, err
	}
	oldest, err := s.Users.OldestRequests(v.r.Context(), v.actor, oldestRequests)
	if err != nil {
		return nil, err
	}
	return &view.HomeWaiting{Unfinished: n, Oldest: oldest, Today: today}, nil
}
