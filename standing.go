package pactius

// Standing is what the directory said about one person's account when it was
// asked to explain a sign-in. The zero Standing is that it was not asked.
type Standing struct {
	State   StandingState
	Account Account // of Enabled, Exists and Disabled, and of Deleted as far as it is known

	// Other is of Deleted and Gone: another account that has the account name now.
	Other *Account
	// Before is the state of the account that the user of this account name is
	// linked to, where Account is another one; NotAsked where there is no such user.
	Before StandingState
	// Near are accounts with nearly the account name, or with the name that was
	// given instead of one, of Missing; best first.
	Near    []Account
	Trouble Trouble // of Unknown
}

// StandingState is the state of an account as the directory describes it.
type StandingState string

// The states.
const (
	StandingNotAsked StandingState = ""
	StandingEnabled  StandingState = "enabled"  // the account exists and is enabled
	StandingExists   StandingState = "exists"   // the permission does not show whether it is enabled
	StandingDisabled StandingState = "disabled" // accountEnabled is false
	StandingDeleted  StandingState = "deleted"  // in the recycle bin
	StandingGone     StandingState = "gone"     // no account has the object ID
	StandingMissing  StandingState = "missing"  // no account has the account name
	StandingUnknown  StandingState = "unknown"  // the directory could not be asked, for Trouble
)

// StandingOf returns the state of an account that the directory has.
func StandingOf(a Account) StandingState {
	switch {
	case a.State == AccountDisabled:
		return StandingDisabled
	case a.State == AccountDeleted:
		return StandingDeleted
	case a.Assumed || a.State == AccountUnknown:
		return StandingExists
	}
	return StandingEnabled
}

// Found reports whether the account exists, enabled or not.
func (s StandingState) Found() bool {
	return s == StandingEnabled || s == StandingExists || s == StandingDisabled
}

// Lost reports whether an account with a known object ID is no longer there.
func (s StandingState) Lost() bool { return s == StandingDeleted || s == StandingGone }

// Shut reports whether Microsoft lets the account's owner in nowhere.
func (s StandingState) Shut() bool { return s == StandingDisabled || s.Lost() }
