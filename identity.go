package pactius

import "time"

// IDs are UUIDv7 in canonical lower-case text. Each kind has its own type, so that
// the compiler refuses one in the place of another.
type (
	EnvironmentID   string // an environment
	UserID          string // a user
	UnitID          string // a business unit
	RequestID       string // an access request
	EventID         string // an event
	SessionID       string // a session; not its secret token
	MailID          string // an email in the outbox
	ApplicationID   string // an application behind the door
	ClientSessionID string
	GrantID         string
)

// Identity is the verified pair of the tenant and the object ID of the account in
// it, both lower-case GUIDs. The object ID is immutable and never
// reused (Microsoft identity platform, "ID token claims reference", oid and tid).
type Identity struct {
	TenantID string // tid
	ObjectID string // oid
}

// IsZero reports whether no identity is linked.
func (i Identity) IsZero() bool { return i == Identity{} }

// Person is a person authenticated by Microsoft: the claims of the ID token.
// Only the Identity is evidence; all other fields are labels that others can
// change and must never be used to authorise.
type Person struct {
	Identity
	Username string // preferred_username: the account name at VouchedAt; "" where Microsoft gave none
	Name     string // name: for display only
	Email    string // email: a prefill at most, never a key
	Language string // preferred language, "" unknown
	Guest    bool   // the account is a guest in the tenant

	VouchedAt time.Time // time of the token; account names change owners, so the later one counts
}

// MailAddress returns the address for emails to the person, "" where none is known.
func (p Person) MailAddress() string { return mailAddress(p.Email, nil, p.Username) }

// Session is one signed-in browser, of a user or of a visitor: a person
// authenticated by Microsoft without a user here.
type Session struct {
	ID        SessionID
	UserID    UserID // empty for a visitor
	Person    Person // as of the sign-in
	Agent     string // browser and system in a few words
	Address   string // client address at the sign-in
	CreatedAt time.Time
	SeenAt    time.Time // advanced at most once per SessionSeenStep
	ExpiresAt time.Time // absolute end
	AuthAt    time.Time // when the person has authenticated at Microsoft; zero: unknown, at CreatedAt at the latest
}

// Lifetimes of sessions. Entra cannot end an application's own session, so they
// are short enough for a leaver and long enough for a working day.
const (
	SessionIdle     = 8 * time.Hour   // it ends this long after the last request
	SessionAbsolute = 24 * time.Hour  // a user signs in again after a day at the latest
	VisitorAbsolute = 2 * time.Hour   // a visitor only sends a request and looks at its state
	SessionSeenStep = 1 * time.Minute // resolution of SeenAt: saves a write per request
)

// MaxSessions is the most sessions of a user: more than people have browsers. The
// longest unused one ends for a new one, so that a program which signs in
// repeatedly fills neither the database nor the user's page.
const MaxSessions = 100

// MaxVisits is the most sessions of a person without access: a session is a page that waits for access, and a person
// has a few browsers. Everyone in the tenant, guests too, can open them.
const MaxVisits = 10

// IsVisitor reports whether the session's person has no user here.
func (s Session) IsVisitor() bool { return s.UserID == "" }

// Ended reports whether the session has expired.
func (s Session) Ended(now time.Time) bool {
	return !now.Before(s.ExpiresAt) || now.Sub(s.SeenAt) >= SessionIdle
}
