package devtenant_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"github.com/pactius/pactius/testbed/devtenant"
	"github.com/pactius/pactius/testbed/scripted"
)

func TestSignInPage(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	page := s.authorize(t, map[string]string{"login_hint": "bo@nordhavn.example"})
	if page.StatusCode != http.StatusOK {
		t.Fatalf("status %d", page.StatusCode)
	}
	want := []string{"Bo Berg", "Anna Hansen", "Li", "Per Disabled", "Una Unassigned"}
	if diff := cmp.Diff(page.listed(), want); diff != "" {
		t.Errorf("people, the hinted one first (-got +want):\n%s", diff)
	}
	for what, want := range map[string]int{"main": 1, "h1": 1, "footer": 1, "style": 0, "title": 1, "ul": 1} {
		if got := len(page.Elements(func(n *html.Node) bool { return n.Data == what })); got != want {
			t.Errorf("got %d %s, want %d", got, what, want)
		}
	}
	for _, n := range page.Elements(func(*html.Node) bool { return true }) {
		for _, a := range n.Attr {
			if a.Key == "style" || strings.HasPrefix(a.Key, "on") {
				t.Errorf("<%s> has inline %s", n.Data, a.Key)
			}
		}
		if n.Data == "script" && (scripted.Value(n, "src") == "" || scripted.Value(n, "type") != "module") {
			t.Error("an inline script")
		}
		if n.Data == "form" {
			checkForm(t, n)
		}
	}
	buttons := page.Elements(func(n *html.Node) bool { return scripted.Value(n, "name") == "person" })
	if len(buttons) != len(people) || scripted.Value(buttons[0], "value") != oid(2) ||
		scripted.Value(buttons[0], "type") != "submit" {
		t.Errorf("got %d person buttons, the first for %q", len(buttons), scripted.Value(buttons[0], "value"))
	}
	for i, want := range map[int]string{2: "Guest", 3: "Disabled", 4: "Not assigned"} {
		if got := scripted.Text(buttons[i]); !strings.Contains(got, want) {
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
		case n.Data == "input" && scripted.Value(n, "type") == "hidden":
			hidden.Set(scripted.Value(n, "name"), scripted.Value(n, "value"))
		case n.Data == "input":
			inputs = append(inputs, scripted.Value(n, "id"))
		case n.Data == "label":
			labels[scripted.Value(n, "for")] = true
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
			if diff := cmp.Diff(page.listed(), tt.want); diff != "" {
				t.Errorf("people (-got +want):\n%s", diff)
			}
		})
	}
}

func TestALongListIsCut(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	for n := range 300 {
		err := s.tenant.Put(devtenant.Person{
			ObjectID: oid(1000 + n), AccountName: fmt.Sprintf("p%d@x.example", n), Name: fmt.Sprintf("Person %d", n),
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	page := s.authorize(t, nil)
	if got := len(page.listed()); got != 200 {
		t.Errorf("got %d people, want 200", got)
	}
	if !strings.Contains(page.Body, "105 more people match") {
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
	if got := page.listed()[:2]; !slices.Equal(got, []string{"Anna Hansen", "Bo Berg"}) {
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
		{
			"a redirect URI that is not registered",
			map[string]string{"redirect_uri": "https://door.example/signin/callback"}, "AADSTS50011",
		},
		{"no redirect URI", map[string]string{"redirect_uri": ""}, "AADSTS50011"},
	}
	for _, tt := range shown {
		a := s.authorize(t, tt.change)
		if a.StatusCode != http.StatusBadRequest || !strings.Contains(a.Body, tt.want) ||
			a.Header.Get("Location") != "" {
			t.Errorf(
				"%s: status %d, location %q, page without %s", tt.name, a.StatusCode, a.Header.Get("Location"), tt.want,
			)
		}
	}
	told := []struct {
		name   string
		change map[string]string
		err    string
		number string
	}{
		{
			"an implicit flow", map[string]string{"response_type": "id_token"}, "unsupported_response_type",
			"AADSTS700054",
		},
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
				alerts := a.Elements(func(n *html.Node) bool { return scripted.Value(n, "role") == "alert" })
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
