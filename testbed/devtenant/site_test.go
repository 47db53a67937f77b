package devtenant_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/pactius/pactius/testbed/devtenant"
	"github.com/pactius/pactius/testbed/scripted"
)

const (
	tenantID = "0f3b6c1e-1111-4c5b-b112-000000000001"
	otherID  = "0f3b6c1e-1111-4c5b-b112-000000000002"
	clientID = "0f3b6c1e-2222-4c5b-b112-000000000002"
	secret   = "s3cret & more"
	callback = "https://door.example/signin/callback?env=1"
	// challenge is the S256 of verifier (RFC 7636 appendix B).
	verifier  = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
	challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
)

func oid(n int) string { return fmt.Sprintf("0f3b6c1e-3333-4c5b-b112-%012x", n) }

var people = []devtenant.Person{
	{
		ObjectID: oid(1), AccountName: "anna@nordhavn.example", Name: "Anna Hansen", Mail: "a.hansen@nordhavn.example",
		JobTitle: "Head of Ports", Note: "Administrator <of all>",
	},
	{
		ObjectID: oid(2), AccountName: "bo@nordhavn.example", Name: "Bo Berg", JobTitle: "Crane driver",
		Department: "Terminal",
	},
	{ObjectID: oid(3), AccountName: "li_x#EXT#@nordhavn.example", Name: "Li", Guest: true},
	{ObjectID: oid(4), AccountName: "per@nordhavn.example", Name: "Per Disabled", Disabled: true},
	{ObjectID: oid(5), AccountName: "una@nordhavn.example", Name: "Una Unassigned", NotAssigned: true},
}

// site is a served tenant and a browser that stops at redirects to elsewhere.
type site struct {
	tenant  *devtenant.Tenant
	url     string
	now     time.Time
	browser *scripted.Browser
}

func serve(tb testing.TB, change func(*devtenant.Config)) *site {
	tb.Helper()
	return serveBeside(tb, change)
}

// serveBeside serves the tenant and others of the same origin.
func serveBeside(tb testing.TB, change func(*devtenant.Config), others ...devtenant.Config) *site {
	tb.Helper()
	s := &site{now: time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)}
	server := httptest.NewUnstartedServer(nil)
	s.url = "http://" + server.Listener.Addr().String()
	config := devtenant.Config{
		URL: s.url, TenantID: tenantID, TenantName: "Nordhavn A/S", ClientID: clientID, ClientSecret: secret,
		RedirectURLs: []string{callback}, People: people, Now: func() time.Time { return s.now },
	}
	if change != nil {
		change(&config)
	}
	tenant, err := devtenant.New(config)
	if err != nil {
		tb.Fatal(err)
	}
	s.tenant = tenant
	all := []*devtenant.Tenant{tenant}
	for _, c := range others {
		c.URL, c.ClientID, c.ClientSecret, c.RedirectURLs = s.url, clientID, secret, []string{callback}
		other, err := devtenant.New(c)
		must(tb, err)
		all = append(all, other)
	}
	server.Config.Handler = devtenant.Handlers(all...)
	server.Start()
	tb.Cleanup(server.Close)
	s.browser = scripted.New("", nil)
	return s
}

func (s *site) path(end string) string { return s.url + "/" + tenantID + end }

// request is a right authorize request with changes; "" deletes.
func request(change map[string]string) url.Values {
	v := url.Values{
		"client_id": {clientID}, "redirect_uri": {callback}, "response_type": {"code"}, "response_mode": {"query"},
		"scope": {"openid profile email"}, "state": {"st&te"}, "nonce": {"n"}, "code_challenge": {challenge},
		"code_challenge_method": {"S256"},
	}
	for name, value := range change {
		if v.Set(name, value); value == "" {
			v.Del(name)
		}
	}
	return v
}

// answer is a page that a test looks at.
type answer struct{ *scripted.Page }

func (s *site) do(tb testing.TB, r *http.Request) answer {
	tb.Helper()
	page, err := s.browser.Do(r)
	if err != nil {
		tb.Fatal(err)
	}
	return answer{page}
}

func (s *site) get(tb testing.TB, address string) answer {
	tb.Helper()
	return s.send(tb, http.MethodGet, address, nil)
}

func (s *site) post(tb testing.TB, address string, form url.Values) answer {
	tb.Helper()
	return s.send(tb, http.MethodPost, address, form)
}

func (s *site) send(tb testing.TB, method, address string, form url.Values) answer {
	tb.Helper()
	page, err := s.browser.Send(tb.Context(), method, address, form)
	if err != nil {
		tb.Fatal(err)
	}
	return answer{page}
}

func (s *site) authorize(tb testing.TB, change map[string]string) answer {
	tb.Helper()
	return s.get(tb, s.path("/oauth2/v2.0/authorize?"+request(change).Encode()))
}

func (s *site) choose(tb testing.TB, change map[string]string) answer {
	tb.Helper()
	return s.post(tb, s.path("/oauth2/v2.0/authorize"), request(change))
}

// sentBack are the parameters the application gets; the registered ones and the
// state must have survived.
func (a answer) sentBack(tb testing.TB) url.Values {
	tb.Helper()
	u, err := a.Location()
	if err != nil {
		tb.Fatalf("status %d without redirect", a.StatusCode)
	}
	q := u.Query()
	if u.Host != "door.example" || q.Get("env") != "1" || q.Get("state") != "st&te" {
		tb.Fatalf("sent to %s", u)
	}
	return q
}

// listed are the names of the people a page offers.
func (a answer) listed() []string {
	var names []string
	for _, n := range a.Elements(func(n *html.Node) bool { return scripted.Value(n, "class") == "name" }) {
		names = append(names, scripted.Text(n))
	}
	return names
}
