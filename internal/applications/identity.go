package applications

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/store"
)

// Identity is the answer of the door: who a session at an application is.
type Identity struct {
	Environment pactius.EnvironmentID
	Issuer      string // base address of the environment's pages
	Application pactius.ApplicationID
	SessionHash string // of the portal's session
	User        pactius.User
	Access      pactius.Access // effective, to the application's business unit
	Enough      bool           // Access suffices for the application
	Memberships []pactius.Membership
	SeenAt      time.Time // of the portal's session, as stored
	Ends        time.Time // the answer must be found anew then, at the latest
	Seq         int64     // of the last change of the environment that the answer includes
}

// identityLife is how long an answer may be kept without a change: what changes without PACTIUS, a restored database,
// is noticed by then.
const identityLife = 10 * time.Minute

// ErrNoSession refuses a token whose session has ended, never was, or is of another application.
var ErrNoSession = pactius.Refuse(pactius.KindNotSignedIn, pactius.T("Your session has ended. Please sign in again."))

// Look finds who a session at an application is. The error is ErrNoSession for a token without a session there.
func (r *Rules) Look(
	ctx context.Context, env pactius.EnvironmentID, application pactius.ApplicationID, token string,
) (Identity, error) {
	var i Identity
	err := r.DB.Store.Glance(ctx, env, func(tx *store.Tx) error {
		look, err := tx.DoorLook(TokenHash(token), application)
		if errors.Is(err, store.ErrNotFound) {
			return ErrNoSession
		}
		if err == nil {
			i, err = r.Identify(look, r.DB.Now())
		}
		return err
	})
	return i, err
}

// Identify decides whether a session is still good, as users.Session does for the portal. The error is ErrNoSession for
// one that is not.
func (r *Rules) Identify(l store.DoorLook, now time.Time) (Identity, error) {
	s, u, e := l.Session, l.User, l.Environment
	if s.Ended(now) || s.Person.Identity != u.Identity || !e.Admits(u, now) {
		return Identity{}, ErrNoSession
	}
	i := Identity{Environment: e.ID, Issuer: r.BaseURL(e).String(), Application: l.Application.ID,
		SessionHash: l.SessionHash, User: u, Access: l.Access, Enough: l.Access >= l.Application.Access,
		Memberships: l.Memberships, SeenAt: s.SeenAt, Seq: l.Seq}
	i.Ends = now.Add(identityLife)
	if last := LastMoment(l); last.Before(i.Ends) {
		i.Ends = last
	}
	return i, nil
}

// LastMoment returns when a session ends without a request: at its absolute end, a while after the last request, or
// with the user's end date.
func LastMoment(l store.DoorLook) time.Time {
	last := l.Session.ExpiresAt
	if idle := l.Session.SeenAt.Add(pactius.SessionIdle); idle.Before(last) {
		last = idle
	}
	if l.User.EndsOn != "" {
		if end := l.Environment.EndOf(l.User.EndsOn); end.Before(last) {
			last = end
		}
	}
	return last
}

// TokenType is the header "typ" of what the keys of an environment sign (RFC 8725, section 3.11): no token can be taken
// for one of another type.
type TokenType string

// The types of tokens.
const (
	DoorToken   TokenType = "pactius+jwt" // the signed identity, for an application behind the door
	IDToken     TokenType = "JWT"         // of OpenID Connect, for a client
	AccessToken TokenType = "at+jwt"      // of a client, for PACTIUS (RFC 9068, section 2.1)
	LogoutToken TokenType = "logout+jwt"  // for a client (Back-Channel Logout 1.0, section 2.4)
)

var tokenTypes = []TokenType{DoorToken, IDToken, AccessToken, LogoutToken}

// Claims are the claims of the signed identity (RFC 7519).
type Claims struct {
	Issuer   string                    `json:"iss"`
	Audience pactius.ApplicationID     `json:"aud"`
	Subject  pactius.UserID            `json:"sub"`
	IssuedAt int64                     `json:"iat"`
	Expires  int64                     `json:"exp"`
	Name     string                    `json:"name,omitempty"`
	Email    string                    `json:"email,omitempty"`
	Username string                    `json:"preferred_username,omitempty"`
	Locale   string                    `json:"locale,omitempty"`
	Access   string                    `json:"access"`
	Units    map[pactius.UnitID]string `json:"units,omitempty"` // nil: too many, or none
	UnitsURL string                    `json:"units_url"`
}

// UnitsPath is where an application looks up the business units of a person.
const UnitsPath = "/api/v1/units"

// Claims returns the claims of an identity from now on. Without units the application looks them up.
func (i Identity) Claims(now time.Time, units bool) Claims {
	c := Claims{Issuer: i.Issuer, Audience: i.Application, Subject: i.User.ID, IssuedAt: now.Unix(),
		Expires: now.Add(pactius.DoorTokenLife).Unix(), Name: i.User.Name, Email: i.User.MailAddress(),
		Username: i.User.Username, Locale: i.User.Language, Access: i.Access.String(), UnitsURL: i.Issuer + UnitsPath}
	if units {
		c.Units = i.AccessByUnit()
	}
	return c
}

// AccessByUnit returns the memberships as tokens have them.
func (i Identity) AccessByUnit() map[pactius.UnitID]string {
	units := make(map[pactius.UnitID]string, len(i.Memberships))
	for _, m := range i.Memberships {
		units[m.UnitID] = m.Access.String()
	}
	return units
}

// Sign returns the claims of the door as a JSON Web Token.
func (r *Rules) Sign(ctx context.Context, env pactius.EnvironmentID, c Claims) (string, error) {
	return r.SignAs(ctx, env, DoorToken, c)
}

// SignAs returns claims as a JSON Web Token of a type, signed with the environment's key (RFC 7515, ES256).
func (r *Rules) SignAs(ctx context.Context, env pactius.EnvironmentID, t TokenType, claims any) (string, error) {
	ring, err := r.ring(ctx, env)
	if err != nil {
		return "", err
	}
	signer := ring.signers[t]
	if signer == nil {
		return "", fmt.Errorf("environment %s has no signing key", env)
	}
	var payload bytes.Buffer
	encoder := json.NewEncoder(&payload)
	encoder.SetEscapeHTML(false) // six bytes for one, and a token is no HTML
	if err := encoder.Encode(claims); err != nil {
		return "", fmt.Errorf("encode a token: %w", err)
	}
	signed, err := signer.Sign(bytes.TrimSpace(payload.Bytes()))
	if err != nil {
		return "", fmt.Errorf("sign a token: %w", err)
	}
	return signed.CompactSerialize()
}

// At finds the application that people open at an origin, and its environment.
func (r *Rules) At(
	ctx context.Context, o pactius.Origin,
) (pactius.EnvironmentID, pactius.ApplicationID, error) {
	return r.DB.Store.ApplicationAt(ctx, o)
}

// ProxiedAt finds the origins at a host, without port, of applications that PACTIUS itself is the proxy of.
func (r *Rules) ProxiedAt(ctx context.Context, host string) ([]pactius.Origin, error) {
	return r.DB.Store.ProxiedAt(ctx, host)
}

// Home finds the environment of an application.
func (r *Rules) Home(ctx context.Context, id pactius.ApplicationID) (pactius.EnvironmentID, error) {
	return r.DB.Store.EnvironmentOfApplication(ctx, id)
}

// Mine lists the applications with what the acting user may open, by name.
func (r *Rules) Mine(ctx context.Context, actor pactius.Actor) ([]Openable, error) {
	var all []Openable
	err := r.DB.Read(ctx, actor, change.RoleUser, func(tx *change.Tx) error {
		apps, err := tx.Applications()
		if err != nil {
			return err
		}
		tree, err := tx.TreeOf(unitsOf(apps)...)
		all = make([]Openable, len(apps))
		for i, a := range apps {
			all[i] = openable(tx, tree, a)
		}
		return err
	})
	return all, err
}

// Openable is an application as a user sees it.
type Openable struct {
	pactius.Application
	Have pactius.Access // the user's effective access to the application's business unit
	May  bool           // Have suffices
	Path string         // of the required business unit
}

// Address returns where the user opens the application.
func (o Openable) Address() string { return string(o.Origins[0]) + "/" }

// One returns an application as the acting user sees it.
func (r *Rules) One(ctx context.Context, actor pactius.Actor, id pactius.ApplicationID) (Openable, error) {
	var o Openable
	err := r.DB.Read(ctx, actor, change.RoleUser, func(tx *change.Tx) error {
		var err error
		o, err = readOpenable(tx, id)
		return err
	})
	return o, err
}

// Sought returns the application that a visitor wants to open, to request access to its business unit.
func (r *Rules) Sought(ctx context.Context, actor pactius.Actor, id pactius.ApplicationID) (Listed, error) {
	return r.read(ctx, actor, change.RoleVisitor, id)
}

func readOpenable(tx *change.Tx, id pactius.ApplicationID) (Openable, error) {
	a, err := tx.Application(id)
	if err != nil {
		return Openable{}, err
	}
	tree, err := tx.TreeOf(a.Unit)
	return openable(tx, tree, a), err
}

// openable judges by rights that cover the application's business unit.
func openable(tx *change.Tx, tree *pactius.Tree, a pactius.Application) Openable {
	have := tx.Rights.Access(a.Unit)
	return Openable{Application: a, Have: have, May: have >= a.Access, Path: tree.Path(a.Unit)}
}
