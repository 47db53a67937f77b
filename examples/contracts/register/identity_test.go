package register

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// TestTokensOfAnyOtherKindAreRefused sends a valid token, and then tokens that differ from it in one thing.
func TestTokensOfAnyOtherKindAreRefused(t *testing.T) {
	t.Parallel()
	o, r := start(t)
	o.units["freja"] = company("none", "none", "read", "none")
	o.units[""] = o.units["freja"] // for the token without a person, so that the register itself refuses it
	key, stranger := o.keys["first"], newKey(t)
	valid := o.token(t, "freja", nil)
	if status, page := open(t, r, "/", valid); status != http.StatusOK || !strings.Contains(page, "Cranes") {
		t.Fatalf("the valid token: got %d, %s", status, page)
	}
	claims := o.claims("freja")
	edited := func(name string, value any) string {
		return o.token(t, "freja", func(c map[string]any) { c[name] = value })
	}
	without := func(name string) string {
		return o.token(t, "freja", func(c map[string]any) { delete(c, name) })
	}
	now := o.clock()
	parts, ada := strings.Split(valid, "."), strings.Split(edited("sub", "ada"), ".")
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	point, err := key.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	hmac := func(secret []byte) string { return sign(t, jose.HS256, secret, "first", "pactius+jwt", claims) }
	for name, tokens := range map[string][]string{
		"no token":                          {},
		"an empty token":                    {""},
		"two tokens":                        {valid, valid},
		"no token but words":                {"let me in"},
		"algorithm none":                    {unsigned(t, "none", claims)},
		"algorithm None":                    {unsigned(t, "None", claims)},
		"a signature taken away":            {parts[0] + "." + parts[1] + "."},
		"HS256 with the public key, DER":    {hmac(der)},
		"HS256 with the public key, PEM":    {hmac(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))},
		"HS256 with the public key's point": {hmac(point)},
		"ES384":                             {sign(t, jose.ES384, p384, "first", "pactius+jwt", claims)},
		"a stranger's key":                  {sign(t, jose.ES256, stranger, "first", "pactius+jwt", claims)},
		"an unknown key ID":                 {sign(t, jose.ES256, stranger, "second", "pactius+jwt", claims)},
		"no key ID":                         {sign(t, jose.ES256, key, "", "pactius+jwt", claims)},
		"the key in the token itself":       {embedded(t, stranger, claims)},
		"no type":                           {sign(t, jose.ES256, key, "first", "", claims)},
		"the type of an ID token":           {sign(t, jose.ES256, key, "first", "JWT", claims)},
		"another environment's issuer":      {edited("iss", "https://other.example.com")},
		"no issuer":                         {without("iss")},
		"another application":               {edited("aud", "0198a1c2-0000-7000-8000-00000000000b")},
		"no audience":                       {without("aud")},
		"expired":                           {edited("exp", now.Add(-61*time.Second).Unix())},
		"no end":                            {without("exp")},
		"not valid yet":                     {edited("nbf", now.Add(61*time.Second).Unix())},
		"issued in the future":              {edited("iat", now.Add(61*time.Second).Unix())},
		"no time of issue":                  {without("iat")},
		"no person":                         {without("sub")},
		"claims of another token":           {parts[0] + "." + ada[1] + "." + parts[2]},
	} {
		status, page := open(t, r, "/", tokens...)
		if status != http.StatusUnauthorized || strings.Contains(page, "Cranes") {
			t.Errorf("%s: got %d, want 401", name, status)
		}
	}
	if status, _ := open(t, r, "/", valid); status != http.StatusOK {
		t.Errorf("the valid token afterwards: got %d", status)
	}
}

// unsigned makes a token without a signature.
func unsigned(t *testing.T, alg string, claims any) string {
	t.Helper()
	part := func(v any) string {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return base64.RawURLEncoding.EncodeToString(b)
	}
	return part(map[string]string{"alg": alg, "typ": "pactius+jwt", "kid": "first"}) + "." + part(claims) + "."
}

// embedded makes a token that names its own key.
func embedded(t *testing.T, key *ecdsa.PrivateKey, claims any) string {
	t.Helper()
	options := (&jose.SignerOptions{EmbedJWK: true}).WithType("pactius+jwt")
	return signWith(t, options, jose.ES256, jose.JSONWebKey{Key: key, KeyID: "first"}, claims)
}

func TestOtherHeadersNameNoPerson(t *testing.T) {
	t.Parallel()
	o, r := start(t)
	o.units["freja"] = company("none", "none", "read", "none")
	request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
	for _, name := range []string{"User", "Account", "Name", "Email", "Access", "Units"} {
		request.Header.Set("Pactius-"+name, "freja")
	}
	request.Header.Set("Authorization", "Bearer "+o.token(t, "freja", nil))
	if status, page := do(r, request); status != http.StatusUnauthorized || !strings.Contains(page, o.server.URL) {
		t.Errorf("got %d, %s", status, page)
	}
}

func TestClocksMayDifferByAMinute(t *testing.T) {
	t.Parallel()
	o, r := start(t)
	o.units["freja"] = company("none", "none", "read", "none")
	token := o.token(t, "freja", nil)
	issued := o.clock()
	for _, test := range []struct {
		now    time.Duration // on the clock of the register, since the issue
		status int
		log    string
	}{
		{-time.Minute, http.StatusOK, ""},
		{2 * time.Minute, http.StatusOK, ""},
		{121 * time.Second, http.StatusUnauthorized, "clocks differ by 2m1s: the token was issued too long ago"},
		{4 * time.Minute, http.StatusUnauthorized, "clocks differ by 4m0s: the token was issued too long ago"},
		{-4 * time.Minute, http.StatusUnauthorized, "clocks differ by 4m0s: the token was issued in the future"},
	} {
		o.with(func() { o.now = issued.Add(test.now) })
		if status, _ := open(t, r, "/", token); status != test.status {
			t.Errorf("%v after the issue: got %d, want %d", test.now, status, test.status)
		}
		if got := o.log.String(); !strings.Contains(got, test.log) {
			t.Errorf("%v after the issue: the log lacks %q: %s", test.now, test.log, got)
		}
		if strings.Contains(o.log.String(), token) {
			t.Error("the log holds the token")
		}
	}
}

func TestKeysChange(t *testing.T) {
	t.Parallel()
	o, r := start(t)
	o.units["freja"] = company("none", "none", "read", "none")
	expect := func(step, token string, status, keysSeen int) {
		t.Helper()
		got, _ := open(t, r, "/", token)
		o.mu.Lock()
		defer o.mu.Unlock()
		if got != status || o.keysSeen != keysSeen {
			t.Errorf("%s: got %d after %d requests for keys, want %d after %d", step, got, o.keysSeen, status, keysSeen)
		}
	}
	second := newKey(t)
	by := func(key *ecdsa.PrivateKey, id string) string {
		return sign(t, jose.ES256, key, id, "pactius+jwt", o.claims("freja"))
	}
	first := o.keys["first"]
	later := func(d time.Duration) { o.with(func() { o.now = o.now.Add(d) }) }

	expect("the first token", by(first, "first"), http.StatusOK, 1)
	expect("a known key", by(first, "first"), http.StatusOK, 1)
	later(4 * time.Second)
	expect("an invented key ID, right after a request", by(second, "invented"), http.StatusUnauthorized, 1)
	later(time.Second)
	o.with(func() { o.keys["second"] = second })
	expect("a new key, five seconds after a request", by(second, "second"), http.StatusOK, 2)
	o.with(func() { delete(o.keys, "first") })
	later(5*time.Minute - time.Second)
	expect("a withdrawn key within five minutes", by(first, "first"), http.StatusOK, 2)
	later(time.Second)
	expect("a withdrawn key after five minutes", by(first, "first"), http.StatusUnauthorized, 3)
	expect("the new key", by(second, "second"), http.StatusOK, 3)

	later(5 * time.Minute)
	o.with(func() { o.down = true })
	expect("PACTIUS is away", by(second, "second"), http.StatusServiceUnavailable, 3)
	o.with(func() { o.down = false })
	expect("PACTIUS has come back, but is not asked yet", by(second, "second"), http.StatusServiceUnavailable, 3)
	later(5 * time.Second)
	expect("PACTIUS has come back", by(second, "second"), http.StatusOK, 4)
}

// TestAPersonWhoLeavesSpoilsNoKeys ends a request before the keys have come: others need them.
func TestAPersonWhoLeavesSpoilsNoKeys(t *testing.T) {
	t.Parallel()
	o, r := start(t)
	o.units["freja"] = company("none", "none", "read", "none")
	token := o.token(t, "freja", nil)
	gone, leave := context.WithCancel(t.Context())
	leave()
	do(r, httptest.NewRequestWithContext(gone, http.MethodGet, "/", nil), token)
	if status, _ := open(t, r, "/", token); status != http.StatusOK {
		t.Errorf("got %d", status)
	}
}
