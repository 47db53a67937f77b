package pactius

import "time"

// IDs are UUIDv7 in canonical lower-case text. Each kind has a type of its own
// so that one cannot be passed for another.
type (
	EnvironmentID string // an environment
	UserID        string // a user
	UnitID        string // a business unit
	RequestID     string // an access request
	EventID       string // an event
	SessionID     string // a session; not the token that proves it
	MailID        string // a mail in the outbox
)

// Identity is the pair Microsoft vouches for: the tenant and the object ID of
// the account in it, both lower-case GUIDs. The object ID is immutable and never
// reused (Microsoft identity platform, "ID token claims reference", oid and tid).
type Identity struct {
	TenantID string // tid
	ObjectID string // oid
}

// IsZero reports whether no identity is bound.
func (i Identity) IsZero() bool { return i == Identity{} }

// Person is someone Microsoft has just vouched for: what the ID token says.
// Only the Identity is evidence; everything else is a label that others can
// change and must never be used to authorise.
type Person struct {
	Identity
	Username string // preferred_username: the account name at this moment
	Name     string // name: display only
	Email    string // email: a prefill at most, never a key
	Language string // preferred language, "" unknown
	Guest    bool   // the account is a guest in the tenant

	VouchedAt time.Time // when Microsoft said so; account names change hands, so the later word counts
}

// Session is one browser that has signed in: either a user's or a visitor's,
// that is someone Microsoft vouches for and PACTIUS does not know yet.
type Session struct {
	ID        SessionID
	UserID    UserID // empty for a visitor
	Person    Person // as of the sign-in
	Agent     string // browser and system in a few words
	Address   string // client address at the sign-in
	CreatedAt time.Time
	SeenAt    time.Time // advanced at most once per SessionSeenStep
	ExpiresAt time.Time // absolute end
}

// How long a session lives. Entra cannot end an application's own session, so
// sessions are short enough for a leaver and long enough for a working day.
const (
	SessionIdle     = 8 * time.Hour   // without a request for this long, it has ended
	SessionAbsolute = 24 * time.Hour  // sign in again after a day at the latest
	VisitorAbsolute = 2 * time.Hour   // a visitor only asks, and looks again later
	SessionSeenStep = 1 * time.Minute // how exact SeenAt is: saves a write per request
)

// MaxSessions is how many sessions a user has at most: more than anybody has
// browsers. The longest unused ends for a new one, so that a program which signs
// in again and again fills neither the database nor the user's page.
const MaxSessions = 100

// IsVisitor reports whether the session belongs to nobody PACTIUS knows.
func (s Session) IsVisitor() bool { return s.UserID == "" }

// Ended reports whether the session's time is over.
func (s Session) Ended(now time.Time) bool {
	return !now.Before(s.ExpiresAt) || now.Sub(s.SeenAt) >= SessionIdle
}
