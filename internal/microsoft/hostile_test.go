package microsoft_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/microsoft"
)

// stage is a Microsoft whose directory answers as a test wants.
type stage struct {
	*world
	g      *microsoft.Graph
	answer http.HandlerFunc // of /v1.0/
}

func newStage(tb testing.TB) *stage {
	tb.Helper()
	s := &stage{world: newWorld(tb)}
	rest := s.tenant.Handler()
	s.serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/v1.0/") {
			s.answer(w, r)
			return
		}
		rest.ServeHTTP(w, r)
	}))
	s.g = s.directory(tb)
	return s
}

// says makes the directory answer with a body.
func (s *stage) says(status int, body string) {
	s.answer = func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

// TestRefusals: the status and code of an answer of Graph decide its trouble.
func TestRefusals(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		status int
		header string // of Retry-After
		body   string
		want   pactius.Trouble
		wait   time.Duration
	}{
		{"forbidden", 403, "", `{"error":{"code":"Authorization_RequestDenied","message":"x"}}`,
			pactius.TroubleNoPermission,
			0},
		{"forbidden without words", 403, "", ``, pactius.TroubleNoPermission, 0},
		{"a token that is never taken", 401, "", `{"error":{"code":"InvalidAuthenticationToken"}}`,
			pactius.TroubleNoPermission, 0},
		{"too many, for so long", 429, "120", ``, pactius.TroubleThrottled, 2 * time.Minute},
		{"too many, until then", 429, moment.Add(90 * time.Second).Format(http.TimeFormat), ``,
			pactius.TroubleThrottled,
			90 * time.Second},
		{"too many, until a time that has gone", 429, moment.Add(-time.Hour).Format(http.TimeFormat), ``,
			pactius.TroubleThrottled, 10 * time.Second},
		{"too many, without a time", 429, "", ``, pactius.TroubleThrottled, 10 * time.Second},
		{"too many, with nonsense", 429, "-5", ``, pactius.TroubleThrottled, 10 * time.Second},
		{"too many, for years", 429, "99999999", ``, pactius.TroubleThrottled, 10 * time.Minute},
		{"too many, beyond all numbers", 429, "99999999999999999999", ``, pactius.TroubleThrottled, 10 * time.Second},
		{"busy, for so long", 503, "20", ``, pactius.TroubleThrottled, 20 * time.Second},
		{"busy", 503, "", ``, pactius.TroubleAway, 0},
		{"a fault", 500, "", `<html>`, pactius.TroubleAway, 0},
		{"a gateway that waited in vain", 504, "", ``, pactius.TroubleSlow, 0},
		{"a question that is not understood", 400, "", `{"error":{"code":"Request_BadRequest"}}`,
			pactius.TroubleGarbled, 0},
		{"a teapot", 418, "", ``, pactius.TroubleGarbled, 0},
		{"nothing, and it says so", 204, "", ``, pactius.TroubleGarbled, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			s.answer = func(w http.ResponseWriter, _ *http.Request) {
				if tt.header != "" {
					w.Header().Set("Retry-After", tt.header)
				}
				w.WriteHeader(tt.status)
				_, _ = w.Write([]byte(tt.body))
			}
			_, err := s.g.Search(t.Context(), s.c.Credentials, 5, "anna")
			if e := trouble(t, err); e.Trouble != tt.want || e.RetryAfter != tt.wait {
				t.Errorf("got %q after %v, want %q after %v: %v", e.Trouble, e.RetryAfter, tt.want, tt.wait, e)
			}
		})
	}
}

// TestANameThatGraphRefuses: 400 for a name means that there is no such account, and the search goes on.
func TestANameThatGraphRefuses(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.answer = func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.RawQuery, "$search") {
			_, _ = w.Write([]byte(`{"value":[{"id":"` + annaID + `"}]}`))
			return
		}
		w.WriteHeader(http.StatusBadRequest)
	}
	if _, err := s.g.Account(t.Context(), s.c.Credentials,
		"a%b@x.example"); pactius.KindOf(err) != pactius.KindNotFound {
		t.Errorf("got %v, want NotFound", err)
	}
	if found, err := s.g.Search(t.Context(), s.c.Credentials, 5, "a%b@x.example"); err != nil || len(found) != 1 {
		t.Errorf("got %v, %v", found, err)
	}
	if _, err := s.g.Account(t.Context(), s.c.Credentials, annaID); trouble(t, err).Trouble != pactius.TroubleGarbled {
		t.Errorf("by ID: got %v", err)
	}
}

// TestARedirectIsNotFollowed: no other address gets the token.
func TestARedirectIsNotFollowed(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	visited := false
	s.answer = func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/elsewhere") {
			visited = true
		}
		http.Redirect(w, r, "/v1.0/elsewhere", http.StatusFound)
	}
	if _, err := s.g.Account(t.Context(), s.c.Credentials, annaID); trouble(t, err).Trouble != pactius.TroubleGarbled ||
		visited {
		t.Errorf("got %v, followed: %v", err, visited)
	}
}

// TestStrangeAccounts: properties of people are cleaned or dropped.
func TestStrangeAccounts(t *testing.T) {
	t.Parallel()
	plain := map[string]any{"id": annaID, "userPrincipalName": "a@b.example", "displayName": "A"}
	with := func(changed map[string]any) map[string]any {
		all := maps.Clone(plain)
		maps.Copy(all, changed)
		return all
	}
	many := make([]string, 500)
	for i := range many {
		many[i] = fmt.Sprintf("smtp:a%d@b.example", i)
	}
	tests := []struct {
		name string
		user map[string]any
		ok   func(pactius.Account) bool // nil: refused
	}{
		{"plain", plain, func(a pactius.Account) bool { return a.Name == "A" && a.Username == "a@b.example" }},
		{"a name that reorders text", with(map[string]any{"displayName": "A\u202eB\x00"}),
			func(a pactius.Account) bool { return a.Name == "AB" }},
		{"an endless name", with(map[string]any{"displayName": strings.Repeat("ø", 10_000)}),
			func(a pactius.Account) bool { return a.Name == strings.Repeat("ø", 256) }},
		{"a hidden account name", with(map[string]any{"userPrincipalName": "a\u200b@b.example"}),
			func(a pactius.Account) bool { return a.Username == "" }},
		{"a mail address that is none", with(map[string]any{"mail": "javascript:alert(1)"}),
			func(a pactius.Account) bool { return a.Email == "" }},
		{"500 addresses", with(map[string]any{"proxyAddresses": many}),
			func(a pactius.Account) bool { return len(a.OtherEmails) == pactius.MaxOtherEmails }},
		{"addresses of other kinds",
			with(map[string]any{"mail": "a@b.example", "proxyAddresses": []string{"SMTP:A@b.example",
				"smtp:c@b.example", "sip:d@b.example", "X500:/o=x", "e@b.example", "smtp:C@B.example"}}),
			func(a pactius.Account) bool { return cmp.Equal(a.OtherEmails, []string{"c@b.example"}) }},
		{"capital letters in the ID", with(map[string]any{"id": strings.ToUpper(annaID)}),
			func(a pactius.Account) bool { return a.ObjectID == annaID }},
		{"a guest by name, where the type is not known",
			with(map[string]any{"userPrincipalName": "x_y.example#EXT#@b.example"}),
			func(a pactius.Account) bool { return a.Guest }},
		{"a member from elsewhere",
			with(map[string]any{"userPrincipalName": "x_y.example#EXT#@b.example", "userType": "Member"}),
			func(a pactius.Account) bool { return !a.Guest }},
		{"no ID", map[string]any{"displayName": "A"}, nil},
		{"another account than was asked for", with(map[string]any{"id": oid(1)}), nil},
		{"a number for a name", with(map[string]any{"displayName": 1}), nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			body, err := json.Marshal(tt.user)
			if err != nil {
				t.Fatal(err)
			}
			s := newStage(t)
			s.says(http.StatusOK, string(body))
			a, err := s.g.Account(t.Context(), s.c.Credentials, annaID)
			if tt.ok == nil {
				if trouble(t, err).Trouble != pactius.TroubleGarbled {
					t.Errorf("got %+v, %v", a, err)
				}
				return
			}
			if err != nil || !tt.ok(a) {
				t.Errorf("got %+v, %v", a, err)
			}
		})
	}
}

func TestStrangePhotos(t *testing.T) {
	t.Parallel()
	png := "\x89PNG\r\n\x1a\n"
	tests := []struct{ name, kind, body string }{
		{"a script", "text/html", "<script>"},
		{"a picture that can hold a script", "image/svg+xml", "<svg/>"},
		{"a script that says it is a picture", "image/png", "<script>alert(1)</script>"},
		{"a JPEG that is a PNG", "image/jpeg", png},
		{"no kind", "", png},
		{"200 kB", "image/png", png + strings.Repeat("x", 200<<10)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			s.answer = func(w http.ResponseWriter, _ *http.Request) {
				w.Header()["Content-Type"] = []string{tt.kind}
				_, _ = w.Write([]byte(tt.body))
			}
			_, _, err := s.g.Photo(t.Context(), s.c.Credentials, annaID)
			if trouble(t, err).Trouble != pactius.TroubleGarbled {
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestHowTheSearchIsAsked pins the exact address of a search.
func TestHowTheSearchIsAsked(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	asked := make(chan string, 4)
	s.answer = func(w http.ResponseWriter, r *http.Request) {
		asked <- r.Header.Get("ConsistencyLevel") + " " + r.URL.RawQuery
		_, _ = w.Write([]byte(`{"value":[]}`))
	}
	for typed, want := range map[string]string{
		`gu`:     `"displayName:gu" OR "mail:gu" OR "userPrincipalName:gu"`,
		`a "b\`:  `"displayName:a \"b\\"`,
		`R & D`:  `"displayName:R D"`,
		`o'neil`: `"displayName:o'neil" OR "mail:o'neil" OR "userPrincipalName:o'neil"`,
	} {
		if _, err := s.g.Search(t.Context(), s.c.Credentials, 7, typed); err != nil {
			t.Fatal(err)
		}
		escape := strings.NewReplacer(" ", "%20", `"`, "%22", ":", "%3A", `\`, "%5C", "'", "%27")
		want = "eventual $search=" + escape.Replace(want) +
			"&$top=7&$select=id%2CdisplayName%2CuserPrincipalName%2Cmail" +
			"%2CotherMails%2CproxyAddresses%2CjobTitle%2Cdepartment%2CaccountEnabled%2CuserType"
		if got := <-asked; got != want {
			t.Errorf("%s: asked\n%s\nwant\n%s", typed, got, want)
		}
	}
}
