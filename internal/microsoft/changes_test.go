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
	"github.com/pactius/pactius/internal/microsoft/devtenant"
)

// round reads a whole round of changes: the accounts by object ID, the last word
// on each, the cursor of the next round and how many pages there were.
func round(tb testing.TB, g *microsoft.Graph, c pactius.Credentials, cursor string) (map[string]pactius.Account, string, int) {
	tb.Helper()
	found := map[string]pactius.Account{}
	for pages := 1; ; pages++ {
		page, err := g.Changes(tb.Context(), c, cursor)
		if err != nil {
			tb.Fatal(err)
		}
		if (page.Next == "") == (page.Cursor == "") {
			tb.Fatalf("page %d has the places %q and %q, want one", pages, page.Next, page.Cursor)
		}
		for _, a := range page.Accounts {
			found[a.ObjectID] = a
		}
		if page.Next == "" {
			return found, page.Cursor, pages
		}
		cursor = page.Next
	}
}

func TestChanges(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.directory(t)
	everybody, cursor, _ := round(t, g, w.c.Credentials, "")
	if len(everybody) != 4 || everybody[annaID].State != pactius.AccountPresent || everybody[gone.ObjectID].State != pactius.AccountDisabled || !everybody[guest.ObjectID].Guest {
		t.Fatalf("the full round: got %+v", everybody)
	}
	if a := everybody[annaID]; a.TenantID != tenantID || a.Username != anna.AccountName || a.Name != anna.Name || a.Email != anna.Mail {
		t.Errorf("got %+v", a)
	}
	steps := []struct {
		name   string
		change func() error
		want   map[string]pactius.AccountState
	}{
		{"nothing", func() error { return nil }, map[string]pactius.AccountState{}},
		{"disabled", func() error { return w.tenant.Disable(annaID) }, map[string]pactius.AccountState{annaID: pactius.AccountDisabled}},
		{"enabled", func() error { return w.tenant.Enable(annaID) }, map[string]pactius.AccountState{annaID: pactius.AccountPresent}},
		{"deleted", func() error { return w.tenant.Delete(annaID) }, map[string]pactius.AccountState{annaID: pactius.AccountDeleted}},
		{"restored", func() error { return w.tenant.Restore(annaID) }, map[string]pactius.AccountState{annaID: pactius.AccountPresent}},
		{"renamed", func() error { return w.tenant.Rename(annaID, "anna.holm@nordhavn.example", "Anna Holm") }, map[string]pactius.AccountState{annaID: pactius.AccountPresent}},
		{"deleted for good", func() error { w.tenant.Remove(annaID); return nil }, map[string]pactius.AccountState{annaID: pactius.AccountDeleted}},
	}
	for _, s := range steps {
		if err := s.change(); err != nil {
			t.Fatal(err)
		}
		var found map[string]pactius.Account
		found, cursor, _ = round(t, g, w.c.Credentials, cursor)
		got := map[string]pactius.AccountState{}
		for id, a := range found {
			got[id] = a.State
		}
		if diff := cmp.Diff(got, s.want); diff != "" {
			t.Errorf("%s: got - want +:\n%s", s.name, diff)
		}
		if s.name == "renamed" && (found[annaID].Username != "anna.holm@nordhavn.example" || found[annaID].Name != "Anna Holm") {
			t.Errorf("renamed: got %+v", found[annaID])
		}
	}
}

// TestChangesOfManyPages: every account once, in pages; empty ones lead on; a
// round that was begun can be gone on with by somebody else.
func TestChangesOfManyPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if err := w.tenant.Populate(1800); err != nil {
		t.Fatal(err)
	}
	w.tenant.SetTrouble(devtenant.Trouble{EmptyPages: true})
	found, cursor, pages := round(t, w.directory(t), w.c.Credentials, "")
	if want := len(w.tenant.People()); len(found) != want || pages < 4 {
		t.Errorf("got %d accounts on %d pages, want %d", len(found), pages, want)
	}
	if strings.Contains(cursor, "://") {
		t.Errorf("the cursor %q holds an address", cursor)
	}
	// Another instance, with nothing but the cursor.
	if found, _, _ := round(t, w.directory(t), w.c.Credentials, cursor); len(found) != 0 {
		t.Errorf("got %d accounts, want none", len(found))
	}
}

// TestLeanChanges: what an answer does not say is not taken for an answer.
func TestLeanChanges(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.directory(t)
	_, cursor, _ := round(t, g, w.c.Credentials, "")
	w.tenant.SetTrouble(devtenant.Trouble{Lean: true})
	if err := w.tenant.Rename(annaID, "anna.holm@nordhavn.example", anna.Name); err != nil {
		t.Fatal(err)
	}
	found, _, _ := round(t, g, w.c.Credentials, cursor)
	if a := found[annaID]; a.State != pactius.AccountUnknown || a.Username != "anna.holm@nordhavn.example" || a.Name != "" {
		t.Errorf("got %+v", a)
	}
}

func TestTheCursorIsGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.directory(t)
	_, cursor, _ := round(t, g, w.c.Credentials, "")
	w.theirs.add(8 * 24 * time.Hour)
	w.ours.add(8 * 24 * time.Hour)
	for _, c := range []string{cursor, "delta:nonsense", "skip:nonsense", "delta:", "nonsense", "https://evil.example/?$deltatoken=x", "skip:\x00&$select=x"} {
		if _, err := g.Changes(t.Context(), w.c.Credentials, c); trouble(t, err).Trouble != pactius.CursorGone {
			t.Errorf("%.20q: got %v, want cursor gone", c, err)
		}
	}
	if found, _, _ := round(t, g, w.c.Credentials, ""); len(found) != 4 {
		t.Errorf("afterwards: got %d accounts", len(found))
	}
}

func TestALinkToAnotherHostIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.directory(t)
	w.tenant.SetTrouble(devtenant.Trouble{ForeignNext: "https://evil.example"})
	_, err := g.Changes(t.Context(), w.c.Credentials, "")
	if e := trouble(t, err); e.Trouble != pactius.Garbled || !strings.Contains(e.Error(), "evil.example") {
		t.Errorf("got %v", e)
	}
}

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

// says lets the directory answer with a body.
func (s *stage) says(status int, body string) {
	s.answer = func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

func TestPagesOfChangesThatAreRefused(t *testing.T) {
	t.Parallel()
	account := `{"id":"` + annaID + `"}`
	tests := []struct {
		name, body string // %s is the directory's origin
		cursor     string
		want       pactius.Trouble // "" is taken
	}{
		{"a page that leads on", `{"value":[` + account + `],"@odata.nextLink":"%s/v1.0/users/delta?$skiptoken=a%%2Bb"}`, "", ""},
		{"the token's other spelling, and a function's brackets", `{"value":[],"@odata.deltaLink":"%s/v1.0/users/microsoft.graph.delta()?$deltaToken=abc"}`, "", ""},
		{"no place to go on", `{"value":[]}`, "", pactius.Garbled},
		{"two places to go on", `{"value":[],"@odata.nextLink":"%[1]s/v1.0/users/delta?$skiptoken=a","@odata.deltaLink":"%[1]s/v1.0/users/delta?$deltatoken=b"}`, "", pactius.Garbled},
		{"no list", `{"@odata.deltaLink":"%s/v1.0/users/delta?$deltatoken=b"}`, "", pactius.Garbled},
		{"a list of something else", `{"value":[1],"@odata.deltaLink":"%s/v1.0/users/delta?$deltatoken=b"}`, "", pactius.Garbled},
		{"an account without an ID", `{"value":[{}],"@odata.deltaLink":"%s/v1.0/users/delta?$deltatoken=b"}`, "", pactius.Garbled},
		{"an ID that is no GUID", `{"value":[{"id":"../x"}],"@odata.deltaLink":"%s/v1.0/users/delta?$deltatoken=b"}`, "", pactius.Garbled},
		{"another host", `{"value":[],"@odata.nextLink":"https://evil.example/v1.0/users/delta?$skiptoken=a"}`, "", pactius.Garbled},
		{"another scheme", `{"value":[],"@odata.nextLink":"javascript:alert(1)//$skiptoken=a"}`, "", pactius.Garbled},
		{"the host as a user's name", `{"value":[],"@odata.nextLink":"%s@evil.example/v1.0/users/delta?$skiptoken=a"}`, "", pactius.Garbled},
		{"another path", `{"value":[],"@odata.nextLink":"%s/v1.0/groups/delta?$skiptoken=a"}`, "", pactius.Garbled},
		{"a path that climbs", `{"value":[],"@odata.nextLink":"%s/v1.0/users/delta/../../x?$skiptoken=a"}`, "", pactius.Garbled},
		{"no token", `{"value":[],"@odata.nextLink":"%s/v1.0/users/delta?$select=id"}`, "", pactius.Garbled},
		{"an empty token", `{"value":[],"@odata.nextLink":"%s/v1.0/users/delta?$skiptoken="}`, "", pactius.Garbled},
		{"two tokens", `{"value":[],"@odata.nextLink":"%s/v1.0/users/delta?$skiptoken=a&$skipToken=b"}`, "", pactius.Garbled},
		{"the other kind of token", `{"value":[],"@odata.nextLink":"%s/v1.0/users/delta?$deltatoken=a"}`, "", pactius.Garbled},
		{"no address", `{"value":[],"@odata.nextLink":"://"}`, "", pactius.Garbled},
		{"a link of 20 kB", `{"value":[],"@odata.nextLink":"%s/v1.0/users/delta?$skiptoken=` + strings.Repeat("a", 20_000) + `"}`, "", pactius.Garbled},
		{"the same page again and again", `{"value":[],"@odata.nextLink":"%s/v1.0/users/delta?$skiptoken=a"}`, "skip:a", pactius.Garbled},
		{"6,000 accounts", `{"value":[` + strings.Repeat(account+",", 5999) + account + `],"@odata.deltaLink":"%s/v1.0/users/delta?$deltatoken=b"}`, "", pactius.Garbled},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			body := tt.body
			if strings.Contains(body, "%s") || strings.Contains(body, "%[1]s") {
				body = fmt.Sprintf(body, s.url)
			}
			s.says(http.StatusOK, body)
			page, err := s.g.Changes(t.Context(), s.c.Credentials, tt.cursor)
			if tt.want == "" {
				if err != nil || strings.Contains(page.Next+page.Cursor, "http") {
					t.Errorf("got %+v, %v", page, err)
				}
				return
			}
			if e := trouble(t, err); e.Trouble != tt.want {
				t.Errorf("got %v", e)
			}
		})
	}
}

// TestOnlyTheTokenIsSentBack: the next call is ours, whatever else the link said.
func TestOnlyTheTokenIsSentBack(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.says(http.StatusOK, fmt.Sprintf(`{"value":[],"@odata.nextLink":"%s/v1.0/users/delta?$skiptoken=a%%2Bb%%26c%%20d&$select=secrets&evil=1"}`, s.url))
	page, err := s.g.Changes(t.Context(), s.c.Credentials, "")
	if err != nil {
		t.Fatal(err)
	}
	var got string
	s.answer = func(w http.ResponseWriter, r *http.Request) { got = r.URL.RequestURI(); w.WriteHeader(http.StatusGone) }
	if _, err := s.g.Changes(t.Context(), s.c.Credentials, page.Next); trouble(t, err).Trouble != pactius.CursorGone {
		t.Errorf("got %v", err)
	}
	if want := "/v1.0/users/delta?$skiptoken=a%2Bb%26c%20d"; got != want {
		t.Errorf("asked %s, want %s", got, want)
	}
}

// TestRefusals: what Graph's answers mean, by status and code.
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
		{"forbidden", 403, "", `{"error":{"code":"Authorization_RequestDenied","message":"x"}}`, pactius.NoPermission, 0},
		{"forbidden without words", 403, "", ``, pactius.NoPermission, 0},
		{"a token that is never taken", 401, "", `{"error":{"code":"InvalidAuthenticationToken"}}`, pactius.NoPermission, 0},
		{"too many, for so long", 429, "120", ``, pactius.Throttled, 2 * time.Minute},
		{"too many, until then", 429, moment.Add(90 * time.Second).Format(http.TimeFormat), ``, pactius.Throttled, 90 * time.Second},
		{"too many, until a time that has gone", 429, moment.Add(-time.Hour).Format(http.TimeFormat), ``, pactius.Throttled, 10 * time.Second},
		{"too many, without a time", 429, "", ``, pactius.Throttled, 10 * time.Second},
		{"too many, with nonsense", 429, "-5", ``, pactius.Throttled, 10 * time.Second},
		{"too many, for years", 429, "99999999", ``, pactius.Throttled, 10 * time.Minute},
		{"too many, beyond all numbers", 429, "99999999999999999999", ``, pactius.Throttled, 10 * time.Second},
		{"busy, for so long", 503, "20", ``, pactius.Throttled, 20 * time.Second},
		{"busy", 503, "", ``, pactius.Away, 0},
		{"a fault", 500, "", `<html>`, pactius.Away, 0},
		{"a gateway that waited in vain", 504, "", ``, pactius.Slow, 0},
		{"a question that is not understood", 400, "", `{"error":{"code":"Request_BadRequest"}}`, pactius.Garbled, 0},
		{"a teapot", 418, "", ``, pactius.Garbled, 0},
		{"nothing, and it says so", 204, "", ``, pactius.Garbled, 0},
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
			_, err := s.g.Search(t.Context(), s.c.Credentials, "anna", 5)
			if e := trouble(t, err); e.Trouble != tt.want || e.RetryAfter != tt.wait {
				t.Errorf("got %q after %v, want %q after %v: %v", e.Trouble, e.RetryAfter, tt.want, tt.wait, e)
			}
		})
	}
}

// TestANameThatGraphRefuses: 400 about a name means that there is no such account;
// the search goes on without it.
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
	if _, err := s.g.Account(t.Context(), s.c.Credentials, "a%b@x.example"); pactius.KindOf(err) != pactius.NotFound {
		t.Errorf("got %v, want NotFound", err)
	}
	if found, err := s.g.Search(t.Context(), s.c.Credentials, "a%b@x.example", 5); err != nil || len(found) != 1 {
		t.Errorf("got %v, %v", found, err)
	}
	if _, err := s.g.Account(t.Context(), s.c.Credentials, annaID); trouble(t, err).Trouble != pactius.Garbled {
		t.Errorf("by ID: got %v", err)
	}
}

// TestARedirectIsNotFollowed: the token stays with whom it was made for.
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
	if _, err := s.g.Account(t.Context(), s.c.Credentials, annaID); trouble(t, err).Trouble != pactius.Garbled || visited {
		t.Errorf("got %v, followed: %v", err, visited)
	}
}

// TestStrangeAccounts: what an answer says of people is cleaned, and what cannot
// be is not used.
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
		{"a name that reorders text", with(map[string]any{"displayName": "A\u202eB\x00"}), func(a pactius.Account) bool { return a.Name == "AB" }},
		{"an endless name", with(map[string]any{"displayName": strings.Repeat("ø", 10_000)}), func(a pactius.Account) bool { return a.Name == strings.Repeat("ø", 256) }},
		{"a hidden account name", with(map[string]any{"userPrincipalName": "a\u200b@b.example"}), func(a pactius.Account) bool { return a.Username == "" }},
		{"a mail address that is none", with(map[string]any{"mail": "javascript:alert(1)"}), func(a pactius.Account) bool { return a.Email == "" }},
		{"500 addresses", with(map[string]any{"proxyAddresses": many}), func(a pactius.Account) bool { return len(a.OtherEmails) == pactius.MaxOtherEmails }},
		{"addresses of other kinds", with(map[string]any{"mail": "a@b.example", "proxyAddresses": []string{"SMTP:A@b.example", "smtp:c@b.example", "sip:d@b.example", "X500:/o=x", "e@b.example", "smtp:C@B.example"}}),
			func(a pactius.Account) bool { return cmp.Equal(a.OtherEmails, []string{"c@b.example"}) }},
		{"capital letters in the ID", with(map[string]any{"id": strings.ToUpper(annaID)}), func(a pactius.Account) bool { return a.ObjectID == annaID }},
		{"a guest by name, where the type is not known", with(map[string]any{"userPrincipalName": "x_y.example#EXT#@b.example"}), func(a pactius.Account) bool { return a.Guest }},
		{"a member from elsewhere", with(map[string]any{"userPrincipalName": "x_y.example#EXT#@b.example", "userType": "Member"}), func(a pactius.Account) bool { return !a.Guest }},
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
				if trouble(t, err).Trouble != pactius.Garbled {
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
			if _, _, err := s.g.Photo(t.Context(), s.c.Credentials, annaID); trouble(t, err).Trouble != pactius.Garbled {
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestHowTheSearchIsAsked pins the address down to the letter.
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
		if _, err := s.g.Search(t.Context(), s.c.Credentials, typed, 7); err != nil {
			t.Fatal(err)
		}
		escape := strings.NewReplacer(" ", "%20", `"`, "%22", ":", "%3A", `\`, "%5C", "'", "%27")
		want = "eventual $search=" + escape.Replace(want) + "&$top=7&$select=id%2CdisplayName%2CuserPrincipalName%2Cmail%2CotherMails%2CproxyAddresses%2CjobTitle%2Cdepartment%2CaccountEnabled%2CuserType"
		if got := <-asked; got != want {
			t.Errorf("%s: asked\n%s\nwant\n%s", typed, got, want)
		}
	}
}
