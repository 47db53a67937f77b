package applications

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/store"
)

// keyPurpose is the purpose of sealing private keys.
const keyPurpose = "signing key"

// ring holds the keys of an environment, usable until a key begins or ends.
type ring struct {
	keys    []pactius.SigningKey
	signers map[TokenType]jose.Signer // nil: no key signs yet
	until   time.Time
}

// rings keeps the keys of environments that sign, until Forget.
type rings struct {
	mu      sync.Mutex
	all     map[pactius.EnvironmentID]*ring
	forgets int // counts calls of Forget: keys that were read meanwhile may be those of before
}

// maxRings is how many environments' keys are kept in memory: a kilobyte each.
const maxRings = 4096

// newKey makes a key that is published now and signs from a moment on.
func (r *Rules) newKey(env pactius.EnvironmentID, now, starts time.Time) (pactius.SigningKey, error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return pactius.SigningKey{}, fmt.Errorf("make a signing key: %w", err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return pactius.SigningKey{}, fmt.Errorf("encode a signing key: %w", err)
	}
	public := jose.JSONWebKey{Key: private.Public(), Algorithm: string(jose.ES256), Use: "sig"}
	thumbprint, err := public.Thumbprint(crypto.SHA256)
	if err != nil {
		return pactius.SigningKey{}, fmt.Errorf("name a signing key: %w", err)
	}
	public.KeyID = base64.RawURLEncoding.EncodeToString(thumbprint)
	text, err := json.Marshal(public)
	if err != nil {
		return pactius.SigningKey{}, fmt.Errorf("encode a signing key: %w", err)
	}
	return pactius.SigningKey{ID: public.KeyID, Public: string(text), CreatedAt: now, StartsAt: starts,
		Sealed: r.Box.Seal(keyPurpose, secret, string(env)+" "+public.KeyID)}, nil
}

// ensureKey makes the first key of an environment.
func (r *Rules) ensureKey(tx *change.Tx) error {
	keys, err := tx.SigningKeys()
	if err != nil || len(keys) > 0 {
		return err
	}
	k, err := r.newKey(tx.Environment.ID, tx.Now, tx.Now)
	if err != nil {
		return err
	}
	return tx.InsertSigningKey(k)
}

// Rotate makes a new signing key, which is published for pactius.KeyLead before it signs. With now it signs immediately
// and the others are not published any more: applications refuse what they signed as soon as they read the keys again.
// It returns when the new key signs.
func (r *Rules) Rotate(ctx context.Context, actor pactius.Actor, now bool) (time.Time, error) {
	var starts time.Time
	if r.Box == nil {
		return starts, errNoSecret
	}
	err := r.DB.Change(ctx, actor, change.RoleRootAdministrator, func(tx *change.Tx) error {
		keys, err := tx.SigningKeys()
		if err != nil {
			return err
		}
		if last := len(keys) - 1; !now && last >= 0 && keys[last].StartsAt.After(tx.Now) {
			starts = keys[last].StartsAt // a second command finds the key of the first
			return nil
		}
		if starts = tx.Now.Add(pactius.KeyLead); now || len(keys) == 0 {
			starts = tx.Now
		}
		tx.Record(pactius.Event{Kind: pactius.KeysRotated})
		return r.succeed(tx, keys, starts, now)
	})
	return starts, err
}

// succeed stores a key that follows on others. Without an end now they are kept while their tokens may be in use.
func (r *Rules) succeed(tx *change.Tx, keys []pactius.SigningKey, starts time.Time, endNow bool) error {
	for _, k := range keys {
		if endNow {
			if err := tx.DeleteSigningKey(k.ID); err != nil {
				return err
			}
			continue
		}
		if k.EndsAt.IsZero() {
			k.EndsAt = starts.Add(pactius.KeyKept)
			if err := tx.UpdateSigningKey(k); err != nil {
				return err
			}
		}
	}
	k, err := r.newKey(tx.Environment.ID, tx.Now, starts)
	if err != nil {
		return err
	}
	return tx.InsertSigningKey(k)
}

// Tend makes the keys that follow on those whose time is over, and removes those that nothing needs any more, in every
// environment.
func (r *Rules) Tend(ctx context.Context) error {
	if r.Box == nil {
		return nil
	}
	envs, err := r.DB.Store.KeysDue(ctx, r.DB.Now())
	if err != nil {
		return err
	}
	for _, env := range envs {
		err = errors.Join(err, r.DB.Change(ctx, pactius.System(env, "keys"), change.RoleRootAdministrator, r.tend))
	}
	return err
}

func (r *Rules) tend(tx *change.Tx) error {
	keys, err := tx.SigningKeys()
	if err != nil || len(keys) == 0 {
		return err
	}
	if err := rightTimes(tx, keys); err != nil {
		return err
	}
	for _, k := range keys {
		if !isPublished(k, tx.Now) {
			if err := tx.DeleteSigningKey(k.ID); err != nil {
				return err
			}
		}
	}
	last := keys[len(keys)-1]
	if tx.Now.Before(last.StartsAt.Add(pactius.KeyLifetime - pactius.KeyLead)) {
		return nil
	}
	tx.Record(pactius.Event{Kind: pactius.KeysRotated})
	return r.succeed(tx, keys, tx.Now.Add(pactius.KeyLead), false)
}

// rightTimes corrects keys that begin or end later than any that a right clock has made: an environment whose only keys
// are of the future could sign no one in. The newest of those signs now if no other does, else as a new key would.
func rightTimes(tx *change.Tx, keys []pactius.SigningKey) error {
	signs := slices.ContainsFunc(keys, func(k pactius.SigningKey) bool {
		return isPublished(k, tx.Now) && !k.StartsAt.After(tx.Now)
	})
	for i := len(keys) - 1; i >= 0; i-- {
		k := &keys[i]
		early, late := k.StartsAt.Sub(tx.Now) > store.KeyStartAhead, k.EndsAt.Sub(tx.Now) > store.KeyEndAhead
		if !early && !late {
			continue
		}
		if late {
			k.EndsAt = tx.Now.Add(pactius.KeyLead + pactius.KeyKept)
		}
		switch {
		case early && signs:
			k.StartsAt = tx.Now.Add(pactius.KeyLead)
		case early:
			k.StartsAt, signs = tx.Now, true
		}
		if err := tx.UpdateSigningKey(*k); err != nil {
			return err
		}
	}
	return nil
}

// SigningKeys lists the keys of the environment, oldest first, without their private parts.
func (r *Rules) SigningKeys(ctx context.Context, actor pactius.Actor) ([]pactius.SigningKey, error) {
	var keys []pactius.SigningKey
	err := r.DB.Read(ctx, actor, change.RoleRootAdministrator, func(tx *change.Tx) error {
		var err error
		keys, err = tx.SigningKeys()
		for i := range keys {
			keys[i].Sealed = ""
		}
		return err
	})
	return keys, err
}

// Keys returns the JSON Web Key Set of an environment's published keys (RFC 7517, section 5).
func (r *Rules) Keys(ctx context.Context, env pactius.EnvironmentID) ([]byte, error) {
	ring, err := r.ring(ctx, env)
	if err != nil {
		return nil, err
	}
	set := struct {
		Keys []json.RawMessage `json:"keys"`
	}{[]json.RawMessage{}}
	for _, k := range ring.keys {
		set.Keys = append(set.Keys, json.RawMessage(k.Public))
	}
	return json.Marshal(set)
}

// Forget drops the keys of an environment that are kept in memory.
func (r *Rules) Forget(env pactius.EnvironmentID) {
	r.rings.mu.Lock()
	defer r.rings.mu.Unlock()
	r.rings.forgets++
	delete(r.rings.all, env)
}

// ring returns an environment's keys of now.
func (r *Rules) ring(ctx context.Context, env pactius.EnvironmentID) (*ring, error) {
	now := r.DB.Now()
	r.rings.mu.Lock()
	kept, forgets := r.rings.all[env], r.rings.forgets
	r.rings.mu.Unlock()
	if kept != nil && now.Before(kept.until) {
		return kept, nil
	}
	made, err := r.readRing(ctx, env, now)
	if err != nil {
		return nil, err
	}
	r.rings.mu.Lock()
	defer r.rings.mu.Unlock()
	if r.rings.forgets != forgets || made.signers == nil {
		return made, nil // the first key, which another instance may make any moment, signs immediately
	}
	if r.rings.all == nil || len(r.rings.all) >= maxRings {
		r.rings.all = map[pactius.EnvironmentID]*ring{}
	}
	r.rings.all[env] = made
	return made, nil
}

// ringLife is how long keys are kept without looking: instances that miss a rotation would go on with the key before,
// which is published for a day.
const ringLife = time.Minute

func (r *Rules) readRing(ctx context.Context, env pactius.EnvironmentID, now time.Time) (*ring, error) {
	made := &ring{until: now.Add(ringLife)}
	var current *pactius.SigningKey
	err := r.DB.Store.Glance(ctx, env, func(tx *store.Tx) error {
		keys, err := tx.SigningKeys()
		made.keys, current = nil, nil
		for _, k := range keys {
			if !isPublished(k, now) {
				continue
			}
			made.keys = append(made.keys, k)
			if !now.Before(k.StartsAt) {
				current = &k
			} else if k.StartsAt.Before(made.until) {
				made.until = k.StartsAt
			}
		}
		return err
	})
	if err != nil || current == nil {
		return made, err
	}
	made.signers, err = r.signers(env, *current)
	return made, err
}

// isPublished reports whether a key's tokens are valid.
func isPublished(k pactius.SigningKey, now time.Time) bool {
	return k.EndsAt.IsZero() || now.Before(k.EndsAt)
}

// signers opens a key, for all types of tokens.
func (r *Rules) signers(env pactius.EnvironmentID, k pactius.SigningKey) (map[TokenType]jose.Signer, error) {
	if r.Box == nil {
		return nil, errNoSecret
	}
	secret, err := r.Box.Open(keyPurpose, k.Sealed, string(env)+" "+k.ID)
	if err != nil {
		return nil, fmt.Errorf("open the signing key %s: %w; was PACTIUS_SECRET changed?", k.ID, err)
	}
	private, err := x509.ParsePKCS8PrivateKey(secret)
	if err != nil {
		return nil, fmt.Errorf("read the signing key %s: %w", k.ID, err)
	}
	all := map[TokenType]jose.Signer{}
	for _, t := range tokenTypes {
		options := (&jose.SignerOptions{}).WithType(jose.ContentType(t)).WithHeader("kid", k.ID)
		all[t], err = jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: private}, options)
		if err != nil {
			return nil, fmt.Errorf("sign with the key %s: %w", k.ID, err)
		}
	}
	return all, nil
}
