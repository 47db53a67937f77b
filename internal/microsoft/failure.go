package microsoft

import (
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Reason is the cause of a failed sign-in. The strings are for logs and tests.
type Reason string

// The reasons.
const (
	ReasonCancelled         Reason = "cancelled"          // the person pressed Cancel
	ReasonDeclined          Reason = "declined"           // the person declined what the application asks for
	ReasonNotAssigned       Reason = "not assigned"       // the tenant requires an assignment to the application
	ReasonConsentMissing    Reason = "consent missing"    // the tenant's administrator has to consent first
	ReasonOtherTenant       Reason = "other tenant"       // a personal account, or one of another organisation
	ReasonAccountDisabled   Reason = "account disabled"   // disabled or locked in Microsoft 365
	ReasonConditionalAccess Reason = "conditional access" // a policy of the tenant blocks this sign-in
	ReasonDevice            Reason = "device"             // a policy of the tenant requires a managed device
	ReasonCrossTenant       Reason = "cross-tenant"       // a policy between two tenants forbids it
	ReasonRefused           Reason = "refused"            // refused with a number that has no words of its own
	ReasonInteraction       Reason = "interaction"        // Microsoft needs something from the person first
	ReasonReplayed          Reason = "replayed"           // the code was used before, or the token is another sign-in's
	ReasonNoCookie          Reason = "no cookie"          // the browser came back without our cookie, twice
	ReasonNotUnderWay       Reason = "not under way"      // the browser has other sign-ins under way, not this one
	ReasonExpired           Reason = "expired"            // the sign-in took too long
	ReasonLoop              Reason = "loop"               // too many sign-ins in a row
	ReasonMisconfigured     Reason = "misconfigured"      // the connection or the app registration is wrong
	ReasonClock             Reason = "clock"              // our clock and Microsoft's differ
	ReasonUnreachable       Reason = "unreachable"        // no answer, or "try again later"
	ReasonBadResponse       Reason = "bad response"       // a malformed or foreign answer, which is refused
)

// Reasons returns all reasons in alphabetical order, for tests and for showing every page.
func Reasons() []Reason { return slices.Sorted(maps.Keys(wordsByReason())) }

// Failure is a failed sign-in. Its methods return the words for the person; Error is for the log.
type Failure struct {
	Reason Reason
	Code   string // Microsoft's number, "AADSTS50105", which its administrators search for; empty when there is none
	Err    error  // the cause, without secrets
	Trace  string // the IDs by which Microsoft's support finds the call; empty when there was none

	problem   string        // the OAuth error
	wait      time.Duration // the time Microsoft asks to wait; 0 is none
	status    int           // HTTP status of the answer; 0 when there was none, or another mistake in it
	lost      bool          // the connection was lost, or there was none, before the caller gave up
	cloud     *cloud        // the tenant is there
	authority string        // and not there, where PACTIUS asks; only with cloud
}

// passing reports whether the same call may work a moment later: Microsoft's own libraries repeat a token call once
// after these. A service that asks to wait is not asked again.
func (f *Failure) passing() bool {
	if f.wait > 0 {
		return false
	}
	switch f.status {
	case http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable:
		return true
	}
	return f.lost
}

// Error returns the text for the log.
func (f *Failure) Error() string {
	var b strings.Builder
	b.WriteString("signing in with Microsoft: " + string(f.Reason))
	if f.Code != "" {
		b.WriteString(" (" + f.Code + ")")
	}
	if f.Err != nil {
		b.WriteString(": " + f.Err.Error())
	}
	if f.Trace != "" {
		b.WriteString(" [" + f.Trace + "]")
	}
	return b.String()
}

// Number returns the words on Microsoft's number for the helper; false without a number.
func (f *Failure) Number() (Number, bool) {
	if f.Code == "" {
		return Number{}, false
	}
	return LookUp(f.Code)
}

// Unwrap returns the error that was seen.
func (f *Failure) Unwrap() error { return f.Err }

// LogValue returns the parts of the failure as attributes.
func (f *Failure) LogValue() slog.Value {
	a := []slog.Attr{slog.String("reason", string(f.Reason))}
	if f.Code != "" {
		a = append(a, slog.String("code", f.Code))
	}
	if f.Err != nil {
		a = append(a, slog.String("error", f.Err.Error()))
	}
	if f.Trace != "" {
		a = append(a, slog.String("trace", f.Trace))
	}
	return slog.GroupValue(a...)
}

// failure returns a Failure with an error that is formatted as by fmt.Errorf.
func failure(reason Reason, format string, values ...any) *Failure {
	return &Failure{Reason: reason, Err: fmt.Errorf(format, values...)}
}

// answerFailure sorts an error answer of the service: an HTTP status and, where the body had them, the OAuth error and
// its description.
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

// classify finds the reason of an OAuth error. The error itself decides (RFC 6749, OpenID Connect Core); a number that
// is in the table selects a more precise reason. The rest of the description is ignored.
func classify(problem, description string) *Failure {
	f := &Failure{Reason: reasonOf(problem), Code: numberForm.FindString(description)}
	if n, ok := number(f.Code); ok {
		f.Reason = n.Reason
	} else if f.Code != "" && f.Reason == ReasonCancelled {
		f.Reason = ReasonRefused // Cancel comes back without a number
	}
	return f
}

// reasonOf returns the reason of an OAuth or OpenID Connect error.
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
	// numberForm is the only part of a description that is ever shown.
	numberForm = regexp.MustCompile(`\bAADSTS\d{4,7}\b`)

	// correlationForm identifies the sign-in in the logs of the customer's tenant.
	correlationForm = regexp.MustCompile(`(?i)\bcorrelation id: ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\b`)

	// errorForm is the alphabet of OAuth errors in use.
	errorForm = regexp.MustCompile(`^[a-z_]{1,64}$`)
)

// logText returns the safe parts of an error answer for the log.
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
