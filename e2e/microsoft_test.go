package e2e

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"testing"

	"github.com/google/uuid"
)

// Microsoft is the certified OpenID provider that stands in for Microsoft Entra ID.
type Microsoft struct {
	Authority string `json:"authority"` // the value of PACTIUS_MICROSOFT_AUTHORITY
}

// Tenant is one Microsoft 365 tenant with its own people, app registrations,
// keys and behaviour.
type Tenant struct {
	ID           string // the tid
	ClientID     string // of its one app registration
	ClientSecret string

	ms *Microsoft
}

// Account is a person's account in a tenant.
type Account struct {
	OID      string         `json:"oid"`              // made by NewTenant and Add when empty
	Username string         `json:"username"`         // the token's preferred_username
	Name     string         `json:"name"`             // display name
	Email    string         `json:"email,omitempty"`  // the token's email, absent when empty
	Claims   map[string]any `json:"claims,omitempty"` // more claims, or other values for the above
}

// Behaviour says how a tenant behaves until told otherwise. The zero Behaviour
// is normal.
type Behaviour struct {
	Error   *SignInError   `json:"error,omitempty"`
	Token   *TokenChange   `json:"token,omitempty"`
	Network *NetworkChange `json:"network,omitempty"`
}

// SignInError is what the authorization endpoint sends everyone back with.
type SignInError struct {
	Code        string `json:"code"`                  // OAuth error: access_denied
	Description string `json:"description,omitempty"` // AADSTS50105: ...
	Subcode     string `json:"subcode,omitempty"`     // Entra's error_subcode: cancel
}

// TokenChange alters every ID token before it is signed.
type TokenChange struct {
	SkewSeconds    int            `json:"skewSeconds,omitempty"` // added to iat, exp, nbf and auth_time
	Claims         map[string]any `json:"claims,omitempty"`      // other values: a wrong tid
	Remove         []string       `json:"remove,omitempty"`      // claims that are missing
	BreakSignature bool           `json:"breakSignature,omitempty"`
}

// NetworkChange is trouble on the way to some of the tenant's endpoints:
// discovery, keys, authorize, token, logout.
type NetworkChange struct {
	Endpoints []string `json:"endpoints"`
	Drop      bool     `json:"drop,omitempty"`   // the connection is cut without an answer
	Status    int      `json:"status,omitempty"` // answered with this status instead
}

// AskedOf is one request that reached a tenant.
type AskedOf struct {
	Endpoint string            `json:"endpoint"`
	Params   map[string]string `json:"params"` // of the query, not of the body
}

// Microsoft returns the shared provider.
func (s *Stage) Microsoft(t testing.TB) *Microsoft {
	t.Helper()
	s.Need(t)
	ms, err := s.microsoft()
	if err != nil {
		t.Fatal(err)
	}
	return ms
}

func (s *Stage) startMicrosoft() (*Microsoft, error) {
	ms := &Microsoft{}
	_, err := s.startNode(ms, "provider/provider.mjs")
	return ms, err
}

// NewTenant makes a tenant of its own for a test. Its app registration knows
// the reply URL {origin}/sign-in/callback and the sign-out page {origin}/ of
// every origin given.
func (ms *Microsoft) NewTenant(t testing.TB, origins []string, people ...Account) *Tenant {
	t.Helper()
	tenant := &Tenant{ID: uuid.NewString(), ClientID: uuid.NewString(), ClientSecret: rand.Text(), ms: ms}
	client := map[string]any{"client_id": tenant.ClientID, "client_secret": tenant.ClientSecret}
	replies, signedOut := []string{}, []string{}
	for _, origin := range origins {
		replies = append(replies, origin+"/sign-in/callback")
		signedOut = append(signedOut, origin+"/", origin)
	}
	client["redirect_uris"], client["post_logout_redirect_uris"] = replies, signedOut
	for i := range people {
		people[i].complete()
	}
	tenant.control(t, http.MethodPut, "", map[string]any{"people": people, "clients": []any{client}}, nil)
	return tenant
}

// Issuer is the iss of the tenant's tokens.
func (tn *Tenant) Issuer() string { return tn.ms.Authority + "/" + tn.ID + "/v2.0" }

// Put adds an account, or changes the one with the same OID. It returns the
// account with its OID.
func (tn *Tenant) Put(t testing.TB, a Account) Account {
	t.Helper()
	a.complete()
	tn.control(t, http.MethodPut, "/people/"+a.OID, a, nil)
	return a
}

// Remove deletes an account.
func (tn *Tenant) Remove(t testing.TB, oid string) {
	t.Helper()
	tn.control(t, http.MethodDelete, "/people/"+oid, nil, nil)
}

// Behave changes how the tenant behaves; Behave(t, Behaviour{}) is normal again.
func (tn *Tenant) Behave(t testing.TB, b Behaviour) {
	t.Helper()
	tn.control(t, http.MethodPut, "/behaviour", b, nil)
}

// RotateKeys replaces the signing key without notice.
func (tn *Tenant) RotateKeys(t testing.TB) {
	t.Helper()
	tn.control(t, http.MethodPost, "/keys", nil, nil)
}

// Asked returns the requests that reached an endpoint, oldest first.
func (tn *Tenant) Asked(t testing.TB, endpoint string) []AskedOf {
	t.Helper()
	var all, of []AskedOf
	tn.control(t, http.MethodGet, "/requests", nil, &all)
	for _, a := range all {
		if a.Endpoint == endpoint {
			of = append(of, a)
		}
	}
	return of
}

// complete gives the account an OID when it has none.
func (a *Account) complete() {
	if a.OID == "" {
		a.OID = uuid.NewString()
	}
}

func (tn *Tenant) control(t testing.TB, method, path string, in, out any) {
	t.Helper()
	body, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	address := tn.ms.Authority + "/control/tenants/" + tn.ID + path
	if err := call(t.Context(), method, address, body, out); err != nil {
		t.Fatalf("steer the tenant: %v", err)
	}
}

// call sends JSON and decodes the answer into out, if that is not nil.
func call(ctx context.Context, method, address string, body []byte, out any) error {
	ctx, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Close = true // Node's server ends an idle connection, at times as the next request is on its way
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s %s: %s: %s", method, address, resp.Status, answer)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(answer, out)
}
