package microsoft

import (
	"fmt"
	"net/url"
)

// Limits of a callback's parameters, in bytes. Microsoft's codes have 500 to 2,000; our state has 43, or
// sealed about 165.
const (
	maxCode        = 8192
	maxState       = 256
	maxError       = 128
	maxDescription = 4096 // the rest is ignored
)

// HandOver returns those parameters of a callback that ParseCallback and ParseConsent read, as they are, for the host
// that is to read them.
func HandOver(v url.Values) url.Values {
	picked := url.Values{}
	for _, name := range []string{
		"code", "state", "error", "error_description", "error_subcode", "admin_consent",
		"tenant",
	} {
		if values, ok := v[name]; ok {
			picked[name] = values
		}
	}
	return picked
}

// ParseCallback reads the parameters of the redirect from Microsoft: a code to exchange, or a *Failure with the reason
// why there is none (RFC 6749 sections 4.1.2 and 4.1.2.1). A well-formed state is returned with a failure too, so that
// the caller can use up its attempt. The parameters prove nothing: any page can make a browser open such an address.
func ParseCallback(v url.Values) (code, state string, err error) {
	state, err = parameter(v, "state", maxState)
	if err != nil {
		return "", "", err
	}
	code, codeErr := parameter(v, "code", maxCode)
	problem, problemErr := parameter(v, "error", maxError)
	switch {
	case codeErr != nil:
		return "", state, codeErr
	case problemErr != nil:
		return "", state, problemErr
	case problem != "" && code != "":
		return "", state, failure(ReasonBadResponse, "the callback has both a code and an error")
	case problem != "":
		return "", state, refusal(v, problem)
	case code == "":
		return "", state, failure(ReasonBadResponse, "the callback has neither code nor error")
	case state == "":
		return "", "", failure(ReasonBadResponse, "the callback has no state")
	}
	return code, state, nil
}

// refusal sorts a callback that carries an OAuth error.
func refusal(v url.Values, problem string) *Failure {
	description := v.Get("error_description")
	if len(description) > maxDescription {
		description = description[:maxDescription]
	}
	f := classify(problem, description)
	// Cancel and Back on the account page have a subcode and no number.
	if f.Code == "" && v.Get("error_subcode") == "cancel" {
		f.Reason = ReasonCancelled
	}
	f.Err = fmt.Errorf("the callback says %s", logText(problem, description))
	return f
}

// parameter returns a parameter that occurs at most once, is not overlong and holds visible ASCII only. An absent one
// is empty.
func parameter(v url.Values, name string, limit int) (string, error) {
	values := v[name]
	if len(values) == 0 {
		return "", nil
	}
	if len(values) > 1 {
		return "", failure(ReasonBadResponse, "the callback repeats %s", name)
	}
	if len(values[0]) > limit {
		return "", failure(ReasonBadResponse, "the callback's %s has %d bytes, more than %d", name, len(values[0]),
			limit)
	}
	for i := range len(values[0]) {
		if c := values[0][i]; c <= ' ' || c > '~' {
			return "", failure(ReasonBadResponse, "the callback's %s holds a byte %#x", name, c)
		}
	}
	return values[0], nil
}
