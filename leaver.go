package pactius

import "time"

// Gone reports whether the account cannot be used to sign in.
func (s AccountState) Gone() bool { return s == AccountDisabled || s == AccountDeleted }

// Leaving is the action taken for a user whose Microsoft 365 account left or
// returned.
type Leaving string

// The actions. The first four also ended the user's sessions.
const (
	LeaverDeactivated Leaving = "deactivated"        // deactivated until the account returns
	LeaverMarked      Leaving = "marked"             // marked only, by the environment's LeaverRule
	LeaverLast        Leaving = "last_administrator" // marked only: the last administrator of the root
	LeaverOff         Leaving = "off"                // marked only: the user was deactivated before
	LeaverKept        Leaving = "kept"               // marked only, sessions continue: an administrator's decision
	ReturnedIn        Leaving = "reactivated"        // returned and reactivated
	ReturnedOn        Leaving = "back"               // returned; the user was active
	ReturnedOff       Leaving = "back_off"           // returned; still deactivated, because a person did that
)

// Text returns the action for display.
func (l Leaving) Text() Text {
	switch l {
	case LeaverDeactivated:
		return T("Deactivated")
	case LeaverMarked:
		return T("Signed out and flagged")
	case LeaverLast:
		return T("Signed out only: the last administrator of the whole company")
	case LeaverOff:
		return T("Already deactivated")
	case LeaverKept:
		return T("Flagged only, as an administrator decided")
	case ReturnedIn:
		return T("Back and reactivated")
	case ReturnedOff:
		return T("Back, but still deactivated (manually)")
	default:
		return T("Back")
	}
}

// AccountFinding is a sweep's finding about a user's account in the directory.
type AccountFinding struct {
	User    UserID
	State   AccountState // in the directory; AccountUnknown and AccountMissing must still be asked for
	FoundAt time.Time

	Decision SweepDecision // of an administrator
	DoneAt   time.Time     // when it was carried out; zero is pending
	Outcome  Leaving       // the action taken
}

// Leaver is a user with the finding about the account.
type Leaver struct {
	User
	Finding AccountFinding
}

// SweepDecision is an administrator's decision about the findings of a held sweep.
type SweepDecision string

// The decisions.
const (
	SweepUndecided SweepDecision = ""
	SweepCarryOut  SweepDecision = "carry_out"
	SweepDrop      SweepDecision = "drop" // the users are marked only
)
