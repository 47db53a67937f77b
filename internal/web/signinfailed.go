package web

import (
	"errors"
	"log/slog"
	"net/http"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/microsoft"
	"github.com/pactius/pactius/internal/web/view"
)

// callbackError is a failure read from the callback's address, which anybody
// can write: an answer of Microsoft's that makes no sense is then a bad request.
type callbackError struct{ error }

func asCallback(err error) error { return callbackError{err} }

func (e callbackError) Unwrap() error { return e.error }

// failed says what went wrong with a sign-in. Errors that are no
// *microsoft.Failure are returned.
func (s *Site) failed(v *visit, err error, back string) error {
	f, ok := errors.AsType[*microsoft.Failure](err)
	if !ok || v.gone() { // Microsoft's answer is missing because the client did not wait for it
		return err
	}
	status := failureStatus(f.Reason)
	if _, typed := errors.AsType[callbackError](err); typed && f.Reason == microsoft.ReasonBadResponse {
		status = http.StatusBadRequest
	}
	if v.begun {
		s.count(string(f.Reason))
	} else {
		s.count(OutcomeStray)
	}
	level := slog.LevelInfo
	if status >= http.StatusInternalServerError {
		level = slog.LevelWarn
	}
	s.Logger.LogAttrs(v.r.Context(), level, "sign-in failed", slog.String("environment", string(v.env.ID)),
		slog.String("request", v.reference), slog.Any("failure", f))
	s.noteFailure(v, f)
	page := view.SignInFailed{Base: v.page(""), Title: f.Title(), Explanation: f.Explanation(),
		Remedy: f.Remedy(), Helper: helper(v, f.Helper()), Ticket: v.ticket(f.Title(), f.Code), Return: back}
	page.Help = helpOfFailure(f)
	s.show(v, status, page)
	return nil
}

// The outcomes of sign-ins that let no user in, for the metrics; the others are the reasons of package microsoft.
const (
	OutcomeUnknown = "unknown" // Microsoft vouched for a person without a user here
	OutcomeBlocked = "blocked" // known, but deactivated or past the end date
	OutcomeStray   = "stray"   // no sign-in of this browser failed: anyone can send such a callback
)

func (s *Site) count(outcome string) {
	if s.NotEntered != nil {
		s.NotEntered(outcome)
	}
}

// failureStatus gives the HTTP status of a failed sign-in.
func failureStatus(r microsoft.Reason) int {
	switch r {
	case microsoft.ReasonNotAssigned, microsoft.ReasonConsentMissing, microsoft.ReasonOtherTenant,
		microsoft.ReasonAccountDisabled,
		microsoft.ReasonConditionalAccess,
		microsoft.ReasonDevice, microsoft.ReasonCrossTenant, microsoft.ReasonRefused:
		return http.StatusForbidden
	case microsoft.ReasonUnreachable:
		return http.StatusServiceUnavailable
	case microsoft.ReasonMisconfigured, microsoft.ReasonClock, microsoft.ReasonBadResponse:
		return http.StatusBadGateway
	default:
		return http.StatusBadRequest
	}
}

// helper says who can help.
func helper(v *visit, who microsoft.Helper) pactius.Text {
	switch who {
	case microsoft.HelperCustomerIT:
		return pactius.T("Who can help: the IT department that manages Microsoft 365 in your organisation.")
	case microsoft.HelperLocalAdministrator:
		return pactius.T("Who can help: the local administrators of %s.", v.env.Name)
	case microsoft.HelperSupport:
		if v.contact != "" {
			return pactius.T("Who can help: Support, %s.", v.contact)
		}
		return pactius.T("Who can help: Support.")
	default:
		return pactius.Text{}
	}
}
