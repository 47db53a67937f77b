package applications

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/seal"
	"github.com/pactius/pactius/internal/store"
)

// codePurpose is the purpose of sealing codes.
const codePurpose = "door code"

// code is what a one-time code holds.
type code struct {
	Environment pactius.EnvironmentID
	Application pactius.ApplicationID
	Origin      pactius.Origin
	Session     string // hash of the portal's session
	Challenge   string
	To          string
	Until       time.Time
}

// Entry is a request to hand a sign-in over to an application's host.
type Entry struct {
	Application pactius.ApplicationID
	Origin      pactius.Origin // of the application, where the person is
	Challenge   string         // Challenge of the secret that the browser keeps for that origin
	To          string         // path to go on to
}

// Challenge returns what a browser's secret is known by at the portal (as in RFC 7636, section 4.2).
func Challenge(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// TokenHash returns the stored form of a token.
func TokenHash(token string) string { return hex.EncodeToString(seal.Hash(token)) }

// ErrMayNot refuses a user whose access does not suffice for an application.
var ErrMayNot = pactius.Refuse(pactius.KindForbidden, pactius.T("You don't have access to this application."))

// errStrangeOrigin refuses an address that is none of the application's.
var errStrangeOrigin = pactius.Refuse(pactius.KindInvalid, pactius.T("This link doesn't lead to an application. "+
	"Open the application again from its own address or from Home."))

// Enter hands the acting user's sign-in over: it returns a one-time code for the application's host. token is that of
// the session at the portal. The error is ErrMayNot for a user without the required access. Nothing is stored.
func (r *Rules) Enter(ctx context.Context, actor pactius.Actor, token string, e Entry) (string, error) {
	if r.Box == nil {
		return "", errNoSecret
	}
	var sealed string
	err := r.DB.Read(ctx, actor, change.RoleUser, func(tx *change.Tx) error {
		o, err := readOpenable(tx, e.Application)
		switch {
		case err != nil:
			return err
		case !o.Has(e.Origin) || len(e.Challenge) != len(Challenge("")):
			return errStrangeOrigin
		case !o.May:
			return ErrMayNot
		}
		plain, err := json.Marshal(code{Environment: tx.Environment.ID, Application: e.Application, Origin: e.Origin,
			Session: TokenHash(token), Challenge: e.Challenge, To: e.To, Until: tx.Now.Add(pactius.DoorCodeLife)})
		if err != nil {
			return fmt.Errorf("encode a code: %w", err)
		}
		sealed = r.Box.Seal(codePurpose, plain, string(e.Application))
		return nil
	})
	return sealed, err
}

// ErrCode refuses a code that is too old, was used before, or is not for this application, origin and browser.
var ErrCode = pactius.Refuse(pactius.KindInvalid, pactius.T("This sign-in timed out or has already been used. Open "+
	"the application again."))

// Arrival is a finished hand-over.
type Arrival struct {
	Token string // of the session at the application
	To    string
}

// Finish exchanges a code and the browser's secret for a session at an application. Each code works once. The Arrival
// of a refused code has at most To, which every code of ours has, also that of another person.
func (r *Rules) Finish(
	ctx context.Context, application pactius.ApplicationID, origin pactius.Origin, sealed, secret, address string,
) (Arrival, error) {
	c, err := r.open(application, sealed)
	if err != nil {
		return Arrival{}, err
	}
	right := subtle.ConstantTimeCompare([]byte(c.Challenge), []byte(Challenge(secret))) == 1
	if c.Application != application || c.Origin != origin || r.DB.Now().After(c.Until) {
		return Arrival{To: c.To}, ErrCode
	}
	if !right {
		return Arrival{To: c.To}, r.void(ctx, c, sealed)
	}
	a := Arrival{Token: seal.NewToken(), To: c.To}
	err = r.DB.Change(ctx, pactius.System(c.Environment, "door"), change.RoleUser, func(tx *change.Tx) error {
		if err := tx.UseState(TokenHash(sealed), c.Until); errors.Is(err, store.ErrTaken) {
			return ErrCode
		} else if err != nil {
			return err
		}
		app, err := tx.Application(application)
		if errors.Is(err, store.ErrNotFound) || (err == nil && !app.Has(origin)) {
			return ErrCode
		}
		if err != nil {
			return err
		}
		err = tx.InsertDoorSession(TokenHash(a.Token),
			pactius.DoorSession{Application: application, Session: c.Session, CreatedAt: tx.Now})
		if errors.Is(err, store.ErrInUse) {
			return ErrCode // signed out of the portal meanwhile
		}
		if err != nil {
			return err
		}
		look, err := tx.DoorLook(TokenHash(a.Token), application)
		if errors.Is(err, store.ErrNotFound) {
			return ErrCode // not a user's session
		}
		if err != nil {
			return err
		}
		i, err := r.Identify(look, tx.Now)
		if err == nil && !i.Enough {
			err = ErrMayNot
		}
		return err
	})
	if err != nil {
		a.Token = ""
	}
	return a, err
}

// void ends a code that has come to another browser than the one that began, and returns ErrCode: the person there may
// have been led into fetching it for someone who knows the secret and could learn the code from the address.
func (r *Rules) void(ctx context.Context, c code, sealed string) error {
	err := r.DB.Change(ctx, pactius.System(c.Environment, "door"), change.RoleUser, func(tx *change.Tx) error {
		return tx.UseState(TokenHash(sealed), c.Until)
	})
	if err == nil || errors.Is(err, store.ErrTaken) {
		err = ErrCode
	}
	return err
}

// open reads a code.
func (r *Rules) open(application pactius.ApplicationID, sealed string) (code, error) {
	var c code
	if r.Box == nil {
		return c, errNoSecret
	}
	plain, err := r.Box.Open(codePurpose, sealed, string(application))
	if err != nil {
		return c, ErrCode
	}
	if err := json.Unmarshal(plain, &c); err != nil {
		return c, fmt.Errorf("decode a code: %w", err)
	}
	return c, nil
}

// SignOut ends the session of the portal that a session at an application was made from, and with it those at all
// applications. A token without a session is no error, and changes nothing: strangers send such forms as often as they
// like, and must not take the turns of those who write. It returns the address of the portal.
func (r *Rules) SignOut(
	ctx context.Context, env pactius.EnvironmentID, application pactius.ApplicationID, token, address string,
) (portal string, err error) {
	var session string
	err = r.DB.Store.Glance(ctx, env, func(tx *store.Tx) error {
		e, err := tx.EnvironmentRow()
		if err != nil {
			return err
		}
		portal = r.BaseURL(e).String()
		session, err = portalSession(tx, application, token)
		return err
	})
	if err != nil || session == "" {
		return portal, err
	}
	return portal, r.DB.Change(ctx, pactius.System(env, "door"), change.RoleUser, func(tx *change.Tx) error {
		s, err := store.Optional(tx.Session(session))
		if err != nil || s == nil { // ended meanwhile
			return err
		}
		tx.RecordAs(pactius.UserActor(env, s.UserID, address),
			pactius.Event{Kind: pactius.UserSignedOut, User: s.UserID})
		_, err = tx.DeleteSession(session)
		return err
	})
}

// portalSession returns the hash of the portal's session that a session at an application was made from, "" for a token
// without a session there.
func portalSession(tx *store.Tx, application pactius.ApplicationID, token string) (string, error) {
	d, err := store.Optional(tx.DoorSession(TokenHash(token)))
	if err != nil || d == nil || d.Application != application {
		return "", err
	}
	return d.Session, nil
}
