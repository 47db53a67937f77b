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
	Certificate  []byte `json:"-"` // PEM: the certificate and its private key; where it is set it is used instead of the secret
}

// String describes the credentials without what is secret.
func (c Credentials) String() string {
	return fmt.Sprintf("tenant %s, application %s", c.TenantID, c.ClientID)
}

// GoString keeps what is secret out of %#v as well.
func (c Credentials) GoString() string { return "pactius.Credentials{" + c.String() + "}" }

// LogValue keeps what is secret out of logs.
func (c Credentials) LogValue() slog.Value {
	return slog.GroupValue(slog.String("tenant", c.TenantID), slog.String("application", c.ClientID))
}

// Account is a Microsoft 365 account as the customer's directory tells of it
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
	Guest       bool // userType is Guest
}

// MaxOtherEmails is how many further addresses of an account are read: more
// than people have, and Graph gives up to a few hundred.
const MaxOtherEmails = 20

// AccountState is what the directory says of an account.
type AccountState string

// The states of an account.
const (
	AccountPresent  AccountState = ""         // there, and allowed to sign in; or nothing else is known
	AccountDisabled AccountState = "disabled" // accountEnabled is false
	AccountDeleted  AccountState = "deleted"  // in the directory's recycle bin, or no longer there
	AccountUnknown  AccountState = "unknown"  // only among DirectoryChanges: the answer does not say, so what was known still holds
)

// Text gives the state for a person.
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

// Trouble is why the directory could not be asked.
type Trouble string

// The troubles.
const (
	NoConnection Trouble = "no_connection" // the environment has no app registration that could ask
	NoPermission Trouble = "no_permission" // the permission is missing, or consent for it
	BadSecret    Trouble = "bad_secret"    // the secret or certificate is wrong or has ended
	Throttled    Trouble = "throttled"     // Microsoft asks to wait, see DirectoryError.RetryAfter
	Slow         Trouble = "slow"          // no answer within the time given
	Away         Trouble = "away"          // not reachable, or a fault of its own
	Garbled      Trouble = "garbled"       // an answer that makes no sense; refused
	CursorGone   Trouble = "cursor_gone"   // the place to go on from is no longer known: begin again
)

// Text says, for an administrator, why the directory is not there and who
// mends it.
func (t Trouble) Text() Text {
	switch t {
	case NoConnection:
		return T("The Microsoft 365 directory is not connected, so names are not checked.")
	case NoPermission:
		return T("PACTIUS may not read the Microsoft 365 directory, so names are not checked. The company's IT can allow it under Settings > Environment.")
	case BadSecret:
		return T("Microsoft no longer accepts the secret or certificate of PACTIUS, so names are not checked. It is renewed under Settings > Environment.")
	case Throttled:
		return T("Microsoft 365 asks us to wait a moment, so names are not checked right now.")
	case Slow:
		return T("Microsoft 365 is slow to answer, so names are not checked right now.")
	default:
		return T("Microsoft 365 cannot be reached, so names are not checked right now.")
	}
}

// DirectoryError says that the directory could not be asked. Whoever catches it
// goes on without the directory and shows the trouble's words.
type DirectoryError struct {
	Trouble    Trouble
	RetryAfter time.Duration // of Throttled: not before; 0 is unknown
	Code       string        // Graph's error code or Microsoft's AADSTS number, which its administrators search for; may be empty
	Err        error         // what was seen, without secrets; for the log
}

// Error describes the trouble for the log.
func (e *DirectoryError) Error() string {
	s := "asking the Microsoft 365 directory: " + string(e.Trouble)
	if e.Code != "" {
		s += " (" + e.Code + ")"
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns what was seen.
func (e *DirectoryError) Unwrap() error { return e.Err }

// DirectoryChanges is one page of what changed in the directory since a cursor.
// An account may stand in it several times, and on any page: the last one counts.
// What did not change may be missing: an empty text and AccountUnknown say
// nothing, and so does a Guest that is false beside AccountUnknown.
type DirectoryChanges struct {
	Accounts []Account // those seen first, changed or deleted
	Next     string    // cursor of the next page of this round; "" at its end
	Cursor   string    // at the end: where the next round begins
}
