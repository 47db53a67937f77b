package microsoft

import (
	"errors"
	"fmt"
	"net/url"
)

// Limits of a callback's parameters, in bytes. Microsoft's codes have 500 to
// 2,000; our state has 43.
const (
	maxCode        = 8192
	maxState       = 256
	maxError       = 128
	maxDescription = 4096 // beyond, the rest is not looked at
)

// ParseCallback reads the parameters Microsoft sent the person back with: a code
// to exchange, or a *Failure saying why there is none (RFC 6749 sections 4.1.2
// and 4.1.2.1). The state is returned with a failure too when it is there and
// well-formed, so that the caller finds, and uses up, the attempt it belongs to.
// Nothing here proves anything: anybody can make a browser open such an address.
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
		return "", state, failure(ReasonBadResponse, errors.New("the callback has both a code and an error"))
	case problem != "":
		return "", state, refusal(v, problem)
	case code == "":
		return "", state, failure(ReasonBadResponse, errors.New("the callback has neither code nor error"))
	case state == "":
		return "", "", failure(ReasonBadResponse, errors.New("the callback has no state"))
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
	// Pressing Cancel or Back on the account page says so apart, without a number.
	if f.Code == "" && v.Get("error_subcode") == "cancel" {
		f.Reason = ReasonCancelled
	}
	f.Err = fmt.Errorf("the callback says %s", logText(problem, description))
	return f
}

// parameter returns a parameter that may stand once, is not overlong and holds
// visible ASCII only. Absent is empty.
func parameter(v url.Values, name string, limit int) (string, error) {
	values := v[name]
	if len(values) == 0 {
		return "", nil
	}
	if len(values) > 1 {
		return "", failure(ReasonBadResponse, fmt.Errorf("the callback repeats %s", name))
	}
	if len(values[0]) > limit {
		return "", failure(ReasonBadResponse, fmt.Errorf("the callback's %s has %d bytes, more than %d", name, len(values[0]), limit))
	}
	for i := range len(values[0]) {
		if c := values[0][i]; c <= ' ' || c > '~' {
			return "", failure(ReasonBadResponse, fmt.Errorf("the callback's %s holds a byte %#x", name, c))
		}
	}
	return values[0], nil
}
