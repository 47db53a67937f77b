package microsoft

import (
	"context"
	"errors"
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
	e, err := g.m.document(ctx, "the OpenID configuration of the domain "+domain,
		g.m.authority+"/"+url.PathEscape(domain)+"/v2.0/.well-known/openid-configuration")
	if f, ok := errors.AsType[*Failure](err); ok {
		return "", findingError(domain, f)
	}
	if err != nil {
		return "", err
	}
	if c := g.m.otherCloud(e); c != nil {
		return "", pactius.RefuseField("tenant", pactius.T("The domain %[1]s belongs to %[2]s, but PACTIUS is set up "+
			"for %[3]s. Please contact Support.", domain, c.name, g.m.authority))
	}
	tenant, known := strings.CutSuffix(strings.TrimPrefix(e.Issuer, g.m.authority+"/"), "/v2.0")
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

// findingError says why no tenant was found.
func findingError(domain string, f *Failure) error {
	if f.Reason == ReasonUnreachable || f.Reason == ReasonBadResponse {
		return pactius.RefuseField("tenant", pactius.T("The domain %s can't be looked up, because Microsoft isn't "+
			"responding. Try again in a minute, or enter the directory (tenant) ID.", domain))
	}
	return pactius.RefuseField("tenant", pactius.T("No Microsoft 365 tenant has the domain %s. Check the spelling, or "+
		"enter the directory (tenant) ID.", domain))
}
