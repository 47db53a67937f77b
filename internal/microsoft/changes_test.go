package microsoft_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/microsoft"
	"github.com/pactius/pactius/testbed/devtenant"
)

// round reads a whole round of changes: the accounts by object ID in their last state, the cursor of the next round and
// the number of pages.
func round(tb testing.TB, g *microsoft.Graph, c pactius.Credentials, cursor string) (
	found map[string]pactius.Account, next string, pages int,
) {
	tb.Helper()
	found = map[string]pactius.Account{}
	for pages = 1; ; pages++ {
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
	if len(everybody) != 4 || everybody[annaID].State != pactius.AccountPresent ||
		everybody[gone.ObjectID].State != pactius.AccountDisabled || !everybody[guest.ObjectID].Guest {
		t.Fatalf("the full round: got %+v", everybody)
	}
	if a := everybody[annaID]; a.TenantID != tenantID || a.Username != anna.AccountName || a.Name != anna.Name ||
		a.Email != anna.Mail {
		t.Errorf("got %+v", a)
	}
	steps := []struct {
		name   string
		change func() error
		want   map[string]pactius.AccountState
	}{
		{"nothing", func() error { return nil }, map[string]pactius.AccountState{}},
		{"disabled", func() error { return w.tenant.Disable(annaID) },
			map[string]pactius.AccountState{annaID: pactius.AccountDisabled}},
		{"enabled", func() error { return w.tenant.Enable(annaID) },
			map[string]pactius.AccountState{annaID: pactius.AccountPresent}},
		{"deleted", func() error { return w.tenant.Delete(annaID) },
			map[string]pactius.AccountState{annaID: pactius.AccountDeleted}},
		{"restored", func() error { return w.tenant.Restore(annaID) },
			map[string]pactius.AccountState{annaID: pactius.AccountPresent}},
		{"renamed", func() error { return w.tenant.Rename(annaID, "anna.holm@nordhavn.example", "Anna Holm") },
			map[string]pactius.AccountState{annaID: pactius.AccountPresent}},
		{"deleted for good", func() error { w.tenant.Remove(annaID); return nil },
			map[string]pactius.AccountState{annaID: pactius.AccountDeleted}},
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
		if s.name == "renamed" && (found[annaID].Username != "anna.holm@nordhavn.example" ||
			found[annaID].Name != "Anna Holm") {
			t.Errorf("renamed: got %+v", found[annaID])
		}
	}
}

// TestChangesOfManyPages: a round lists every account once, in pages. Empty pages lead on. Another instance can
// continue a round.
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
	// Another instance has the cursor only.
	if found, _, _ := round(t, w.directory(t), w.c.Credentials, cursor); len(found) != 0 {
		t.Errorf("got %d accounts, want none", len(found))
	}
}

// TestLeanChanges: a property that is missing in an answer stays unknown.
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
	if a := found[annaID]; a.State != pactius.AccountUnknown || a.Username != "anna.holm@nordhavn.example" ||
		a.Name != "" {
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
	for _, c := range []string{cursor, "delta:nonsense", "skip:nonsense", "delta:", "nonsense",
		"https://evil.example/?$deltatoken=x", "skip:\x00&$select=x"} {
		if _, err := g.Changes(t.Context(), w.c.Credentials, c); trouble(t, err).Trouble != pactius.TroubleCursorGone {
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
	if e := trouble(t, err); e.Trouble != pactius.TroubleGarbled || !strings.Contains(e.Error(), "evil.example") {
		t.Errorf("got %v", e)
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
		{"a page that leads on", `{"value":[` + account +
			`],"@odata.nextLink":"%s/v1.0/users/delta?$skiptoken=a%%2Bb"}`, "", ""},
		{"the token's other spelling, and a function's brackets",
			`{"value":[],"@odata.deltaLink":"%s/v1.0/users/microsoft.graph.delta()?$deltaToken=abc"}`, "", ""},
		{"no place to go on", `{"value":[]}`, "", pactius.TroubleGarbled},
		{"two places to go on",
			`{"value":[],"@odata.nextLink":"%[1]s/v1.0/users/delta?$skiptoken=a",` +
				`"@odata.deltaLink":"%[1]s/v1.0/users/delta?$deltatoken=b"}`, "", pactius.TroubleGarbled},
		{"no list", `{"@odata.deltaLink":"%s/v1.0/users/delta?$deltatoken=b"}`, "", pactius.TroubleGarbled},
		{"a list of something else", `{"value":[1],"@odata.deltaLink":"%s/v1.0/users/delta?$deltatoken=b"}`, "",
			pactius.TroubleGarbled},
		{"an account without an ID", `{"value":[{}],"@odata.deltaLink":"%s/v1.0/users/delta?$deltatoken=b"}`, "",
			pactius.TroubleGarbled},
		{"an ID that is no GUID", `{"value":[{"id":"../x"}],"@odata.deltaLink":"%s/v1.0/users/delta?$deltatoken=b"}`,
			"", pactius.TroubleGarbled},
		{"another host", `{"value":[],"@odata.nextLink":"https://evil.example/v1.0/users/delta?$skiptoken=a"}`, "",
			pactius.TroubleGarbled},
		{"another scheme", `{"value":[],"@odata.nextLink":"javascript:alert(1)//$skiptoken=a"}`, "",
			pactius.TroubleGarbled},
		{"the host as a user's name", `{"value":[],"@odata.nextLink":"%s@evil.example/v1.0/users/delta?$skiptoken=a"}`,
			"", pactius.TroubleGarbled},
		{"another path", `{"value":[],"@odata.nextLink":"%s/v1.0/groups/delta?$skiptoken=a"}`, "",
			pactius.TroubleGarbled},
		{"a path that climbs", `{"value":[],"@odata.nextLink":"%s/v1.0/users/delta/../../x?$skiptoken=a"}`, "",
			pactius.TroubleGarbled},
		{"no token", `{"value":[],"@odata.nextLink":"%s/v1.0/users/delta?$select=id"}`, "", pactius.TroubleGarbled},
		{"an empty token", `{"value":[],"@odata.nextLink":"%s/v1.0/users/delta?$skiptoken="}`, "",
			pactius.TroubleGarbled},
		{"two tokens", `{"value":[],"@odata.nextLink":"%s/v1.0/users/delta?$skiptoken=a&$skipToken=b"}`, "",
			pactius.TroubleGarbled},
		{"the other kind of token", `{"value":[],"@odata.nextLink":"%s/v1.0/users/delta?$deltatoken=a"}`, "",
			pactius.TroubleGarbled},
		{"no address", `{"value":[],"@odata.nextLink":"://"}`, "", pactius.TroubleGarbled},
		{"a link of 20 kB", `{"value":[],"@odata.nextLink":"%s/v1.0/users/delta?$skiptoken=` +
			strings.Repeat("a", 20_000) + `"}`, "", pactius.TroubleGarbled},
		{"the same page again and again", `{"value":[],"@odata.nextLink":"%s/v1.0/users/delta?$skiptoken=a"}`, "skip:a",
			pactius.TroubleGarbled},
		{"6,000 accounts", `{"value":[` + strings.Repeat(account+",", 5999) + account +
			`],"@odata.deltaLink":"%s/v1.0/users/delta?$deltatoken=b"}`, "", pactius.TroubleGarbled},
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

// TestOnlyTheTokenIsSentBack: of a link of Graph only the token is used in the next call.
func TestOnlyTheTokenIsSentBack(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	link := s.url + "/v1.0/users/delta?$skiptoken=a%2Bb%26c%20d&$select=secrets&evil=1"
	s.says(http.StatusOK, `{"value":[],"@odata.nextLink":"`+link+`"}`)
	page, err := s.g.Changes(t.Context(), s.c.Credentials, "")
	if err != nil {
		t.Fatal(err)
	}
	var got string
	s.answer = func(w http.ResponseWriter, r *http.Request) { got = r.URL.RequestURI(); w.WriteHeader(http.StatusGone) }
	_, err = s.g.Changes(t.Context(), s.c.Credentials, page.Next)
	if trouble(t, err).Trouble != pactius.TroubleCursorGone {
		t.Errorf("got %v", err)
	}
	if want := "/v1.0/users/delta?$skiptoken=a%2Bb%26c%20d"; got != want {
		t.Errorf("asked %s, want %s", got, want)
	}
}
