package microsoft_test

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/microsoft"
)

// forger is a sign-in service that answers as a test wants.
type forger struct {
	url   string
	key   *rsa.PrivateKey
	clock *clock
	m     *microsoft.Microsoft
	c     microsoft.Connection
	a     microsoft.Attempt

	calls     map[string]int                           // requests by path
	discovery func(http.ResponseWriter, *http.Request) // instead of the right document
	keys      func(http.ResponseWriter, *http.Request) // instead of the right keys
	token     func(http.ResponseWriter, *http.Request) // instead of the right token
}

func newForger(tb testing.TB, key *rsa.PrivateKey) *forger {
	tb.Helper()
	f := &forger{key: key, clock: &clock{}, a: microsoft.NewAttempt(), calls: map[string]int{}}
	server := httptest.NewServer(f)
	tb.Cleanup(server.Close)
	f.url = server.URL
	f.m = microsoft.New(microsoft.Options{Authority: f.url + "/", Now: f.clock.now})
	f.c = microsoft.Connection{Credentials: pactius.Credentials{TenantID: strings.ToUpper(tenantID), ClientID: clientID,
		ClientSecret: secret}, RedirectURL: callback}
	return f
}

func (f *forger) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.calls[r.URL.Path]++
	answer := func(instead func(http.ResponseWriter, *http.Request), document any) {
		if instead != nil {
			instead(w, r)
			return
		}
		sendJSON(w, document)
	}
	switch r.URL.Path {
	case "/" + tenantID + "/v2.0/.well-known/openid-configuration":
		answer(f.discovery, f.document())
	case "/keys":
		answer(f.keys, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: f.key.Public(), KeyID: "one", Use: "sig"}}})
	case "/token":
		answer(f.token, map[string]string{"access_token": "x", "id_token": sign(f.key, "one", f.claims(nil))})
	default:
		http.NotFound(w, r)
	}
}

// document returns the right discovery document.
func (f *forger) document() map[string]any {
	return map[string]any{
		"issuer": f.url + "/" + tenantID + "/v2.0", "authorization_endpoint": f.url + "/authorize",
		"token_endpoint": f.url + "/token", "jwks_uri": f.url + "/keys",
	}
}

// claims returns the right claims with changes; nil deletes one.
func (f *forger) claims(change map[string]any) map[string]any {
	now := f.clock.now().Unix()
	c := map[string]any{
		"iss": f.url + "/" + tenantID + "/v2.0", "aud": clientID, "tid": tenantID, "oid": annaID, "sub": "s",
		"iat": now, "nbf": now, "exp": now + 3600, "nonce": f.a.Nonce, "name": "Anna",
		"preferred_username": "anna@nordhavn.example",
	}
	maps.Copy(c, change)
	maps.DeleteFunc(c, func(_ string, v any) bool { return v == nil })
	return c
}

func (f *forger) exchange(tb testing.TB) (microsoft.Claims, error) {
	return f.m.Exchange(tb.Context(), f.c, f.a, "code")
}

// give makes the token endpoint answer with this ID token.
func (f *forger) give(token string) {
	f.token = func(w http.ResponseWriter, _ *http.Request) {
		sendJSON(w, map[string]string{"access_token": "x", "id_token": token})
	}
}

func sendJSON(w http.ResponseWriter, document any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(document)
}

func newKey(tb testing.TB) *rsa.PrivateKey {
	tb.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		tb.Fatal(err)
	}
	return key
}

func sign(key *rsa.PrivateKey, kid string, claims map[string]any) string {
	return signWith(jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: key, KeyID: kid}}, claims)
}

func signWith(key jose.SigningKey, claims map[string]any) string {
	signer, err := jose.NewSigner(key, nil)
	if err != nil {
		panic(err)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		panic(err)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		panic(err)
	}
	token, err := signed.CompactSerialize()
	if err != nil {
		panic(err)
	}
	return token
}

func TestForgedClaims(t *testing.T) {
	t.Parallel()
	key := newKey(t)
	const personal = "9188040d-6c67-4c5b-b112-36a304b66dad"
	tests := []struct {
		name   string
		change map[string]any
		want   microsoft.Reason // "" is a good token
	}{
		{"nothing changed", nil, ""},
		{"an audience list with us and azp", map[string]any{"aud": []string{clientID, "x"}, "azp": clientID}, ""},
		{"a tid in capitals", map[string]any{"tid": strings.ToUpper(tenantID)}, ""},
		{"no account name", map[string]any{"preferred_username": nil}, ""},
		{"another tenant's tid", map[string]any{"tid": annaID}, microsoft.ReasonOtherTenant},
		{"a tid that is no GUID", map[string]any{"tid": "another"}, microsoft.ReasonOtherTenant},
		{"a personal account", map[string]any{"tid": personal, "iss": "https://login.microsoftonline.com/" + personal +
			"/v2.0"}, microsoft.ReasonOtherTenant},
		{"no tid", map[string]any{"tid": nil}, microsoft.ReasonBadResponse},
		{"another issuer", map[string]any{"iss": "https://evil.example/" + tenantID + "/v2.0"},
			microsoft.ReasonBadResponse},
		{"an issuer with a slash more", map[string]any{"iss": "http://127.0.0.1/" + tenantID + "/v2.0/"},
			microsoft.ReasonBadResponse},
		{"another audience", map[string]any{"aud": annaID}, microsoft.ReasonBadResponse},
		{"an audience list without azp", map[string]any{"aud": []string{clientID, "x"}}, microsoft.ReasonBadResponse},
		{"another azp", map[string]any{"azp": "x"}, microsoft.ReasonBadResponse},
		{"no audience", map[string]any{"aud": nil}, microsoft.ReasonBadResponse},
		{"another nonce", map[string]any{"nonce": "x"}, microsoft.ReasonReplayed},
		{"no nonce", map[string]any{"nonce": nil}, microsoft.ReasonReplayed},
		{"no oid", map[string]any{"oid": nil}, microsoft.ReasonBadResponse},
		{"an oid that is no GUID", map[string]any{"oid": "anna"}, microsoft.ReasonBadResponse},
		{"an oid that is a number", map[string]any{"oid": 7}, microsoft.ReasonBadResponse},
		{"no exp", map[string]any{"exp": nil}, microsoft.ReasonBadResponse},
		{"no iat", map[string]any{"iat": nil}, microsoft.ReasonBadResponse},
		{"ended four minutes ago", map[string]any{"exp": new(clock).now().Unix() - 240}, ""},
		{"ended ten minutes ago", map[string]any{"exp": new(clock).now().Unix() - 600}, microsoft.ReasonClock},
		{"begins in four minutes", map[string]any{"nbf": new(clock).now().Unix() + 240}, ""},
		{"begins in ten minutes", map[string]any{"nbf": new(clock).now().Unix() + 600}, microsoft.ReasonClock},
		{"issued in ten minutes", map[string]any{"iat": new(clock).now().Unix() + 600}, microsoft.ReasonClock},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := newForger(t, key)
			f.give(sign(key, "one", f.claims(tt.change)))
			_, err := f.exchange(t)
			if tt.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if got, _ := reason(t, err); got != tt.want {
				t.Errorf("got %q, want %q: %v", got, tt.want, err)
			}
		})
	}
}

// TestAnAccountNameIsTakenAsItIs lets people in whatever they are called: the identity recognises them. A name that is
// no text counts as none.
func TestAnAccountNameIsTakenAsItIs(t *testing.T) {
	t.Parallel()
	key := newKey(t)
	long := "anna@" + strings.Repeat("n", 66) + ".example"
	for given, want := range map[any]string{
		"gerd+x@n.example": "gerd+x@n.example", "r&d=1/2@n.example": "r&d=1/2@n.example",
		"+45 12345678":         "+45 12345678",
		"taro.@docomo.example": "taro.@docomo.example", long: long, " ida@münchen.example ": "ida@münchen.example",
		nil: "", "anna\u202e@nordhavn.example": "", "anna\x00@nordhavn.example": "",
		strings.Repeat("a", 400) + "@x.example": "",
	} {
		f := newForger(t, key)
		f.give(sign(key, "one", f.claims(map[string]any{"preferred_username": given, "name": "Anna ❤\ufe0f 👩\u200d💻"})))
		c, err := f.exchange(t)
		if err != nil || c.AccountName != want || c.Name != "Anna ❤\ufe0f 👩\u200d💻" {
			t.Errorf("%q: got %q and %q, %v; want %q", given, c.AccountName, c.Name, err, want)
		}
	}
}

// TestAGuestIsNoticed works without the optional claim acct, which most app registrations do not request.
func TestAGuestIsNoticed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		idp  any
		want bool
	}{
		"nobody else's":           {nil, false},
		"this tenant's":           {"https://sts.windows.net/" + strings.ToUpper(tenantID) + "/", false},
		"another organisation's":  {"https://sts.windows.net/11111111-0b5a-4c7d-9e21-5f4a3b2c1d0e/", true},
		"a personal account":      {"live.com", true},
		"empty":                   {"", false},
		"what makes no sense":     {17, false},
		"what makes no sense too": {[]string{"live.com"}, false},
	} {
		f := newForger(t, newKey(t))
		f.give(sign(f.key, "one", f.claims(map[string]any{"idp": c.idp})))
		got, err := f.exchange(t)
		if err != nil || got.Guest != c.want {
			t.Errorf("%s: guest %v, want %v; %v", name, got.Guest, c.want, err)
		}
	}
}

func TestClaimsAreCleaned(t *testing.T) {
	t.Parallel()
	f := newForger(t, newKey(t))
	f.give(sign(f.key, "one", f.claims(map[string]any{
		"name": " \u202eAnna\u0000 " + strings.Repeat("ø", 400), "email": "a\nb@x.example", "xms_pl": "../da",
		"login_hint": strings.Repeat("h", 5000), "acct": "1", "oid": strings.ToUpper(annaID),
	})))
	got, err := f.exchange(t)
	if err != nil {
		t.Fatal(err)
	}
	want := microsoft.Claims{
		TenantID: tenantID, ObjectID: annaID, AccountName: "anna@nordhavn.example",
		Name: "Anna " + strings.Repeat("ø", 251), Guest: true,
	}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestForgedSignatures(t *testing.T) {
	t.Parallel()
	key, other := newKey(t), newKey(t)
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	public := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	none := func(claims map[string]any) string {
		encode := base64.RawURLEncoding.EncodeToString
		payload, _ := json.Marshal(claims)
		return encode([]byte(`{"alg":"none","kid":"one"}`)) + "." + encode(payload) + "."
	}
	tests := []struct {
		name  string
		token func(*forger) string
	}{
		{"signed with another key under the known name",
			func(f *forger) string { return sign(other, "one", f.claims(nil)) }},
		{"signed with an unknown key", func(f *forger) string { return sign(other, "two", f.claims(nil)) }},
		{"without a key name", func(f *forger) string { return sign(key, "", f.claims(nil)) }},
		{"alg none", func(f *forger) string { return none(f.claims(nil)) }},
		{"HS256 with the public key as secret", func(f *forger) string {
			return signWith(jose.SigningKey{Algorithm: jose.HS256, Key: jose.JSONWebKey{Key: public, KeyID: "one"}},
				f.claims(nil))
		}},
		{"PS256, which Microsoft does not use", func(f *forger) string {
			return signWith(jose.SigningKey{Algorithm: jose.PS256, Key: jose.JSONWebKey{Key: key, KeyID: "one"}},
				f.claims(nil))
		}},
		{"a changed payload", func(f *forger) string {
			parts := strings.Split(sign(key, "one", f.claims(nil)), ".")
			payload, _ := json.Marshal(f.claims(map[string]any{"oid": guest.ObjectID}))
			return parts[0] + "." + base64.RawURLEncoding.EncodeToString(payload) + "." + parts[2]
		}},
		{"no token at all", func(*forger) string { return "" }},
		{"not a token", func(*forger) string { return "a.b" }},
		{"an endless token", func(*forger) string { return strings.Repeat("a", 100<<10) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := newForger(t, key)
			f.give(tt.token(f))
			_, err := f.exchange(t)
			if got, _ := reason(t, err); got != microsoft.ReasonBadResponse {
				t.Errorf("got %q, want bad response: %v", got, err)
			}
		})
	}
}

// TestTheSecretGoesInTheForm keeps one authentication style: trying the other one would send the secret twice.
func TestTheSecretGoesInTheForm(t *testing.T) {
	t.Parallel()
	f := newForger(t, newKey(t))
	f.token = func(w http.ResponseWriter, r *http.Request) {
		var body bytes.Buffer
		_, _ = body.ReadFrom(r.Body)
		if !strings.Contains(body.String(), "client_secret="+secret) || r.Header.Get("Authorization") != "" {
			t.Errorf("request %q with Authorization %q", body.String(), r.Header.Get("Authorization"))
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusUnauthorized)
		sendJSON(w, map[string]string{"error": "invalid_client", "error_description": "AADSTS7000222: The secret " +
			secret + " has ended."})
	}
	_, err := f.exchange(t)
	if got, code := reason(t, err); got != microsoft.ReasonMisconfigured || code != "AADSTS7000222" {
		t.Errorf("got %q %q, want misconfigured AADSTS7000222", got, code)
	}
	if got := f.calls["/token"]; got != 1 {
		t.Errorf("got %d token requests, want 1", got)
	}
}
