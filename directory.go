package pactius

import (
	"fmt"
	"log/slog"
	"time"
)

// Credentials are an app registration in a tenant, ready to use. Printing or
// logging them never shows the secret or the key.
type Credentials struct {
	TenantID     string
	ClientID     string
	ClientSecret string `json:"-"`
	Certificate  []byte `json:"-"` // PEM of certificate and private key; replaces the secret if set

	// FormerSecret is the secret before, for the minutes until FormerUntil in which Microsoft may refuse a new one.
	FormerSecret string `json:"-"`
	FormerUntil  time.Time
}

// FormerSecretTime is how long a replaced client secret stays a fallback. Microsoft needs up to two minutes until all
// its servers know a new one.
const FormerSecretTime = 10 * time.Minute

// String describes the credentials without secret and key.
func (c Credentials) String() string {
	return fmt.Sprintf("tenant %s, application %s", c.TenantID, c.ClientID)
}

// GoString keeps secret and key out of %#v as well.
func (c Credentials) GoString() string { return "pactius.Credentials{" + c.String() + "}" }

// LogValue keeps secret and key out of logs.
func (c Credentials) LogValue() slog.Value {
	return slog.GroupValue(slog.String("tenant", c.TenantID), slog.String("application", c.ClientID))
}

// Account is a Microsoft 365 account as the customer's directory describes it
// (Microsoft Graph v1.0: "user resource type"). Only the Identity is evidence.
type Account struct {
	Identity
	Username    string   // userPrincipalName
	Name        string   // displayName
	Email       string   // mail; "" is unknown
	OtherEmails []string // otherMails and proxyAddresses without their prefix, at most MaxOtherEmails
	Title       string   // jobTitle
	Department  string
	State       AccountState
	Assumed     bool // the permission does not show whether the account is enabled: AccountPresent is assumed
	Guest       bool // userType is Guest
}

// MaxOtherEmails is the most further addresses of an account that are read: more
// than people have. Graph returns up to a few hundred.
const MaxOtherEmails = 20

// AccountState is the state of an account in the directory.
type AccountState string

// The states of an account.
const (
	AccountPresent  AccountState = ""         // exists and may sign in, or no other state is known
	AccountDisabled AccountState = "disabled" // accountEnabled is false
	AccountDeleted  AccountState = "deleted"  // in the directory's recycle bin, or removed
	AccountUnknown  AccountState = "unknown"  // in DirectoryChanges only: the previous state still holds
	AccountMissing  AccountState = "missing"  // in findings only: not found once, which a second look must confirm
)

// Text returns the state for display.
func (s AccountState) Text() Text {
	switch s {
	case AccountDisabled:
		return T("Disabled in Microsoft 365")
	case AccountDeleted:
		return T("Deleted in Microsoft 365")
	default:
		return T("In Microsoft 365")
	}
}

// Trouble is the reason why a directory request failed.
type Trouble string

// The reasons why a directory request fails.
const (
	TroubleNoConnection Trouble = "no_connection" // the environment has no app registration to ask with
	TroubleNoPermission Trouble = "no_permission" // the permission is missing, or consent for it
	TroubleBadSecret    Trouble = "bad_secret"    // the secret or certificate is wrong or has expired
	TroubleThrottled    Trouble = "throttled"     // Microsoft limits the rate, see DirectoryError.RetryAfter
	TroubleSlow         Trouble = "slow"          // no answer within the time given
	TroubleAway         Trouble = "away"          // not reachable, or an internal error of Microsoft's
	TroubleGarbled      Trouble = "garbled"       // an invalid answer
	TroubleCursorGone   Trouble = "cursor_gone"   // the cursor is no longer valid: begin again
)

// Text tells an administrator why the directory is not available and who can fix it.
func (t Trouble) Text() Text {
	switch t {
	case TroubleNoConnection:
		return T("The Microsoft 365 directory isn't connected, so names aren't checked.")
	case TroubleNoPermission:
		return T("PACTIUS isn't allowed to read the Microsoft 365 directory, so names aren't checked. The company's " +
			"IT can allow it under Settings > Environment.")
	case TroubleBadSecret:
		return T("Microsoft no longer accepts PACTIUS's client secret or certificate, so names aren't checked. It " +
			"can be renewed under Settings > Environment.")
	case TroubleThrottled:
		return T("Microsoft 365 has asked us to wait a moment, so names aren't being checked right now.")
	case TroubleSlow:
		return T("Microsoft 365 is responding slowly, so names aren't being checked right now.")
	default:
		return T("Microsoft 365 can't be reached, so names aren't being checked right now.")
	}
}

// DirectoryError is a failed directory request. The caller goes on without the
// directory and shows Trouble.Text.
type DirectoryError struct {
	Trouble    Trouble
	RetryAfter time.Duration // of Throttled: the earliest retry; 0 is unknown
	Code       string        // Graph's error code or Microsoft's AADSTS number; may be empty
	Err        error         // the cause, without secrets; for the log
	Trace      string        // the IDs by which Microsoft's support finds the call; may be empty
}

// Error describes the failure for the log.
func (e *DirectoryError) Error() string {
	s := "asking the Microsoft 365 directory: " + string(e.Trouble)
	if e.Code != "" {
		s += " (" + e.Code + ")"
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	if e.Trace != "" {
		s += " [" + e.Trace + "]"
	}
	return s
}

// Unwrap returns the cause.
func (e *DirectoryError) Unwrap() error { return e.Err }

// DirectoryChanges is one page of the changes in the directory since a cursor.
// An account may occur several times, on any page: the last occurrence counts.
// Unchanged fields may be missing: an empty text and AccountUnknown mean no
// change, and so does a false Guest beside AccountUnknown.
type DirectoryChanges struct {
	Accounts []Account // new, changed or deleted
	Next     string    // cursor of the next page of this round; "" on the last page
	Cursor   string    // on the last page: the cursor of the next round
}
