package web

import (
	"net/http"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/users"
	"github.com/pactius/pactius/internal/web/view"
)

// shownHelpers is how many administrators the home page names to a user.
const shownHelpers = 3

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
		Access: view.Explicit(mine.Tree, mine.Memberships), More: !mine.Rights.AdministersAll(),
		Helpers: view.Helpers(mine.Helpers[:min(len(mine.Helpers), shownHelpers)])}
	if v.menu().Administrator {
		if page.Waiting, err = s.waiting(v, mine); err != nil {
			return err
		}
	}
	return s.ok(v, page)
}

// waiting reads what waits for an administrator.
func (s *Site) waiting(v *visit, mine users.Mine) (*view.HomeWaiting, error) {
	n, err := s.Users.Unfinished(v.r.Context(), v.actor)
	w := &view.HomeWaiting{Unfinished: n}
	if mine.Rights.AdministersAll() {
		w.Setup = view.SetupOf(n.OpenTasks, v.env.Connection.Connected(), mine.Tree.Root().ID)
		w.Address = v.base.String() + "/"
	}
	return w, err
}

// welcomeUser sends the welcome email to an invited user again.
//
// POST /settings/users/{id}/welcome; administrators who see the user.
func (s *Site) welcomeUser(v *visit) error {
	id, err := pathID[pactius.UserID](v)
	if err != nil {
		return err
	}
	w, err := s.Users.Welcome(v.r.Context(), v.actor, id)
	switch {
	case err != nil:
		return err
	case w.Late:
		s.say(v, warn(pactius.T("%s has signed in since you opened this page. No email was sent.", w.User.Name)))
	case len(v.unsent.To()) > 0:
		s.say(v, warn(pactius.T("The welcome email wasn't sent again.")))
	default:
		s.say(v, done(pactius.T("The welcome email to %s is on its way again.", w.User.Name)))
	}
	return redirect(v, "/")
}
