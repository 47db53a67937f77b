package web

import (
	"encoding/binary"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/applications"
	"github.com/pactius/pactius/internal/clients"
	"github.com/pactius/pactius/internal/microsoft"
	"github.com/pactius/pactius/internal/web/view"
)

const (
	// askedField is our own query parameter of an authorization request: the sealed moment at which the browser was
	// sent to Microsoft for it. With it a request that asks for credentials, or for a choice of the account, ends after
	// one round: no session is young enough for max_age=0.
	askedField = "pactius_asked"

	askedPurpose = "authorization request asked at"

	// askedRoom is what askedField takes in an address, in bytes: a sealed number has 64.
	askedRoom = 150

	// maxAskedPath bounds an authorization request in bytes, as an address with everything encoded: it travels through
	// the sign-in and back.
	maxAskedPath = maxReturn - askedRoom

	// maxAskedAge bounds max_age where it is handed on: a century, far from what overflows.
	maxAskedAge = 100 * 365 * 24 * 60 * 60
)

var errNotConfirmed = struct{ title, explanation, remedy pactius.Text }{
	pactius.T("Your sign-in wasn't confirmed"),
	pactius.T("The application requires that you enter your credentials now, but Microsoft didn't report that you " +
		"did."),
	pactius.T("Try again and enter your credentials at Microsoft. If that doesn't help, contact Support."),
}

// authorize is the authorization endpoint of OpenID Connect (Core 1.0, section 3.1.2). It hands the sign-in of a user
// over to a client, which gets a code that it exchanges. The administrator who registered the client has consented for
// everyone, so that users are not asked.
//
// GET /oauth/authorize; anybody. What is wrong with the client or its address is a page, because nothing may be sent to
// an address that is not registered (RFC 6749, section 4.1.2.1); all else is told to the client. Users without the
// required access see how to request it.
func (s *Site) authorize(v *visit) error {
	q := v.r.URL.Query()
	asked := s.takeMark(v, q)
	a, err := s.Clients.Asked(v.r.Context(), v.env.ID, q)
	if refusal, ok := errors.AsType[*clients.Refusal](err); ok {
		return redirect(v, refusal.Location)
	}
	if e, ok := errors.AsType[*pactius.Error](err); ok {
		return s.refuseClient(v, e)
	}
	if err != nil {
		return err
	}
	a.Since = asked
	refuse := func(code, description string) error { return redirect(v, a.Refuse(code, description)) }
	switch {
	case len(askedPath(q)) > maxAskedPath:
		return refuse("invalid_request", "The request has more than "+strconv.Itoa(maxAskedPath)+" bytes.")
	case v.token == "" && a.None:
		return refuse("login_required", "Nobody is signed in.")
	case v.token == "", a.Select && asked.IsZero():
		return errSignInFirst
	case v.isVisitor() && a.None:
		return refuse("interaction_required", "The person must request access first.")
	case v.isVisitor():
		return redirect(v, view.AccessFor(a.App.ID, v.back()))
	}
	to, err := s.Clients.Authorize(v.r.Context(), v.actor, v.token, a)
	if refusal, ok := errors.AsType[*clients.Refusal](err); ok {
		return redirect(v, refusal.Location)
	}
	switch {
	case errors.Is(err, clients.ErrSignInAgain) && asked.IsZero():
		return errSignInFirst
	case errors.Is(err, clients.ErrSignInAgain):
		return s.notConfirmed(v)
	case errors.Is(err, applications.ErrMayNot) && a.None:
		return refuse("access_denied", "The person doesn't have the required access.")
	case errors.Is(err, applications.ErrMayNot):
		return s.openApplication(v, a.App.ID)
	case err != nil:
		return err
	}
	return redirect(v, to)
}

// refuseClient says that a client cannot be answered, and who mends that. Faults of ours are told as everywhere.
func (s *Site) refuseClient(v *visit, e *pactius.Error) error {
	var status int
	switch e.Kind {
	case pactius.KindInvalid:
		status = http.StatusBadRequest
	case pactius.KindNotFound:
		status = http.StatusNotFound
	default:
		return e
	}
	page := view.BadClient{Base: v.page(""), Message: e.Message}
	if len(e.Fields) > 0 {
		page.Message = e.Fields[0].Message
	}
	if page.Message.IsZero() {
		page.Message = errNoApplication.Message
	}
	page.Ticket = v.ticket(pactius.T("This sign-in can't start"), "")
	s.show(v, status, page)
	return nil
}

// notConfirmed says that a person came back from Microsoft without having entered credentials. It leads nowhere by
// itself, so that no browser goes in circles.
func (s *Site) notConfirmed(v *visit) error {
	page := view.SignInFailed{Base: v.page(""), Title: errNotConfirmed.title, Explanation: errNotConfirmed.explanation,
		Remedy: errNotConfirmed.remedy, Ticket: v.ticket(errNotConfirmed.title, ""), Return: v.here()}
	s.show(v, http.StatusForbidden, page)
	return nil
}

// askedPath is the address of an authorization request, the same for the same parameters. It has ASCII only.
func askedPath(q url.Values) string { return clients.AuthorizePath + "?" + q.Encode() }

// askFor asks Microsoft for what an authorization request asks for, to which the sign-in leads back, and marks the
// request with the moment. Other local paths stay as they are. It does so for every sign-in, also where the person
// tries again or comes from the sign-in page. Whether the request is right is found out when the browser is back.
func (s *Site) askFor(v *visit, back string, now time.Time, o *microsoft.SignInOptions) string {
	u, err := url.Parse(back)
	if err != nil || u.Path != clients.AuthorizePath {
		return back
	}
	q := u.Query()
	q.Del(askedField)
	prompts := strings.Fields(q.Get("prompt"))
	o.LoginHint = q.Get("login_hint")
	o.SelectAccount = o.SelectAccount || slices.Contains(prompts, "select_account")
	o.Login = slices.Contains(prompts, "login")
	// Without a word of Microsoft's about the age, only credentials that are entered now are known to be young enough.
	if age, err := strconv.Atoi(q.Get("max_age")); err == nil && age >= 0 {
		o.Login, o.MaxAge = true, time.Duration(min(age, maxAskedAge))*time.Second
	}
	if o.Login || o.SelectAccount {
		q.Set(askedField, s.mark(v, q, now))
	}
	return askedPath(q)
}

// mark seals the moment at which a browser is sent to Microsoft for a request. It is good for that request alone.
func (s *Site) mark(v *visit, q url.Values, at time.Time) string {
	plain := binary.BigEndian.AppendUint64(nil, uint64(at.UnixMicro())) // as a session's time is stored
	return s.Box.Seal(askedPurpose, plain, string(v.env.ID)+" "+askedPath(q))
}

// takeMark removes the mark from a request and returns its moment, zero without a mark of ours or where the sign-in was
// begun too long ago.
func (s *Site) takeMark(v *visit, q url.Values) time.Time {
	sealed := q.Get(askedField)
	q.Del(askedField)
	if sealed == "" {
		return time.Time{}
	}
	plain, err := s.Box.Open(askedPurpose, sealed, string(v.env.ID)+" "+askedPath(q))
	if err != nil || len(plain) != 8 {
		return time.Time{}
	}
	at := time.UnixMicro(int64(binary.BigEndian.Uint64(plain)))
	if s.Now().Sub(at) > attemptTime {
		return time.Time{}
	}
	return at
}
