package microsoft

import (
	"context"
	"crypto"
	"crypto/subtle"
	"encoding/json"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// clockLeeway is the difference allowed between our clock and Microsoft's, both ways, before a token counts as expired
// or not yet valid. Microsoft's own libraries and Kerberos allow five minutes.
const clockLeeway = 5 * time.Minute

// maxToken bounds an ID token in bytes; real ones have about 2 KB.
const maxToken = 64 << 10

// Exchange turns the code of a callback into verified claims. It redeems the code at the token endpoint, then verifies
// the ID token: signature (RS256, the tenant's published keys), exact issuer, audience, nonce, times within
// clockLeeway, tenant, object ID (OpenID Connect Core section 3.1.3.7; Microsoft: "Validate ID tokens"). The error is a
// *Failure.
func (m *Microsoft) Exchange(ctx context.Context, c Connection, a Attempt, code string) (Claims, error) {
	if err := a.check(); err != nil {
		return Claims{}, err
	}
	t, err := m.tenant(c)
	if err != nil {
		return Claims{}, err
	}
	raw, err := t.redeem(ctx, c, a, code)
	if former, ok := m.former(c.Credentials, err); ok {
		// The client was refused, so the code was not used (RFC 6749 section 5.2).
		again := c
		again.Credentials = former
		if second, formerErr := t.redeem(ctx, again, a, code); formerErr == nil || !refusesClient(formerErr) {
			raw, err = second, formerErr
		}
	}
	if err != nil {
		return Claims{}, err
	}
	return t.claims(ctx, c, a, raw)
}

// redeem exchanges the code for an ID token (RFC 6749 section 4.1.3). The code is sent once, whatever happens.
func (t *tenant) redeem(ctx context.Context, c Connection, a Attempt, code string) (string, error) {
	e, err := t.endpoints.load(ctx)
	if err != nil {
		return "", err
	}
	proof, err := t.m.proof(c.Credentials, e.TokenURL)
	if err != nil {
		return "", err
	}
	options := []oauth2.AuthCodeOption{oauth2.VerifierOption(a.Verifier)}
	for name, values := range proof {
		options = append(options, oauth2.SetAuthURLParam(name, values[0]))
	}
	token, err := e.oauth(c).Exchange(oidc.ClientContext(ctx, t.m.codes), code, options...)
	if err != nil {
		return "", libraryFailure("the token endpoint", err)
	}
	raw, ok := token.Extra("id_token").(string)
	if !ok || raw == "" {
		return "", failure(ReasonBadResponse, "the token endpoint answered without an ID token")
	}
	if len(raw) > maxToken {
		return "", failure(ReasonBadResponse, "the ID token has %d bytes, more than %d", len(raw), maxToken)
	}
	return raw, nil
}

// claims verifies an ID token and returns its claims.
func (t *tenant) claims(ctx context.Context, c Connection, a Attempt, raw string) (Claims, error) {
	key, err := t.key(ctx, raw)
	if err != nil {
		return Claims{}, err
	}
	keys := &oidc.StaticKeySet{PublicKeys: []crypto.PublicKey{key}}
	verifier := oidc.NewVerifier(t.issuer, keys, &oidc.Config{
		ClientID:             c.ClientID,
		SupportedSigningAlgs: []string{oidc.RS256},
		// Both are checked below: the issuer to tell another tenant from a malformed token, the times with a leeway
		// that go-oidc grants to nbf only.
		SkipIssuerCheck: true,
		SkipExpiryCheck: true,
	})
	token, err := verifier.Verify(ctx, raw)
	if err != nil {
		return Claims{}, libraryFailure("verifying the ID token", err)
	}
	var p payload
	if err := token.Claims(&p); err != nil {
		return Claims{}, failure(ReasonBadResponse, "reading the ID token's claims: %w", err)
	}
	if err := t.checkIssuer(token, p); err != nil {
		return Claims{}, err
	}
	if err := checkParty(token, p, c); err != nil {
		return Claims{}, err
	}
	// An ID token of another sign-in has another nonce.
	if subtle.ConstantTimeCompare([]byte(token.Nonce), []byte(a.Nonce)) != 1 {
		return Claims{}, failure(ReasonReplayed, "the ID token's nonce is not this sign-in's")
	}
	if err := checkTimes(token, p, t.m.now()); err != nil {
		return Claims{}, err
	}
	return p.claims(t.id, t.m.now())
}

// checkIssuer refuses every tenant but the connection's.
func (t *tenant) checkIssuer(token *oidc.IDToken, p payload) error {
	tid := strings.ToLower(p.TenantID)
	if tid != "" && (tid != t.id || tid == personalTenant) {
		return failure(ReasonOtherTenant, "the ID token is of tenant %q, not %s", shorten(tid), t.id)
	}
	if token.Issuer != t.issuer {
		return failure(ReasonBadResponse, "the ID token was issued by %q, not %q", shorten(token.Issuer), t.issuer)
	}
	if tid != t.id {
		return failure(ReasonBadResponse, "the ID token names no tenant (tid)")
	}
	return nil
}

// checkParty requires that a token was made for this application, which go-oidc leaves to the caller when there are
// further audiences (OpenID Connect Core section 3.1.3.7).
func checkParty(token *oidc.IDToken, p payload, c Connection) error {
	if (p.AuthorizedParty != "" || len(token.Audience) > 1) && p.AuthorizedParty != c.ClientID {
		return failure(ReasonBadResponse, "the ID token was made for the application %q", shorten(p.AuthorizedParty))
	}
	return nil
}

// checkTimes compares the token's times with our clock. The token comes directly from Microsoft, so a difference means
// that a clock is wrong.
func checkTimes(token *oidc.IDToken, p payload, now time.Time) error {
	if token.IssuedAt.Unix() <= 0 || token.Expiry.Unix() <= 0 {
		return failure(ReasonBadResponse, "the ID token does not say when it was issued or ends")
	}
	if late := now.Sub(token.Expiry); late > clockLeeway {
		return failure(ReasonClock, "the new ID token ended %v ago by our clock", late.Round(time.Second))
	}
	begins := token.IssuedAt
	if p.NotBefore > 0 && time.Unix(int64(p.NotBefore), 0).After(begins) {
		begins = time.Unix(int64(p.NotBefore), 0)
	}
	if early := begins.Sub(now); early > clockLeeway {
		return failure(ReasonClock, "the ID token begins in %v by our clock", early.Round(time.Second))
	}
	return nil
}

// payload is the part of an ID token that is used (Microsoft: "ID token claims reference" and "Optional claims
// reference").
type payload struct {
	TenantID        string          `json:"tid"`
	ObjectID        string          `json:"oid"`
	AuthorizedParty string          `json:"azp"`
	NotBefore       float64         `json:"nbf"` // seconds since 1970
	AccountName     string          `json:"preferred_username"`
	Name            string          `json:"name"`
	Email           string          `json:"email"`
	Account         json.RawMessage `json:"acct"` // 0 member, 1 guest; number or string
	Provider        json.RawMessage `json:"idp"`  // the identity provider; absent for the tenant itself
	LoginHint       string          `json:"login_hint"`
	Language        string          `json:"xms_pl"`
	AuthTime        json.RawMessage `json:"auth_time"` // seconds since 1970; anything else is no time
}
