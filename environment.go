package pactius

import (
	"cmp"
	"time"
)

// Environment is one customer's PACTIUS.
type Environment struct {
	ID             EnvironmentID
	Name           string // shown on every page: the company
	Host           string // lower-case host name without port: decides which environment a request is for
	Connection     Connection
	SupportContact string // e-mail address, web address or telephone number; "" is the deployment's
	Language       string // language where the reader's is unknown
	TimeZone       string // IANA name, where the reader's is unknown
	LeaverRule     LeaverRule
	LeaverBound    int // percent of the users that one sweep may change without a human; 0 is DefaultLeaverBound
	CreatedAt      time.Time
	Version        int // counts changes: a stale form is refused
}

// LeaverRule is what happens to a user whose Microsoft 365 account was disabled
// or deleted. Their sessions end in any case.
type LeaverRule string

// The rules for leavers.
const (
	LeaversDeactivated LeaverRule = ""     // the user is deactivated; reactivated when the account returns
	LeaversMarked      LeaverRule = "mark" // the user is marked for the administrator, who decides
)

// Bounds of one sweep of the directory, so that a mistake in Microsoft 365 does
// not lock a company out.
const (
	DefaultLeaverBound = 10 // percent of the users
	MinLeaverBound     = 5  // users that are always within the bound: a small company has leavers too
)

// LeaverPercent is LeaverBound as it counts.
func (e Environment) LeaverPercent() int { return cmp.Or(e.LeaverBound, DefaultLeaverBound) }

// Zone is the environment's time zone, UTC where it has none that is known.
func (e Environment) Zone() *time.Location {
	zone, err := time.LoadLocation(e.TimeZone)
	if err != nil {
		return time.UTC
	}
	return zone
}

// Today is the environment's date.
func (e Environment) Today(now time.Time) Date { return DateOf(now.In(e.Zone())) }

// Connection is the environment's Microsoft 365 connection.
type Connection struct {
	TenantID     string // directory (tenant) ID, a GUID; "" is not connected
	ClientID     string // application (client) ID; "" is the deployment's shared registration
	SealedSecret string // client secret, encrypted at rest; "" is the deployment's

	SealedCertificate string // PEM of certificate and private key, encrypted at rest; where set it is used instead of the secret
	SecretEndsOn      Date   // last day of the secret or certificate; "" is unknown
	SecretWarned      int    // how many days before it a warning was sent, one of SecretWarnings; 0 for none yet
}

// SecretWarnings are how many days before the end of the connection's secret or
// certificate the administrators of the root are warned by mail.
func SecretWarnings() []int { return []int{30, 14, 3} }

// MaxSupportContact is the most characters of a support contact: it stands in one
// line of pages and mails.
const MaxSupportContact = 200

// Connected reports whether people can sign in and be added.
func (c Connection) Connected() bool { return c.TenantID != "" }

// EnvironmentUpdate changes what is not nil.
type EnvironmentUpdate struct {
	Name           *string
	Host           *string
	TenantID       *string
	ClientID       *string
	ClientSecret   *string // in clear: sealed by the rule before it is stored
	SupportContact *string
	Language       *string
	TimeZone       *string
	Certificate    *string // PEM in clear: sealed by the rule before it is stored
	SecretEndsOn   *Date
	LeaverRule     *LeaverRule
	LeaverBound    *int
}
