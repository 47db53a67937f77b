package devtenant_test

import (
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"github.com/pactius/pactius/testbed/devtenant"
	"github.com/pactius/pactius/testbed/scripted"
)

// withAdmin is a tenant whose application has no permission yet, and which Ada
// administers.
func withAdmin(t *testing.T) *site {
	t.Helper()
	return serve(t, func(c *devtenant.Config) {
		c.Granted = []string{}
		c.People = append(
			[]devtenant.Person{{ObjectID: oid(10), AccountName: "ada@nordhavn.example", Name: "Ada Lund", Admin: true}},
			people...,
		)
	})
}

func (s *site) consentQuery(change map[string]string) url.Values {
	v := url.Values{
		"client_id": {clientID}, "redirect_uri": {callback}, "scope": {s.url + "/.default"}, "state": {"st&te"},
	}
	for name, value := range change {
		if v.Set(name, value); value == "" {
			v.Del(name)
		}
	}
	return v
}

func (s *site) granted(tb testing.TB) []string {
	tb.Helper()
	app, ok := s.tenant.App(clientID)
	if !ok {
		tb.Fatal("the application is gone")
	}
	return app.Granted
}

func TestAdminConsent(t *testing.T) {
	t.Parallel()
	for _, authority := range []string{tenantID, "organizations", "common"} {
		s := withAdmin(t)
		address := s.url + "/" + authority + "/v2.0/adminconsent"
		choice := s.get(t, address+"?"+s.consentQuery(nil).Encode())
		if names := choice.listed(); choice.StatusCode != 200 || names[0] != "Ada Lund" {
			t.Fatalf("%s: the choice of a person: %d %v", authority, choice.StatusCode, names)
		}
		page := s.post(t, address, s.consentQuery(map[string]string{"person": oid(10)}))
		if page.StatusCode != 200 || !strings.Contains(page.Body, "Read all users&#39; full profiles") ||
			len(s.granted(t)) != 0 {
			t.Errorf("%s: the page of the permissions: %d %s", authority, page.StatusCode, page.Body)
		}
		hidden := url.Values{"decision": {"accept"}}
		for _, n := range page.Elements(func(n *html.Node) bool { return scripted.Value(n, "type") == "hidden" }) {
			hidden.Set(scripted.Value(n, "name"), scripted.Value(n, "value"))
		}
		got := s.post(t, address, hidden).sentBack(t)
		want := url.Values{
			"env": {"1"}, "admin_consent": {"True"}, "tenant": {tenantID}, "scope": {s.url + "/.default"},
			"state": {"st&te"},
		}
		if diff := cmp.Diff(got, want); diff != "" {
			t.Errorf("%s (-got +want)\n%s", authority, diff)
		}
		if diff := cmp.Diff(s.granted(t), []string{devtenant.ReadAll}); diff != "" {
			t.Errorf("%s: granted (-got +want)\n%s", authority, diff)
		}
	}
}

func TestConsentIsThatOfTheAdministratorsTenant(t *testing.T) {
	t.Parallel()
	s := serveBeside(t, func(c *devtenant.Config) { c.Granted = []string{} }, devtenant.Config{
		TenantID: otherID, TenantName: "Sydhavn", Granted: []string{},
		People: []devtenant.Person{
			{ObjectID: oid(10), AccountName: "sara@sydhavn.example", Name: "Sara", Admin: true},
		},
	})
	accept := s.consentQuery(map[string]string{"account": "sara@sydhavn.example", "decision": "accept"})
	if got := s.post(t, s.url+"/organizations/v2.0/adminconsent", accept).sentBack(t).Get("tenant"); got != otherID {
		t.Errorf("consent for tenant %s, want %s", got, otherID)
	}
	if a := s.post(t, s.path("/v2.0/adminconsent"), accept); a.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("at another tenant's address: %d", a.StatusCode)
	}
	if got := s.granted(t); len(got) != 0 {
		t.Errorf("the other tenant granted %v", got)
	}
}

func TestAdminConsentIsNotGiven(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change map[string]string
		want   map[string]string // sent back; error_description is its number
	}{
		{"declined", map[string]string{"person": oid(10), "decision": "cancel"},
			map[string]string{
				"error": "consent_required", "error_description": "AADSTS65004", "admin_consent": "True",
				"tenant": tenantID,
			}},
		{"by somebody else", map[string]string{"person": oid(1), "decision": "back"},
			map[string]string{
				"error": "access_denied", "error_description": "AADSTS90094", "admin_consent": "True",
				"tenant": tenantID,
			}},
		{
			"cancelled before signing in", map[string]string{"action": "cancel"},
			map[string]string{"error": "access_denied", "error_subcode": "cancel"},
		},
		{"for another resource", map[string]string{
			"person": oid(10), "decision": "accept", "scope": "https://other.example/.default",
		},
			map[string]string{
				"error": "invalid_resource", "error_description": "AADSTS500011", "admin_consent": "True",
				"tenant": tenantID,
			}},
		{"for nothing", map[string]string{"person": oid(10), "decision": "accept", "scope": ""},
			map[string]string{
				"error": "invalid_request", "error_description": "AADSTS900144", "admin_consent": "True",
				"tenant": tenantID,
			}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := withAdmin(t)
			q := s.post(t, s.path("/v2.0/adminconsent"), s.consentQuery(tt.change)).sentBack(t)
			got := map[string]string{}
			for name := range maps.Keys(q) {
				got[name], _, _ = strings.Cut(q.Get(name), ":")
			}
			delete(got, "env")
			delete(got, "state")
			if diff := cmp.Diff(got, tt.want); diff != "" || len(s.granted(t)) != 0 {
				t.Errorf("%v granted (-got +want)\n%s", s.granted(t), diff)
			}
		})
	}
}

func TestConsentPagesForOthers(t *testing.T) {
	t.Parallel()
	s := withAdmin(t)
	post := func(change map[string]string) answer {
		return s.post(t, s.path("/v2.0/adminconsent"), s.consentQuery(change))
	}
	if a := post(map[string]string{"person": oid(1)}); a.StatusCode != http.StatusForbidden ||
		!strings.Contains(a.Body, "AADSTS90094") {
		t.Errorf("somebody who is no administrator: %d", a.StatusCode)
	}
	if a := post(map[string]string{"person": oid(1), "decision": "accept"}); a.StatusCode != http.StatusForbidden ||
		len(s.granted(t)) != 0 {
		t.Errorf("a forged decision: %d, granted %v", a.StatusCode, s.granted(t))
	}
	a := post(map[string]string{"account": "zoe@nordhavn.example"})
	if a.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(a.Body, `value="zoe@nordhavn.example"`) {
		t.Errorf("nobody: %d", a.StatusCode)
	}
	for number, change := range map[string]map[string]string{
		"AADSTS50011": {"redirect_uri": "https://evil.example/"}, "AADSTS700016": {"client_id": oid(1)},
	} {
		if a := post(change); a.StatusCode != 400 || !strings.Contains(a.Body, number) {
			t.Errorf("%s: %d", number, a.StatusCode)
		}
	}
	r, _ := http.NewRequestWithContext(
		t.Context(), http.MethodPost, s.path("/v2.0/adminconsent"),
		strings.NewReader(s.consentQuery(map[string]string{"person": oid(10), "decision": "accept"}).Encode()),
	)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	if a := s.do(t, r); a.StatusCode != http.StatusForbidden || len(s.granted(t)) != 0 {
		t.Errorf("a form of another site: %d", a.StatusCode)
	}
	// A person who is signed in need not choose again; a stranger becomes known.
	app, _ := s.tenant.App(clientID)
	s.choose(t, map[string]string{"person": oid(10)}).sentBack(t)
	app.Stranger = true
	must(t, s.tenant.PutApp(app))
	a = s.get(t, s.path("/v2.0/adminconsent?"+s.consentQuery(nil).Encode()))
	if !strings.Contains(a.Body, "Permissions requested") {
		t.Errorf("signed in as an administrator: %d", a.StatusCode)
	}
	post(map[string]string{"person": oid(10), "decision": "accept"}).sentBack(t)
	if app, _ := s.tenant.App(clientID); app.Stranger {
		t.Error("the application is a stranger still")
	}
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	for _, n := range devtenant.Numbers() {
		number := "AADSTS" + strconv.Itoa(n.Number)
		p := people[0]
		p.Number = n.Number
		must(t, s.tenant.Put(p))
		for way, change := range map[string]map[string]string{
			"the person": {"person": oid(1)}, "the page": {"number": strconv.Itoa(n.Number)},
		} {
			a := s.choose(t, change)
			switch n.Where {
			case devtenant.Shown:
				if a.StatusCode != 400 || !strings.Contains(a.Body, number) || a.Header.Get("Location") != "" {
					t.Errorf("%s by %s: %d", number, way, a.StatusCode)
				}
			case devtenant.AtToken:
				form := url.Values{
					"grant_type": {"authorization_code"}, "client_id": {clientID}, "client_secret": {secret},
					"redirect_uri": {callback}, "code_verifier": {verifier}, "code": {a.sentBack(t).Get("code")},
				}
				if got := s.ask(t, form); got.ID != "" || got.Codes[0] != n.Number {
					t.Errorf("%s by %s: %v", number, way, got)
				}
			default:
				if q := a.sentBack(t); q.Get("error") != n.Error ||
					!strings.HasPrefix(q.Get("error_description"), number+": ") || q.Has("code") {
					t.Errorf("%s by %s: %v", number, way, q)
				}
			}
		}
	}
	if a := s.choose(t, map[string]string{"number": "1"}); a.StatusCode != 400 {
		t.Errorf("an unknown number: %d", a.StatusCode)
	}
	if err := s.tenant.Put(devtenant.Person{ObjectID: oid(9), AccountName: "x@y.example", Number: 1}); err == nil {
		t.Error("a person with an unknown number was put")
	}
}
