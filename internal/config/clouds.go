package config

import (
	"net/url"
	"slices"
)

// cloud is one of Microsoft's separate clouds. A token of one is not valid in another
// (Microsoft: "National cloud deployments").
type cloud struct {
	name        string
	authorities []string // hosts that sign people in, the usual one first
	graphs      []string // hosts of Microsoft Graph, likewise
}

// clouds returns Microsoft's clouds. GCC tenants of the US government are in the
// public cloud, GCC High and DoD in their own.
func clouds() []cloud {
	return []cloud{
		{
			name:        "the public cloud",
			authorities: []string{"login.microsoftonline.com", "login.microsoft.com", "login.windows.net"},
			graphs:      []string{"graph.microsoft.com"},
		},
		{
			name:        "the US government's cloud",
			authorities: []string{"login.microsoftonline.us"},
			graphs:      []string{"graph.microsoft.us", "dod-graph.microsoft.us"},
		},
		{
			name:        "the cloud in China",
			authorities: []string{"login.partner.microsoftonline.cn", "login.chinacloudapi.cn"},
			graphs:      []string{"microsoftgraph.chinacloudapi.cn"},
		},
	}
}

// cloudsDiffer reports whether sign-in and directory are known to be of different
// clouds, and which Graph belongs to the authority. Unknown hosts, as in tests, may be
// combined with any.
func cloudsDiffer(authority, graph *url.URL) (right string, differ bool) {
	if authority == nil || graph == nil {
		return "", false
	}
	all := clouds()
	a := slices.IndexFunc(all, func(c cloud) bool { return slices.Contains(c.authorities, authority.Hostname()) })
	g := slices.IndexFunc(all, func(c cloud) bool { return slices.Contains(c.graphs, graph.Hostname()) })
	if a < 0 || g < 0 || a == g {
		return "", false
	}
	return "https://" + all[a].graphs[0] + " for " + all[a].name, true
}
