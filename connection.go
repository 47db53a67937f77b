package pactius

import "time"

// ConnectionStep is one thing that the test of a Microsoft 365 connection
// tried, in words for whoever administers Microsoft 365.
type ConnectionStep struct {
	Name    Text // what was tried
	Outcome StepOutcome
	Text    Text   // what was found
	Remedy  Text   // what to do, where, and who can; empty where nothing is to be done
	Code    string // Microsoft's number or Graph's error code, to search for; may be empty
	Needed  bool   // nobody signs in without it: a connection is only stored when it was tried and works
}

// StepOutcome is how a step of the connection test ended. The strings are for
// JSON and style sheets.
type StepOutcome string

// The outcomes.
const (
	StepOK      StepOutcome = "ok"
	StepWarning StepOutcome = "warning" // people can sign in, but something is missing
	StepFailed  StepOutcome = "failed"  // people cannot sign in like this
	StepSkipped StepOutcome = "skipped" // not tried, because an earlier step failed or it cannot be tried from here
)

// Text gives the outcome for a person.
func (o StepOutcome) Text() Text {
	switch o {
	case StepOK:
		return T("Works")
	case StepWarning:
		return T("Missing")
	case StepFailed:
		return T("Failed")
	default:
		return T("Not tested")
	}
}

// StepsFailed reports whether a step of a connection test failed: with such a
// connection nobody can sign in.
func StepsFailed(steps []ConnectionStep) bool {
	for _, s := range steps {
		if s.Outcome == StepFailed {
			return true
		}
	}
	return false
}

// StepsProved reports whether people can surely sign in: everything that is
// needed for it was tried and works, and nothing failed.
func StepsProved(steps []ConnectionStep) bool {
	needed := 0
	for _, s := range steps {
		switch {
		case s.Outcome == StepFailed, s.Needed && s.Outcome != StepOK:
			return false
		case s.Needed:
			needed++
		}
	}
	return needed > 0
}

// Certificate is what can be told of a certificate that proves an app
// registration, without its key.
type Certificate struct {
	Subject    string // the distinguished name
	Thumbprint string // SHA-1 in upper-case hex, as Entra lists it under "Certificates & secrets"
	NotBefore  time.Time
	NotAfter   time.Time
}
