package e2e

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
)

var raw = base64.RawURLEncoding

// broken is a token with another signature.
func broken(token string) string {
	i := strings.LastIndex(token, ".") + 1
	return token[:i] + map[bool]string{true: "B", false: "A"}[token[i] == 'A'] + token[i+1:]
}

// confusion takes every kind of token everywhere, and forged ones.
func (o *openid) confusion(t *testing.T) {
	w, got := o.signsIn(t, o.shop, gu())
	_, fjord := o.signsIn(t, o.fjord, finn())
	b := o.shop.begins(t)
	code := parameter(t, w.walks(t, b.URL, o.shop.redirect, nil), "code")
	door := o.doorToken(t, w)

	for _, path := range []string{userinfoPath, unitsPath} {
		if status := o.bears(t, o.URL, path, got.Tokens.Access); status != http.StatusOK {
			t.Fatalf("%s answers an access token with %d", path, status)
		}
	}
	if status := o.bears(t, o.URL, unitsPath, door); status != http.StatusOK {
		t.Errorf("the units answer the door's token with %d", status)
	}
	wrong := map[string]string{
		"an ID token": got.Tokens.ID, "a refresh token": got.Tokens.Refresh, "a code": code,
		"another environment's access token": fjord.Tokens.Access, "another environment's ID token": fjord.Tokens.ID,
		"a changed signature": broken(got.Tokens.Access), "nothing": "",
	}
	for what, token := range o.forgedTokens(t, got.Tokens.Access) {
		wrong[what] = token
	}
	for what, token := range wrong {
		for _, path := range []string{userinfoPath, unitsPath} {
			if status := o.bears(t, o.URL, path, token); status != http.StatusUnauthorized {
				t.Errorf("%s answers %s with %d", path, what, status)
			}
		}
		if status := o.atDoor(t, token); status != http.StatusUnauthorized {
			t.Errorf("the door answers %s with %d", what, status)
		}
	}
	if status := o.bears(t, o.URL, userinfoPath, door); status != http.StatusUnauthorized {
		t.Errorf("userinfo answers the door's token with %d", status)
	}
	for _, token := range []string{got.Tokens.Access, door} {
		if status := o.bears(t, o.fjord.Issuer, unitsPath, token); status != http.StatusUnauthorized {
			t.Errorf("the other environment answers with %d", status)
		}
	}
	for what, token := range map[string]string{"an access token": got.Tokens.Access, "an ID token": got.Tokens.ID,
		"the door's token": door, "a code": code, "another environment's": fjord.Tokens.Refresh} {
		o.shop.refreshes(t, token).fails(t, what+" as a refresh token", "invalid_grant")
		form := url.Values{"grant_type": {"authorization_code"}, "code": {token}, "redirect_uri": {o.shop.redirect},
			"code_verifier": {b.Flow.Verifier}, "client_id": {o.shop.ID}, "client_secret": {o.shop.Secret}}
		if what == "a code" {
			form.Set("code", broken("." + code)[1:])
		}
		if page := o.tokenForm(t, form); page.StatusCode != http.StatusBadRequest {
			t.Errorf("%s as a code is answered with %d", what, page.StatusCode)
		}
	}
	if page := newWire(t, o.URL).get(userinfoPath + "?access_token=" + got.Tokens.Access); page.StatusCode !=
		http.StatusUnauthorized {
		t.Errorf("userinfo reads a token from the address: %d", page.StatusCode)
	}
}

// atDoor shows a token at the door of the shop, as the session of its host and as a bearer token.
func (o *openid) atDoor(t *testing.T, token string) int {
	t.Helper()
	q, err := http.NewRequestWithContext(t.Context(), http.MethodGet,
		o.Origin("shop.localhost")+"/verify?application="+o.shop.ID, nil)
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("Authorization", "Bearer "+token)
	q.Header.Set("Cookie", "pactius-app-"+o.shop.ID[len(o.shop.ID)-8:]+"="+token)
	page, err := newWire(t, o.URL).do(q)
	if err != nil {
		t.Fatal(err)
	}
	return page.StatusCode
}

// doorToken goes through the door of the shop's host and returns the token that its proxy would get.
func (o *openid) doorToken(t *testing.T, w *wire) string {
	t.Helper()
	host := o.Origin("shop.localhost")
	w.travel(http.MethodGet, host+"/.pactius/start?to=/", nil)
	page := w.travel(http.MethodGet, host+"/verify?application="+o.shop.ID, nil)
	token := page.Header.Get("Pactius-Token")
	if page.StatusCode != http.StatusOK || token == "" {
		t.Fatalf("the door answers %d: %s", page.StatusCode, page.Text())
	}
	return token
}

// forgedTokens are access tokens with the claims of a right one.
func (o *openid) forgedTokens(t *testing.T, right string) map[string]string {
	t.Helper()
	var keys jose.JSONWebKeySet
	if err := json.Unmarshal([]byte(newWire(t, o.URL).get("/.well-known/jwks.json").Body), &keys); err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(right, ".")
	var header map[string]any
	text, err := raw.DecodeString(parts[0])
	if err == nil {
		err = json.Unmarshal(text, &header)
	}
	if err != nil {
		t.Fatal(err)
	}
	kid, _ := header["kid"].(string)
	public := keys.Key(kid)
	if len(public) != 1 {
		t.Fatalf("the keys have %d of %s", len(public), kid)
	}
	head := func(change map[string]any) string {
		h := map[string]any{}
		for name, value := range header {
			h[name] = value
		}
		for name, value := range change {
			h[name] = value
		}
		b, err := json.Marshal(h)
		if err != nil {
			t.Fatal(err)
		}
		return raw.EncodeToString(b) + "." + parts[1]
	}
	forged := map[string]string{
		"the algorithm none":   head(map[string]any{"alg": "none"}) + ".",
		"the algorithm None":   head(map[string]any{"alg": "None"}) + "." + parts[2],
		"the door's type":      head(map[string]any{"typ": "pactius+jwt"}) + "." + parts[2],
		"an unknown key":       head(map[string]any{"kid": "unknown"}) + "." + parts[2],
		"no key":               head(map[string]any{"kid": nil}) + "." + parts[2],
		"another environments": strings.Replace(right, parts[1], raw.EncodeToString([]byte(`{"iss":"x"}`)), 1),
	}
	der, err := x509.MarshalPKIXPublicKey(public[0].Key)
	if err != nil {
		t.Fatal(err)
	}
	own, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	jwk, err := public[0].MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	for what, secret := range map[string][]byte{"DER": der, "JSON": jwk,
		"PEM": pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), "nothing": {}} {
		signed := head(map[string]any{"alg": "HS256"})
		mac := hmac.New(sha256.New, secret)
		mac.Write([]byte(signed))
		forged["HS256 with the public key as "+what] = signed + "." + raw.EncodeToString(mac.Sum(nil))
	}
	for what, extra := range map[string]map[jose.HeaderKey]any{
		"another key under the same name": {},
		"a key that it brings along":      {"jwk": jose.JSONWebKey{Key: own.Public()}},
		"a key that is elsewhere":         {"jku": "https://evil.example/jwks.json"},
	} {
		extra[jose.HeaderType], extra["kid"] = header["typ"], kid
		signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: own},
			&jose.SignerOptions{ExtraHeaders: extra})
		if err != nil {
			t.Fatal(err)
		}
		claims, err := raw.DecodeString(parts[1])
		if err != nil {
			t.Fatal(err)
		}
		signed, err := signer.Sign(claims)
		if err != nil {
			t.Fatal(err)
		}
		if forged[what], err = signed.CompactSerialize(); err != nil {
			t.Fatal(err)
		}
	}
	return forged
}

// rotatesKeys replaces the signing key at once: tokens of the old one end, sign-ins go on.
func (o *openid) rotatesKeys(t *testing.T) {
	w, got := o.signsIn(t, o.shop, gu())
	o.Must("application", "rotate", "--environment", "localhost", "--now", "--yes")
	o.refused(t, userinfoPath, got.Tokens.Access)
	o.refused(t, unitsPath, got.Tokens.Access)
	c := o.shop
	err := eventually(t.Context(), Patience, func() error { // another process did that: it is noticed within a second
		c.Fresh++ // its library reads the keys anew
		next := c.refreshes(t, got.Tokens.Refresh)
		if next.Error != nil {
			return fmt.Errorf("refresh after new keys: %s", next.Error.Message)
		}
		got = next
		if status := o.bears(t, o.URL, userinfoPath, got.Tokens.Access); status != http.StatusOK {
			return fmt.Errorf("userinfo answers %d", status)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	o.again(t, w, c, nil)
}
