package gateway

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
	"maps"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/pactius/pactius/internal/applications"
)

// forgeries are tokens with the claims of a right one that no key of the world has signed so.
func forgeries(t *testing.T, w *world, right string) map[string]string {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	text, err := applications.New(w.rules.Config).Keys(t.Context(), w.Env)
	must(err)
	var set jose.JSONWebKeySet
	must(json.Unmarshal(text, &set))
	der, err := x509.MarshalPKIXPublicKey(set.Keys[0].Key)
	must(err)
	jwk, err := set.Keys[0].MarshalJSON()
	must(err)
	own, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	parts := strings.Split(right, ".")
	raw, err := base64.RawURLEncoding.DecodeString(parts[0])
	must(err)
	var header map[string]any
	must(json.Unmarshal(raw, &header))
	head := func(name string, value any) string {
		h := maps.Clone(header)
		h[name] = value
		text, err := json.Marshal(h)
		must(err)
		return base64.RawURLEncoding.EncodeToString(text) + "." + parts[1]
	}
	forged := map[string]string{
		"alg none":           head("alg", "none") + ".",
		"alg None":           head("alg", "None") + "." + parts[2],
		"another typ":        head("typ", "JWT") + "." + parts[2],
		"no typ":             head("typ", nil) + "." + parts[2],
		"an unknown kid":     head("kid", "unknown") + "." + parts[2],
		"no kid":             head("kid", nil) + "." + parts[2],
		"other claims":       parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(`{}`)) + "." + parts[2],
		"no signature":       parts[0] + "." + parts[1] + ".",
		"a signature of two": right + "." + parts[2],
	}
	for name, secret := range map[string][]byte{"DER": der, "JSON": jwk, "nothing": nil,
		"PEM": pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})} {
		signed := head("alg", "HS256")
		mac := hmac.New(sha256.New, secret)
		mac.Write([]byte(signed))
		forged["HS256 with "+name] = signed + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
	}
	for name, extra := range map[string]map[jose.HeaderKey]any{
		"another key of the same name": {},
		"a key that it brings along":   {"jwk": jose.JSONWebKey{Key: own.Public()}},
		"a key that is elsewhere":      {"jku": "https://evil.example/jwks.json"},
	} {
		extra[jose.HeaderType], extra["kid"] = header["typ"], header["kid"]
		signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: own},
			&jose.SignerOptions{ExtraHeaders: extra})
		must(err)
		claims, err := base64.RawURLEncoding.DecodeString(parts[1])
		must(err)
		signed, err := signer.Sign(claims)
		must(err)
		forged[name], err = signed.CompactSerialize()
		must(err)
	}
	return forged
}
