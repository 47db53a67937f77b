package web

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/edge"
	"github.com/pactius/pactius/internal/web/view"
)

// Refusals of this package. Those without a message of their own say what their
// status means.
var (
	errNotSignedIn = pactius.Refuse(pactius.KindNotSignedIn, pactius.T("You're not signed in. Sign in first."))
	errNoAccessYet = pactius.Refuse(pactius.KindForbidden,
		pactius.T("You don't have access yet, so nothing was changed. Request access first."))
	errNoSuchThing = pactius.Refuse(pactius.KindNotFound, pactius.Text{})

	errMisdirected = errors.New("no environment has this host name")
	errMalformed   = errors.New("the form cannot be read")
	errToAccess    = errors.New("a visitor, whose only page is the access page")
)

// statusOf gives the HTTP status of a refusal.
func statusOf(err error) int {
	switch {
	case errors.Is(err, errMisdirected):
		return http.StatusMisdirectedRequest
	case errors.Is(err, errMalformed), errors.Is(err, edge.ErrBodyBroken):
		return http.StatusBadRequest
	case errors.Is(err, edge.ErrBodyLate):
		return http.StatusRequestTimeout
	}
	switch pactius.KindOf(err) {
	case pactius.KindInvalid:
		return http.StatusUnprocessableEntity
	case pactius.KindNotSignedIn:
		return http.StatusUnauthorized
	case pactius.KindForbidden:
		return http.StatusForbidden
	case pactius.KindNotFound:
		return http.StatusNotFound
	case pactius.KindConflict, pactius.KindNotConnected:
		return http.StatusConflict
	case pactius.KindTooMany:
		return http.StatusTooManyRequests
	case pactius.KindUnavailable:
		return http.StatusServiceUnavailable
	case pactius.KindTooLarge:
		return http.StatusRequestEntityTooLarge
	default:
		if errors.Is(err, context.DeadlineExceeded) {
			return http.StatusServiceUnavailable
		}
		return http.StatusInternalServerError
	}
}

// refuse is the one place where errors become answers.
func (s *Site) refuse(v *visit, err error) {
	switch {
	case v.gone() && !errors.Is(err, edge.ErrBodyBroken) && !errors.Is(err, edge.ErrBodyLate): // which it can be told
		s.leaveGone(v, err)
		return
	case errors.Is(err, errOneMoreClick):
		s.askOneMoreClick(v)
		return
	case errors.Is(err, errToAccess):
		_ = redirect(v, view.AccessFor("", v.back()))
		return
	case pactius.KindOf(err) == pactius.KindNotSignedIn:
		s.sendToSignIn(v)
		return
	case pactius.KindOf(err) == pactius.KindNotConnected:
		s.door(v, http.StatusConflict) // the page says what is missing and who helps
		return
	}
	status := statusOf(err)
	page := s.errorPage(v, status)
	if status == http.StatusMisdirectedRequest {
		s.logUnknownHost(v)
		if found, err := s.Environments.Any(v.r.Context()); err == nil && !found {
			page.Message = pactius.T("PACTIUS is running, but no environment has been set up yet. PACTIUS Support " +
				"does that with: pactius environment add")
		}
	}
	page.Typed = v.form.typed()
	if v.token != "" && v.navigates() && (status == http.StatusForbidden || status == http.StatusNotFound) {
		page.Account = new(page.WhoAmI(v.person(), v.here()))
	}
	later := false // the server is busy: nothing is broken, and a note would be more work
	if e, ok := errors.AsType[*pactius.Error](err); ok && status != http.StatusInternalServerError {
		page.Message = e.Message
		if later = e.RetryAfter > 0; later {
			retryAfter(v.w, e.RetryAfter)
		}
		if e.Kind == pactius.KindInvalid && len(e.Fields) == 1 {
			page.Message = e.Fields[0].Message
		}
	}
	if status >= http.StatusInternalServerError && !later {
		page.Ticket = v.ticket(page.Title(), "")
		s.logFailure(v, err, status)
		s.noteFault(v)
	}
	s.show(v, status, page)
}

// errorPage makes the page of an error, with its help.
func (s *Site) errorPage(v *visit, status int) view.ErrorPage {
	page := view.ErrorPage{Base: v.page(""), Status: status}
	page.Help = statusHelp[status]
	return page
}

// logFailure logs a failure that is not the person's, in one line.
func (s *Site) logFailure(v *visit, err error, status int) {
	level := slog.LevelError
	if status == http.StatusServiceUnavailable {
		level = slog.LevelWarn
	}
	s.Logger.LogAttrs(v.r.Context(), level, "request failed", slog.String("route", v.r.Pattern),
		slog.String("environment", string(v.env.ID)), slog.String("request", v.reference), slog.Any("error", err))
}

// gone reports whether the client has hung up. What fails then fails because of that: a query that is stopped on the
// way has many errors, and no fault of ours shows in them.
func (v *visit) gone() bool { return errors.Is(v.r.Context().Err(), context.Canceled) }

// leaveGone ends a request whose client has hung up: nothing is to be shown, and the log says at info why the work
// stopped. The status is for the log and the metrics, and for a client that has only stopped sending.
func (s *Site) leaveGone(v *visit, err error) {
	v.w.WriteHeader(edge.StatusClientGone)
	s.Logger.LogAttrs(v.r.Context(), slog.LevelInfo, "the client has gone", slog.String("route", v.r.Pattern),
		slog.String("environment", string(v.env.ID)), slog.String("request", v.reference), slog.Any("error", err))
}

// sendToSignIn answers a request without a valid session. Signing in leads back to
// a page; a change gets the answer that nothing was changed.
func (s *Site) sendToSignIn(v *visit) {
	v.stale = v.stale || v.token != ""
	v.token = ""
	here := v.back()
	if !v.changes() {
		to := "/"
		if here != "" {
			to = "/?" + url.Values{"return": {here}}.Encode()
		}
		_ = redirect(v, to)
		return
	}
	v.flash = new(warn(pactius.T("You're no longer signed in, so nothing was changed. Sign in and try again.")))
	s.dropSession(v)
	page := view.SignIn{Base: v.page(""), Return: here, Typed: v.form.typed()}
	page.Help = signInHelp
	s.show(v, http.StatusUnauthorized, page)
}

// straight reports whether a person without a session who opens a page is sent to Microsoft without a stop at the
// sign-in page. That is for people who come from outside, such as from an email. After a sign-out, and where the last
// sign-in of this browser left no session, the sign-in page is shown: a browser never goes in circles.
func (s *Site) straight(v *visit, err error) bool {
	if pactius.KindOf(err) != pactius.KindNotSignedIn || !v.navigates() || !v.env.Connection.Connected() ||
		v.r.Header.Get("Sec-Fetch-Site") == "same-origin" || s.browser(v).Out {
		return false
	}
	underWay := s.attemptCookies(v)
	for _, c := range underWay {
		if a, ok := s.openAttempt(v, c); !ok || a.Used {
			return false
		}
	}
	return len(underWay) < maxAttempts-1
}

// show answers with a page and drops the message that the page has shown.
func (s *Site) show(v *visit, status int, page view.Page) {
	if v.flashed {
		s.dropCookie(v, flashCookie)
	}
	s.answer(v, status, page)
}

// answer renders a page or a part of one.
func (s *Site) answer(v *visit, status int, page view.Page) {
	if err := s.View.Render(whole{v, status}, page); err != nil {
		s.logFailure(v, err, http.StatusInternalServerError)
		s.noteFault(v)
		http.Error(v.w,
			v.reader.T("This page can't be shown. If it happens again, give Support this reference: %s", v.reference),
			http.StatusInternalServerError)
	}
}

// whole answers with a page that is written at once, or not at all.
type whole struct {
	*visit
	status int
}

// Write implements io.Writer. It fails only if the browser has gone.
func (a whole) Write(page []byte) (int, error) {
	h := a.w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", string(a.reader.Language))
	a.w.WriteHeader(a.status)
	_, _ = a.w.Write(page)
	return len(page), nil
}

// ok shows a page with status 200.
func (s *Site) ok(v *visit, page view.Page) error {
	s.show(v, http.StatusOK, page)
	return nil
}

// inForm returns a refusal that the form shows again with everything typed. All
// others get a page of their own.
func inForm(err error) (*pactius.Error, bool) {
	e, ok := errors.AsType[*pactius.Error](err)
	if !ok {
		return nil, false
	}
	switch e.Kind {
	case pactius.KindInvalid, pactius.KindConflict, pactius.KindNotConnected, pactius.KindTooMany:
		return e, true
	default:
		return nil, false
	}
}
