package microsoft

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"time"
)

// Reason says why nobody could be signed in. The strings are for logs and tests.
type Reason string

// The reasons.
const (
	ReasonCancelled         Reason = "cancelled"          // the person pressed Cancel
	ReasonDeclined          Reason = "declined"           // the person declined what the application asks for
	ReasonNotAssigned       Reason = "not assigned"       // the tenant lets only assigned people use the application
	ReasonConsentMissing    Reason = "consent missing"    // the tenant's administrator has to agree to the application first
	ReasonOtherTenant       Reason = "other tenant"       // the account belongs to another organisation, or is a personal one
	ReasonAccountDisabled   Reason = "account disabled"   // switched off or locked in Microsoft 365
	ReasonConditionalAccess Reason = "conditional access" // a policy of the tenant blocks this sign-in
	ReasonDevice            Reason = "device"             // a policy of the tenant asks for a managed or compliant device
	ReasonCrossTenant       Reason = "cross-tenant"       // a policy between two tenants forbids it
	ReasonRefused           Reason = "refused"            // refused with a number that has no sentence of its own
	ReasonInteraction       Reason = "interaction"        // Microsoft wants something of the person first
	ReasonReplayed          Reason = "replayed"           // the code was used before, or the token is another journey's
	ReasonExpired           Reason = "expired"            // the journey took too long
	ReasonLoop              Reason = "loop"               // too many sign-ins in a row
	ReasonMisconfigured     Reason = "misconfigured"      // the connection or the app registration is wrong
	ReasonClock             Reason = "clock"              // our clock and Microsoft's differ
	ReasonUnreachable       Reason = "unreachable"        // no answer, or "try again later"
	ReasonBadResponse       Reason = "bad response"       // an answer that makes no sense; refused
)

// Reasons lists all reasons, for tests and for showing every page.
func Reasons() []Reason {
	return []Reason{
		ReasonCancelled, ReasonDeclined, ReasonNotAssigned, ReasonConsentMissing, ReasonOtherTenant, ReasonAccountDisabled, ReasonConditionalAccess, ReasonDevice,
		ReasonCrossTenant, ReasonRefused, ReasonInteraction, ReasonReplayed, ReasonExpired, ReasonLoop, ReasonMisconfigured, ReasonClock, ReasonUnreachable, ReasonBadResponse,
	}
}

// Failure is a sign-in that did not work. Its methods hold the words for the
// person; Error is for the log.
type Failure struct {
	Reason Reason
	Code   string // Microsoft's number, "AADSTS50105", which its administrators search for; empty when there is none
	Err    error  // what was seen, without secrets

	problem string        // the OAuth error, as it was sent
	wait    time.Duration // Microsoft asks to wait this long; 0 is not said
}

// Error describes the failure for the log.
func (f *Failure) Error() string {
	var b strings.Builder
	b.WriteString("signing in with Microsoft: " + string(f.Reason))
	if f.Code != "" {
		b.WriteString(" (" + f.Code + ")")
	}
	if f.Err != nil {
		b.WriteString(": " + f.Err.Error())
	}
	return b.String()
}

// Number gives Microsoft's number in words for whoever helps; false without one.
func (f *Failure) Number() (Number, bool) {
	if f.Code == "" {
		return Number{}, false
	}
	return LookUp(f.Code)
}

// Unwrap returns what was seen.
func (f *Failure) Unwrap() error { return f.Err }

// LogValue gives logs the parts to search by.
func (f *Failure) LogValue() slog.Value {
	a := []slog.Attr{slog.String("reason", string(f.Reason))}
	if f.Code != "" {
		a = append(a, slog.String("code", f.Code))
	}
	if f.Err != nil {
		a = append(a, slog.String("error", f.Err.Error()))
	}
	return slog.GroupValue(a...)
}

// failure makes a Failure of our own finding. An err that is one already is kept.
func failure(reason Reason, err error) *Failure {
	if f, ok := errors.AsType[*Failure](err); ok {
		return f
	}
	return &Failure{Reason: reason, Err: err}
}

// answerFailure sorts an error answer of the service: an HTTP status and, where
// the body had them, the OAuth error and its description.
func answerFailure(what string, status int, problem, description string) *Failure {
	if len(description) > maxDescription {
		description = description[:maxDescription]
	}
	f := classify(problem, description)
	if f.Code == "" && (status >= http.StatusInternalServerError || status == http.StatusTooManyRequests) {
		f.Reason = ReasonUnreachable
	}
	f.problem, f.Err = problem, fmt.Errorf("%s answered %d %s", what, status, logText(problem, description))
	return f
}

// classify finds the reason for an OAuth error. The error itself decides
// (RFC 6749, OpenID Connect Core); Microsoft's number only chooses a friendlier
// sentence where it is one we know. Nothing else of the description is read.
func classify(problem, description string) *Failure {
	f := &Failure{Reason: reasonOf(problem), Code: numberForm.FindString(description)}
	if n, ok := number(f.Code); ok {
		f.Reason = n.Reason
	} else if f.Code != "" && f.Reason == ReasonCancelled {
		f.Reason = ReasonRefused // whoever presses Cancel comes back without a number
	}
	return f
}

// byError gives the reason for an OAuth or OpenID Connect error.
func reasonOf(problem string) Reason {
	switch problem {
	case "access_denied":
		return ReasonCancelled
	case "consent_required":
		return ReasonConsentMissing
	case "interaction_required", "login_required", "account_selection_required":
		return ReasonInteraction
	case "invalid_grant":
		return ReasonExpired
	case "invalid_client", "unauthorized_client", "invalid_request", "invalid_scope", "invalid_resource",
		"invalid_tenant", "unsupported_response_type", "unsupported_grant_type":
		return ReasonMisconfigured
	case "server_error", "temporarily_unavailable":
		return ReasonUnreachable
	}
	return ReasonBadResponse
}

var (
	// numberForm is the only part of a description ever shown.
	numberForm = regexp.MustCompile(`\bAADSTS\d{4,7}\b`)

	// correlationForm is what the customer's administrator finds the sign-in by.
	correlationForm = regexp.MustCompile(`(?i)\bcorrelation id: ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\b`)

	// errorForm is the alphabet of OAuth errors as far as anybody uses it.
	errorForm = regexp.MustCompile(`^[a-z_]{1,64}$`)
)

// trace says for the log what an error answer said, in safe parts.
func logText(problem, description string) string {
	if !errorForm.MatchString(problem) {
		problem = "without a readable error"
	}
	if n := numberForm.FindString(description); n != "" {
		problem += " " + n
	}
	if c := correlationForm.FindStringSubmatch(description); c != nil {
		problem += " (correlation ID " + c[1] + ")"
	}
	return problem
}
