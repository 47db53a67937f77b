package pactius

import (
	"cmp"
	"sync"
	"time"
	_ "time/tzdata" // the zones of Environment.Zone, in every binary: a machine may have no zone files
)

// Environment is one customer's PACTIUS.
type Environment struct {
	ID             EnvironmentID
	Name           string // the company's, shown on every page
	Host           string // lower-case host name without port; selects the environment of an HTTP request
	Connection     Connection
	SupportContact string // email address, web address or telephone number; "" is the deployment's
	Language       string // fallback where the reader's is unknown
	TimeZone       string // IANA name; fallback where the reader's is unknown
	LeaverRule     LeaverRule
	LeaverBound    int // percent of the users that one sweep may change without a decision; 0 is DefaultLeaverBound
	Brand          Brand
	CreatedAt      time.Time
	Version        int // counts changes, to refuse stale forms
}

// LeaverRule is the treatment of users whose Microsoft 365 account was disabled
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
	MinLeaverBound     = 5  // users that are always within the bound, for small companies
)

// LeaverPercent returns LeaverBound or its default.
func (e Environment) LeaverPercent() int { return cmp.Or(e.LeaverBound, DefaultLeaverBound) }

// Zone returns the environment's time zone, UTC if it has none or one that cannot be loaded; see LostZone.
func (e Environment) Zone() *time.Location {
	zone, ok := e.zone()
	if !ok {
		return time.UTC
	}
	return zone
}

// LostZone returns the name of the environment's time zone if it cannot be loaded: it was stored by a program that
// knew more zones, or not by PACTIUS. Times are then shown in UTC, and see Today. It returns "" if all is well.
func (e Environment) LostZone() string {
	if _, ok := e.zone(); !ok {
		return e.TimeZone
	}
	return ""
}

// zone loads the time zone and reports whether that succeeded. "Local" is none: it is another on each machine.
func (e Environment) zone() (*time.Location, bool) {
	zone, err := LoadZone(e.TimeZone)
	return zone, err == nil && zone != time.Local
}

// LoadZone is time.LoadLocation, which reads a file each time, with a memory of the zones it found.
func LoadZone(name string) (*time.Location, error) {
	zones.RLock()
	zone, ok := zones.found[name]
	zones.RUnlock()
	if ok {
		return zone, nil
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, err
	}
	zones.Lock()
	defer zones.Unlock()
	if len(zones.found) < maxZones {
		zones.found[name] = zone
	}
	return zone, nil
}

// maxZones is how many zones are remembered: there are about 600, but a file can have many names.
const maxZones = 1000

var zones = struct {
	sync.RWMutex
	found map[string]*time.Location
}{found: map[string]*time.Location{}}

// firstDay is the time zone in which a day begins, and ends, before all others: that of Pacific/Kiritimati.
var firstDay = time.FixedZone("UTC+14", 14*60*60)

// Today returns the date in the environment's time zone. Without a zone that can be loaded it is the date of the
// place where it is latest, so that no access lasts beyond its end date.
func (e Environment) Today(now time.Time) Date {
	zone, ok := e.zone()
	if !ok {
		zone = firstDay
	}
	return DateOf(now.In(zone))
}

// EndOf returns the moment at which a day is over for Today.
func (e Environment) EndOf(d Date) time.Time {
	zone, ok := e.zone()
	if !ok {
		zone = firstDay
	}
	return d.Time(zone).AddDate(0, 0, 1)
}

// Admits reports whether a user may enter: neither deactivated nor past the end date, nor cut off by the connection.
// Actions, the door and the API ask it.
func (e Environment) Admits(u User, now time.Time) bool {
	return u.MayEnter(e.Today(now)) && !e.Connection.CutsOff(u.Identity)
}

// Connection is the environment's Microsoft 365 connection.
type Connection struct {
	TenantID     string // directory (tenant) ID, a GUID; "" is not connected
	ClientID     string // application (client) ID; "" is the deployment's shared registration
	SealedSecret string // client secret, encrypted at rest; "" is the deployment's

	SealedCertificate string // PEM of certificate and private key, encrypted at rest; replaces the secret if set
	SecretEndsOn      Date   // last day of the secret or certificate; "" is unknown
	SecretWarned      int    // the last of SecretWarnings that was sent; 0 for none
}

// SecretWarnings returns the numbers of days before the connection's secret or
// certificate expires at which the administrators of the root get an email.
func SecretWarnings() []int { return []int{30, 14, 3} }

// MaxSupportContact is the most characters of a support contact: it must fit on
// one line of pages and emails.
const MaxSupportContact = 200

// Connected reports whether people can sign in and be added.
func (c Connection) Connected() bool { return c.TenantID != "" }

// CutsOff reports whether an identity is of another tenant than the connected one. A
// user linked to it cannot sign in until the link is renewed; it counts nowhere.
// Without a connection no identity is cut off.
func (c Connection) CutsOff(i Identity) bool {
	return c.Connected() && !i.IsZero() && i.TenantID != c.TenantID
}

// EnvironmentUpdate changes the fields that are not nil.
type EnvironmentUpdate struct {
	Name           *string
	Host           *string
	TenantID       *string
	ClientID       *string
	ClientSecret   *string // in clear; the rule seals it before it is stored
	SupportContact *string
	Language       *string
	TimeZone       *string
	Certificate    *string // PEM in clear; the rule seals it before it is stored
	SecretEndsOn   *Date
	LeaverRule     *LeaverRule
	LeaverBound    *int
	Accent         *string
	Welcome        *string
	Logo           *[]byte // a PNG or JPEG file; an empty one removes the logo
	CutOff         int     // the most linked users that a change of TenantID may cut off
}
