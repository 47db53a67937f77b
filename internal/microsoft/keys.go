package microsoft

import (
	"context"
	"crypto"
	"crypto/rsa"
	"encoding/json"
	"io"
	"net/http"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// Microsoft rolls its keys without notice: they are fetched hourly (freshFor) and immediately when a token names an
// unknown one. Tokens that name invented keys must not cause a flood of calls, so early fetches come from a token
// bucket: its burst serves several rotations in a row; after that there is one per five minutes (Microsoft: "Signing
// key rollover").
const (
	unknownKeyEvery = 5 * time.Minute
	unknownKeyBurst = 4
)

// minRSABits is the shortest key whose signature counts (RFC 7518 section 3.3).
const minRSABits = 2048

// maxKeys bounds a key set; Microsoft publishes fewer than ten.
const maxKeys = 100

// keySet maps key IDs to RSA public keys. go-oidc's RemoteKeySet is not used: it trusts a withdrawn key until it
// meets an unknown one, fetches for every invented key ID, and accepts short keys and tokens that name no key.
type keySet map[string]crypto.PublicKey

// fetchKeys fetches the keys that may sign tokens for the application. An application with claims mapping, custom
// claims or SAML has keys of its own, published only where its ID is asked for; that address has the tenant's keys for
// every other one (Microsoft: "Access tokens", validate the signature). Where it has none, or not the one that a token
// names, the tenant's are fetched as well.
func (t *tenant) fetchKeys(ctx context.Context) (keySet, error) {
	e, err := t.endpoints.load(ctx)
	if err != nil {
		return nil, err
	}
	found, err := t.m.keysAt(ctx, withApp(e.Keys, t.client))
	if err != nil && !refused(err) || err == nil && !t.common.Load() {
		return found, err
	}
	common, commonErr := t.m.keysAt(ctx, withApp(e.Keys, ""))
	if err != nil {
		return common, commonErr
	}
	for id, key := range common {
		if found[id] == nil {
			found[id] = key
		}
	}
	return found, nil
}

// keysAt fetches a key set and keeps the keys that can verify RS256.
func (m *Microsoft) keysAt(ctx context.Context, address string) (keySet, error) {
	what := "the signing keys at " + address
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, libraryFailure(what, err)
	}
	resp, err := m.client.Do(r)
	if err != nil {
		return nil, libraryFailure(what, err)
	}
	defer resp.Body.Close()
	var document struct {
		Keys []json.RawMessage `json:"keys"`
	}
	body, _ := io.ReadAll(resp.Body) // cannot fail: see boundedTransport
	if err := json.Unmarshal(body, &document); err != nil {
		return nil, libraryFailure(what, err)
	}
	if len(document.Keys) > maxKeys {
		return nil, failure(ReasonBadResponse, "%s are %d, more than %d", what, len(document.Keys), maxKeys)
	}
	found := keySet{}
	for _, raw := range document.Keys {
		var k jose.JSONWebKey
		if json.Unmarshal(raw, &k) != nil {
			continue // an unknown kind of key is skipped, as RFC 7517 section 5 asks
		}
		public, ok := k.Key.(*rsa.PublicKey)
		if ok && k.KeyID != "" && (k.Use == "" || k.Use == "sig") && public.N.BitLen() >= minRSABits {
			found[k.KeyID] = public
		}
	}
	if len(found) == 0 {
		return nil, failure(ReasonBadResponse, "%s hold no RSA key for signatures", what)
	}
	return found, nil
}

// key returns the public key that a token names. It fetches the keys again for an unknown one when the bucket
// allows. The token is not verified yet.
func (t *tenant) key(ctx context.Context, token string) (crypto.PublicKey, error) {
	signed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		return nil, libraryFailure("reading the ID token", err)
	}
	id := signed.Signatures[0].Header.KeyID
	if id == "" {
		return nil, failure(ReasonBadResponse, "the ID token does not name its key")
	}
	known, err := t.keys.load(ctx)
	if err != nil || known[id] != nil {
		return known[id], err
	}
	if !t.unknown.AllowN(t.m.now(), 1) {
		return nil, failure(ReasonBadResponse, "the ID token names the unknown key %q; not asking yet", shorten(id))
	}
	t.common.Store(true)
	known, err = t.keys.refresh(ctx)
	if err == nil && known[id] == nil {
		err = failure(ReasonBadResponse, "Microsoft does not publish the key %q of the ID token", shorten(id))
	}
	return known[id], err
}
