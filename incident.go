package pactius

import "time"

// Incident is a page with a reference that a person may ask for help with: a
// failed sign-in, a fault, or missing access. It holds no token, secret or query.
type Incident struct {
	Reference string // as shown to the person
	At        time.Time
	Kind      IncidentKind
	Reason    string // of IncidentSignIn: a microsoft.Reason
	Code      string // Microsoft's number, such as AADSTS50105; "" is none
	Identity         // of an authenticated person; zero otherwise
	Username  string // account name at that time
	Name      string
	Route     string // pattern of the page, without typed values: "POST /settings/users/add"
	Source    IncidentSource
}

// IncidentSource says how well the person behind an incident was known.
type IncidentSource int

// The sources of incidents. Each has room of its own, so that none displaces another.
const (
	FromStranger IncidentSource = iota // a person without an identity
	FromVisitor                        // an authenticated person without a user here
	FromUser
	FromKnownBrowser // a person without an identity, in a browser with which a user has signed in
)

// IncidentKind is a kind of incident.
type IncidentKind string

// The kinds of incident.
const (
	IncidentSignIn   IncidentKind = "sign_in"   // Microsoft authenticated no person
	IncidentNoAccess IncidentKind = "no_access" // an authenticated person has no access
	IncidentFault    IncidentKind = "fault"     // an internal error of PACTIUS
)

// Bounds of the stored incidents, beside PACTIUS_KEEP_REFERENCES: people who are not signed in cause most of
// them and must neither fill the disk nor displace those of others. The log holds
// all of them.
const (
	MaxIncidents  = 5_000 // in an environment, of each source: some megabytes; the oldest go first
	IncidentsADay = 100   // of one person, or of one browser with which a user has signed in

	// People without an identity share a network address with strangers: one browser has so many a day, and all
	// browsers of the address together; the latter is a part of their room, which other addresses share.
	IncidentsOfBrowser = 10
	IncidentsOfAddress = 500
)
