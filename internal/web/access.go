package web

import (
	"io"
	"net/http"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/microsoft"
	"github.com/pactius/pactius/internal/users"
	"github.com/pactius/pactius/internal/web/view"
)

// shownDeciders is how many approvers a visitor sees: some people to talk to, not
// the whole staff.
const shownDeciders = 5

// The pages of visitors. statePath tells the script of a page about a pending request whether it still waits.
const (
	accessPath   = "/access"
	withdrawPath = accessPath + "/withdraw"
	statePath    = accessPath + "/state"
)

// seeAccess shows a visitor the state of their access.
//
// GET /access?application=&return=; visitors. Users are sent home.
func (s *Site) seeAccess(v *visit) error {
	if v.isUser() {
		return redirect(v, "/")
	}
	return s.standing(v, http.StatusOK, users.Wish{}, nil)
}

// askForAccess sends an access request.
//
// POST /access; visitors.
func (s *Site) askForAccess(v *visit) error {
	if v.isUser() {
		return redirect(v, "/")
	}
	wish := users.Wish{Message: v.form.text("message"), Units: v.form.units(), Language: string(v.reader.Language)}
	if v.form.browses() {
		return s.standing(v, http.StatusOK, wish, nil)
	}
	_, err := s.Users.Ask(v.r.Context(), v.actor, wish)
	if e, ok := inForm(err); ok {
		return s.standing(v, statusOf(err), wish, e)
	}
	if err != nil {
		return err
	}
	if app := v.cameForApplication(); app != "" {
		return redirect(v, view.AccessFor(app, v.cameFor()))
	}
	return redirect(v, accessPath)
}

// standing shows the page of a visitor as things are now, with what was typed.
func (s *Site) standing(v *visit, status int, typed users.Wish, problem *pactius.Error) error {
	st, err := s.Users.Standing(v.r.Context(), v.actor)
	if err != nil {
		return err
	}
	page := view.RequestAccess{Form: view.FormOf(problem), Person: v.actor.Person, Request: st.Request,
		Deciders: deciders(st.Deciders), Message: typed.Message, CanAsk: st.CanAsk, AskAgain: st.AskAgain,
		Browsing: v.form.browses(), Ticket: v.visitorTicket(pactius.T("No access yet")), Return: v.cameFor()}
	switch st.Decision.Outcome {
	case users.OutcomeBlocked, users.OutcomeMerged:
		return s.blocked(v, st)
	case users.OutcomeForeign:
		return s.failed(v, &microsoft.Failure{Reason: microsoft.ReasonOtherTenant}, "")
	case users.OutcomeUnconnected:
		return users.ErrNotConnected
	case users.OutcomeEnter, users.OutcomeLink:
		// The person has access now, by a request or because an administrator added them.
		if page.Request == nil || page.Request.State != pactius.StateApproved {
			page.Request = &pactius.AccessRequest{Person: v.actor.Person, State: pactius.StateApproved}
		}
		page.CanAsk = false
	case users.OutcomeUnrecognised:
		if page.Request != nil && page.Request.State == pactius.StateApproved {
			page.Request = nil // the user has been removed since: a new request is needed
		}
	}
	if page.Request != nil {
		for _, u := range page.Request.Units {
			page.Wished = append(page.Wished, st.Tree.Path(u))
		}
	}
	if page.Sought, err = s.sought(v); err != nil {
		return err
	}
	if page.CanAsk {
		if page.Sought != nil && !v.changes() {
			typed.Units = []pactius.UnitID{page.Sought.Unit}
		}
		if page.Units, err = s.wish(v, wished(typed.Units)); err != nil {
			return err
		}
	}
	page.Base = v.page("")
	s.show(v, status, page)
	return nil
}

// cameFor is the page that a visitor came for, "" for none.
func (v *visit) cameFor() string {
	back := v.form.text("return")
	if back == "" {
		back = v.r.URL.Query().Get("return")
	}
	return destination(localPath(back))
}

// cameForApplication is the application that a visitor came for, "" for none.
func (v *visit) cameForApplication() pactius.ApplicationID { return applicationOf(v.cameFor()) }

// deciders names the approvers to a visitor, who does not learn their addresses.
func deciders(users []pactius.User) []view.Helper {
	all := view.Helpers(users[:min(len(users), shownDeciders)])
	for i := range all {
		all[i].Contact = ""
	}
	return all
}

// seeState says in one word whether the request of a visitor or a user still waits.
//
// GET /access/state; visitors and users, for themselves.
func (s *Site) seeState(v *visit) error {
	pending, err := s.Users.Pending(v.r.Context(), v.actor)
	if err != nil {
		return err
	}
	word := "settled"
	if pending {
		word = string(pactius.StatePending)
	}
	v.w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, err = io.WriteString(v.w, word)
	return err
}

// wished is the choice of units in a request, which is without access.
func wished(units []pactius.UnitID) map[pactius.UnitID]pactius.Access {
	given := make(map[pactius.UnitID]pactius.Access, len(units))
	for _, u := range units {
		given[u] = pactius.AccessRead
	}
	return given
}

// blocked tells a user that they cannot sign in.
func (s *Site) blocked(v *visit, st users.Standing) error {
	page := view.Blocked{Base: v.page(""), Person: v.actor.Person, Status: pactius.StatusDeactivated,
		Helpers: view.Helpers(st.Deciders[:min(len(st.Deciders), shownDeciders)]), Return: v.cameFor(),
		Ticket: v.visitorTicket(pactius.T("Access is deactivated"))}
	page.Help = blockedHelp
	if st.Decision.Outcome == users.OutcomeMerged {
		page.Help = mergedHelp
		page.Merged, page.Ticket.Problem = true, pactius.T("Signed in with an account that's no longer in use")
	} else if u := st.Decision.User; u != nil && u.DeactivatedAt.IsZero() {
		page.Status, page.EndsOn = pactius.StatusEnded, u.EndsOn
		page.Ticket.Problem = pactius.T("Access has ended")
	}
	s.show(v, http.StatusForbidden, page)
	return nil
}

// confirmWithdraw asks before a request is taken back.
//
// GET /access/withdraw; visitors.
func (s *Site) confirmWithdraw(v *visit) error {
	if v.isUser() {
		return redirect(v, "/")
	}
	return s.ok(v, view.Confirm{Base: v.page(""), Title: pactius.T("Withdraw your request"),
		Will: []pactius.Text{pactius.T("The request can no longer be approved."),
			pactius.T("You can send a new request at any time.")},
		Action: withdrawPath,
		Button: pactius.T("Withdraw"), Cancel: accessPath})
}

// withdrawRequest takes the visitor's own request back. One that was decided
// meanwhile stays decided, and the page says so.
//
// POST /access/withdraw; visitors.
func (s *Site) withdrawRequest(v *visit) error {
	if v.isUser() {
		return redirect(v, "/")
	}
	_, err := s.Users.Withdraw(v.r.Context(), v.actor)
	if err != nil && pactius.KindOf(err) != pactius.KindNotFound { // without a request there is nothing to do
		return err
	}
	return redirect(v, accessPath)
}

// enter gives a user session to a visitor who has access by now, and leads to the application they came for. One who
// was added by name goes through Microsoft once more, which does not ask for the account.
//
// POST /access/enter; visitors. The second of two clicks comes from a user, or
// with a token that the first one has exchanged: both are sent home.
func (s *Site) enter(v *visit) error {
	if !v.isVisitor() {
		return redirect(v, "/")
	}
	in, err := s.Users.Enter(v.r.Context(), v.env.ID, v.token,
		users.Visit{Agent: agentWords(v.r.UserAgent()), Address: v.address})
	if err != nil && pactius.KindOf(err) == pactius.KindNotSignedIn {
		return redirect(v, "/") // the first click came earlier; its cookie must stay
	}
	if err != nil {
		return err
	}
	if in.Decision.Outcome == users.OutcomeLink { // by name, so Microsoft has to say whose it is now
		return s.signIn(v)
	}
	back := ""
	if v.cameForApplication() != "" {
		back = v.cameFor()
	}
	return s.welcome(v, in, back) // a token that Enter has exchanged is signed out once more, which is fine
}
