package devtenant_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"github.com/pactius/pactius/internal/microsoft/devtenant"
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
	{ObjectID: oid(1), AccountName: "anna@nordhavn.example", Name: "Anna Hansen", Mail: "a.hansen@nordhavn.example", JobTitle: "Head of Ports", Note: "Administrator <of all>"},
	{ObjectID: oid(2), AccountName: "bo@nordhavn.example", Name: "Bo Berg", JobTitle: "Crane driver", Department: "Terminal"},
	{ObjectID: oid(3), AccountName: "li_x#EXT#@nordhavn.example", Name: "Li", Guest: true},
	{ObjectID: oid(4), AccountName: "per@nordhavn.example", Name: "Per Disabled", Disabled: true},
	{ObjectID: oid(5), AccountName: "una@nordhavn.example", Name: "Una Unassigned", NotAssigned: true},
}

// site is a served tenant and a browser that stops at redirects to elsewhere.
type site struct {
	tenant *devtenant.Tenant
	url    string
	now    time.Time
	client *http.Client
}

func serve(tb testing.TB, change func(*devtenant.Config)) *site {
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
	config.TenantID, config.TenantName, config.People = otherID, "Sydhavn", nil
	other, err := devtenant.New(config)
	if err != nil {
		tb.Fatal(err)
	}
	s.tenant = tenant
	server.Config.Handler = devtenant.Handlers(tenant, other)
	server.Start()
	tb.Cleanup(server.Close)
	jar, _ := cookiejar.New(nil)
	s.client = &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return s
}

func (s *site) path(end string) string { return s.url + "/" + tenantID + end }

// request is a right authorize request with changes; "" deletes.
func request(change map[string]string) url.Values {
	v := url.Values{
		"client_id": {clientID}, "redirect_uri": {callback}, "response_type": {"code"}, "response_mode": {"query"},
		"scope": {"openid profile email"}, "state": {"st&te"}, "nonce": {"n"}, "code_challenge": {challenge}, "code_challenge_method": {"S256"},
	}
	for name, value := range change {
		if v.Set(name, value); value == "" {
			v.Del(name)
		}
	}
	return v
}

// answer is a response whose body was read.
type answer struct {
	*http.Response
	body string
}

func (s *site) do(tb testing.TB, r *http.Request) answer {
	tb.Helper()
	response, err := s.client.Do(r)
	if err != nil {
		tb.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		tb.Fatal(err)
	}
	return answer{response, string(body)}
}

func (s *site) get(tb testing.TB, address string) answer {
	tb.Helper()
	r, err := http.NewRequestWithContext(tb.Context(), http.MethodGet, address, nil)
	if err != nil {
		tb.Fatal(err)
	}
	return s.do(tb, r)
}

func (s *site) post(tb testing.TB, address string, form url.Values) answer {
	tb.Helper()
	r, err := http.NewRequestWithContext(tb.Context(), http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		tb.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return s.do(tb, r)
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

// nodes finds elements of a page.
func (a answer) nodes(tb testing.TB, match func(*html.Node) bool) []*html.Node {
	tb.Helper()
	doc, err := html.Parse(strings.NewReader(a.body))
	if err != nil {
		tb.Fatal(err)
	}
	var found []*html.Node
	for n := range doc.Descendants() {
		if n.Type == html.ElementNode && match(n) {
			found = append(found, n)
		}
	}
	return found
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func text(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data + " ")
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// listed are the names of the people a page offers.
func (a answer) listed(tb testing.TB) []string {
	tb.Helper()
	var names []string
	for _, n := range a.nodes(tb, func(n *html.Node) bool { return attribute(n, "class") == "name" }) {
		names = append(names, text(n))
	}
	return names
}

func TestSignInPage(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	page := s.authorize(t, map[string]string{"login_hint": "bo@nordhavn.example"})
	if page.StatusCode != http.StatusOK {
		t.Fatalf("status %d", page.StatusCode)
	}
	if diff := cmp.Diff(page.listed(t), []string{"Bo Berg", "Anna Hansen", "Li", "Per Disabled", "Una Unassigned"}); diff != "" {
		t.Errorf("people, the hinted one first (-got +want):\n%s", diff)
	}
	for what, want := range map[string]int{"main": 1, "h1": 1, "footer": 1, "style": 0, "title": 1, "ul": 1} {
		if got := len(page.nodes(t, func(n *html.Node) bool { return n.Data == what })); got != want {
			t.Errorf("got %d %s, want %d", got, what, want)
		}
	}
	for _, n := range page.nodes(t, func(*html.Node) bool { return true }) {
		for _, a := range n.Attr {
			if a.Key == "style" || strings.HasPrefix(a.Key, "on") {
				t.Errorf("<%s> has inline %s", n.Data, a.Key)
			}
		}
		if n.Data == "script" && (attribute(n, "src") == "" || attribute(n, "type") != "module") {
			t.Error("an inline script")
		}
		if n.Data == "form" {
			checkForm(t, n)
		}
	}
	buttons := page.nodes(t, func(n *html.Node) bool { return attribute(n, "name") == "person" })
	if len(buttons) != len(people) || attribute(buttons[0], "value") != oid(2) || attribute(buttons[0], "type") != "submit" {
		t.Errorf("got %d person buttons, the first for %q", len(buttons), attribute(buttons[0], "value"))
	}
	for i, want := range map[int]string{2: "Guest", 3: "Disabled", 4: "Not assigned"} {
		if got := text(buttons[i]); !strings.Contains(got, want) {
			t.Errorf("button %q lacks the badge %s", got, want)
		}
	}
	policy := page.Header.Get("Content-Security-Policy")
	if !strings.Contains(policy, "form-action 'self' https://door.example") || strings.Contains(policy, "unsafe") {
		t.Errorf("policy %q", policy)
	}
}

// checkForm: every form carries the whole request, and every input has a label.
func checkForm(t *testing.T, form *html.Node) {
	t.Helper()
	hidden, labels := url.Values{}, map[string]bool{}
	var inputs []string
	for n := range form.Descendants() {
		switch {
		case n.Data == "input" && attribute(n, "type") == "hidden":
			hidden.Set(attribute(n, "name"), attribute(n, "value"))
		case n.Data == "input":
			inputs = append(inputs, attribute(n, "id"))
		case n.Data == "label":
			labels[attribute(n, "for")] = true
		}
	}
	want := request(map[string]string{"login_hint": "bo@nordhavn.example"})
	if diff := cmp.Diff(hidden, want); diff != "" {
		t.Errorf("hidden fields (-got +want):\n%s", diff)
	}
	for _, id := range inputs {
		if !labels[id] {
			t.Errorf("input %q has no label", id)
		}
	}
}

func TestSearchWithoutScript(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	tests := []struct {
		name, query string
		want        []string
	}{
		{"by name in any case", "ANNA", []string{"Anna Hansen"}},
		{"by job and department at once", "crane terminal", []string{"Bo Berg"}},
		{"by account name", "una@", []string{"Una Unassigned"}},
		{"nobody", "<zzz>", nil},
		{"broken text", "\xff", []string{"Anna Hansen", "Bo Berg", "Li", "Per Disabled", "Una Unassigned"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			page := s.authorize(t, map[string]string{"q": tt.query})
			if diff := cmp.Diff(page.listed(t), tt.want); diff != "" {
				t.Errorf("people (-got +want):\n%s", diff)
			}
		})
	}
}

func TestALongListIsCut(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	for n := range 300 {
		if err := s.tenant.Put(devtenant.Person{ObjectID: oid(1000 + n), AccountName: fmt.Sprintf("p%d@x.example", n), Name: fmt.Sprintf("Person %d", n)}); err != nil {
			t.Fatal(err)
		}
	}
	page := s.authorize(t, nil)
	if got := len(page.listed(t)); got != 200 {
		t.Errorf("got %d people, want 200", got)
	}
	if !strings.Contains(page.body, "105 more people match") {
		t.Error("the page does not say that there are more")
	}
}

func TestSingleSignOn(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	s.choose(t, map[string]string{"person": oid(2)}).sentBack(t)
	s.choose(t, map[string]string{"person": oid(1)}).sentBack(t)
	steps := []struct {
		name   string
		change map[string]string
		silent bool
	}{
		{"signed in", nil, true},
		{"signed in, and asked not to prompt", map[string]string{"prompt": "none"}, true},
		{"a hint at the same account", map[string]string{"login_hint": "ANNA@nordhavn.example"}, true},
		{"a hint at another account", map[string]string{"login_hint": "bo@nordhavn.example"}, false},
		{"a hint at nobody", map[string]string{"login_hint": "x"}, false},
		{"switch account", map[string]string{"prompt": "select_account"}, false},
		{"sign in anew", map[string]string{"prompt": "login"}, false},
	}
	for _, tt := range steps {
		a := s.authorize(t, tt.change)
		if tt.silent != (a.StatusCode == http.StatusFound) {
			t.Errorf("%s: got status %d, want silent %v", tt.name, a.StatusCode, tt.silent)
		}
		if tt.silent && a.sentBack(t).Get("code") == "" {
			t.Errorf("%s: no code", tt.name)
		}
	}
	page := s.authorize(t, map[string]string{"prompt": "select_account"})
	if got := page.listed(t)[:2]; !slices.Equal(got, []string{"Anna Hansen", "Bo Berg"}) {
		t.Errorf("recent people first: got %v", got)
	}
	s.tenant.Remove(oid(1))
	if a := s.authorize(t, nil); a.StatusCode != http.StatusOK {
		t.Errorf("a removed person is signed in silently: status %d", a.StatusCode)
	}
	if got := s.authorize(t, map[string]string{"prompt": "none"}).sentBack(t).Get("error"); got != "login_required" {
		t.Errorf("prompt=none: got error %q, want login_required", got)
	}
}

func TestAuthorizeRefusals(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	shown := []struct {
		name   string
		change map[string]string
		want   string
	}{
		{"an unknown application", map[string]string{"client_id": "x"}, "AADSTS700016"},
		{"a redirect URI that is not registered", map[string]string{"redirect_uri": "https://door.example/signin/callback"}, "AADSTS50011"},
		{"no redirect URI", map[string]string{"redirect_uri": ""}, "AADSTS50011"},
	}
	for _, tt := range shown {
		a := s.authorize(t, tt.change)
		if a.StatusCode != http.StatusBadRequest || !strings.Contains(a.body, tt.want) || a.Header.Get("Location") != "" {
			t.Errorf("%s: status %d, location %q, page without %s", tt.name, a.StatusCode, a.Header.Get("Location"), tt.want)
		}
	}
	told := []struct {
		name   string
		change map[string]string
		err    string
		number string
	}{
		{"an implicit flow", map[string]string{"response_type": "id_token"}, "unsupported_response_type", "AADSTS700054"},
		{"a posted answer", map[string]string{"response_mode": "form_post"}, "invalid_request", "AADSTS70007"},
		{"no openid", map[string]string{"scope": "profile"}, "invalid_scope", "AADSTS70011"},
		{"no PKCE", map[string]string{"code_challenge": ""}, "invalid_request", "AADSTS9002325"},
		{"plain PKCE", map[string]string{"code_challenge_method": "plain"}, "invalid_request", "AADSTS9002325"},
	}
	for _, tt := range told {
		q := s.authorize(t, tt.change).sentBack(t)
		if q.Get("error") != tt.err || !strings.HasPrefix(q.Get("error_description"), tt.number+": ") {
			t.Errorf("%s: got %v", tt.name, q)
		}
	}
}

func TestChoosing(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change map[string]string
		want   string // error, or "code", or "page"
		number string
	}{
		{"a person", map[string]string{"person": oid(1)}, "code", ""},
		{"a typed account name in other case", map[string]string{"account": " BO@nordhavn.example "}, "code", ""},
		{"an unknown account name", map[string]string{"account": "zoe@nordhavn.example"}, "page", ""},
		{"nothing", nil, "page", ""},
		{"cancel", map[string]string{"action": "cancel"}, "access_denied", ""},
		{"a disabled person", map[string]string{"person": oid(4)}, "access_denied", "AADSTS50057"},
		{"a person without assignment", map[string]string{"person": oid(5)}, "access_denied", "AADSTS50105"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := serve(t, nil).choose(t, tt.change)
			if tt.want == "page" {
				alerts := a.nodes(t, func(n *html.Node) bool { return attribute(n, "role") == "alert" })
				if a.StatusCode != http.StatusUnprocessableEntity || len(alerts) != 1 {
					t.Errorf("status %d with %d alerts", a.StatusCode, len(alerts))
				}
				return
			}
			q := a.sentBack(t)
			if tt.want == "code" && q.Get("code") == "" || tt.want != "code" && q.Get("error") != tt.want {
				t.Errorf("got %v, want %s", q, tt.want)
			}
			if got, _, _ := strings.Cut(q.Get("error_description"), ":"); got != tt.number {
				t.Errorf("got number %q, want %q", got, tt.number)
			}
		})
	}
}

func TestTokenEndpoint(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change map[string]string
		after  time.Duration
		status int
		number int // error_codes; 0 is a token
	}{
		{"all right", nil, 0, 200, 0},
		{"nine minutes later", nil, 9 * time.Minute, 200, 0},
		{"eleven minutes later", nil, 11 * time.Minute, 400, 70008},
		{"another verifier", map[string]string{"code_verifier": verifier + "x"}, 0, 400, 501481},
		{"no verifier", map[string]string{"code_verifier": ""}, 0, 400, 50148},
		{"another redirect URI", map[string]string{"redirect_uri": "https://door.example/"}, 0, 400, 500112},
		{"another secret", map[string]string{"client_secret": "x"}, 0, 401, 7000215},
		{"no secret", map[string]string{"client_secret": ""}, 0, 401, 7000218},
		{"another application", map[string]string{"client_id": "x"}, 0, 400, 700016},
		{"an invented code", map[string]string{"code": "x"}, 0, 400, 70000},
		{"another grant", map[string]string{"grant_type": "password"}, 0, 400, 70003},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, nil)
			form := url.Values{
				"grant_type": {"authorization_code"}, "client_id": {clientID}, "client_secret": {secret}, "redirect_uri": {callback},
				"code": {s.choose(t, map[string]string{"person": oid(1)}).sentBack(t).Get("code")}, "code_verifier": {verifier},
			}
			for name, value := range tt.change {
				form.Set(name, value)
			}
			s.now = s.now.Add(tt.after)
			a := s.post(t, s.path("/oauth2/v2.0/token"), form)
			var got struct {
				Token string `json:"id_token"`
				Codes []int  `json:"error_codes"`
				Trace string `json:"trace_id"`
			}
			if err := json.Unmarshal([]byte(a.body), &got); err != nil {
				t.Fatal(err)
			}
			if a.StatusCode != tt.status || (tt.number == 0) != (got.Token != "") || tt.number != 0 && (got.Codes[0] != tt.number || got.Trace == "") {
				t.Errorf("got %d %s, want %d %d", a.StatusCode, a.body, tt.status, tt.number)
			}
		})
	}
}

func TestGraph(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	r, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, s.path("/oauth2/v2.0/token"),
		strings.NewReader("grant_type=client_credentials&scope=https%3A%2F%2Fgraph.microsoft.com%2F.default"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(clientID, url.QueryEscape(secret))
	var token struct {
		Access string `json:"access_token"`
	}
	if err := json.Unmarshal([]byte(s.do(t, r).body), &token); err != nil || token.Access == "" {
		t.Fatalf("no token: %v", err)
	}
	tests := []struct {
		name, path, bearer string
		status             int
		want               string // in the body
	}{
		{"one by account name", "/v1.0/users/ANNA@nordhavn.example", token.Access, 200, `"id":"` + oid(1) + `"`},
		{"one by object ID", "/v1.0/users/" + oid(2), token.Access, 200, `"mail":null`},
		{"a guest by escaped name", "/v1.0/users/li_x%23EXT%23@nordhavn.example?$select=id,userType", token.Access, 200, `"userType":"Guest"`},
		{"nobody", "/v1.0/users/zoe@nordhavn.example", token.Access, 404, "Request_ResourceNotFound"},
		{"a page with more behind it", "/v1.0/users?$top=2&$select=displayName", token.Access, 200, `"value":[{"displayName":"Anna Hansen"},{"displayName":"Bo Berg"}]`},
		{"the page after it", "/v1.0/users?$top=4&$skiptoken=4&$select=displayName", token.Access, 200, `"value":[{"displayName":"Una Unassigned"}]`},
		{"far behind the end", "/v1.0/users?$skiptoken=99", token.Access, 200, `"value":[]`},
		{"a page of nothing", "/v1.0/users?$top=0", token.Access, 400, "BadRequest"},
		{"an option that is not served", "/v1.0/users?$filter=x", token.Access, 400, "$filter"},
		{"no token", "/v1.0/users", "", 401, "InvalidAuthenticationToken"},
		{"an invented token", "/v1.0/users", "x", 401, "InvalidAuthenticationToken"},
	}
	for _, tt := range tests {
		r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+tt.path, nil)
		if tt.bearer != "" {
			r.Header.Set("Authorization", "Bearer "+tt.bearer)
		}
		a := s.do(t, r)
		if a.StatusCode != tt.status || !strings.Contains(a.body, tt.want) {
			t.Errorf("%s: got %d %s, want %d with %s", tt.name, a.StatusCode, a.body, tt.status, tt.want)
		}
	}
	s.now = s.now.Add(61 * time.Minute)
	r, _ = http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+"/v1.0/users", nil)
	r.Header.Set("Authorization", "Bearer "+token.Access)
	if a := s.do(t, r); a.StatusCode != http.StatusUnauthorized {
		t.Errorf("an ended token: got %d, want 401", a.StatusCode)
	}
}

func TestKeysStayPublished(t *testing.T) {
	t.Parallel()
	for former, want := range map[int]int{0: 2, -1: 1, 2: 3} {
		s := serve(t, func(c *devtenant.Config) { c.FormerKeys = former })
		for range 3 {
			if err := s.tenant.RotateKeys(); err != nil {
				t.Fatal(err)
			}
		}
		body := s.get(t, s.path("/discovery/v2.0/keys")).body
		if got := strings.Count(body, `"kid"`); got != want || strings.Contains(body, `"d"`) {
			t.Errorf("FormerKeys %d: got %d keys, want %d: %s", former, got, want, body)
		}
	}
}

func TestHomeAndSignOut(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	home := s.get(t, s.url+"/")
	if !strings.Contains(home.body, "Administrator &lt;of all&gt;") || !strings.Contains(home.body, "Sydhavn") {
		t.Error("the home page lacks a note or a tenant")
	}
	if got := home.listed(t); len(got) != len(people) {
		t.Errorf("got %v", got)
	}
	if body := s.get(t, s.url+"/people.json").body; !json.Valid([]byte(body)) || !strings.Contains(body, oid(5)) {
		t.Errorf("people.json: %s", body)
	}
	out := s.get(t, s.path("/oauth2/v2.0/logout?post_logout_redirect_uri=https://evil.example/"))
	if out.StatusCode != http.StatusOK || !strings.Contains(out.body, "not among its registered") {
		t.Errorf("an unregistered sign-out address: status %d", out.StatusCode)
	}
	if a := s.get(t, s.url+"/"+oid(9)+"/v2.0/.well-known/openid-configuration"); a.StatusCode != 400 || !strings.Contains(a.body, "AADSTS90002") {
		t.Errorf("an unknown tenant: %d %s", a.StatusCode, a.body)
	}
	for _, name := range []string{"style.css", "filter.js"} {
		if a := s.get(t, s.url+"/static/"+name); a.StatusCode != http.StatusOK || !strings.Contains(a.Header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %d %q", name, a.StatusCode, a.Header.Get("Cache-Control"))
		}
	}
}

func TestNewReportsAllProblems(t *testing.T) {
	t.Parallel()
	_, err := devtenant.New(devtenant.Config{
		URL: "http://x.example/path", TenantID: "x", RedirectURLs: []string{"/relative"},
		People: []devtenant.Person{
			{ObjectID: "x", AccountName: "a@b.example"}, {ObjectID: oid(1), AccountName: "nobody"},
			{ObjectID: oid(2), AccountName: "a@b.example"}, {ObjectID: oid(3), AccountName: "A@b.example"},
		},
	})
	if err == nil {
		t.Fatal("no error")
	}
	if got, want := len(strings.Split(err.Error(), "\n")), 7; got != want {
		t.Errorf("got %d problems, want %d:\n%v", got, want, err)
	}
}

func TestPeopleChange(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	renamed := people[0]
	renamed.AccountName, renamed.ObjectID = "anna.berg@nordhavn.example", strings.ToUpper(oid(1))
	if err := s.tenant.Put(renamed); err != nil {
		t.Fatal(err)
	}
	s.tenant.Remove(oid(2))
	var got []string
	for _, p := range s.tenant.People() {
		got = append(got, p.AccountName)
	}
	want := []string{"anna.berg@nordhavn.example", "li_x#EXT#@nordhavn.example", "per@nordhavn.example", "una@nordhavn.example"}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("account names (-got +want):\n%s", diff)
	}
}
