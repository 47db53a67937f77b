package web

import (
	"net/http"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/leavers"
	"github.com/pactius/pactius/internal/web/view"
)

// seeLeavers shows the users that directory sync has found to be gone and that an
// administrator must decide about.
//
// GET /settings/leavers; administrators of the whole environment.
func (s *Site) seeLeavers(v *visit) error {
	l, err := s.Leavers.View(v.r.Context(), v.actor, v.query("after", maxCursor))
	if err != nil {
		return s.lostInList(v, err, view.LeaversPath)
	}
	return s.ok(v, view.Leavers{Base: v.page(view.AtUsers), View: l, Later: v.query("after", maxCursor) != ""})
}

// sweepFor reads the state of the sweep for administrators of the whole environment; zero for others.
func (s *Site) sweepFor(v *visit) (leavers.State, error) {
	if !v.menu().RootAdministrator || s.Leavers == nil {
		return leavers.State{}, nil
	}
	return s.Leavers.State(v.r.Context(), v.actor)
}

// confirmCarryOut asks before what was found is carried out.
//
// GET /settings/leavers/carry-out; administrators of the whole environment.
func (s *Site) confirmCarryOut(v *visit) error { return s.askAboutLeavers(v, carryingOut) }

// carryOutLeavers carries out what was found.
//
// POST /settings/leavers/carry-out; administrators of the whole environment.
func (s *Site) carryOutLeavers(v *visit) error {
	return s.decideLeavers(v, pactius.SweepCarryOut, func(n int) pactius.Text {
		return pactius.Plural(n, "%d user is being handled.", "%d users are being handled.")
	})
}

// confirmDrop asks before what was found is dropped.
//
// GET /settings/leavers/drop; administrators of the whole environment.
func (s *Site) confirmDrop(v *visit) error { return s.askAboutLeavers(v, dropping) }

// dropLeavers drops what was found.
//
// POST /settings/leavers/drop; administrators of the whole environment.
func (s *Site) dropLeavers(v *visit) error {
	return s.decideLeavers(v, pactius.SweepDrop, func(n int) pactius.Text {
		return pactius.Plural(n, "%d user stays unchanged.", "%d users stay unchanged.")
	})
}

// askAboutLeavers shows a confirm page about the leavers that wait now. Its
// version excludes those found while the page is open.
func (s *Site) askAboutLeavers(v *visit, page func(leavers.View) view.Confirm) error {
	l, err := s.Leavers.View(v.r.Context(), v.actor, "")
	if err != nil {
		return err
	}
	if l.Waiting == 0 {
		return redirect(v, view.LeaversPath)
	}
	p := page(l)
	p.Base, p.Cancel = v.page(view.AtUsers), view.LeaversPath
	p.Form = view.Form{Version: int(l.Until.UnixMicro())}
	s.show(v, http.StatusOK, p)
	return nil
}

func carryingOut(l leavers.View) view.Confirm {
	c := view.Confirm{Title: pactius.T("Confirm that these users have left"), Action: view.LeaversPath + "/carry-out",
		Button: pactius.T("Deactivate these users"), Danger: true,
		Will: []pactius.Text{pactius.Plural(l.Waiting, "%d user is signed out everywhere immediately.",
			"%d users are signed out everywhere immediately.")}}
	if l.Marks {
		c.Button = pactius.T("Flag these users")
		c.Will = append(c.Will, pactius.T("They're flagged but not deactivated, as set for this environment."))
	} else {
		c.Will = append(c.Will, pactius.T("They're deactivated until their Microsoft 365 accounts are active again."))
	}
	c.Will = append(c.Will, pactius.T("The last administrator of the whole company isn't deactivated."))
	return c
}

func dropping(l leavers.View) view.Confirm {
	return view.Confirm{Title: pactius.T("Ignore these findings"), Action: view.LeaversPath + "/drop",
		Button: pactius.T("Ignore"),
		Will: []pactius.Text{
			pactius.Plural(l.Waiting, "%d user stays unchanged, but is flagged as having left Microsoft 365.",
				"%d users stay unchanged, but are flagged as having left Microsoft 365."),
			pactius.T("PACTIUS checks them again when their Microsoft 365 accounts change."),
		}}
}

// decideLeavers carries out or drops what the confirm page was about. If the list
// has changed since, it says so and shows the list.
func (s *Site) decideLeavers(v *visit, d pactius.SweepDecision, said func(int) pactius.Text) error {
	n, err := s.Leavers.Decide(v.r.Context(), v.actor, d, time.UnixMicro(int64(v.form.version())))
	switch {
	case pactius.KindOf(err) == pactius.KindConflict:
		s.say(v, warn(pactius.T("The list has changed since you opened it, so nothing was done. This is the current "+
			"list.")))
	case err != nil:
		return err
	default:
		s.say(v, done(said(n)))
	}
	return redirect(v, view.LeaversPath)
}
