package pactius

import "time"

// ConnectionStep is one step of the test of a Microsoft 365 connection, in words
// for Microsoft 365 administrators.
type ConnectionStep struct {
	Name    Text // of the attempt
	Outcome StepOutcome
	Text    Text   // the finding
	Remedy  Text   // the action, the place and the person who can do it; empty if none is needed
	Here    Text   // Remedy for the customer's IT on the page of the connection; empty where Remedy speaks to them too
	Code    string // Microsoft's number or Graph's error code; may be empty
	Trace   string // of a step that didn't work: the IDs by which Microsoft's support finds the call; may be empty
	Needed  bool   // no user can sign in without it; storing a connection requires StepOK
	Err     error  // the cause, for Support at the command line alone; pages and emails never show it
}

// StepOutcome is the result of a step of the connection test. The strings are for
// JSON and style sheets.
type StepOutcome string

// The outcomes of a step.
const (
	StepOK      StepOutcome = "ok"
	StepWarning StepOutcome = "warning" // people can sign in, but something is missing
	StepFailed  StepOutcome = "failed"  // people cannot sign in like this
	StepSkipped StepOutcome = "skipped" // not tried: an earlier step failed, or it cannot be tried from here
)

// Text returns the outcome for display.
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

// StepsFailed reports whether a step of a connection test failed. No user can
// sign in with such a connection.
func StepsFailed(steps []ConnectionStep) bool {
	for _, s := range steps {
		if s.Outcome == StepFailed {
			return true
		}
	}
	return false
}

// StepsProved reports whether people can certainly sign in: every needed step was
// tried and works, and no step failed.
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

// Certificate describes a certificate of an app registration, without its key.
type Certificate struct {
	Subject    string // the distinguished name
	Thumbprint string // SHA-1 in upper-case hex, as Entra lists it under "Certificates & secrets"
	NotBefore  time.Time
	NotAfter   time.Time
}
