package pactius

import (
	"slices"
	"time"
)

// Client is how an application speaks OpenID Connect. The zero Client does not. Its
// client ID is the application's ID.
type Client struct {
	Kind           ClientKind
	RedirectURIs   []string // where sign-ins lead back to, exactly (RFC 9700, section 2.1)
	ReturnURIs     []string // where sign-outs may lead back to (RP-Initiated Logout 1.0, section 3.1)
	BackChannel    string   // address that is told of the ends of sessions (Back-Channel Logout 1.0); "": none
	Groups         bool     // the claim "groups" has the paths of the person's business units
	SecretHash     string   // of the client secret; "": none was made yet
	OldSecretHash  string   // of the secret before
	OldSecretUntil time.Time
}

// ClientKind says whether a client can keep a secret (RFC 6749, section 2.1).
type ClientKind string

// The kinds of clients.
const (
	ClientNone   ClientKind = ""
	ClientWeb    ClientKind = "web"    // a server with a secret: a confidential client
	ClientNative ClientKind = "native" // a program on the person's device: a public client (RFC 8252)
)

// ClientKinds returns the kinds of applications that speak OpenID Connect.
func ClientKinds() []ClientKind { return []ClientKind{ClientWeb, ClientNative} }

// Equal reports whether two clients are the same, secrets included.
func (c Client) Equal(o Client) bool {
	return c.Kind == o.Kind && slices.Equal(c.RedirectURIs, o.RedirectURIs) &&
		slices.Equal(c.ReturnURIs, o.ReturnURIs) && c.BackChannel == o.BackChannel && c.Groups == o.Groups &&
		c.SecretHash == o.SecretHash && c.OldSecretHash == o.OldSecretHash &&
		c.OldSecretUntil.Equal(o.OldSecretUntil)
}

// ClientSession is a person who is signed in at a client, in one browser. It outlives
// the portal's session until the client has been told of its end.
type ClientSession struct {
	ID          ClientSessionID // the claim sid
	Application ApplicationID
	User        UserID
	Session     string // hash of the token of the portal's session
	CreatedAt   time.Time
	ReviewAt    time.Time // it is to be looked at again then; zero: at once
	EndedAt     time.Time // zero: the person is signed in
	NextAt      time.Time // of the next attempt to tell the client of its end
	Attempts    int       // fence a worker that comes too late
	Failed      int
	LastError   string
}

// ClientGrant is one authorization of a client, with a family of refresh tokens.
type ClientGrant struct {
	ID            GrantID
	ClientSession ClientSessionID
	Scope         string // as granted, words with spaces between them
	Generation    int    // of the refresh token that is valid
	RotatedAt     time.Time
	CreatedAt     time.Time
}

// Limits and times of clients.
const (
	MaxClientURIs      = 10               // redirect and return addresses of a client each
	MaxClientURI       = 500              // bytes of one
	ClientCodeLife     = 60 * time.Second // of the code between authorization and token endpoint
	ClientTokenLife    = 5 * time.Minute  // of ID and access tokens
	RefreshRepeat      = 10 * time.Second // the refresh token before the last repeats its answer for so long
	SecretKept         = 24 * time.Hour   // a replaced client secret stays valid for so long
	LogoutTokenLife    = 2 * time.Minute  // of a logout token (Back-Channel Logout 1.0, section 2.4)
	MaxClientGrants    = 20               // of a person in one browser at one client: the oldest end
	MaxClientParameter = 1000             // bytes of state and nonce, which travel through the sign-in
)
