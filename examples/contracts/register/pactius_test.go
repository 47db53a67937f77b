package register

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

const application = "0198a1c2-0000-7000-8000-00000000000a"

// outside stands in for PACTIUS and its door: it publishes keys, answers which units a person reaches, and signs
// tokens. Its clock is also the register's.
type outside struct {
	server *httptest.Server
	log    lockedBuffer

	mu       sync.Mutex
	now      time.Time
	keys     map[string]*ecdsa.PrivateKey // published
	units    map[string]string            // person ID -> the answer of the units
	etag     string                       // of all answers
	down     bool
	keysSeen int      // requests for keys
	asked    []string // requests for units, each as token and If-None-Match
}

// company is a tree in which a person may be given access to each unit.
func company(root, sales, south, finance string) string {
	return `{"units":[
		{"id":"root","name":"Nordhavn Shipping","access":"` + root + `"},
		{"id":"sales","parent":"root","name":"Sales","access":"` + sales + `"},
		{"id":"south","parent":"sales","name":"South","access":"` + south + `"},
		{"id":"finance","parent":"root","name":"Finance","access":"` + finance + `"}]}`
}

// start opens a register and the outside world for it.
func start(t *testing.T) (*outside, *Register) {
	t.Helper()
	o := &outside{
		now:  time.Date(2026, 5, 3, 12, 0, 0, 0, time.UTC),
		keys: map[string]*ecdsa.PrivateKey{"first": newKey(t)}, units: map[string]string{}, etag: `"1"`,
	}
	o.server = httptest.NewServer(http.HandlerFunc(o.serve))
	t.Cleanup(o.server.Close)
	r, err := New(Config{
		Pactius: o.server.URL + "/", Application: application, Now: o.clock,
		Logger: slog.New(slog.NewTextHandler(&o.log, nil)),
		Sample: []Contract{
			{Unit: "south", Title: "Cranes", Partner: "Kran & Co", Value: 1250000, EndsOn: "2027-12-31"},
			{Unit: "finance", Title: "Audit", Partner: "Revisor", Value: 90000},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return o, r
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func (o *outside) clock() time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.now
}

// with changes the outside world.
func (o *outside) with(change func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	change()
}

func (o *outside) serve(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case o.down:
		w.WriteHeader(http.StatusServiceUnavailable)
	case r.URL.Path == "/.well-known/jwks.json":
		o.keysSeen++
		var set jose.JSONWebKeySet
		for id, key := range o.keys {
			set.Keys = append(set.Keys, jose.JSONWebKey{Key: key.Public(), KeyID: id, Algorithm: "ES256", Use: "sig"})
		}
		_ = json.NewEncoder(w).Encode(set)
	case r.URL.Path == "/api/v1/units":
		token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		o.asked = append(o.asked, token+" "+r.Header.Get("If-None-Match"))
		units, known := o.units[subject(token)]
		switch w.Header().Set("ETag", o.etag); {
		case !known:
			w.WriteHeader(http.StatusUnauthorized)
		case r.Header.Get("If-None-Match") == o.etag:
			w.WriteHeader(http.StatusNotModified)
		default:
			_, _ = w.Write([]byte(units))
		}
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

// subject reads the person of a token without checking it.
func subject(token string) string {
	var c jwt.Claims
	if parsed, err := jwt.ParseSigned(token, []jose.SignatureAlgorithm{jose.ES256}); err == nil {
		_ = parsed.UnsafeClaimsWithoutVerification(&c)
	}
	return c.Subject
}

// claims are those of a valid token for a person.
func (o *outside) claims(person string) map[string]any {
	now := o.clock().Unix()
	return map[string]any{
		"iss": o.server.URL, "aud": application, "sub": person, "name": "Freja Åkjær", "iat": now, "exp": now + 60,
	}
}

// token signs the claims of a person after edit has changed them; nil changes nothing.
func (o *outside) token(t *testing.T, person string, edit func(claims map[string]any)) string {
	t.Helper()
	claims := o.claims(person)
	if edit != nil {
		edit(claims)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	return sign(t, jose.ES256, o.keys["first"], "first", "pactius+jwt", claims)
}

// sign makes a token of any kind; typ "" leaves the header out.
func sign(t *testing.T, alg jose.SignatureAlgorithm, key any, id, typ string, claims any) string {
	t.Helper()
	options := (&jose.SignerOptions{}).WithHeader("kid", id)
	if typ != "" {
		options = options.WithType(jose.ContentType(typ))
	}
	return signWith(t, options, alg, key, claims)
}

func signWith(t *testing.T, options *jose.SignerOptions, alg jose.SignatureAlgorithm, key, claims any) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: key}, options)
	if err != nil {
		t.Fatal(err)
	}
	token, err := jwt.Signed(signer).Claims(claims).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// open requests a page with tokens in the header, and returns status and page.
func open(t *testing.T, r http.Handler, path string, tokens ...string) (int, string) {
	t.Helper()
	return do(r, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil), tokens...)
}

// send posts a form as a browser does from the register's own page.
func send(t *testing.T, r http.Handler, path, token string, form url.Values) (int, string) {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(form.Encode()))
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Sec-Fetch-Site", "same-origin")
	return do(r, request, token)
}

func do(r http.Handler, request *http.Request, tokens ...string) (int, string) {
	for _, token := range tokens {
		request.Header.Add("Pactius-Token", token)
	}
	w := httptest.NewRecorder()
	r.ServeHTTP(w, request)
	return w.Code, w.Body.String()
}

// lockedBuffer keeps a log.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
