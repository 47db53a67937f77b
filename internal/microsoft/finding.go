package microsoft

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/id"
)

// FindTenant returns the ID of the tenant that has a domain, which is a host name with A-labels. Microsoft answers with
// the tenant's discovery document, whose issuer holds the ID (Microsoft: "OpenID Connect on the Microsoft identity
// platform", find your app's OpenID configuration document URI). This is public and no evidence: anyone may ask for any
// domain. The error is a sentence for the field "tenant".
func (g *Graph) FindTenant(ctx context.Context, domain string) (string, error) {
	issuer, err := g.m.issuerOf(ctx, domain)
	if f, ok := errors.AsType[*Failure](err); ok {
		return "", findingError(domain, f)
	}
	if err != nil {
		return "", err
	}
	tenant, known := strings.CutSuffix(strings.TrimPrefix(issuer, g.m.authority+"/"), "/v2.0")
	switch tenant = strings.ToLower(tenant); {
	case tenant == personalTenant:
		return "", pactius.RefuseField("tenant", pactius.T("The domain %s is for personal Microsoft accounts. Enter "+
			"your company's domain.", domain))
	case known && id.Valid(tenant):
		return tenant, nil
	}
	return "", pactius.RefuseField("tenant", pactius.T("The domain %s belongs to a different Microsoft cloud from the "+
		"one that PACTIUS is connected to here. Please contact Support.", domain))
}

// issuerOf reads the issuer in the discovery document of a domain.
func (m *Microsoft) issuerOf(ctx context.Context, domain string) (string, error) {
	what := "the OpenID configuration of the domain " + domain
	r, err := http.NewRequestWithContext(ctx, http.MethodGet,
		m.authority+"/"+url.PathEscape(domain)+"/v2.0/.well-known/openid-configuration", nil)
	if err != nil {
		return "", err
	}
	resp, err := m.client.Do(r)
	if err != nil {
		return "", libraryFailure(what, err)
	}
	defer resp.Body.Close()
	var document struct {
		Issuer string `json:"issuer"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&document); err != nil {
		return "", failure(ReasonBadResponse, "%s: %w", what, safeJSON(err))
	}
	return document.Issuer, nil
}

// findingError says why no tenant was found.
func findingError(domain string, f *Failure) error {
	if f.Reason == ReasonUnreachable || f.Reason == ReasonBadResponse {
		return pactius.RefuseField("tenant", pactius.T("The domain %s can't be looked up, because Microsoft isn't "+
			"responding. Try again in a minute, or enter the directory (tenant) ID.", domain))
	}
	return pactius.RefuseField("tenant", pactius.T("No Microsoft 365 tenant has the domain %s. Check the spelling, or "+
		"enter the directory (tenant) ID.", domain))
}
