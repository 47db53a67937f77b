package devtenant_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"maps"
	"math/big"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius/testbed/devtenant"
)

// certified is a certificate and its key; it is made once.
type certified struct {
	key  *rsa.PrivateKey
	cert *x509.Certificate
}

var newCertificate = sync.OnceValue(func() certified {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "PACTIUS"},
		NotBefore: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		panic(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		panic(err)
	}
	return certified{key, cert}
})

// assertion signs claims; change replaces some, nil leaves one out.
func (s *site) assertion(
	tb testing.TB, alg jose.SignatureAlgorithm, header map[string]any, change map[string]any,
) string {
	tb.Helper()
	c := newCertificate()
	claims := map[string]any{
		"aud": s.path("/oauth2/v2.0/token"), "iss": clientID, "sub": clientID, "jti": rand.Text(), "nbf": s.now.Unix(),
		"exp": s.now.Add(5 * time.Minute).Unix(),
	}
	maps.Copy(claims, change)
	maps.DeleteFunc(claims, func(_ string, v any) bool { return v == nil })
	payload, err := json.Marshal(claims)
	must(tb, err)
	o := (&jose.SignerOptions{}).WithType("JWT")
	for name, value := range header {
		o = o.WithHeader(jose.HeaderKey(name), value)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: c.key}, o)
	must(tb, err)
	signed, err := signer.Sign(payload)
	must(tb, err)
	text, err := signed.CompactSerialize()
	must(tb, err)
	return text
}

func thumbprint(h crypto.Hash) string {
	raw := newCertificate().cert.Raw
	if h == crypto.SHA1 {
		sum := sha1.Sum(raw)
		return base64.RawURLEncoding.EncodeToString(sum[:])
	}
	sum := sha256.Sum256(raw)
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// tokenAnswer is what the token endpoint says.
type tokenAnswer struct {
	Access string `json:"access_token"`
	ID     string `json:"id_token"`
	Error  string `json:"error"`
	Codes  []int  `json:"error_codes"`
}

func (s *site) ask(tb testing.TB, form url.Values) tokenAnswer {
	tb.Helper()
	var got tokenAnswer
	a := s.post(tb, s.path("/oauth2/v2.0/token"), form)
	if err := json.Unmarshal([]byte(a.Body), &got); err != nil || (a.StatusCode == 200) != (got.Error == "") {
		tb.Fatalf("%v: %d %s", err, a.StatusCode, a.Body)
	}
	return got
}

func assertionForm(assertion string, form url.Values) url.Values {
	form.Del("client_secret")
	form.Set("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
	form.Set("client_assertion", assertion)
	return form
}

// certify registers the certificate beside the secret.
func (s *site) certify(tb testing.TB) {
	tb.Helper()
	app, _ := s.tenant.App(clientID)
	app.Certificates = []*x509.Certificate{newCertificate().cert}
	must(tb, s.tenant.PutApp(app))
}

func TestClientAssertions(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	s.certify(t)
	by256, by1 := map[string]any{"x5t#S256": thumbprint(crypto.SHA256)}, map[string]any{"x5t": thumbprint(crypto.SHA1)}
	at := func(d time.Duration) int64 { return s.now.Add(d).Unix() }
	tests := []struct {
		name   string
		alg    jose.SignatureAlgorithm
		header map[string]any
		change map[string]any
		number int // 0 is a token
	}{
		{"as Microsoft recommends", jose.PS256, by256, nil, 0},
		{"as before", jose.RS256, by1, nil, 0},
		{"for the issuer", jose.PS256, by256, map[string]any{"aud": s.path("/v2.0")}, 0},
		{"signed otherwise", jose.RS512, by256, nil, 50027},
		{"no thumbprint", jose.PS256, nil, nil, 700027},
		{"an unknown thumbprint", jose.PS256, map[string]any{"x5t#S256": "x"}, nil, 700027},
		{
			"for another tenant", jose.PS256, by256,
			map[string]any{"aud": s.url + "/" + otherID + "/oauth2/v2.0/token"}, 700023,
		},
		{"by another issuer", jose.PS256, by256, map[string]any{"iss": oid(1)}, 700021},
		{"for another subject", jose.PS256, by256, map[string]any{"sub": oid(1)}, 700021},
		{"ended", jose.PS256, by256, map[string]any{"exp": at(-6 * time.Minute)}, 700024},
		{"ended within the skew of clocks", jose.PS256, by256, map[string]any{"exp": at(-4 * time.Minute)}, 0},
		{"without end", jose.PS256, by256, map[string]any{"exp": nil}, 700024},
		{"not yet", jose.PS256, by256, map[string]any{"nbf": at(6 * time.Minute)}, 700024},
		{"without jti", jose.PS256, by256, map[string]any{"jti": nil}, 50027},
		{"another type of audience", jose.PS256, by256, map[string]any{"aud": 5}, 50027},
	}
	for _, tt := range tests {
		got := s.ask(t, assertionForm(s.assertion(t, tt.alg, tt.header, tt.change), s.tokenForm()))
		if (tt.number == 0) != (got.Access != "") || tt.number != 0 && got.Codes[0] != tt.number {
			t.Errorf("%s: got %v %s, want %d", tt.name, got.Codes, got.Error, tt.number)
		}
	}
	whole := s.assertion(t, jose.PS256, by256, nil)
	secretToo, another := s.tokenForm(), assertionForm(whole, s.tokenForm())
	secretToo.Set("client_assertion", whole)
	another.Set("client_id", oid(1))
	for name, tt := range map[string]struct {
		form   url.Values
		number int
	}{
		"garbage":         {assertionForm("x", s.tokenForm()), 50027},
		"another payload": {assertionForm(forge(whole), s.tokenForm()), 700027},
		"no type": {
			url.Values{"grant_type": {"client_credentials"}, "client_id": {clientID}, "client_assertion": {whole}},
			900144,
		},
		"with a secret":       {secretToo, 90023},
		"another application": {another, 700016},
	} {
		if got := s.ask(t, tt.form); got.Access != "" || got.Codes[0] != tt.number {
			t.Errorf("%s: got %v, want %d", name, got.Codes, tt.number)
		}
	}
	if got := s.ask(t, assertionForm(whole, s.tokenForm())); got.Access == "" {
		t.Fatalf("the first use: %v", got)
	}
	if got := s.ask(t, assertionForm(whole, s.tokenForm())); got.Access != "" {
		t.Error("the same assertion was accepted twice")
	}
	s.now = newCertificate().cert.NotAfter.Add(time.Second)
	if got := s.ask(t, assertionForm(s.assertion(t, jose.PS256, by256, nil), s.tokenForm())); got.Access != "" ||
		got.Codes[0] != 700027 {
		t.Errorf("an ended certificate: %v", got)
	}
}

// forge keeps header and signature and says something else between them.
func forge(jwt string) string {
	parts := strings.Split(jwt, ".")
	payload, _ := base64.RawURLEncoding.DecodeString(parts[1])
	parts[1] = base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(string(payload), `"nbf"`, `"iat"`, 1)))
	return strings.Join(parts, ".")
}

func TestACodeIsRedeemedWithACertificate(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	s.certify(t)
	form := url.Values{
		"grant_type": {"authorization_code"}, "client_id": {clientID}, "redirect_uri": {callback},
		"code_verifier": {verifier},
		"code":          {s.choose(t, map[string]string{"person": oid(1)}).sentBack(t).Get("code")},
	}
	got := s.ask(
		t, assertionForm(s.assertion(t, jose.PS256, map[string]any{"x5t#S256": thumbprint(crypto.SHA256)}, nil), form),
	)
	if claims(t, got.ID)["oid"] != oid(1) {
		t.Errorf("got %v", got)
	}
}

// claims reads a token without verifying it.
func claims(tb testing.TB, token string) map[string]any {
	tb.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		tb.Fatalf("%q is no JWT", token)
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	must(tb, err)
	var c map[string]any
	must(tb, json.Unmarshal(payload, &c))
	return c
}

func TestSecretsEnd(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	app, _ := s.tenant.App(clientID)
	app.Secrets = []devtenant.Secret{
		{Value: "old", Ends: s.now.Add(time.Hour)}, {Value: "new", Ends: s.now.Add(2 * time.Hour)}, {Value: "for good"},
	}
	must(t, s.tenant.PutApp(app))
	for i, want := range []map[string]int{
		{"old": 0, "new": 0, "for good": 0, "other": 7000215, "": 7000218},
		{"old": 7000222, "new": 0, "for good": 0, "other": 7000215},
		{"old": 7000222, "new": 7000222, "for good": 0},
	} {
		got := map[string]int{}
		for value := range want {
			form := s.tokenForm()
			form.Set("client_secret", value)
			got[value] = 0
			if a := s.ask(t, form); a.Error != "" {
				got[value] = a.Codes[0]
			}
		}
		if diff := cmp.Diff(got, want); diff != "" {
			t.Errorf("after %d hours (-got +want)\n%s", i, diff)
		}
		s.now = s.now.Add(time.Hour)
	}
}

func TestAppTokens(t *testing.T) {
	t.Parallel()
	s := serve(t, func(c *devtenant.Config) { c.GraphURL = "https://graph.example" })
	for scope, number := range map[string]int{
		"https://graph.example/.default": 0, s.url + "/.default": 500011,
		"https://graph.example/User.Read.All": 1002012, "": 1002012,
	} {
		form := s.tokenForm()
		form.Set("scope", scope)
		if got := s.ask(t, form); (number == 0) != (got.Access != "") || number != 0 && got.Codes[0] != number {
			t.Errorf("%q: got %v, want %d", scope, got.Codes, number)
		}
	}
	for _, granted := range [][]string{nil, {devtenant.ReadBasic}, {"Mail.Read", devtenant.ReadAll}} {
		must(t, s.tenant.Grant(clientID, granted...))
		form := s.tokenForm()
		form.Set("scope", "https://graph.example/.default")
		c := claims(t, s.ask(t, form).Access)
		var roles []string
		if list, ok := c["roles"].([]any); ok {
			for _, role := range list {
				roles = append(roles, role.(string))
			}
		}
		if diff := cmp.Diff(roles, granted); diff != "" || c["aud"] != "https://graph.example" ||
			c["tid"] != tenantID || c["appid"] != clientID {
			t.Errorf("roles (-got +want)\n%s\nin %v", diff, c)
		}
	}
	if err := s.tenant.Grant(oid(1), devtenant.ReadAll); err == nil {
		t.Error("an unknown application was granted something")
	}
}

func TestSeveralApplications(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	second := devtenant.App{
		ClientID: oid(77), Name: "Second", Secrets: []devtenant.Secret{{Value: "second"}},
		RedirectURLs: []string{callback},
	}
	must(t, s.tenant.PutApp(second))
	code := s.choose(t, map[string]string{"person": oid(1), "client_id": oid(77)}).sentBack(t).Get("code")
	form := url.Values{
		"grant_type": {"authorization_code"}, "client_id": {clientID}, "client_secret": {secret},
		"redirect_uri": {callback}, "code_verifier": {verifier}, "code": {code},
	}
	if got := s.ask(t, form); got.ID != "" || got.Codes[0] != 70000 {
		t.Errorf("the code of another application: %v", got)
	}
	form.Set("client_id", oid(77))
	form.Set("client_secret", "second")
	mine := claims(t, s.ask(t, form).ID)
	if mine["aud"] != oid(77) {
		t.Errorf("aud %v", mine["aud"])
	}
	if len(s.tenant.Apps()) != 2 {
		t.Errorf("got %v", s.tenant.Apps())
	}
	second.Stranger = true
	must(t, s.tenant.PutApp(second))
	if a := s.authorize(t, map[string]string{"client_id": oid(77)}); a.StatusCode != 400 ||
		!strings.Contains(a.Body, "AADSTS700016") {
		t.Errorf("an application nobody has consented to: %d", a.StatusCode)
	}
	if got := s.ask(t, form); got.Codes[0] != 700016 {
		t.Errorf("its token: %v", got)
	}
}
