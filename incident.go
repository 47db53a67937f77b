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
}

// IncidentKind is a kind of incident.
type IncidentKind string

// The kinds of incident.
const (
	IncidentSignIn   IncidentKind = "sign_in"   // Microsoft authenticated no person
	IncidentNoAccess IncidentKind = "no_access" // an authenticated person has no access
	IncidentFault    IncidentKind = "fault"     // an internal error of PACTIUS
)

// Bounds of the stored incidents: people who are not signed in cause most of
// them and must not be able to fill the disk. The log holds all of them.
const (
	IncidentsKept      = 30 * 24 * time.Hour // people ask for help within days
	MaxIncidents       = 10_000              // in an environment: some megabytes; the oldest are removed first
	IncidentsPerMinute = 60                  // in an environment: of authenticated people, and of all others
)
