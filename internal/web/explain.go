package web

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/microsoft"
	"github.com/pactius/pactius/internal/users"
	"github.com/pactius/pactius/internal/web/view"
)

// Limits of what is asked, in bytes.
const (
	maxAsked     = 500 // an account name, a name or an address
	maxReference = 100 // a reference in the address
)

// explain shows why a person can or cannot sign in, and what an error number or a
// reference means. A user's page and a request's page fetch it for their explanation
// with the account looked up.
//
// GET /settings/explain?username= or the q of a search; local administrators.
func (s *Site) explain(v *visit) error {
	page := view.Explain{Base: v.page(view.AtExplain), Name: v.query("name", maxAsked),
		Email: v.query("email", maxAsked), Username: cmp.Or(v.query("username", maxAsked), v.query("q", maxAsked))}
	if err := s.explainPasted(v, &page); err != nil {
		return err
	}
	if page.Why == nil {
		var err error
		if page.Why, err = s.explainAsked(v, page); err != nil {
			return err
		}
	}
	if username := page.Why.Only(); username != "" {
		only := url.Values{"username": {username}}
		if application := v.query("application", maxReference); application != "" {
			only.Set("application", application)
		}
		return redirect(v, view.ExplainPath+"?"+only.Encode())
	}
	if err := s.explainApplication(v, &page); err != nil {
		return err
	}
	if !page.Asked() { // no question yet: the rules still check who may ask
		if _, err := s.Users.ExplainAll(v.r.Context(), v.actor, nil); err != nil {
			return err
		}
	}
	return s.ok(v, page)
}

// explainAsked answers about the user, the request or the account name in the
// address; nil is none.
func (s *Site) explainAsked(v *visit, page view.Explain) (*view.Why, error) {
	user, request := v.query("user", maxReference), v.query("request", maxReference)
	switch {
	case user != "" && id.Valid(user):
		u, err := s.Users.Brief(v.r.Context(), v.actor, pactius.UserID(user))
		if err != nil {
			return nil, err
		}
		why, err := s.why(v, u.Person)
		if err == nil { // the user's own page shows it
			own := func(a view.Action) bool { return a.Href == userPath(u.User.ID) }
			why.Actions = slices.DeleteFunc(why.Actions, own)
		}
		return why, err
	case request != "" && id.Valid(request):
		q, err := s.Users.Request(v.r.Context(), v.actor, pactius.RequestID(request))
		if err != nil {
			return nil, err
		}
		why, err := s.why(v, q.Request.Person)
		if err == nil {
			why.OnRequest()
		}
		return why, err
	case user != "" || request != "":
		return nil, errNoSuchThing
	case page.Username != "":
		return s.why(v, pactius.Person{Username: page.Username, Name: page.Name, Email: page.Email})
	}
	return nil, nil
}

// explainApplication answers whether the person that the page is about can open the application in the address.
func (s *Site) explainApplication(v *visit, page *view.Explain) error {
	var err error
	if page.Applications, err = s.Applications.Mine(v.r.Context(), v.actor); err != nil {
		return err
	}
	page.Application = queryID[pactius.ApplicationID](v, "application")
	if page.Application == "" || page.Why == nil {
		return nil
	}
	var user pactius.UserID
	switch why := page.Why; {
	case why.User != nil:
		user = why.User.ID
	case why.Outcome != users.OutcomeUnrecognised:
		return nil // a user that the reader may not see, which the explanation of the sign-in says
	}
	x, err := s.Applications.Explain(v.r.Context(), v.actor, user, page.Application)
	switch pactius.KindOf(err) {
	case pactius.KindNotFound, pactius.KindForbidden:
		return nil
	}
	if err == nil {
		page.Opening = &view.Opening{Explanation: x, Who: page.Why.Who}
	}
	return err
}

// explainPasted answers about the number and the reference in the address.
func (s *Site) explainPasted(v *visit, page *view.Explain) error {
	number, known := microsoft.LookUp(v.query("number", maxReference))
	if known {
		page.Number = &number
	}
	reference := v.query("reference", maxReference)
	if reference == "" {
		return nil
	}
	i, err := s.Incidents.LookUp(v.r.Context(), v.actor, reference)
	if known && pactius.KindOf(err) == pactius.KindNotFound {
		page.Lost = true
		return nil
	}
	if err != nil {
		return err
	}
	if number, known = microsoft.LookUp(i.Code); known {
		page.Number = &number
	}
	page.Incident = &view.Incident{Incident: i}
	if i.Identity.IsZero() {
		return nil
	}
	page.Why, err = s.why(v, pactius.Person{Identity: i.Identity, Username: i.Username, Name: i.Name})
	return err
}

// lookUp finds the number and the reference in a pasted text and redirects to a
// page that can be kept and sent on.
//
// POST /settings/explain; local administrators.
func (s *Site) lookUp(v *visit) error {
	pasted := v.form.text("pasted")
	found := url.Values{}
	i, err := s.Incidents.LookUp(v.r.Context(), v.actor, pasted)
	switch {
	case err == nil:
		found.Set("reference", i.Reference)
	case pactius.KindOf(err) != pactius.KindNotFound:
		return err
	}
	if n, known := microsoft.LookUp(pasted); known {
		found.Set("number", n.Code)
	}
	if len(found) > 0 {
		return redirect(v, view.ExplainPath+"?"+found.Encode())
	}
	s.show(v, http.StatusUnprocessableEntity, view.Explain{Base: v.page(view.AtExplain), Pasted: pasted,
		Form: nothingFound(pasted)})
	return nil
}

// nothingFound says what to do with a text without a number or a reference.
func nothingFound(pasted string) view.Form {
	e := pactius.Error{Message: pactius.T("References are only kept for a while and only work in the environment " +
		"they come from. Ask the person to copy the details from the page again."),
		Fields: []pactius.FieldError{{Field: "pasted",
			Message: pactius.T("We couldn't find a known error number or reference in this text.")}}}
	if strings.TrimSpace(pasted) == "" {
		e = pactius.Error{Fields: []pactius.FieldError{{Field: "pasted",
			Message: pactius.T("Paste an error number or a reference.")}}}
	}
	return view.FormOf(&e)
}

// why explains what would happen if the person signed in now, with the account
// looked up in the directory.
func (s *Site) why(v *visit, person pactius.Person) (*view.Why, error) {
	standing, err := s.Directory.Standing(v.r.Context(), v.actor, person)
	if err != nil {
		return nil, err
	}
	x, err := s.Users.ExplainOne(v.r.Context(), v.actor, users.Question{Person: person, Standing: standing})
	if err != nil {
		return nil, err
	}
	who := view.Person{Name: cmp.Or(person.Name, standing.Account.Name), Username: person.Username}
	if x.User != nil {
		who = view.PersonOf(*x.User)
	}
	w := &view.Why{Explanation: x, Who: who, Source: v.r.URL.RequestURI()}
	w.Actions, err = s.remedies(v, x, person)
	return w, err
}

// remedies are the buttons that lead to the remedy, as far as the actor may use
// them.
func (s *Site) remedies(v *visit, x users.Explanation, person pactius.Person) ([]view.Action, error) {
	switch x.Outcome {
	case users.OutcomeEnter, users.OutcomeLink, users.OutcomeBlocked, users.OutcomeMerged:
		if x.Request != nil {
			return unknownRemedies(x, person), nil
		}
		return s.userRemedies(v, x.Decision)
	case users.OutcomeUnrecognised:
		if x.Holder != nil && x.Request == nil { // adding the person would be refused
			return []view.Action{openUser(x.Holder.ID)}, nil
		}
		return unknownRemedies(x, person), nil
	case users.OutcomeUnconnected:
		return []view.Action{{Href: view.EnvironmentPath, Label: pactius.T("Open the environment's settings")}}, nil
	default:
		return nil, nil
	}
}

// userRemedies are the remedies for a user.
func (s *Site) userRemedies(v *visit, d users.Decision) ([]view.Action, error) {
	if d.User == nil {
		return nil, nil // another administrator's
	}
	u, err := s.Users.Brief(v.r.Context(), v.actor, d.User.ID)
	switch pactius.KindOf(err) {
	case pactius.KindNotFound, pactius.KindForbidden:
		return nil, nil // another administrator's
	}
	if err != nil {
		return nil, err
	}
	has := func(code string) bool {
		return slices.ContainsFunc(d.Reasons, func(r users.Reason) bool { return r.Code == code })
	}
	path, open := userPath(d.User.ID), openUser(d.User.ID)
	switch {
	case has("deactivated") && u.CanManage:
		return []view.Action{{Href: path + "/reactivate", Label: pactius.T("Reactivate"), Popup: true}, open}, nil
	case has("ended") && u.CanManage:
		return []view.Action{{Href: path + "/edit", Label: pactius.T("Change the end date"), Popup: true}, open}, nil
	case has("account_missing") && u.CanIdentify && u.User.FirstSignInAt.IsZero() && u.User.Identity.IsZero():
		return append(corrections(path, d.Standing.Near), open), nil
	case has("no_units") && u.Rights.AdministersAny():
		assign := view.Action{Href: path + "/units", Label: pactius.T("Assign business units now"), Popup: true}
		return []view.Action{assign, open}, nil
	}
	return []view.Action{open}, nil
}

// maxCorrections is the number of accounts that a misspelt account name can be corrected to with one click.
const maxCorrections = 3

// corrections lead to the form that corrects the account name of an invited user, the likeliest first.
func corrections(path string, near []pactius.Account) []view.Action {
	var all []view.Action
	for _, a := range near[:min(len(near), maxCorrections)] {
		typed := url.Values{"username": {a.Username}}
		all = append(all, view.Action{Href: path + "/edit?" + typed.Encode(), Popup: true,
			Label: pactius.T("Correct the account name to %s", a.Username)})
	}
	return all
}

// openUser leads to a user's page.
func openUser(id pactius.UserID) view.Action {
	return view.Action{Href: userPath(id), Label: pactius.T("Open this user")}
}

// unknownRemedies are the remedies for a person who is no user yet.
func unknownRemedies(x users.Explanation, person pactius.Person) []view.Action {
	if x.Request != nil {
		return []view.Action{{Href: requestPath(x.Request.ID), Label: pactius.T("See the request")}}
	}
	if person.Username == "" || !strings.Contains(person.Username, "@") {
		return nil
	}
	typed := url.Values{"username": {person.Username}}
	for name, value := range map[string]string{"name": person.Name, "email": person.Email} {
		if value != "" {
			typed.Set(name, value)
		}
	}
	return []view.Action{{Href: view.UsersPath + "/add?" + typed.Encode(), Label: pactius.T("Add a user"), Popup: true,
		Later: x.Standing.State.Shut()}}
}
