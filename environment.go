package pactius

import "time"

// Environment is one customer's PACTIUS.
type Environment struct {
	ID             EnvironmentID
	Name           string // shown on every page: the company
	Host           string // lower-case host name without port: decides which environment a request is for
	Connection     Connection
	SupportContact string // e-mail address, web address or telephone number; "" is the deployment's
	Language       string // language where the reader's is unknown
	TimeZone       string // IANA name, where the reader's is unknown
	CreatedAt      time.Time
	Version        int // counts changes: a stale form is refused
}

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
}

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
}
