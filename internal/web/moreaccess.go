package web

import (
	"net/http"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/users"
	"github.com/pactius/pactius/internal/web/view"
)

// seeMoreAccess shows a user the form to request more access, with a unit chosen already, or how far the request is.
//
// GET /access/more?unit=&application=; users.
func (s *Site) seeMoreAccess(v *visit) error {
	var wish users.Wish
	if unit := queryID[pactius.UnitID](v, "unit"); unit != "" {
		wish.Units = []pactius.UnitID{unit}
	}
	return s.more(v, http.StatusOK, wish, nil)
}

// askForMore sends a user's request for more access.
//
// POST /access/more; users.
func (s *Site) askForMore(v *visit) error {
	wish := users.Wish{Message: v.form.text("message"), Units: v.form.units(), Language: string(v.reader.Language)}
	if v.form.browses() {
		return s.more(v, http.StatusOK, wish, nil)
	}
	_, err := s.Users.Ask(v.r.Context(), v.actor, wish)
	if e, ok := inForm(err); ok {
		return s.more(v, statusOf(err), wish, e)
	}
	if err != nil {
		return err
	}
	return redirect(v, view.MorePath)
}

// more shows the page as things are now, with what was typed.
func (s *Site) more(v *visit, status int, typed users.Wish, problem *pactius.Error) error {
	st, err := s.Users.Standing(v.r.Context(), v.actor)
	if err != nil {
		return err
	}
	page := view.MoreAccess{All: st.All, Has: view.Explicit(st.Tree, st.Has), RequestAccess: view.RequestAccess{
		Form: view.FormOf(problem), Request: st.Request,
		Deciders: view.Helpers(st.Deciders[:min(len(st.Deciders), shownDeciders)]),
		Message:  typed.Message, CanAsk: st.CanAsk, AskAgain: st.AskAgain, Browsing: v.form.browses()}}
	if page.Purpose, err = s.purpose(v); err != nil {
		return err
	}
	if st.Request != nil {
		for _, u := range st.Request.Units {
			page.Wished = append(page.Wished, st.Tree.Path(u))
		}
	}
	if page.CanAsk {
		if page.Units, err = s.wish(v, wished(typed.Units)); err != nil {
			return err
		}
	}
	page.Base = v.page(view.AtHome)
	s.show(v, status, page)
	return nil
}

// purpose says which application the user wants to open, if they come from one.
func (s *Site) purpose(v *visit) (pactius.Text, error) {
	app := v.query("application", id.Length)
	if !id.Valid(app) {
		return pactius.Text{}, nil
	}
	o, err := s.Applications.One(v.r.Context(), v.actor, pactius.ApplicationID(app))
	if pactius.KindOf(err) == pactius.KindNotFound || o.May {
		return pactius.Text{}, nil
	}
	return pactius.T("To open %s, you need the following access to %s or one of its parent units: %s. Its "+
		"administrators can approve your request.", o.Name,
		o.Path, o.Access.Text()), err
}

// confirmWithdrawMore asks before a request for more access is withdrawn.
//
// GET /access/more/withdraw; users.
func (s *Site) confirmWithdrawMore(v *visit) error {
	return s.ok(v, view.Confirm{Base: v.page(view.AtHome), Title: pactius.T("Withdraw your request"),
		Will: []pactius.Text{pactius.T("The request can no longer be approved."),
			pactius.T("Your current access stays the same."), pactius.T("You can send a new request at any time.")},
		Action: view.MorePath + "/withdraw",
		Button: pactius.T("Withdraw"), Cancel: view.MorePath})
}

// withdrawMore withdraws the user's own request. One that was decided meanwhile stays decided, and the page says so.
//
// POST /access/more/withdraw; users.
func (s *Site) withdrawMore(v *visit) error {
	_, err := s.Users.Withdraw(v.r.Context(), v.actor)
	if err != nil && pactius.KindOf(err) != pactius.KindNotFound { // without a request there is nothing to do
		return err
	}
	return redirect(v, view.MorePath)
}
