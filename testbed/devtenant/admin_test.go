package devtenant_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"github.com/pactius/pactius/testbed/devtenant"
	"github.com/pactius/pactius/testbed/scripted"
)

// administer sends a form of the administration; to is below its path.
func (s *site) administer(tb testing.TB, to string, form map[string]string) answer {
	tb.Helper()
	v := url.Values{}
	for name, value := range form {
		v.Set(name, value)
	}
	return s.post(tb, s.url+s.tenant.AdminPath()+to, v)
}

func TestAdministration(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	person := func() devtenant.Person {
		for _, p := range append(s.tenant.People(), s.tenant.Deleted()...) {
			if p.ObjectID == oid(1) {
				return p
			}
		}
		return devtenant.Person{}
	}
	steps := []struct {
		name string
		form map[string]string
		then func() bool
	}{
		{"marry", map[string]string{
			"action": "save", "name": "Anna <Berg>", "account": " anna.berg@nordhavn.example ", "mail": "",
			"title": "Head of Ports", "department": "",
		},
			func() bool {
				return person().AccountName == "anna.berg@nordhavn.example" && person().Name == "Anna <Berg>" &&
					person().Mail == "" && person().Note != ""
			}},
		{"block", map[string]string{"action": "disable"}, func() bool { return person().Disabled }},
		{"allow", map[string]string{"action": "enable"}, func() bool { return !person().Disabled }},
		{"delete", map[string]string{"action": "delete"}, func() bool { return len(s.tenant.Deleted()) == 1 }},
		{"restore", map[string]string{"action": "restore"}, func() bool {
			return len(s.tenant.Deleted()) == 0 && len(s.tenant.People()) == len(people)
		}},
		{"delete again", map[string]string{"action": "delete"}, func() bool { return len(s.tenant.Deleted()) == 1 }},
		{"for good", map[string]string{"action": "remove"}, func() bool { return person().ObjectID == "" }},
	}
	for _, tt := range steps {
		a := s.administer(t, "/people/"+oid(1), tt.form)
		if a.StatusCode != http.StatusSeeOther || !tt.then() {
			t.Fatalf("%s: %d, %+v", tt.name, a.StatusCode, person())
		}
		after := s.get(t, s.url+a.Header.Get("Location"))
		status := after.Elements(func(n *html.Node) bool { return scripted.Value(n, "class") == "success" })
		if after.StatusCode != 200 || len(status) != 1 {
			t.Errorf("%s: the page afterwards: %d with %d messages", tt.name, after.StatusCode, len(status))
		}
	}
}

func TestAdministrationOfTheTenant(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	a := s.administer(t, "", map[string]string{"action": "add", "name": "Zoe", "account": "zoe@nordhavn.example"})
	if page := s.get(t, s.url+a.Header.Get("Location")); page.StatusCode != 200 ||
		!strings.Contains(page.Body, `value="zoe@nordhavn.example"`) {
		t.Errorf("a new person: %d, then %d", a.StatusCode, page.StatusCode)
	}
	if list := s.get(t, s.url+s.tenant.AdminPath()+"?q=zoe").listed(); !cmp.Equal(list, []string{"Zoe"}) {
		t.Errorf("found %v", list)
	}
	for permission, want := range map[string][]string{
		devtenant.ReadBasic: {devtenant.ReadBasic}, "Everything": nil, "": nil,
	} {
		s.administer(t, "", map[string]string{"action": "grant", "app": clientID, "permission": permission})
		if diff := cmp.Diff(s.granted(t), want); diff != "" {
			t.Errorf("%q granted (-got +want)\n%s", permission, diff)
		}
	}
	must(t, s.tenant.Grant(clientID, devtenant.ReadAll))
	token := s.token(t)
	for _, tt := range []struct {
		weather string
		status  int
	}{{"down", 503}, {"throttled", 429}, {"fair", 200}} {
		s.administer(t, "", map[string]string{"action": "weather", "weather": tt.weather})
		page := s.get(t, s.url+s.tenant.AdminPath())
		chosen := page.Elements(func(n *html.Node) bool {
			return n.Data == "option" && scripted.Value(n, "value") == tt.weather
		})
		if got := s.graph(t, token, "/v1.0/users").StatusCode; got != tt.status || len(chosen) != 1 ||
			!strings.Contains(page.Body, `value="`+tt.weather+`" selected`) {
			t.Errorf("%s: Graph says %d", tt.weather, got)
		}
	}
}

func TestAdministrationRefuses(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	before := s.tenant.People()
	tests := []struct {
		name, to string
		form     map[string]string
		status   int
		want     string // on the page
	}{
		{
			"a taken name", "/people/" + oid(1),
			map[string]string{"action": "save", "name": "Typed", "account": "BO@nordhavn.example"}, 422,
			`value="Typed"`,
		},
		{
			"no account name", "/people/" + oid(1), map[string]string{"action": "save", "name": "Anna"}, 422,
			"has no domain",
		},
		{"an unknown button", "/people/" + oid(1), map[string]string{"action": "x"}, 422, "no such button"},
		{"nobody", "/people/" + oid(99), map[string]string{"action": "disable"}, 404, "There is nobody with this ID"},
		{
			"a new person with a taken name", "",
			map[string]string{"action": "add", "name": "Typed", "account": "bo@nordhavn.example"}, 422, `value="Typed"`,
		},
		{
			"an unknown application", "", map[string]string{"action": "grant", "app": "x"}, 422,
			"No application has the ID",
		},
		{"unknown weather", "", map[string]string{"action": "weather", "weather": "hail"}, 422, "no such button"},
		{
			"a restoration of somebody who is there", "/people/" + oid(1), map[string]string{"action": "restore"}, 422,
			"Nobody has this object ID",
		},
	}
	for _, tt := range tests {
		a := s.administer(t, tt.to, tt.form)
		if a.StatusCode != tt.status || !strings.Contains(a.Body, tt.want) ||
			!strings.Contains(a.Body, `role="alert"`) {
			t.Errorf("%s: got %d without %s", tt.name, a.StatusCode, tt.want)
		}
	}
	r, _ := http.NewRequestWithContext(
		t.Context(), http.MethodPost, s.url+s.tenant.AdminPath()+"/people/"+oid(1), strings.NewReader("action=delete"),
	)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", "https://evil.example")
	if a := s.do(t, r); a.StatusCode != http.StatusForbidden {
		t.Errorf("a form of another site: %d", a.StatusCode)
	}
	if diff := cmp.Diff(s.tenant.People(), before); diff != "" {
		t.Errorf("people changed (-got +want)\n%s", diff)
	}
}

func TestNamesInTokens(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	must(
		t,
		s.tenant.Put(devtenant.Person{
			ObjectID: oid(20), AccountName: "li_partner.example#EXT#@nordhavn.onmicrosoft.example",
			SignInName: "li@partner.example", Name: "Li Wei", Guest: true,
		}),
	)
	must(
		t,
		s.tenant.Put(devtenant.Person{
			ObjectID: oid(21), AccountName: "e1234@nordhavn.example", SignInName: "eva.lund@nordhavn.example",
			Name: "Eva Lund",
		}),
	)
	token := s.token(t)
	for _, tt := range []struct {
		name, typed, oid, preferred, directory string
		acct                                   float64
	}{
		{
			"a guest by the name at home", "LI@partner.example", oid(20), "li@partner.example",
			"li_partner.example#EXT#@nordhavn.onmicrosoft.example", 1,
		},
		{
			"an alternate login ID", "eva.lund@nordhavn.example", oid(21), "eva.lund@nordhavn.example",
			"e1234@nordhavn.example", 0,
		},
		{
			"the account name works as well", "e1234@nordhavn.example", oid(21), "eva.lund@nordhavn.example",
			"e1234@nordhavn.example", 0,
		},
		{"an ordinary person", "bo@nordhavn.example", oid(2), "bo@nordhavn.example", "bo@nordhavn.example", 0},
	} {
		form := url.Values{
			"grant_type": {"authorization_code"}, "client_id": {clientID}, "client_secret": {secret},
			"redirect_uri": {callback}, "code_verifier": {verifier},
			"code": {s.choose(t, map[string]string{"account": tt.typed}).sentBack(t).Get("code")},
		}
		c := claims(t, s.ask(t, form).ID)
		if c["oid"] != tt.oid || c["preferred_username"] != tt.preferred || c["acct"] != tt.acct ||
			(c["idp"] != nil) != (tt.acct == 1) {
			t.Errorf("%s: got %v", tt.name, c)
		}
		body := s.graph(t, token, "/v1.0/users/"+tt.oid+"?$select=userPrincipalName").Body
		if !strings.Contains(body, `"`+tt.directory+`"`) {
			t.Errorf("%s: the directory says %s", tt.name, body)
		}
	}
}
