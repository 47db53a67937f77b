package microsoft

import (
	"net/url"
	"strings"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/id"
)

// cloud is one of Microsoft's national clouds, which have their own tenants (Microsoft: "Microsoft Entra authentication
// and national clouds"; Microsoft Graph: "National cloud deployments").
type cloud struct {
	name      pactius.Text
	hosts     string // of its sign-in service, separated by spaces; the first is the one to set
	graph     string // host of its Microsoft Graph
	authority string // origin to set
}

// clouds lists them. A department of defense has a Graph of its own.
func clouds() []cloud {
	return []cloud{
		{name: pactius.T("Microsoft's public cloud"), graph: "graph.microsoft.com",
			hosts: "login.microsoftonline.com login.windows.net sts.windows.net"},
		{name: pactius.T("Microsoft's cloud for the US government"), graph: "graph.microsoft.us",
			hosts: "login.microsoftonline.us"},
		{name: pactius.T("Microsoft's cloud in China (21Vianet)"), graph: "microsoftgraph.chinacloudapi.cn",
			hosts: "login.partner.microsoftonline.cn login.microsoftonline.cn login.chinacloudapi.cn"},
	}
}

const (
	scopeOfDefense = "DOD" // tenant_region_sub_scope in the discovery document
	graphOfDefense = "dod-graph.microsoft.us"
)

// otherCloud returns the national cloud that a discovery document leads to; nil where it is the configured one, or no
// known one.
func (m *Microsoft) otherCloud(e endpoints) *cloud {
	for _, address := range []string{e.Issuer, e.AuthURL} {
		u, err := url.Parse(address)
		if err != nil || strings.EqualFold(u.Scheme+"://"+u.Host, m.authority) {
			continue
		}
		if tenant, _, _ := strings.Cut(strings.TrimPrefix(u.Path, "/"), "/"); !id.Valid(strings.ToLower(tenant)) {
			continue // the template of a multi-tenant authority
		}
		for _, c := range clouds() {
			hosts := strings.Fields(c.hosts)
			for _, host := range hosts {
				if !strings.EqualFold(u.Hostname(), host) || m.authority == "https://"+hosts[0] {
					continue
				}
				if e.SubScope == scopeOfDefense {
					c.graph = graphOfDefense
				}
				c.authority, c.graph = "https://"+hosts[0], "https://"+c.graph
				return &c
			}
		}
	}
	return nil
}

// cloudFailure says that the tenant is in another cloud.
func (m *Microsoft) cloudFailure(c *cloud, what string, e endpoints) *Failure {
	f := failure(ReasonMisconfigured, "%s leads to another cloud: %q", what, shorten(e.Issuer))
	f.cloud, f.authority = c, m.authority
	return f
}

// words explains the other cloud to a person who signs in.
func (c *cloud) words(authority string) failureWords {
	return failureWords{
		HelperSupport, pactius.T("Your organisation is in another Microsoft cloud"),
		pactius.T("Your organisation's Microsoft 365 is in %[1]s, but PACTIUS is set up for %[2]s.", c.name, authority),
		pactius.T("Please tell Support: PACTIUS_MICROSOFT_AUTHORITY must be %[1]s and PACTIUS_MICROSOFT_GRAPH must be "+
			"%[2]s.", c.authority, c.graph),
	}
}
