package pactius

import (
	"net/url"
	"slices"
	"strings"
	"time"
)

// Application is a program behind the door: the people who have the required
// access to its business unit may open it.
type Application struct {
	ID        ApplicationID
	Name      string
	Icon      string   // one of ApplicationIcons; "" shows the initials
	Origins   []Origin // where people open it, sorted; each belongs to one application of the deployment
	Unit      UnitID   // the required business unit
	Access    Access   // the required access to Unit, at least AccessRead
	Preflight bool     // the door lets CORS preflights pass without a session (Fetch standard, section 4.8)
	Client    Client   // zero: the application does not speak OpenID Connect
	Upstream  Origin   // PACTIUS itself is the proxy and finds the application here; "": another proxy does
	CreatedAt time.Time
	Version   int // counts changes, to refuse stale forms
}

// Has reports whether people open the application at an origin.
func (a Application) Has(o Origin) bool { return slices.Contains(a.Origins, o) }

// Origin is the scheme, host and port of an address (RFC 6454) in canonical form:
// https://contracts.nordhavn.example, without the default port.
type Origin string

// Host returns the host with the port, if it has one.
func (o Origin) Host() string {
	_, host, _ := strings.Cut(string(o), "://")
	return host
}

// Hostname returns the host without the port.
func (o Origin) Hostname() string {
	u := url.URL{Host: o.Host()}
	return u.Hostname()
}

// IsSecure reports whether the origin is https. Others are on this machine only.
func (o Origin) IsSecure() bool { return strings.HasPrefix(string(o), "https://") }

// ApplicationUpdate changes the fields that are not nil.
type ApplicationUpdate struct {
	Name      *string
	Icon      *string
	Origins   *[]string // as typed
	Unit      *UnitID
	Access    *Access
	Preflight *bool

	ClientKind   *ClientKind
	RedirectURIs *[]string // as typed, like all that follow
	ReturnURIs   *[]string
	BackChannel  *string
	Groups       *bool
	Upstream     *string // of Support only
}

// Limits of applications.
const (
	MaxApplications    = 200 // of an environment: home and the list show all of them
	MaxOrigins         = 10  // of one application: production, test and a few spellings
	MaxApplicationName = 100 // characters
)

// ApplicationIcons returns the icons that an application may have.
func ApplicationIcons() []string {
	return []string{"document", "calendar", "chart", "people", "money", "box", "tools", "mail", "shield", "globe"}
}

// DoorSession is a signed-in browser at one application. It ends with the session
// of the portal that it was made from.
type DoorSession struct {
	Application ApplicationID
	Session     string // hash of the token of the portal's session
	CreatedAt   time.Time
}

// SigningKey is a key that signs the tokens of the door, for one environment.
type SigningKey struct {
	ID        string    // kid: the thumbprint of the public key (RFC 7638)
	Public    string    // JSON Web Key (RFC 7517)
	Sealed    string    // the private key in PKCS #8, encrypted at rest
	CreatedAt time.Time // when publishing began
	StartsAt  time.Time // when it begins to sign
	EndsAt    time.Time // not published any more; zero: as long as no later key signs
}

// Times of signing keys.
const (
	KeyLead     = 24 * time.Hour      // a key is published this long before it signs, so that caches know it
	KeyKept     = 24 * time.Hour      // a replaced key is published this long, so that its tokens stay valid
	KeyLifetime = 90 * 24 * time.Hour // a key signs this long
)

// DoorChange says whose sessions at applications are to be looked at again: those
// of one session, of one user, or, with neither, of the whole environment.
type DoorChange struct {
	Environment EnvironmentID
	Seq         int64 // counts the changes of the environment
	Session     string
	User        UserID
}

// Times of the door.
const (
	DoorTokenLife  = 60 * time.Second // of a signed identity
	DoorCodeLife   = 60 * time.Second // of the one-time code between the portal and an application's host
	DoorSeenStep   = 10 * time.Minute // resolution of Session.SeenAt for work in applications
	DoorChangeKept = time.Hour        // changes are kept so long for instances to see
	MaxDoorUnits   = 30               // memberships in a signed identity: more do not fit in an answer of 4 kB
)
