package web

import (
	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/web/view"
)

const sessionsPath = "/sessions"

// seeSessions shows a user where they are signed in.
//
// GET /sessions; every user, for themselves.
func (s *Site) seeSessions(v *visit) error {
	all, err := s.Users.OwnSessions(v.r.Context(), v.actor)
	if err != nil {
		return err
	}
	return s.ok(v, view.Sessions{Base: v.page(""), Sessions: all, Current: v.signed.Session.ID})
}

// endSession ends one of the user's own sessions.
//
// POST /sessions/{id}/end; every user, for themselves.
func (s *Site) endSession(v *visit) error {
	id, err := pathID[pactius.SessionID](v)
	if err != nil {
		return err
	}
	ended, err := s.Users.EndOwnSession(v.r.Context(), v.actor, id)
	if err != nil {
		return err
	}
	said := done(pactius.T("The session has been ended."))
	if !ended {
		said = done(pactius.T("This session had already ended."))
	}
	s.say(v, said)
	return redirect(v, sessionsPath)
}

// confirmEndOthers asks before all other sessions of the user end.
//
// GET /sessions/end-others; every user, for themselves.
func (s *Site) confirmEndOthers(v *visit) error {
	all, err := s.Users.OwnSessions(v.r.Context(), v.actor)
	if err != nil {
		return err
	}
	page := view.Sessions{Base: v.page(""), Sessions: all, Current: v.signed.Session.ID}
	ends := pactius.Plural(page.Others(), "%d other session ends immediately.", "%d other sessions end immediately.")
	if page.Others() == 0 {
		ends = pactius.T("You aren't signed in anywhere else right now.")
	}
	return s.ok(v, view.Confirm{Base: page.Base, Title: pactius.T("End all other sessions"), Will: []pactius.Text{ends,
		pactius.T("You stay signed in here."),
		pactius.T("Signing in again on another device takes you through Microsoft."),
	}, Action: sessionsPath + "/end-others", Cancel: sessionsPath, Button: pactius.T("End all other sessions"),
		Danger: true})
}

// endOtherSessions ends the user's sessions but the one that asks.
//
// POST /sessions/end-others; every user, for themselves.
func (s *Site) endOtherSessions(v *visit) error {
	n, err := s.Users.EndOtherSessions(v.r.Context(), v.actor, v.signed.Session.ID)
	if err != nil {
		return err
	}
	said := pactius.Plural(n, "%d other session has been ended.", "%d other sessions have been ended.")
	if n == 0 {
		said = pactius.T("You weren't signed in anywhere else.")
	}
	s.say(v, done(said))
	return redirect(v, sessionsPath)
}
