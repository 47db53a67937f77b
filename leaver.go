package pactius

import "time"

// Gone reports whether nobody can sign in with the account.
func (s AccountState) Gone() bool { return s == AccountDisabled || s == AccountDeleted }

// Leaving is what was done about a user whose Microsoft 365 account went or
// came back.
type Leaving string

// What can be done. In each case of the first four the sessions ended.
const (
	LeaverDeactivated Leaving = "deactivated"        // deactivated until the account returns
	LeaverMarked      Leaving = "marked"             // marked only, as the environment's rule says
	LeaverLast        Leaving = "last_administrator" // marked only: the last administrator of the root
	LeaverOff         Leaving = "off"                // marked only: somebody had deactivated the user before
	LeaverKept        Leaving = "kept"               // marked only, sessions go on: a human decided so
	ReturnedIn        Leaving = "reactivated"        // back, and reactivated
	ReturnedOn        Leaving = "back"               // back; nothing had been taken, or somebody has given it again
	ReturnedOff       Leaving = "back_off"           // back, and still deactivated, because a person did that
)

// Text says for a person what was done.
func (l Leaving) Text() Text {
	switch l {
	case LeaverDeactivated:
		return T("Deactivated")
	case LeaverMarked:
		return T("Signed out and marked")
	case LeaverLast:
		return T("Signed out only: the last administrator of the whole company")
	case LeaverOff:
		return T("Had been deactivated before")
	case LeaverKept:
		return T("Marked only, as an administrator decided")
	case ReturnedIn:
		return T("Back and reactivated")
	case ReturnedOff:
		return T("Back, still deactivated because somebody did that")
	default:
		return T("Back")
	}
}

// AccountFinding is what a sweep of the directory found of a user's account.
type AccountFinding struct {
	User    UserID
	State   AccountState // what the directory says; AccountUnknown must still be asked
	FoundAt time.Time

	Decision SweepDecision // of a human
	DoneAt   time.Time     // when it was carried out; zero waits
	Outcome  Leaving       // what was done
}

// Leaver is a user with what was found of the account.
type Leaver struct {
	User
	Finding AccountFinding
}

// SweepDecision is what a human decides about findings of a sweep that was held.
type SweepDecision string

// The decisions.
const (
	SweepUndecided SweepDecision = ""
	SweepCarryOut  SweepDecision = "carry_out"
	SweepDrop      SweepDecision = "drop" // the users are marked, and nothing else happens
)
