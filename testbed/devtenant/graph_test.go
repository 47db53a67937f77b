package devtenant_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius/testbed/devtenant"
)

const eventual = "ConsistencyLevel: eventual"

// token gets an access token for Graph.
func (s *site) token(tb testing.TB) string {
	tb.Helper()
	a := s.post(tb, s.path("/oauth2/v2.0/token"), s.tokenForm())
	var token struct {
		Access string `json:"access_token"`
	}
	if err := json.Unmarshal([]byte(a.Body), &token); err != nil || token.Access == "" {
		tb.Fatalf("no token: %s", a.Body)
	}
	return token.Access
}

func (s *site) tokenForm() url.Values {
	return url.Values{
		"grant_type": {"client_credentials"}, "client_id": {clientID}, "client_secret": {secret},
		"scope": {s.url + "/.default"},
	}
}

// graph asks Graph; address is a path or what a link said. Headers are "Name: value".
func (s *site) graph(tb testing.TB, token, address string, headers ...string) answer {
	tb.Helper()
	if strings.HasPrefix(address, "/") {
		address = s.url + address
	}
	r, err := http.NewRequestWithContext(tb.Context(), http.MethodGet, address, nil)
	if err != nil {
		tb.Fatal(err)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Add(name, value)
	}
	return s.do(tb, r)
}

// page is a list as Graph sends it.
type page struct {
	Value []map[string]any `json:"value"`
	Count *int             `json:"@odata.count"`
	Next  string           `json:"@odata.nextLink"`
	Delta string           `json:"@odata.deltaLink"`
	Error struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	} `json:"error"`
}

func (a answer) page(tb testing.TB) page {
	tb.Helper()
	var p page
	if err := json.Unmarshal([]byte(a.Body), &p); err != nil {
		tb.Fatalf("%v in %s", err, a.Body)
	}
	return p
}

// each lists one property of the entries.
func (p page) each(name string) []string {
	list := []string{}
	for _, v := range p.Value {
		list = append(list, fmt.Sprint(v[name]))
	}
	return list
}

func query(options ...string) string {
	q := "/v1.0/users?"
	for i := 0; i < len(options); i += 2 {
		q += options[i] + "=" + url.QueryEscape(options[i+1]) + "&"
	}
	return strings.TrimSuffix(q, "&")
}

func TestOneUser(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	must(t, s.tenant.Put(devtenant.Person{ObjectID: oid(6), AccountName: "$o'x@nordhavn.example", Name: "O'X"}))
	must(t, s.tenant.Put(devtenant.Person{ObjectID: oid(7), AccountName: "a/b&c@nordhavn.example", Name: "Slash"}))
	token := s.token(t)
	tests := []struct {
		name, path string
		status     int
		want       string // in the body
	}{
		{"by account name in any case", "/v1.0/users/ANNA@nordhavn.example", 200, `"id":"` + oid(1) + `"`},
		{"by object ID", "/v1.0/users/" + oid(2), 200, `"mail":null`},
		{"by object ID in capitals", "/v1.0/users/" + strings.ToUpper(oid(2)), 200, `"displayName":"Bo Berg"`},
		{
			"a guest by escaped name", "/v1.0/users/li_x%23EXT%23@nordhavn.example?$select=id,userType", 200,
			`"userType":"Guest"`,
		},
		{"not by mail address", "/v1.0/users/a.hansen@nordhavn.example", 404, "Request_ResourceNotFound"},
		{"nobody", "/v1.0/users/zoe@nordhavn.example", 404, "Request_ResourceNotFound"},
		{"a dollar sign at the start", "/v1.0/users/$o'x@nordhavn.example", 400, "Request_BadRequest"},
		{"the same in quotes", "/v1.0/users('$o''x@nordhavn.example')", 200, oid(6)},
		{"an odd quote", "/v1.0/users('$o'x@nordhavn.example')", 400, "BadRequest"},
		{"a slash and an ampersand", "/v1.0/users/a%2Fb%26c@nordhavn.example", 200, oid(7)},
		{"only what is selected", "/v1.0/users/" + oid(1) + "?$select=accountEnabled", 200, `"accountEnabled":true}`},
		{
			"an unknown property", "/v1.0/users/" + oid(1) + "?$select=id,nickname", 400,
			"Could not find a property named 'nickname'",
		},
		{
			"a property that is never filled in", "/v1.0/users/" + oid(1) + "?$select=postalCode", 200,
			`"postalCode":null`,
		},
		{"something else", "/v1.0/groups", 400, "BadRequest"},
	}
	for _, tt := range tests {
		if a := s.graph(t, token, tt.path); a.StatusCode != tt.status || !strings.Contains(a.Body, tt.want) {
			t.Errorf("%s: got %d %s, want %d with %s", tt.name, a.StatusCode, a.Body, tt.status, tt.want)
		}
	}
	for name, bad := range map[string]string{"no token": "", "an invented one": "x"} {
		if a := s.graph(t, bad, "/v1.0/users"); a.StatusCode != 401 ||
			a.page(t).Error.Code != "InvalidAuthenticationToken" {
			t.Errorf("%s: got %d %s", name, a.StatusCode, a.Body)
		}
	}
	s.now = s.now.Add(61 * time.Minute)
	if a := s.graph(t, token, "/v1.0/users"); a.StatusCode != http.StatusUnauthorized {
		t.Errorf("an ended token: got %d, want 401", a.StatusCode)
	}
}

func TestSearch(t *testing.T) {
	t.Parallel()
	s := serve(t, func(c *devtenant.Config) {
		c.People = []devtenant.Person{
			{ObjectID: oid(1), AccountName: "david@x.example", Name: "李四(David Li)", Mail: "dl@x.example"},
			{ObjectID: oid(2), AccountName: "anna-marie@x.example", Name: "Anna-Marie Hansen"},
			{ObjectID: oid(3), AccountName: "mcd@x.example", Name: "Ronald McDonald"},
			{ObjectID: oid(4), AccountName: "q@x.example", Name: `Quo"te Back\slash`},
			{ObjectID: oid(5), AccountName: "r2d2@x.example", Name: "Robot42unit"},
			{ObjectID: oid(6), AccountName: "bo@x.example", Name: "Bo R&D", JobTitle: "Anna's boss"},
		}
	})
	token := s.token(t)
	tests := []struct {
		name, search string
		want         []string // the last digit of the object IDs
	}{
		{"the beginning of a word", `"displayName:hans"`, []string{"2"}},
		{"not the middle of one", `"displayName:ansen"`, nil},
		{"two beginnings in any order", `"displayName:han ann"`, []string{"2"}},
		{"both have to be there", `"displayName:anna berg"`, nil},
		{"words joined by symbols", `"displayName:annamarie"`, []string{"2"}},
		{"a change of case splits", `"displayName:donald"`, []string{"3"}},
		{"and is not joined again", `"displayName:mcdon"`, nil},
		{"letters and digits are split", `"displayName:42"`, []string{"5"}},
		{"a name with brackets", `"displayName:Li 李"`, []string{"1"}},
		{"a bracket", `"displayName:David)"`, []string{"1"}},
		{"an escaped quote", `"displayName:quo\"te"`, []string{"4"}},
		{"an escaped backslash", `"displayName:back\\slash"`, []string{"4"}},
		{"an ampersand", `"displayName:r&d"`, []string{"6"}},
		{"another property begins so", `"mail:DL@"`, []string{"1"}},
		{"another property does not contain it", `"mail:x.example"`, nil},
		{"or", `"displayName:bo" OR "userPrincipalName:mcd"`, []string{"3", "6"}},
		{"and", `"displayName:anna" AND "userPrincipalName:bo"`, nil},
		{"and binds closer than or", `"displayName:bo" OR "displayName:anna" AND "mail:x"`, []string{"6"}},
		{"parentheses", `("displayName:bo" OR "displayName:anna") AND "userPrincipalName:anna"`, []string{"2"}},
		{"emoji", `"displayName:🙂"`, nil},
		{"ten thousand letters", `"displayName:` + strings.Repeat("a", 10_000) + `"`, nil},
	}
	for _, tt := range tests {
		got := []string{}
		a := s.graph(t, token, query("$search", tt.search, "$select", "id"), eventual)
		for _, id := range a.page(t).each("id") {
			got = append(got, id[len(id)-1:])
		}
		slices.Sort(got)
		if diff := cmp.Diff(got, append([]string{}, tt.want...)); a.StatusCode != 200 || diff != "" {
			t.Errorf("%s: %d (-got +want)\n%s", tt.name, a.StatusCode, diff)
		}
	}
	for name, search := range map[string]string{
		"no quotes": `displayName:bo`, "an open quote": `"displayName:bo`, "no property": `"bo"`,
		"an unknown property": `"shoeSize:44"`, "no text": `"displayName: "`,
		"a small or": `"displayName:bo" or "mail:bo"`, "no operator": `"displayName:bo" "mail:bo"`,
		"an operator at the end": `"displayName:bo" OR`, "nothing": ``,
		"an unescaped quote": `"displayName:bo"x"`, "a backslash before a letter": `"displayName:b\o"`,
		"an open bracket": `("displayName:bo"`, "a closed one": `"displayName:bo")`,
		"a list": `"proxyAddresses:smtp"`,
	} {
		if a := s.graph(t, token, query("$search", search), eventual); a.StatusCode != 400 ||
			a.page(t).Error.Code != "Request_BadRequest" {
			t.Errorf("%s: got %d %s, want 400", name, a.StatusCode, a.Body)
		}
	}
}

func TestListOfUsers(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	token := s.token(t)
	search := `"displayName:b" OR "displayName:u"`
	tests := []struct {
		name, path string
		header     string
		status     int
		want       string // in the body
	}{
		{"search without being eventual", query("$search", search), "", 400, "Request_UnsupportedQuery"},
		{"skip", query("$search", search, "$skip", "1"), eventual, 400, "'$skip' is not supported"},
		{"a page of nothing", query("$top", "0"), "", 400, "Invalid page size"},
		{"a page of too much", query("$top", "1000"), "", 400, "Invalid page size"},
		{"count", query("$count", "true", "$top", "1"), eventual, 200, `"@odata.count":5`},
		{"count without being eventual", query("$count", "true"), "", 400, "$count is not currently supported"},
		{"just the count", "/v1.0/users/$count", eventual, 200, "5"},
		{"just the count without being eventual", "/v1.0/users/$count", "", 400, "Request_UnsupportedQuery"},
		{
			"in order", query("$orderby", "userPrincipalName", "$select", "userPrincipalName", "$top", "1"), "", 200,
			`"value":[{"userPrincipalName":"anna@`,
		},
		{
			"a search in order with a count",
			query(
				"$search", search, "$orderby", "displayName", "$count", "true", "$top", "1", "$select", "displayName",
			),
			eventual, 200, `[{"displayName":"Bo Berg"}]`,
		},
		{
			"a search in order without a count", query("$search", search, "$orderby", "displayName"), eventual, 400,
			"Sorting not supported",
		},
		{"order by anything", query("$orderby", "jobTitle"), "", 400, "Request_UnsupportedQuery"},
		{
			"equal", query("$filter", "userPrincipalName eq 'BO@nordhavn.example'", "$select", "displayName"), "", 200,
			`"value":[{"displayName":"Bo Berg"}]`,
		},
		{
			"begins so",
			query("$filter", "startswith(mail,'a.h') or startsWith(displayName,'Bo')", "$select", "displayName"), "",
			200, `[{"displayName":"Anna Hansen"},{"displayName":"Bo Berg"}]`,
		},
		{
			"both", query("$filter", "accountEnabled eq false and userType eq 'Member'", "$select", "displayName"), "",
			200, `[{"displayName":"Per Disabled"}]`,
		},
		{"a doubled quote", query("$filter", "displayName eq 'O''X'", "$select", "id"), "", 200, `"value":[]`},
		{
			"ends so", query("$filter", "endswith(mail,'nordhavn.example')", "$count", "true", "$select", "id"),
			eventual, 200, oid(1),
		},
		{
			"ends so, plainly", query("$filter", "endswith(mail,'nordhavn.example')"), "", 400,
			"Request_UnsupportedQuery",
		},
		{
			"search and filter",
			query("$search", search, "$filter", "accountEnabled eq true", "$select", "displayName"), eventual, 200,
			`[{"displayName":"Bo Berg"},{"displayName":"Una Unassigned"}]`,
		},
		{"contains", query("$filter", "contains(displayName,'o')"), "", 400, "Invalid filter clause"},
		{"an open quote", query("$filter", "mail eq 'x"), "", 400, "Invalid filter clause"},
		{"the same option twice", "/v1.0/users?$top=1&$TOP=2", "", 400, "more than once"},
		{"expand", query("$expand", "manager"), "", 400, "not supported"},
		{"an unreadable query", "/v1.0/users?$select=%zz", "", 400, "Request_BadRequest"},
		{"an invented skip token", query("$skiptoken", "4"), "", 400, "skip token"},
	}
	for _, tt := range tests {
		var headers []string
		if tt.header != "" {
			headers = append(headers, tt.header)
		}
		if a := s.graph(t, token, tt.path, headers...); a.StatusCode != tt.status ||
			!strings.Contains(a.Body, tt.want) {
			t.Errorf("%s: got %d %s, want %d with %s", tt.name, a.StatusCode, a.Body, tt.status, tt.want)
		}
	}
}

func TestPagesOfUsers(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	token := s.token(t)
	got, pages := []string{}, 0
	const some = `"userPrincipalName:a" OR "displayName:b" OR "displayName:li" OR "displayName:per"`
	for next := query("$search", some, "$top", "3", "$select", "displayName"); next != ""; pages++ {
		p := s.graph(t, token, next, eventual).page(t)
		got, next = append(got, p.each("displayName")...), p.Next
	}
	if diff := cmp.Diff(got, []string{"Anna Hansen", "Bo Berg", "Li", "Per Disabled"}); diff != "" || pages != 2 {
		t.Errorf("%d pages (-got +want)\n%s", pages, diff)
	}
}

func TestNewPeopleAppearLate(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	s.tenant.SetIndexDelay(time.Minute)
	s.now = s.now.Add(time.Hour)
	token := s.token(t)
	must(t, s.tenant.Put(devtenant.Person{ObjectID: oid(9), AccountName: "nina@nordhavn.example", Name: "Nina"}))
	found := func() int {
		return len(
			s.graph(t, token, query("$search", `"displayName:nina" OR "displayName:anna"`), eventual).page(t).Value,
		)
	}
	if a := s.graph(t, token, "/v1.0/users/nina@nordhavn.example"); a.StatusCode != 200 || found() != 1 {
		t.Errorf("at once: status %d, %d found; want her by name and not by search", a.StatusCode, found())
	}
	if s.now = s.now.Add(time.Minute); found() != 2 {
		t.Errorf("later: %d found, want 2", found())
	}
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}
