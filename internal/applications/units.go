package applications

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/store"
)

// Bearer is a user who acts through an application: the application has shown the user's token of the door.
type Bearer struct {
	Environment pactius.EnvironmentID
	Application pactius.Application // without origins
	User        pactius.User
	Tag         string // another one whenever Reach may answer something else
}

// Refusals of tokens.
var (
	// ErrToken refuses a text that is no token of the door, and a token of another environment or of a key that is not
	// published any more.
	ErrToken = pactius.Refuse(pactius.KindNotSignedIn, pactius.T("This token isn't valid here."))
	// ErrTokenExpired refuses a token whose time is over.
	ErrTokenExpired = pactius.Refuse(pactius.KindNotSignedIn,
		pactius.T("This token has expired. Send the one that came with the request you're answering."))
	// ErrAccessEnded refuses a token of a user who may not sign in any more, or may not open the application, or of an
	// application that was removed.
	ErrAccessEnded = pactius.Refuse(pactius.KindNotSignedIn,
		pactius.T("The user of this token no longer has access to the application."))
)

const (
	// MaxToken limits a token in bytes: the door's fit into 3,500 bytes with the headers beside them, and cookies, in
	// which clients keep theirs, have 4 kB.
	MaxToken = 4 << 10
	// tokenLeeway is how far the clocks of instances may differ.
	tokenLeeway = 5 * time.Second
	// tagContent is part of each Tag, to be counted up when the same units are answered in another form.
	tagContent = 1
	tagBytes   = 16
)

// Bearer finds the user and the application of a signed identity, in one snapshot. It returns ErrToken, ErrTokenExpired
// or ErrAccessEnded for a token that is not to be trusted, or not any more. A token is good for pactius.DoorTokenLife
// after a sign-out, because it names no session; a user who lost access is refused immediately.
func (r *Rules) Bearer(ctx context.Context, env pactius.EnvironmentID, token string) (Bearer, error) {
	signed, err := ParseToken(token, DoorToken)
	if err != nil {
		return Bearer{}, err
	}
	var b Bearer
	err = r.DB.Store.Glance(ctx, env, func(tx *store.Tx) error {
		var c Claims
		err := signed.Verify(tx, r.DB.Now(), &c)
		if err == nil {
			err = Timely(r.DB.Now(), c.IssuedAt, c.Expires)
		}
		if err != nil {
			return err
		}
		var issuer string
		b, issuer, err = r.bearer(tx, c.Subject, c.Audience)
		if err == nil && c.Issuer != issuer {
			err = ErrToken
		}
		return err
	})
	return b, err
}

// BearerOf is Bearer for a user and an application that another token has named.
func (r *Rules) BearerOf(
	ctx context.Context, env pactius.EnvironmentID, user pactius.UserID, application pactius.ApplicationID,
) (Bearer, error) {
	var b Bearer
	err := r.DB.Store.Glance(ctx, env, func(tx *store.Tx) error {
		var err error
		b, _, err = r.bearer(tx, user, application)
		return err
	})
	return b, err
}

// Unverified is a token that was read and is not trusted yet.
type Unverified struct{ signed *jose.JSONWebSignature }

// ParseToken reads a token without trusting it: a single signature by ES256, of a type. The error is ErrToken for all
// else.
func ParseToken(token string, t TokenType) (Unverified, error) {
	if len(token) > MaxToken {
		return Unverified{}, ErrToken
	}
	signed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil || len(signed.Signatures) != 1 {
		return Unverified{}, ErrToken
	}
	if signed.Signatures[0].Protected.ExtraHeaders[jose.HeaderType] != string(t) {
		return Unverified{}, ErrToken
	}
	return Unverified{signed}, nil
}

// Verify reads the claims of a token that a published key of the transaction's environment has signed. The keys are
// read, not taken from memory, so that a key that was replaced immediately verifies nothing on any instance.
func (u Unverified) Verify(tx *store.Tx, now time.Time, claims any) error {
	keys, err := tx.SigningKeys()
	if err != nil {
		return err
	}
	i := slices.IndexFunc(keys, func(k pactius.SigningKey) bool {
		return k.ID == u.signed.Signatures[0].Protected.KeyID && isPublished(k, now)
	})
	if i < 0 {
		return ErrToken
	}
	var public jose.JSONWebKey
	if err := json.Unmarshal([]byte(keys[i].Public), &public); err != nil {
		return fmt.Errorf("read the public key %s: %w", keys[i].ID, err)
	}
	payload, err := u.signed.Verify(public)
	if err != nil || json.Unmarshal(payload, claims) != nil {
		return ErrToken
	}
	return nil
}

// Timely refuses a token by its claims iat and exp: ErrToken before its time, ErrTokenExpired after it.
func Timely(now time.Time, issued, expires int64) error {
	switch {
	case time.Unix(issued, 0).After(now.Add(tokenLeeway)):
		return ErrToken
	case !now.Before(time.Unix(expires, 0).Add(tokenLeeway)):
		return ErrTokenExpired
	}
	return nil
}

// bearer reads a user who acts through an application, and refuses one who may not.
func (r *Rules) bearer(tx *store.Tx, user pactius.UserID, application pactius.ApplicationID) (Bearer, string, error) {
	s, err := tx.Bearer(user, application)
	if errors.Is(err, store.ErrNotFound) {
		return Bearer{}, "", ErrAccessEnded
	}
	if err != nil {
		return Bearer{}, "", err
	}
	e, u := s.Environment, s.User
	if !e.Admits(u, r.DB.Now()) || s.Access < s.Application.Access {
		return Bearer{}, "", ErrAccessEnded
	}
	b := Bearer{Environment: e.ID, Application: s.Application, User: u}
	// A database that was restored counts on from an earlier change, so the time tells changes of one number apart; so
	// does the application for those that were not numbered while there was none.
	sum := sha256.Sum256(fmt.Appendf(nil, "%d %s %s %s %d %d", tagContent, e.ID, s.Application.ID, u.ID, s.Seq,
		s.ChangedAt.UnixMicro()))
	b.Tag = base64.RawURLEncoding.EncodeToString(sum[:tagBytes])
	return b, r.BaseURL(e).String(), nil
}

// Reached is a business unit with the effective access that a user has to it.
type Reached struct {
	pactius.Unit
	Access pactius.Access // none to a unit that only stands above others
}

// Reach returns the business units in use that a bearer has access to, with all units above them: parents before their
// children, children in natural order. Archived units are left out unless they stand above one in use. It returns also
// the Tag of what it read, and ErrAccessEnded if the bearer has lost access since.
func (r *Rules) Reach(ctx context.Context, b Bearer) ([]Reached, string, error) {
	var all []Reached
	var tag string
	err := r.DB.Store.View(ctx, b.Environment, func(tx *store.Tx) error {
		now, _, err := r.bearer(tx, b.User.ID, b.Application.ID)
		if err != nil {
			return err
		}
		found, err := tx.Reach(b.User.ID)
		tag, all = now.Tag, arrange(found)
		return err
	})
	return all, tag, err
}

// arrange puts parents before their children. It leaves out archived units, and those above them, unless a unit in use
// that is reached lies below.
func arrange(found []store.ReachedUnit) []Reached {
	units, access := make([]pactius.Unit, len(found)), make(map[pactius.UnitID]pactius.Access, len(found))
	for i, u := range found {
		if units[i] = u.Unit; !u.Unit.IsArchived() {
			access[u.Unit.ID] = u.Access
		}
	}
	tree := pactius.NewTree(units)
	all := make([]Reached, 0, len(found))
	tree.Walk(tree.Root().ID, func(u pactius.Unit, _ int) bool {
		all = append(all, Reached{Unit: u, Access: access[u.ID]})
		return true
	})
	above := map[pactius.UnitID]bool{} // one that is kept
	for _, u := range slices.Backward(all) {
		if u.Access > pactius.AccessNone || above[u.ID] {
			above[u.ParentID] = true
		}
	}
	return slices.DeleteFunc(all, func(u Reached) bool { return u.Access == pactius.AccessNone && !above[u.ID] })
}
