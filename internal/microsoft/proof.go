package microsoft

import (
	"errors"
	"fmt"
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

	// assertionLife is the life of an assertion: as short as clocks allow, 5 to 10
	// minutes by Microsoft's page "Application authentication certificate credentials".
	assertionLife = 5 * time.Minute
)

// proof is what proves the application at its token endpoint: the secret
// (RFC 6749 section 2.3.1) or an assertion signed with the certificate's key
// (private_key_jwt, RFC 7523 section 2.2), which is made for one call. The error
// is a *Failure.
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
	return nil, failure(ReasonMisconfigured, fmt.Errorf("the connection of tenant %s has no client secret and no certificate", c.TenantID))
}

// assertion signs who we are, for the token endpoint alone, with PS256 and the
// certificate's SHA-256 thumbprint (Microsoft: "Application authentication
// certificate credentials", which names these two since 2024).
func (m *Microsoft) assertion(c pactius.Credentials, endpoint string) (string, error) {
	pair, err := readCertificate(c.Certificate)
	if err != nil {
		// The fault's words are for the form; what the key looks like stays out of logs.
		return "", failure(ReasonMisconfigured, fmt.Errorf("the certificate of tenant %s cannot be read", c.TenantID))
	}
	options := (&jose.SignerOptions{}).WithType("JWT").WithHeader("x5t#S256", pair.thumbprint())
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.PS256, Key: pair.key}, options)
	if err != nil {
		return "", failure(ReasonMisconfigured, errors.New("the certificate's key cannot sign"))
	}
	now := m.now()
	// The audience is one text, as Microsoft shows it; jwt.Claims would write a list.
	assertion, err := jwt.Signed(signer).Claims(map[string]any{
		"iss": c.ClientID, "sub": c.ClientID, "aud": endpoint, "jti": id.New(),
		"iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(assertionLife).Unix(),
	}).Serialize()
	if err != nil {
		return "", failure(ReasonMisconfigured, errors.New("signing with the certificate's key did not work"))
	}
	return assertion, nil
}
