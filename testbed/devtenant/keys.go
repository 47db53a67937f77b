package devtenant

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"sync"

	"github.com/go-jose/go-jose/v4"
)

// keyBits is the size of Entra's own signing keys.
const keyBits = 2048

// randomBytes is the randomness of codes, tokens and key IDs: 256 bit.
const randomBytes = 32

// signingKey is a key and the name it is published under.
type signingKey struct {
	id  string
	key *rsa.PrivateKey
}

// firstKey is the key that every tenant of this process signs with until its keys
// are rotated: Entra, too, signs for all tenants with the same keys, so that only
// the issuer tells their tokens apart. One key also takes less time than hundreds.
var firstKey = sync.OnceValues(newKey)

func newKey() (signingKey, error) {
	key, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		return signingKey{}, fmt.Errorf("make a signing key: %w", err)
	}
	return signingKey{random(), key}, nil
}

// ownKey signs the ID tokens of the applications with App.OwnKey.
var ownKey = sync.OnceValues(newKey)

// RotateKeys starts to sign with a new key. Config.FormerKeys says how many
// former ones stay published, so that tokens signed with them can be verified.
func (t *Tenant) RotateKeys() error {
	key, err := newKey()
	if err == nil {
		t.signWith(key)
	}
	return err
}

func (t *Tenant) signWith(key signingKey) {
	t.mu.Lock()
	defer t.mu.Unlock()
	keep := min(len(t.keys), max(0, t.config.FormerKeys))
	t.keys = append([]signingKey{key}, t.keys[:keep]...)
}

// publicKeys is the key set as Entra publishes it (RFC 7517): for an application with a key of its own only that one
// (Microsoft: "Access tokens", validate the signature).
func (t *Tenant) publicKeys(clientID string) jose.JSONWebKeySet {
	keys, err := t.signingKeys(clientID)
	var set jose.JSONWebKeySet
	if err != nil {
		return set
	}
	for _, k := range keys {
		set.Keys = append(set.Keys, jose.JSONWebKey{Key: k.key.Public(), KeyID: k.id, Use: "sig"})
	}
	return set
}

// signingKeys are the keys that sign for an application, the current one first.
func (t *Tenant) signingKeys(clientID string) ([]signingKey, error) {
	if app, ok := t.App(clientID); ok && app.OwnKey {
		own, err := ownKey()
		return []signingKey{own}, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.keys), nil
}

// sign makes a JWT for an application with its current key (RFC 7519).
func (t *Tenant) sign(clientID string, claims map[string]any) (string, error) {
	keys, err := t.signingKeys(clientID)
	if err != nil {
		return "", err
	}
	current := keys[0]
	signer, err := jose.NewSigner(
		jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: current.key, KeyID: current.id}},
		(&jose.SignerOptions{}).WithType("JWT"),
	)
	if err != nil {
		return "", fmt.Errorf("preparing to sign: %w", err)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("writing claims: %w", err)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		return "", fmt.Errorf("signing: %w", err)
	}
	return signed.CompactSerialize()
}

// random returns 256 bits that fit into URLs.
func random() string {
	b := make([]byte, randomBytes)
	rand.Read(b)
	return base64.RawURLEncoding.EncodeToString(b)
}
