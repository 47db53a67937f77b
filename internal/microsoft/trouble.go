package microsoft

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/pactius/pactius"
)

const (
	// defaultWait is how long no call is made to a tenant that asks to wait without a time.
	defaultWait = 10 * time.Second

	// maxWait bounds the time in an answer: a mistake must not cost the directory for a day.
	maxWait = 10 * time.Minute
)

// retryAfter returns Retry-After, which is in seconds or a date (RFC 9110 section 10.2.3); 0 where there is none that
// makes sense.
func retryAfter(resp *http.Response, now time.Time) time.Duration {
	told := strings.TrimSpace(resp.Header.Get("Retry-After"))
	wait := time.Duration(0)
	if seconds, err := strconv.ParseUint(told, 10, 32); err == nil {
		wait = time.Duration(seconds) * time.Second
	} else if at, err := http.ParseTime(told); err == nil {
		wait = at.Sub(now)
	}
	return min(max(wait, 0), maxWait)
}

// waitLeft returns how long the tenant still asks to wait.
func (g *Graph) waitLeft(c pactius.Credentials) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	return max(g.waits[strings.ToLower(c.TenantID)].Sub(g.m.now()), 0)
}

// noteWait notes that the tenant asks to wait, never for less than noted before.
func (g *Graph) noteWait(c pactius.Credentials, d time.Duration) time.Duration {
	if d == 0 {
		d = defaultWait
	}
	now, tenant := g.m.now(), strings.ToLower(c.TenantID)
	g.mu.Lock()
	defer g.mu.Unlock()
	for t, until := range g.waits {
		if !now.Before(until) {
			delete(g.waits, t)
		}
	}
	if until := now.Add(d); until.After(g.waits[tenant]) {
		g.waits[tenant] = until
	}
	return d
}

// directoryError returns an error of the directory with a text that is formatted as by fmt.Errorf.
func directoryError(t pactius.Trouble, format string, values ...any) *pactius.DirectoryError {
	return &pactius.DirectoryError{Trouble: t, Err: fmt.Errorf(format, values...)}
}

// throttledError says that the tenant asks to wait.
func throttledError(d time.Duration, err error) *pactius.DirectoryError {
	return &pactius.DirectoryError{Trouble: pactius.TroubleThrottled, RetryAfter: d, Code: codeTooMany, Err: err}
}

// garbledError says that an answer makes no sense.
func garbledError(what, why string, values ...any) *pactius.DirectoryError {
	return directoryError(pactius.TroubleGarbled, what+" "+why, values...)
}

// tokenError turns a *Failure of the token endpoint or of discovery into an error of the directory.
func (g *Graph) tokenError(c pactius.Credentials, err error) error {
	f, ok := errors.AsType[*Failure](err)
	if !ok {
		return &pactius.DirectoryError{Trouble: pactius.TroubleAway, Err: err}
	}
	t := f.trouble()
	if t == pactius.TroubleAway && f.wait > 0 {
		return throttledError(g.noteWait(c, f.wait), f.Err)
	}
	return &pactius.DirectoryError{Trouble: t, Code: f.Code, Trace: f.Trace, Err: f.Err}
}

// trouble returns the trouble of a failure to get a token: that of the number, else that of the OAuth error.
func (f *Failure) trouble() pactius.Trouble {
	if n, ok := number(f.Code); ok && n.trouble != "" {
		return n.trouble
	}
	switch f.problem {
	case "invalid_client":
		return pactius.TroubleBadSecret
	case "unauthorized_client", "invalid_scope", "invalid_resource", "access_denied", "consent_required":
		return pactius.TroubleNoPermission
	}
	switch f.Reason {
	case ReasonUnreachable:
		if errors.Is(f.Err, context.DeadlineExceeded) || errors.Is(f.Err, context.Canceled) {
			return pactius.TroubleSlow
		}
		return pactius.TroubleAway
	case ReasonMisconfigured:
		return pactius.TroubleNoConnection
	case ReasonBadResponse, ReasonClock:
		return pactius.TroubleGarbled
	default:
		return pactius.TroubleNoPermission
	}
}

// Error codes of Graph that are handled (Microsoft Graph: "Error responses and resource types"). Numbers with AADSTS
// come from the token endpoint.
const (
	codeDenied    = "Authorization_RequestDenied"
	codeTooMany   = "TooManyRequests"
	codeSyncState = "syncStateNotFound"
	codeBadToken  = "InvalidAuthenticationToken"
)

// codeForm is the alphabet of Graph's error codes; others are not repeated.
var codeForm = regexp.MustCompile(`^[A-Za-z_.]{1,64}$`)

// statusCode is the error of an answer of Graph that is not 200.
type statusCode struct {
	status int
	code   string // "" where the answer had none that makes sense
}

// Error describes the answer for the log.
func (r *statusCode) Error() string { return fmt.Sprintf("answered %d %s", r.status, r.code) }

// status returns the status of the answer behind an error, 0 where there was none.
func status(err error) int {
	if r, ok := errors.AsType[*statusCode](err); ok {
		return r.status
	}
	return 0
}

// trouble returns the trouble that a status means.
func (r *statusCode) trouble() pactius.Trouble {
	switch {
	case r.status == http.StatusTooManyRequests:
		return pactius.TroubleThrottled
	case r.status == http.StatusUnauthorized, r.status == http.StatusForbidden:
		return pactius.TroubleNoPermission
	case r.status == http.StatusGone:
		return pactius.TroubleCursorGone
	case r.status == http.StatusGatewayTimeout:
		return pactius.TroubleSlow
	case r.status >= http.StatusInternalServerError:
		return pactius.TroubleAway
	}
	return pactius.TroubleGarbled
}
