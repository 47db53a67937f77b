package microsoft

import (
	"net/url"
	"strings"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/id"
)

// AdminConsentURL returns the address where an administrator of the tenant consents, for all users, to the permissions
// of the app registration (Microsoft: "Admin consent on the Microsoft identity platform"). With an empty tenant ID the
// person's own tenant decides. redirect must be registered; state comes back.
func (g *Graph) AdminConsentURL(c pactius.Credentials, redirect, state string) string {
	tenant := strings.ToLower(c.TenantID)
	if !id.Valid(tenant) {
		tenant = "organizations"
	}
	q := url.Values{"client_id": {c.ClientID}, "scope": {g.scope()}, "redirect_uri": {redirect}, "state": {state}}
	return g.m.authority + "/" + tenant + "/v2.0/adminconsent?" + q.Encode()
}

// Consent is the result of the admin consent page. It proves nothing, the tenant least of all: any page can make a
// browser open such an address.
type Consent struct {
	Tenant  string // lower-case GUID; "" when consent was not given
	State   string
	Granted bool
}

// ParseConsent reads the parameters of an admin consent callback. Without consent it returns a *Failure with the
// reason, and the state when that is present and well-formed.
func ParseConsent(v url.Values) (Consent, error) {
	state, err := parameter(v, "state", maxState)
	if err != nil {
		return Consent{}, err
	}
	c := Consent{State: state}
	problem, err := parameter(v, "error", maxError)
	if err != nil {
		return c, err
	}
	if problem != "" {
		return c, refusal(v, problem)
	}
	tenant, err := parameter(v, "tenant", maxState)
	if err != nil {
		return c, err
	}
	granted, err := parameter(v, "admin_consent", maxState)
	switch {
	case err != nil:
		return c, err
	case state == "":
		return c, failure(ReasonBadResponse, "the callback of the consent has no state")
	case !strings.EqualFold(granted, "true"):
		return c, failure(ReasonBadResponse, "the callback of the consent has neither consent nor error")
	case !id.Valid(strings.ToLower(tenant)):
		return c, failure(ReasonBadResponse, "the callback of the consent names no tenant")
	}
	c.Tenant, c.Granted = strings.ToLower(tenant), true
	return c, nil
}
