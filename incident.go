package pactius

import "time"

// Incident is something a person was shown with a reference and may ask
// somebody about: a sign-in that failed, a fault, or that they have no access.
// It holds no token, secret or query.
type Incident struct {
	Reference string // as shown to the person
	At        time.Time
	Kind      IncidentKind
	Reason    string // of IncidentSignIn: why, a microsoft.Reason
	Code      string // Microsoft's number, such as AADSTS50105; "" is none
	Identity         // where Microsoft had vouched for somebody, as Username and Name
	Username  string // account name at that moment
	Name      string
	Route     string // the page, as a pattern without anything typed: "POST /settings/users/add"
}

// IncidentKind is what sort of thing happened.
type IncidentKind string

// The kinds of incident.
const (
	IncidentSignIn   IncidentKind = "sign_in"   // Microsoft did not vouch for anybody
	IncidentNoAccess IncidentKind = "no_access" // Microsoft vouched for somebody who is not let in
	IncidentFault    IncidentKind = "fault"     // something did not work on our side
)

// Bounds of what is kept: whoever causes incidents is often not signed in, and
// must fill no disk. What is not kept still stands in the log.
const (
	IncidentsKept      = 30 * 24 * time.Hour // people ask within days
	MaxIncidents       = 10_000              // in an environment, some megabytes; the oldest go first
	IncidentsPerMinute = 60                  // in an environment, of people whom Microsoft vouched for, and again of all others
)
