package microsoft

import (
	"errors"
	"net/url"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/id"
)

const (
	// assertionType names the form of the assertion (RFC 7523 section 2.2).
	assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

	// assertionLife is as short as clocks allow: 5 to 10 minutes by Microsoft's page "Application authentication
	// certificate credentials".
	assertionLife = 5 * time.Minute
)

// proof returns the form parameters that authenticate the application at its token endpoint: the secret (RFC 6749
// section 2.3.1) or an assertion for one call, signed with the certificate's key (private_key_jwt, RFC 7523 section
// 2.2). The error is a *Failure.
func (m *Microsoft) proof(c pactius.Credentials, endpoint string) (url.Values, error) {
	switch {
	case len(c.Certificate) > 0:
		assertion, err := m.assertion(c, endpoint)
		if err != nil {
			return nil, err
		}
		return url.Values{"client_assertion_type": {assertionType}, "client_assertion": {assertion}}, nil
	case c.ClientSecret != "":
		return url.Values{"client_secret": {c.ClientSecret}}, nil
	}
	return nil, failure(ReasonMisconfigured, "the connection of tenant %s has no secret and no certificate", c.TenantID)
}

// former returns the credentials with the former secret, where a call with the new one failed in the minutes in which
// Microsoft may not know that one everywhere yet.
func (m *Microsoft) former(c pactius.Credentials, err error) (pactius.Credentials, bool) {
	if c.FormerSecret == "" || !m.now().Before(c.FormerUntil) || !refusesClient(err) {
		return c, false
	}
	m.log.Warn("Microsoft does not accept the new client secret yet, so the former one is used",
		"tenant", c.TenantID, "application", c.ClientID, "until", c.FormerUntil, "error", err)
	c.ClientSecret, c.Certificate, c.FormerSecret = c.FormerSecret, nil, ""
	return c, true
}

// refusesClient reports whether Microsoft did not accept the application's credential (RFC 6749 section 5.2).
func refusesClient(err error) bool {
	f, ok := errors.AsType[*Failure](err)
	return ok && f.problem == "invalid_client"
}

// assertion signs a client assertion for the token endpoint with PS256 and the certificate's SHA-256 thumbprint, which
// Microsoft's page "Application authentication certificate credentials" names since 2024. oauth2 has no client
// assertions.
func (m *Microsoft) assertion(c pactius.Credentials, endpoint string) (string, error) {
	pair, err := readCertificate(c.Certificate)
	if err != nil {
		// The words of this error are for the form; details of the key stay out of logs.
		return "", failure(ReasonMisconfigured, "the certificate of tenant %s cannot be read", c.TenantID)
	}
	options := (&jose.SignerOptions{}).WithType("JWT").WithHeader("x5t#S256", pair.thumbprint())
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.PS256, Key: pair.key}, options)
	if err != nil {
		return "", failure(ReasonMisconfigured, "the certificate's key cannot sign")
	}
	now := m.now()
	// The audience is one text, as Microsoft shows it; jwt.Claims would write a list.
	assertion, err := jwt.Signed(signer).Claims(map[string]any{
		"iss": c.ClientID, "sub": c.ClientID, "aud": endpoint, "jti": id.New(),
		"iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(assertionLife).Unix(),
	}).Serialize()
	if err != nil {
		return "", failure(ReasonMisconfigured, "signing with the certificate's key did not work")
	}
	return assertion, nil
}
