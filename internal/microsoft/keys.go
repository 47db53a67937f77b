package microsoft

import (
	"context"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// Microsoft rolls its keys without notice: keys are fetched hourly (freshFor)
// and at once when a token names an unknown key. Tokens naming invented keys must
// not turn into a flood of questions, so early refreshes come from a bucket: a
// burst serves a real rotation, even several; emptied, it gives one per five
// minutes (Microsoft: "Signing key rollover").
const (
	unknownKeyEvery = 5 * time.Minute
	unknownKeyBurst = 4
)

// minRSABits is the shortest key whose signature counts (RFC 7518 section 3.3).
const minRSABits = 2048

// maxKeys bounds a key set; Microsoft publishes fewer than ten.
const maxKeys = 100

// keys maps key IDs to RSA public keys.
type keys map[string]*rsa.PublicKey

// fetchKeys fetches the tenant's key set and keeps what can verify RS256.
func (t *tenant) fetchKeys(ctx context.Context) (keys, error) {
	e, err := t.endpoints.load(ctx)
	if err != nil {
		return nil, err
	}
	what := "the signing keys at " + e.Keys
	var document struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := t.m.fetchJSON(ctx, what, e.Keys, &document); err != nil {
		return nil, err
	}
	if len(document.Keys) > maxKeys {
		return nil, failure(BadResponse, fmt.Errorf("%s are %d, more than %d", what, len(document.Keys), maxKeys))
	}
	found := keys{}
	for _, raw := range document.Keys {
		var k jose.JSONWebKey
		if json.Unmarshal(raw, &k) != nil {
			continue // of a kind we do not know: skipped, as RFC 7517 section 5 asks
		}
		public, ok := k.Key.(*rsa.PublicKey)
		if ok && k.KeyID != "" && (k.Use == "" || k.Use == "sig") && public.N.BitLen() >= minRSABits {
			found[k.KeyID] = public
		}
	}
	if len(found) == 0 {
		return nil, failure(BadResponse, fmt.Errorf("%s hold no RSA key for signatures", what))
	}
	return found, nil
}

// keySet verifies one token's signature for go-oidc. It remembers why it could
// not: go-oidc turns that reason into text.
type keySet struct {
	tenant *tenant
	err    error
}

// VerifySignature implements oidc.KeySet.
func (s *keySet) VerifySignature(ctx context.Context, token string) ([]byte, error) {
	payload, err := s.tenant.verify(ctx, token)
	s.err = err
	return payload, err
}

// verify returns the payload of a token signed with one of the tenant's keys.
func (t *tenant) verify(ctx context.Context, token string) ([]byte, error) {
	// Naming the one algorithm here is what keeps "none" and HS256 out.
	signed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		return nil, failure(BadResponse, fmt.Errorf("reading the ID token: %w", err))
	}
	public, err := t.key(ctx, signed.Signatures[0].Header.KeyID)
	if err != nil {
		return nil, err
	}
	payload, err := signed.Verify(public)
	if err != nil {
		return nil, failure(BadResponse, fmt.Errorf("checking the ID token's signature: %w", err))
	}
	return payload, nil
}

// key finds a public key by its ID, asking Microsoft again for an unknown one
// when the bucket allows.
func (t *tenant) key(ctx context.Context, id string) (*rsa.PublicKey, error) {
	if id == "" {
		return nil, failure(BadResponse, errors.New("the ID token does not name its key"))
	}
	known, err := t.keys.load(ctx)
	if err != nil {
		return nil, err
	}
	if k := known[id]; k != nil {
		return k, nil
	}
	if !t.unknown.AllowN(t.m.now(), 1) {
		return nil, failure(BadResponse, fmt.Errorf("the ID token names the unknown key %q; not asking again yet", shorten(id)))
	}
	if known, err = t.keys.refresh(ctx); err != nil {
		return nil, err
	}
	if k := known[id]; k != nil {
		return k, nil
	}
	return nil, failure(BadResponse, fmt.Errorf("the ID token names the key %q, which Microsoft does not publish", shorten(id)))
}
