package microsoft_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/microsoft"
	"github.com/pactius/pactius/testbed/devtenant"
)

func TestAdminConsentURL(t *testing.T) {
	t.Parallel()
	m := microsoft.New(microsoft.Options{Authority: "https://login.microsoftonline.us/"})
	g := microsoft.NewGraph(m, "https://graph.microsoft.us")
	tests := []struct{ name, tenant, wantPath string }{
		{"a tenant", strings.ToUpper(tenantID), "/" + tenantID + "/v2.0/adminconsent"},
		{"no tenant yet", "", "/organizations/v2.0/adminconsent"},
		{"what is no tenant never becomes a path", "../../evil", "/organizations/v2.0/adminconsent"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			u, err := url.Parse(g.AdminConsentURL(pactius.Credentials{TenantID: tt.tenant, ClientID: clientID,
				ClientSecret: secret}, callback, "s&t"))
			if err != nil {
				t.Fatal(err)
			}
			if u.Scheme+"://"+u.Host != "https://login.microsoftonline.us" || u.Path != tt.wantPath {
				t.Errorf("got %s, want the path %s", u, tt.wantPath)
			}
			q := u.Query()
			if q.Get("client_id") != clientID || q.Get("redirect_uri") != callback || q.Get("state") != "s&t" ||
				q.Get("scope") != "https://graph.microsoft.us/.default" {
				t.Errorf("got %v", q)
			}
			if strings.Contains(u.String(), secret) {
				t.Error("the address holds the secret")
			}
		})
	}
}

func TestParseConsent(t *testing.T) {
	t.Parallel()
	granted := microsoft.Consent{Tenant: tenantID, State: "s", Granted: true}
	tests := []struct {
		name, query string
		want        microsoft.Consent
		reason      microsoft.Reason
	}{
		{"granted", "admin_consent=True&tenant=" + strings.ToUpper(tenantID) + "&scope=x&state=s", granted, ""},
		{"declined", "admin_consent=True&error=consent_required&error_description=AADSTS65004:+no&state=s",
			microsoft.Consent{State: "s"}, microsoft.ReasonDeclined},
		{"cancelled", "admin_consent=True&error=access_denied&error_subcode=cancel&state=s",
			microsoft.Consent{State: "s"}, microsoft.ReasonCancelled},
		{"by somebody who may not", "error=access_denied&error_description=AADSTS90094:+x&state=s",
			microsoft.Consent{State: "s"}, microsoft.ReasonConsentMissing},
		{"an error beside a tenant", "admin_consent=True&tenant=" + tenantID + "&error=server_error&state=s",
			microsoft.Consent{State: "s"}, microsoft.ReasonUnreachable},
		{"without consent", "tenant=" + tenantID + "&state=s", microsoft.Consent{State: "s"},
			microsoft.ReasonBadResponse},
		{"consent refused in words", "admin_consent=False&tenant=" + tenantID + "&state=s",
			microsoft.Consent{State: "s"}, microsoft.ReasonBadResponse},
		{"a tenant that is no GUID", "admin_consent=True&tenant=evil&state=s", microsoft.Consent{State: "s"},
			microsoft.ReasonBadResponse},
		{"two tenants", "admin_consent=True&tenant=" + tenantID + "&tenant=" + tenantID + "&state=s",
			microsoft.Consent{State: "s"}, microsoft.ReasonBadResponse},
		{"without state", "admin_consent=True&tenant=" + tenantID, microsoft.Consent{}, microsoft.ReasonBadResponse},
		{"nothing", "", microsoft.Consent{}, microsoft.ReasonBadResponse},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			v, err := url.ParseQuery(tt.query)
			if err != nil {
				t.Fatal(err)
			}
			got, err := microsoft.ParseConsent(v)
			if got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
			if tt.reason == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if r, _ := reason(t, err); r != tt.reason {
				t.Errorf("got %q, want %q", r, tt.reason)
			}
		})
	}
}

// TestConsentGoesTheWholeWay starts with an application that the tenant does not know, follows the administrator's
// decision, and asks the directory before and after.
func TestConsentGoesTheWholeWay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.put(t, devtenant.Person{ObjectID: oid(1), AccountName: "root@nordhavn.example", Name: "Root Admin", Admin: true})
	c := pactius.Credentials{TenantID: tenantID, ClientID: oid(2), ClientSecret: secret}
	if err := w.tenant.PutApp(devtenant.App{ClientID: c.ClientID, Secrets: []devtenant.Secret{{Value: secret}},
		RedirectURLs: []string{callback}, Stranger: true}); err != nil {
		t.Fatal(err)
	}
	g := w.directory(t)
	if _, err := g.Account(t.Context(), c, annaID); trouble(t, err).Code != "AADSTS700016" {
		t.Errorf("before: got %v", err)
	}
	decide := func(person, decision string) (microsoft.Consent, error) {
		form := url.Values{"person": {person}, "decision": {decision}}
		page := w.send(t, http.MethodPost, g.AdminConsentURL(c, callback, "the-state"), form)
		return microsoft.ParseConsent(returned(t, page))
	}
	if got, err := decide(annaID, "back"); got.Granted || got.State != "the-state" {
		t.Errorf("somebody who may not: got %+v, %v", got, err)
	} else if r, _ := reason(t, err); r != microsoft.ReasonConsentMissing {
		t.Errorf("somebody who may not: got %q", r)
	}
	if _, err := decide(oid(1), "cancel"); err == nil {
		t.Error("declined, and no error")
	} else if r, _ := reason(t, err); r != microsoft.ReasonDeclined {
		t.Errorf("declined: got %q", r)
	}
	got, err := decide(oid(1), "accept")
	if err != nil || got != (microsoft.Consent{Tenant: tenantID, State: "the-state", Granted: true}) {
		t.Fatalf("accepted: got %+v, %v", got, err)
	}
	if a, err := g.Account(t.Context(), c, annaID); err != nil || a.ObjectID != annaID {
		t.Errorf("after: got %+v, %v", a, err)
	}
}

func FuzzParseConsent(f *testing.F) {
	f.Add("admin_consent=True&tenant=" + tenantID + "&state=s")
	f.Add("error=access_denied&error_description=AADSTS65004&state=%ff")
	f.Fuzz(func(t *testing.T, query string) {
		v, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		c, err := microsoft.ParseConsent(v)
		if (err == nil) != c.Granted || c.Granted && (c.State == "" || len(c.Tenant) != len(tenantID)) {
			t.Errorf("got %+v, %v", c, err)
		}
	})
}
