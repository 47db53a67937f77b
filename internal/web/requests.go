package web

import (
	"errors"
	"net/http"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/users"
	"github.com/pactius/pactius/internal/web/view"
)

// listRequests lists the requests that the actor may decide.
//
// GET /settings/requests?state=&q=; local administrators.
func (s *Site) listRequests(v *visit) error {
	f := pactius.RequestFilter{State: pactius.StatePending, After: v.query("after", maxCursor)}
	f.Search = v.query("q", maxSearch)
	page := view.Requests{State: view.RequestsState(v.query("state", maxSearch)), Search: f.Search,
		Later: f.After != ""}
	switch page.State {
	case view.RequestsDecided:
		f.State, f.Settled = "", true
	case view.RequestsAll:
		f.State = ""
	default:
		page.State = ""
	}
	all, err := s.Users.RequestsAlike(v.r.Context(), v.actor, f)
	if err != nil {
		return s.lostInList(v, err, view.RequestsPath)
	}
	page.Base, page.RequestPage = v.page(view.AtRequests), all
	return s.ok(v, page)
}

// request reads the request that the path names.
func (s *Site) request(v *visit) (users.RequestView, error) {
	id, err := pathID[pactius.RequestID](v)
	if err != nil {
		return users.RequestView{}, err
	}
	return s.Users.Request(v.r.Context(), v.actor, id)
}

// seeRequest shows one request to an approver.
//
// GET /settings/requests/{id}; administrators of a wished business unit or of
// one above it.
func (s *Site) seeRequest(v *visit) error {
	q, err := s.request(v)
	if err != nil {
		return err
	}
	page, err := s.requestPage(v, q, users.Preset(q.Rights, q.Tree, q.Memberships, q.Request.Units))
	if err != nil {
		return err
	}
	return s.ok(v, page)
}

// requestPage is the page of a request; of a pending one with a choice of units.
func (s *Site) requestPage(v *visit, q users.RequestView, grants []pactius.Grant) (view.OneRequest, error) {
	page := view.OneRequest{Base: v.page(view.AtRequests), RequestView: q}
	var err error
	if q.Request.State == pactius.StatePending && !q.Own {
		page.Units, err = s.choose(v, chosen(grants))
	}
	return page, err
}

// approveRequest approves a request.
//
// POST /settings/requests/{id}/approve; as seeRequest, but not the person themselves.
func (s *Site) approveRequest(v *visit) error {
	id, err := pathID[pactius.RequestID](v)
	if err != nil {
		return err
	}
	a := approval(v.form)
	if v.form.browses() {
		return s.requestAgain(v, a)
	}
	d, err := s.Users.Approve(v.r.Context(), v.actor, id, a)
	if e, ok := inForm(err); ok {
		return s.requestRefused(v, err, e, a)
	}
	if err != nil {
		return err
	}
	if d.Late && !s.sameClick(v, d.Request, pactius.StateApproved) {
		return s.tooLate(v, d.Request)
	}
	s.say(v, approved(v.reader, d))
	if a.Row != "" {
		return redirect(v, "/")
	}
	if d.User.UnitCount == 0 && d.User.ID != "" {
		return redirect(v, userPath(d.User.ID)+"?approved=1")
	}
	return redirect(v, view.RequestsPath)
}

// approval reads the form of an approval: the request's own, or that of a row on the home page.
func approval(f form) users.Approval {
	return users.Approval{Grants: f.grants(), Note: f.text("note"), EndsOn: pactius.Date(f.text("ends_on")),
		Row: f.text(view.FieldRow), Despite: f.has("despite")}
}

// requestAgain shows a pending request with what was typed and another part of the tree.
func (s *Site) requestAgain(v *visit, a users.Approval) error {
	q, err := s.request(v)
	if err != nil {
		return err
	}
	page, err := s.requestPage(v, q, a.Grants)
	if err != nil {
		return err
	}
	page.Note, page.EndsOn, page.Doubted = a.Note, string(a.EndsOn), a.Despite
	return s.ok(v, page)
}

// requestRefused shows the request again with what was typed, the reason, and the question that it asks.
func (s *Site) requestRefused(v *visit, err error, e *pactius.Error, a users.Approval) error {
	q, readErr := s.request(v)
	if readErr != nil {
		return readErr
	}
	if a.Row != "" { // the person has not chosen the access: it is that of the row
		a.Grants = users.Preset(q.Rights, q.Tree, q.Memberships, q.Request.Units)
	}
	page, readErr := s.requestPage(v, q, a.Grants)
	if readErr != nil {
		return readErr
	}
	page.Form, page.Note, page.EndsOn = view.FormOf(e), a.Note, string(a.EndsOn)
	page.Namesake, _ = errors.AsType[*users.NamesakeError](err)
	_, page.Doubted = errors.AsType[*users.SimilarError](err)
	s.show(v, statusOf(err), page)
	return nil
}

// askSamePerson asks whether a request is from an existing user, and tells what the directory says of the accounts.
//
// GET /settings/requests/{id}/same?user=; as seeRequest, and administrators of a
// user that an approver has proposed.
func (s *Site) askSamePerson(v *visit) error {
	return s.sameForm(v, pactius.UserID(v.query("user", maxSearch)), http.StatusOK, nil)
}

func (s *Site) sameForm(v *visit, user pactius.UserID, status int, e *pactius.Error) error {
	id, err := pathID[pactius.RequestID](v)
	if err != nil {
		return err
	}
	same, err := s.Users.Same(v.r.Context(), v.actor, id, user)
	if err != nil {
		return err
	}
	if same.Request.State != pactius.StatePending {
		return redirect(v, afterSame(same.Request.ID, same.Existing.ID, same.Decides))
	}
	s.show(v, status, view.SamePerson{Base: v.page(view.AtRequests), Form: view.FormOf(e), SameView: same})
	return nil
}

// afterSame is the page that an answer leads to: the request's, or the user's for an administrator who may not decide
// the request.
func afterSame(id pactius.RequestID, user pactius.UserID, decides bool) string {
	if decides {
		return requestPath(id)
	}
	return userPath(user)
}

// samePerson settles a request by naming the existing user who sent it, or proposes that user to those who may confirm
// it. A user who is linked to another account is asked about first.
//
// POST /settings/requests/{id}/same; as askSamePerson, but not the person
// themselves.
func (s *Site) samePerson(v *visit) error {
	id, err := pathID[pactius.RequestID](v)
	if err != nil {
		return err
	}
	user := pactius.UserID(v.form.text("user"))
	a := approval(v.form)
	d, err := s.Users.SamePerson(v.r.Context(), v.actor, id, user, a)
	if e, ok := inForm(err); ok {
		if _, asks := errors.AsType[*users.AccountLivesError](err); asks || v.form.has("asked") {
			return s.sameForm(v, user, statusOf(err), e)
		}
		return s.requestRefused(v, err, e, a)
	}
	if err != nil {
		return err
	}
	if d.Late && !s.sameClick(v, d.Request, pactius.StateApproved) {
		return s.tooLate(v, d.Request)
	}
	p := d.Request.Person
	if d.Proposed {
		s.say(v, done(pactius.T("We've asked an administrator who manages this user to confirm. Until then, the "+
			"request from %s stays pending.", p.Name)))
		return redirect(v, requestPath(id))
	}
	if d.Outside {
		s.say(v, done(pactius.T("Confirmed. %s now has access.", p.Name)))
		return redirect(v, userPath(d.User.ID))
	}
	s.say(v, undoable(id, sameSaid(v.reader, d)))
	if d.User.UnitCount == 0 && d.User.ID != "" {
		return redirect(v, userPath(d.User.ID)+"?approved=1")
	}
	return redirect(v, view.RequestsPath)
}

// notSamePerson removes the proposal that a request is from an existing user.
//
// POST /settings/requests/{id}/not-same; as askSamePerson.
func (s *Site) notSamePerson(v *visit) error {
	id, err := pathID[pactius.RequestID](v)
	if err != nil {
		return err
	}
	q, err := s.Users.RefuseSame(v.r.Context(), v.actor, id)
	if err != nil {
		return err
	}
	s.say(v, done(pactius.T("The suggestion has been removed. The request from %s is unchanged.", q.Person.Name)))
	_, err = s.request(v)
	return redirect(v, afterSame(id, pactius.UserID(v.form.text("user")), err == nil))
}

// sameClick reports whether a late decision repeats the actor's own first one, so
// that it counts as done.
func (s *Site) sameClick(v *visit, q pactius.AccessRequest, state pactius.RequestState) bool {
	return q.State == state && q.DecidedBy.Kind == pactius.ActorUser && q.DecidedBy.User == v.actor.User
}

// decided is the message about a decision, with a link to the request.
func decided(id pactius.RequestID, message pactius.Text) view.Flash {
	return linked(done(message), requestPath(id), pactius.T("See the request"))
}

// late is the message that another administrator decided first.
func late() view.Flash {
	return warn(pactius.T("Someone decided before you. Your decision wasn't applied."))
}

// tooLate shows who decided first, and when.
func (s *Site) tooLate(v *visit, decided pactius.AccessRequest) error {
	q, err := s.request(v)
	if err != nil {
		return err
	}
	page, err := s.requestPage(v, q, nil)
	if err != nil {
		return err
	}
	page.Late = &decided
	s.show(v, http.StatusConflict, page)
	return nil
}

// openDecline opens the form that declines a request.
//
// GET /settings/requests/{id}/decline; as seeRequest.
func (s *Site) openDecline(v *visit) error {
	q, err := s.request(v)
	if err != nil {
		return err
	}
	if q.Request.State != pactius.StatePending {
		return redirect(v, requestPath(q.Request.ID))
	}
	return s.ok(v, view.DeclineRequest{Base: v.page(view.AtRequests), Request: q.Request})
}

// declineRequest declines a request, with a note to the person.
//
// POST /settings/requests/{id}/decline; as seeRequest, but not the person themselves.
func (s *Site) declineRequest(v *visit) error {
	id, err := pathID[pactius.RequestID](v)
	if err != nil {
		return err
	}
	note := v.form.text("note")
	d, err := s.Users.Decline(v.r.Context(), v.actor, id, note)
	if e, ok := inForm(err); ok {
		q, readErr := s.request(v)
		if readErr != nil {
			return readErr
		}
		s.show(v, statusOf(err), view.DeclineRequest{Base: v.page(view.AtRequests), Form: view.FormOf(e),
			Request: q.Request, Note: note})
		return nil
	}
	if err != nil {
		return err
	}
	if d.Late && !s.sameClick(v, d.Request, pactius.StateDeclined) {
		s.say(v, late()) // the form may be a pop-up over the request's page, which says who decided and when
		return redirect(v, requestPath(id))
	}
	s.say(v, decided(id, pactius.T("The request from %s has been declined.", d.Request.Person.Name)))
	return redirect(v, view.RequestsPath)
}

// confirmTakeBack asks before an approval is undone.
//
// GET /settings/requests/{id}/take-back; as seeRequest.
func (s *Site) confirmTakeBack(v *visit) error { return s.askTakeBack(v, http.StatusOK, nil) }

func (s *Site) askTakeBack(v *visit, status int, e *pactius.Error) error {
	q, err := s.request(v)
	if err != nil {
		return err
	}
	page := view.Confirm{Base: v.page(view.AtRequests), Form: view.FormOf(e),
		Title:  pactius.T("Undo the approval of %s", q.Request.Person.Name),
		Action: requestPath(q.Request.ID) + "/take-back",
		Button: pactius.T("Undo"), Danger: true, Cancel: requestPath(q.Request.ID)}
	if q.Request.Created {
		page.Will = append(page.Will, pactius.T("The user created by the approval is removed."))
	} else {
		page.Will = append(page.Will, pactius.T("The user is restored to how they were before the approval."))
	}
	if q.SignedIn {
		page.Will = append(page.Will, pactius.T("%s is signed out everywhere immediately.", q.Request.Person.Name))
	}
	page.Will = append(page.Will, pactius.T("The request is pending again."),
		pactius.T("%s gets an email about this.", q.Request.Person.Name))
	s.show(v, status, page)
	return nil
}

// takeBackApproval undoes an approval; a person who has signed in is signed out.
//
// POST /settings/requests/{id}/take-back; as seeRequest, but not the person themselves.
func (s *Site) takeBackApproval(v *visit) error {
	id, err := pathID[pactius.RequestID](v)
	if err != nil {
		return err
	}
	q, err := s.Users.TakeBack(v.r.Context(), v.actor, id)
	if e, ok := inForm(err); ok {
		return s.askTakeBack(v, statusOf(err), e)
	}
	if err != nil {
		return err
	}
	s.say(v, done(pactius.T("The approval has been undone. The request from %s is pending again.", q.Person.Name)))
	return redirect(v, requestPath(id))
}
