package microsoft_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/testbed/devtenant"
)

func TestATenantIsFoundByItsDomain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.directory(t)
	for _, domain := range []string{"nordhavn.example", "NORDHAVN.example"} {
		if got, err := g.FindTenant(t.Context(), domain); err != nil || got != tenantID {
			t.Errorf("%s: %s, %v, want %s", domain, got, err, tenantID)
		}
	}
	tests := []struct {
		name, domain string
		trouble      devtenant.Trouble
		says         string
	}{
		{"an unknown domain", "nowhere.example", devtenant.Trouble{}, "No Microsoft 365 tenant has the domain"},
		{"a path", "../" + tenantID, devtenant.Trouble{}, "No Microsoft 365 tenant has the domain"},
		{"no answer", "nordhavn.example", devtenant.Trouble{Path: "/", Down: true}, "Microsoft isn't responding"},
		{"a page", "nordhavn.example", devtenant.Trouble{Path: "/", Answer: devtenant.HTML},
			"Microsoft isn't responding"},
	}
	for _, test := range tests {
		w.tenant.SetTrouble(test.trouble)
		got, err := g.FindTenant(t.Context(), test.domain)
		if pactius.KindOf(err) != pactius.KindInvalid || !strings.Contains(err.Error(), test.says) || got != "" {
			t.Errorf("%s: %q, %v, want %q", test.name, got, err, test.says)
		}
	}
}

// A discovery document may name a tenant that people can't sign in to here: that of personal accounts, or one of a
// national cloud.
func TestOnlyATenantOfThisCloudIsFound(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.directory(t)
	for issuer, says := range map[string]string{
		w.url + "/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0":       "personal Microsoft accounts",
		"https://login.microsoftonline.us/" + tenantID + "/v2.0":   "Microsoft's cloud for the US government",
		"https://evil.example/" + w.url + "/" + tenantID + "/v2.0": "a different Microsoft cloud",
		w.url + "/{tenantid}/v2.0":                                 "a different Microsoft cloud",
		w.url + "/" + tenantID:                                     "a different Microsoft cloud",
		"":                                                         "a different Microsoft cloud",
	} {
		w.serve(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_ = json.NewEncoder(w).Encode(map[string]string{"issuer": issuer})
		}))
		if got, err := g.FindTenant(t.Context(), "mail.example"); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("issuer %q: %q, %v, want %q", issuer, got, err, says)
		}
	}
}
