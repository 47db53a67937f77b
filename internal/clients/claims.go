package clients

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/applications"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/store"
)

// Claims are what a client learns of a person: the answer of userinfo, and a part of the ID token. Names are those of
// OpenID Connect Core 1.0, section 5.1, but for the units.
type Claims struct {
	Subject  pactius.UserID `json:"sub"`
	Name     string         `json:"name,omitempty"`               // scope profile
	Username string         `json:"preferred_username,omitempty"` // scope profile; may change
	Locale   string         `json:"locale,omitempty"`             // scope profile
	Email    string         `json:"email,omitempty"`              // scope email; not verified

	// Units are the memberships with their access, absent above pactius.MaxDoorUnits: the API has them all.
	Units map[pactius.UnitID]string `json:"pactius_units,omitempty"`

	// Groups are the paths of the units of the memberships, "Nordhavn / Sales", for clients that are set so, absent
	// above MaxGroups.
	Groups []string `json:"groups,omitempty"`
}

// MaxGroups is the most paths in the claim groups: software keeps it in cookies of 4 kB.
const MaxGroups = 50

// idClaims are the claims of an ID token (OpenID Connect Core 1.0, section 2).
type idClaims struct {
	Issuer     string                  `json:"iss"`
	Audience   pactius.ApplicationID   `json:"aud"`
	IssuedAt   int64                   `json:"iat"`
	Expires    int64                   `json:"exp"`
	AuthTime   int64                   `json:"auth_time,omitempty"`
	Nonce      string                  `json:"nonce,omitempty"`
	Session    pactius.ClientSessionID `json:"sid"`
	AccessHash string                  `json:"at_hash"`
	Claims
}

// accessClaims are the claims of an access token (RFC 9068, section 2.2).
type accessClaims struct {
	Issuer   string                  `json:"iss"`
	Audience string                  `json:"aud"` // PACTIUS itself
	Subject  pactius.UserID          `json:"sub"`
	Client   pactius.ApplicationID   `json:"client_id"`
	IssuedAt int64                   `json:"iat"`
	Expires  int64                   `json:"exp"`
	ID       string                  `json:"jti"`
	Scope    string                  `json:"scope"`
	Session  pactius.ClientSessionID `json:"sid"`
	Grant    pactius.GrantID         `json:"grant"`
}

// issue is what tokens are made of.
type issue struct {
	applications.Identity
	look   store.DoorLook
	grant  pactius.ClientGrant
	groups []string
	nonce  string
	scope  string // of ID and access token; that of the grant or less
}

// claims returns what the client may know, by the scope.
func (t issue) claims() Claims {
	c := Claims{Subject: t.User.ID, Groups: t.groups}
	scopes := strings.Fields(t.scope)
	if slices.Contains(scopes, "profile") {
		c.Name, c.Username, c.Locale = t.User.Name, t.User.Username, t.User.Language
	}
	if slices.Contains(scopes, "email") {
		c.Email = t.User.MailAddress()
	}
	if len(t.Memberships) <= pactius.MaxDoorUnits {
		c.Units = t.AccessByUnit()
	}
	return c
}

// groups returns the paths of the business units of a person's memberships, for a client that wants them.
func groups(tx *store.Tx, look store.DoorLook) ([]string, error) {
	if !look.Application.Client.Groups || len(look.Memberships) > MaxGroups {
		return nil, nil
	}
	units := make([]pactius.UnitID, len(look.Memberships))
	for i, m := range look.Memberships {
		units[i] = m.UnitID
	}
	above, err := tx.UnitsAbove(units)
	if err != nil {
		return nil, err
	}
	tree := pactius.NewTree(above)
	paths := make([]string, len(units))
	for i, unit := range units {
		// With the root's name in front of all, no unit can be named so that it passes for another.
		if paths[i] = tree.Path(unit); unit != tree.Root().ID {
			paths[i] = tree.Root().Name + pactius.PathSeparator + paths[i]
		}
	}
	slices.Sort(paths)
	return paths, nil
}

// issue signs the tokens.
func (r *Rules) issue(ctx context.Context, env pactius.EnvironmentID, t issue) (Tokens, error) {
	now := r.DB.Now()
	life := min(pactius.ClientTokenLife, t.Ends.Sub(now))
	out := Tokens{Scope: t.scope, ExpiresIn: life}
	var err error
	out.Access, err = r.Applications.SignAs(ctx, env, applications.AccessToken, accessClaims{Issuer: t.Issuer,
		Audience: t.Issuer, Subject: t.User.ID, Client: t.Application, IssuedAt: now.Unix(),
		Expires: now.Add(life).Unix(), ID: id.New(), Scope: t.scope, Session: t.grant.ClientSession,
		Grant: t.grant.ID})
	if err != nil {
		return Tokens{}, err
	}
	half := sha256.Sum256([]byte(out.Access)) // OpenID Connect Core 1.0, section 3.1.3.6
	c := idClaims{Issuer: t.Issuer, Audience: t.Application, IssuedAt: now.Unix(), Expires: now.Add(life).Unix(),
		Nonce: t.nonce, Session: t.grant.ClientSession, Claims: t.claims(),
		AccessHash: base64.RawURLEncoding.EncodeToString(half[:len(half)/2])}
	if at := t.look.Session.AuthAt; !at.IsZero() {
		c.AuthTime = at.Unix()
	}
	if out.ID, err = r.signID(ctx, env, c); err != nil {
		return Tokens{}, err
	}
	if slices.Contains(strings.Fields(t.grant.Scope), scopeOffline) {
		plain, err := json.Marshal(refresh{Environment: env, Grant: t.grant.ID, Generation: t.grant.Generation})
		if err != nil {
			return Tokens{}, err
		}
		out.Refresh = r.Box.Seal(refreshPurpose, plain, string(t.Application))
	}
	return out, nil
}

// signID signs an ID token. What does not fit is left out, the least needed first; userinfo has it all. A longer token
// would be refused as a hint later, and is more than clients keep in a cookie.
func (r *Rules) signID(ctx context.Context, env pactius.EnvironmentID, c idClaims) (string, error) {
	signed, err := r.Applications.SignAs(ctx, env, applications.IDToken, c)
	for _, spare := range []func(){func() { c.Units = nil }, func() { c.Groups = nil }} {
		if err != nil || len(signed) <= applications.MaxToken {
			break
		}
		spare()
		signed, err = r.Applications.SignAs(ctx, env, applications.IDToken, c)
	}
	return signed, err
}

// Info is who an access token stands for, now.
type Info struct {
	applications.Identity
	Grant   pactius.ClientGrant
	Scope   string    // of the token
	Claims  Claims    // by Scope
	Expires time.Time // of the token
}

// Look finds who an access token of an environment stands for. The errors are those of applications.Bearer: it returns
// applications.ErrToken, ErrTokenExpired or ErrAccessEnded.
func (r *Rules) Look(ctx context.Context, env pactius.EnvironmentID, token string) (Info, error) {
	signed, err := applications.ParseToken(token, applications.AccessToken)
	if err != nil {
		return Info{}, err
	}
	var info Info
	err = r.DB.Store.Glance(ctx, env, func(tx *store.Tx) error {
		now := r.DB.Now()
		var c accessClaims
		err := signed.Verify(tx, now, &c)
		if err == nil {
			err = applications.Timely(now, c.IssuedAt, c.Expires)
		}
		if err != nil {
			return err
		}
		t, err := r.look(tx, c.Client, c.Grant)
		switch {
		case errors.Is(err, errAccess):
			return applications.ErrAccessEnded
		case err != nil:
			return err
		case c.Issuer != t.Issuer || c.Audience != t.Issuer || c.Subject != t.User.ID:
			return applications.ErrToken
		}
		t.scope = c.Scope
		info = Info{Identity: t.Identity, Grant: t.grant, Scope: c.Scope, Claims: t.claims(),
			Expires: time.Unix(c.Expires, 0)}
		return nil
	})
	return info, err
}

// Bearer is applications.Bearer for the API: it takes an access token, too.
func (r *Rules) Bearer(
	ctx context.Context, env pactius.EnvironmentID, token string,
) (applications.Bearer, error) {
	if _, err := applications.ParseToken(token, applications.AccessToken); err != nil {
		return r.Applications.Bearer(ctx, env, token)
	}
	info, err := r.Look(ctx, env, token)
	if err != nil {
		return applications.Bearer{}, err
	}
	return r.Applications.BearerOf(ctx, env, info.User.ID, info.Application)
}
