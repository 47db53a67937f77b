package devtenant_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius/testbed/devtenant"
)

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
				"grant_type": {"authorization_code"}, "client_id": {clientID}, "client_secret": {secret},
				"redirect_uri":  {callback},
				"code":          {s.choose(t, map[string]string{"person": oid(1)}).sentBack(t).Get("code")},
				"code_verifier": {verifier},
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
			if err := json.Unmarshal([]byte(a.Body), &got); err != nil {
				t.Fatal(err)
			}
			if a.StatusCode != tt.status || (tt.number == 0) != (got.Token != "") || tt.number != 0 &&
				(got.Codes[0] != tt.number || got.Trace == "") {
				t.Errorf("got %d %s, want %d %d", a.StatusCode, a.Body, tt.status, tt.number)
			}
		})
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
		body := s.get(t, s.path("/discovery/v2.0/keys")).Body
		if got := strings.Count(body, `"kid"`); got != want || strings.Contains(body, `"d"`) {
			t.Errorf("FormerKeys %d: got %d keys, want %d: %s", former, got, want, body)
		}
	}
}

func TestHomeAndSignOut(t *testing.T) {
	t.Parallel()
	s := serveBeside(t, nil, devtenant.Config{TenantID: otherID, TenantName: "Sydhavn"})
	home := s.get(t, s.url+"/")
	if !strings.Contains(home.Body, "Administrator &lt;of all&gt;") || !strings.Contains(home.Body, "Sydhavn") {
		t.Error("the home page lacks a note or a tenant")
	}
	if got := home.listed(); len(got) != len(people) {
		t.Errorf("got %v", got)
	}
	if body := s.get(t, s.url+"/people.json").Body; !json.Valid([]byte(body)) || !strings.Contains(body, oid(5)) {
		t.Errorf("people.json: %s", body)
	}
	out := s.get(t, s.path("/oauth2/v2.0/logout?post_logout_redirect_uri=https://evil.example/"))
	if out.StatusCode != http.StatusOK || !strings.Contains(out.Text(), "not among its registered") {
		t.Errorf("an unregistered sign-out address: status %d", out.StatusCode)
	}
	if a := s.get(t, s.url+"/"+oid(9)+"/v2.0/.well-known/openid-configuration"); a.StatusCode != 400 ||
		!strings.Contains(a.Body, "AADSTS90002") {
		t.Errorf("an unknown tenant: %d %s", a.StatusCode, a.Body)
	}
	for _, name := range []string{"style.css", "filter.js"} {
		if a := s.get(t, s.url+"/static/"+name); a.StatusCode != http.StatusOK ||
			!strings.Contains(a.Header.Get("Cache-Control"), "immutable") {
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
	want := []string{
		"anna.berg@nordhavn.example", "li_x#EXT#@nordhavn.example", "per@nordhavn.example", "una@nordhavn.example",
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("account names (-got +want):\n%s", diff)
	}
}
