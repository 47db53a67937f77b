package devtenant

import (
	"crypto/sha1" // #nosec G505 -- x5t names a certificate by its SHA-1 (RFC 7515 section 4.1.7) and proves nothing
	"crypto/sha256"
	"crypto/subtle"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// assertionType is the only client_assertion_type (RFC 7523 section 2.2).
const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// clockSkew is how far clocks may differ, as at Microsoft.
const clockSkew = 5 * time.Minute

// refusal is a problem and the status it is told with.
type refusal struct {
	status int
	problem
}

func badClient(number, text string) *refusal {
	return &refusal{http.StatusUnauthorized, problem{"invalid_client", number, text}}
}

func badRequest(number, text string) *refusal {
	return &refusal{http.StatusBadRequest, problem{"invalid_request", number, text}}
}

// client verifies the application that sent a form: client_secret_post or _basic
// (RFC 6749 section 2.3.1), or private_key_jwt (RFC 7523; Microsoft: "Certificate
// credentials"). Only one of them may be used at once.
func (t *Tenant) client(r *http.Request) (App, *refusal) {
	id, secret := r.PostForm.Get("client_id"), r.PostForm.Get("client_secret")
	assertion := r.PostForm.Get("client_assertion")
	if user, password, ok := r.BasicAuth(); ok {
		id, _ = url.QueryUnescape(user)
		secret, _ = url.QueryUnescape(password)
	}
	app, ok := t.App(id)
	switch {
	case !ok || app.Stranger:
		return App{}, &refusal{http.StatusBadRequest, *t.unknownApp(id)}
	case secret != "" && assertion != "":
		return App{}, badRequest("AADSTS90023", "The request contains both client_secret and client_assertion.")
	case assertion != "":
		return app, t.checkAssertion(app, r.PostForm.Get("client_assertion_type"), assertion)
	case secret == "":
		return App{}, badClient("AADSTS7000218",
			"The request body must contain the following parameter: 'client_assertion' or 'client_secret'.")
	}
	return app, t.checkSecret(app, secret)
}

// checkSecret tells a wrong secret from one that has ended.
func (t *Tenant) checkSecret(app App, secret string) *refusal {
	i := slices.IndexFunc(app.Secrets, func(s Secret) bool {
		return subtle.ConstantTimeCompare([]byte(secret), []byte(s.Value)) == 1
	})
	switch {
	case i < 0:
		return badClient("AADSTS7000215", "Invalid client secret provided. Ensure the secret being sent in the "+
			"request is the client secret value, not the client secret ID, for a secret added "+
			"to app '"+app.ClientID+"'.")
	case !app.Secrets[i].Ends.IsZero() && !t.now().Before(app.Secrets[i].Ends):
		return badClient("AADSTS7000222", "The provided client secret keys for app '"+app.ClientID+"' are expired.")
	}
	return nil
}

// assertionClaims are what a client assertion has to say (RFC 7523 section 3).
type assertionClaims struct {
	Issuer    string `json:"iss"`
	Subject   string `json:"sub"`
	Audience  string `json:"aud"`
	ID        string `json:"jti"`
	Expires   int64  `json:"exp"`
	NotBefore int64  `json:"nbf"`
}

// checkAssertion verifies a signed client assertion.
func (t *Tenant) checkAssertion(app App, kind, assertion string) *refusal {
	if kind != assertionType {
		return badRequest("AADSTS900144", "The request body must contain client_assertion_type '"+assertionType+"'.")
	}
	signed, err := jose.ParseSignedCompact(assertion, []jose.SignatureAlgorithm{jose.PS256, jose.RS256})
	if err != nil || len(signed.Signatures) != 1 {
		return badRequest("AADSTS50027", "JWT token is invalid or malformed.")
	}
	certificate := registered(app, signed.Signatures[0].Header)
	if certificate == nil {
		return badClient("AADSTS700027", "The certificate with identifier used to sign the client assertion is "+
			"not registered on application. [Reason - The key was not found.]")
	}
	if now := t.now(); now.After(certificate.NotAfter) || now.Before(certificate.NotBefore) {
		return badClient("AADSTS700027",
			"Client assertion failed signature validation. [Reason - The key used is expired.]")
	}
	payload, err := signed.Verify(certificate.PublicKey)
	if err != nil {
		return badClient("AADSTS700027", "Client assertion failed signature validation. "+
			"[Reason - Key was found, but use of the key to verify the signature failed.]")
	}
	var c assertionClaims
	if err := json.Unmarshal(payload, &c); err != nil {
		return badRequest("AADSTS50027", "JWT token is invalid or malformed.")
	}
	return t.checkClaims(app, c)
}

// registered finds the application's certificate that the header names by x5t or
// x5t#S256.
func registered(app App, h jose.Header) *x509.Certificate {
	name1, _ := h.ExtraHeaders["x5t"].(string)
	name256, _ := h.ExtraHeaders["x5t#S256"].(string)
	i := slices.IndexFunc(app.Certificates, func(c *x509.Certificate) bool {
		sum1, sum256 := sha1.Sum(c.Raw), sha256.Sum256(c.Raw) // #nosec G401 -- see the import
		return name1 == base64.RawURLEncoding.EncodeToString(sum1[:]) ||
			name256 == base64.RawURLEncoding.EncodeToString(sum256[:])
	})
	if i < 0 {
		return nil
	}
	return app.Certificates[i]
}

// checkClaims checks the audience and the times of an assertion, and that it is used
// once. Entra itself does not look for replays; a client must not count on that.
func (t *Tenant) checkClaims(app App, c assertionClaims) *refusal {
	now := t.now()
	ends := time.Unix(c.Expires, 0)
	switch {
	case !strings.EqualFold(c.Issuer, app.ClientID) || !strings.EqualFold(c.Subject, app.ClientID):
		return badClient("AADSTS700021", "Client assertion application identifier doesn't match 'client_id' parameter.")
	case c.Audience != t.origin+"/"+t.id+"/oauth2/v2.0/token" && c.Audience != t.issuer():
		return badClient("AADSTS700023", "Client assertion audience claim does not match Realm issuer.")
	case c.Expires == 0 || now.After(ends.Add(clockSkew)) || now.Before(time.Unix(c.NotBefore, 0).Add(-clockSkew)):
		return badClient("AADSTS700024", "Client assertion is not within its valid time range.")
	case c.ID == "":
		return badClient("AADSTS50027", "JWT token is invalid or malformed: it has no jti.")
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for key, end := range t.used {
		if now.After(end) {
			delete(t.used, key)
		}
	}
	key := app.ClientID + "|" + c.ID
	if _, used := t.used[key]; used {
		return badClient("AADSTS50027", "JWT token is invalid: its jti was used before.")
	}
	t.used[key] = ends.Add(clockSkew)
	return nil
}
