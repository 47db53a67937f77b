package devtenant_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius/testbed/devtenant"
)

const deltaStart = "/v1.0/users/delta?$select=userPrincipalName,displayName,jobTitle,accountEnabled"

// round reads a round of the delta query to its end and returns the entries by
// the last digit of the object ID, how many pages there were and the delta link.
func (s *site) round(tb testing.TB, token, start string, headers ...string) (
	entries map[string]map[string]any, pages int, delta string,
) {
	tb.Helper()
	entries = map[string]map[string]any{}
	for next := start; delta == ""; pages++ {
		a := s.graph(tb, token, next, headers...)
		if a.StatusCode != http.StatusOK {
			tb.Fatalf("%s: %d %s", next, a.StatusCode, a.Body)
		}
		p := a.page(tb)
		for _, v := range p.Value {
			id := v["id"].(string)
			delete(v, "id")
			entries[id[len(id)-1:]] = v
		}
		if (p.Next == "") == (p.Delta == "") {
			tb.Fatalf("one link of the two has to be there: %s", a.Body)
		}
		next, delta = p.Next, p.Delta
	}
	return entries, pages, delta
}

func TestDelta(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	token := s.token(t)
	must(t, s.tenant.Delete(oid(3)))
	all, pages, delta := s.round(t, token, deltaStart, "Prefer: odata.maxpagesize=2")
	want := map[string]map[string]any{
		"1": {
			"userPrincipalName": "anna@nordhavn.example", "displayName": "Anna Hansen", "jobTitle": "Head of Ports",
			"accountEnabled": true,
		},
		"2": {
			"userPrincipalName": "bo@nordhavn.example", "displayName": "Bo Berg", "jobTitle": "Crane driver",
			"accountEnabled": true,
		},
		"4": {"userPrincipalName": "per@nordhavn.example", "displayName": "Per Disabled", "accountEnabled": false},
		"5": {"userPrincipalName": "una@nordhavn.example", "displayName": "Una Unassigned", "accountEnabled": true},
	}
	if diff := cmp.Diff(all, want); diff != "" || pages != 2 {
		t.Errorf("%d pages, the first round (-got +want)\n%s", pages, diff)
	}
	steps := []struct {
		name   string
		change func() error
		want   map[string]map[string]any
	}{
		{"nothing", func() error { return nil }, nil},
		{"a rename", func() error { return s.tenant.Rename(oid(1), "anna.berg@nordhavn.example", "Anna Berg") },
			map[string]map[string]any{
				"1": {
					"userPrincipalName": "anna.berg@nordhavn.example", "displayName": "Anna Berg",
					"jobTitle": "Head of Ports", "accountEnabled": true,
				},
			}},
		{"blocked", func() error { return s.tenant.Disable(oid(5)) },
			map[string]map[string]any{
				"5": {
					"userPrincipalName": "una@nordhavn.example", "displayName": "Una Unassigned",
					"accountEnabled": false,
				},
			}},
		{"a property that was not selected", func() error {
			p := people[1]
			p.Department = "Elsewhere"
			return s.tenant.Put(p)
		}, nil},
		{"the same again", func() error { return s.tenant.Disable(oid(5)) }, nil},
		{"a title taken away", func() error {
			p := people[1]
			p.JobTitle = ""
			return s.tenant.Put(p)
		}, map[string]map[string]any{
			"2": {
				"userPrincipalName": "bo@nordhavn.example", "displayName": "Bo Berg", "jobTitle": nil,
				"accountEnabled": true,
			},
		}},
		{"deleted", func() error { return s.tenant.Delete(oid(2)) }, map[string]map[string]any{
			"2": {"@removed": map[string]any{"reason": "changed"}},
		}},
		{"restored", func() error { return s.tenant.Restore(oid(2)) },
			map[string]map[string]any{
				"2": {
					"userPrincipalName": "bo@nordhavn.example", "displayName": "Bo Berg", "jobTitle": nil,
					"accountEnabled": true,
				},
			}},
		{"deleted for good", func() error { s.tenant.Remove(oid(2)); return nil }, map[string]map[string]any{
			"2": {"@removed": map[string]any{"reason": "deleted"}},
		}},
		{"the name given to somebody new", func() error {
			return s.tenant.Put(devtenant.Person{
				ObjectID: oid(8), AccountName: "bo@nordhavn.example", Name: "Bo Other",
			})
		}, map[string]map[string]any{
			"8": {"userPrincipalName": "bo@nordhavn.example", "displayName": "Bo Other", "accountEnabled": true},
		}},
	}
	for _, tt := range steps {
		must(t, tt.change())
		var got map[string]map[string]any
		got, _, delta = s.round(t, token, delta)
		if diff := cmp.Diff(got, tt.want, cmpEmpty); diff != "" {
			t.Errorf("%s (-got +want)\n%s", tt.name, diff)
		}
	}
}

// cmpEmpty treats no entries and a list of none alike.
var cmpEmpty = cmp.Transformer("empty", func(m map[string]map[string]any) []any {
	list := []any{}
	for id, v := range m {
		list = append(list, []any{id, v})
	}
	slices.SortFunc(list, func(a, b any) int { return strings.Compare(a.([]any)[0].(string), b.([]any)[0].(string)) })
	return list
})

func TestDeltaTellsWhatHasChangedOnly(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	token := s.token(t)
	_, _, delta := s.round(t, token, deltaStart, "Prefer: return=minimal")
	must(t, s.tenant.Disable(oid(1)))
	want := map[string]map[string]any{"1": {"accountEnabled": false}}
	got, _, _ := s.round(t, token, delta, "Prefer: odata.maxpagesize=5, return=minimal")
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("asked for (-got +want)\n%s", diff)
	}
	s.tenant.SetTrouble(devtenant.Trouble{Lean: true})
	got, _, _ = s.round(t, token, delta)
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("by itself (-got +want)\n%s", diff)
	}
}

func TestChangesDuringARoundAreToldInTheNext(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	token := s.token(t)
	const size = "Prefer: odata.maxpagesize=2"
	first := s.graph(t, token, deltaStart, size)
	if got := first.Header.Get("Preference-Applied"); got != "odata.maxpagesize=2" {
		t.Errorf("Preference-Applied: %q", got)
	}
	must(t, s.tenant.Disable(oid(1))) // told already, before it was true
	must(t, s.tenant.Delete(oid(4)))  // not told yet
	rest, _, delta := s.round(t, token, first.page(t).Next, size)
	if diff := cmp.Diff(rest["4"], map[string]any{"@removed": map[string]any{"reason": "changed"}}); diff != "" {
		t.Errorf("deleted meanwhile (-got +want)\n%s", diff)
	}
	again, _, _ := s.round(t, token, delta)
	if again["1"]["accountEnabled"] != false || len(again) != 2 {
		t.Errorf("the next round: %v", again)
	}
}

func TestDeltaOptions(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	token := s.token(t)
	next := s.graph(t, token, deltaStart, "Prefer: odata.maxpagesize=1").page(t).Next
	for _, tt := range []struct {
		name, path string
		status     int
	}{
		{"the long name", "/v1.0/users/microsoft.graph.delta", 200},
		{"called as a function", "/v1.0/users/delta()", 200},
		{"a selection with a skip token", next + "&$select=id", 400},
		{"a page size as an option", "/v1.0/users/delta?$top=5", 400},
		{"in order", "/v1.0/users/delta?$orderby=displayName", 400},
		{"an unknown property", "/v1.0/users/delta?$select=x", 400},
		{"an invented delta token", "/v1.0/users/delta?$deltatoken=x", 410},
		{"an invented skip token", "/v1.0/users/delta?$skiptoken=x", 410},
		{"a skip token as a delta token", strings.Replace(next, "$skiptoken", "$deltatoken", 1), 410},
	} {
		if a := s.graph(t, token, tt.path); a.StatusCode != tt.status {
			t.Errorf("%s: got %d %s, want %d", tt.name, a.StatusCode, a.Body, tt.status)
		}
	}
	got, _, delta := s.round(t, token, "/v1.0/users/delta?$deltatoken=latest&$select=displayName")
	must(t, s.tenant.Rename(oid(1), "", "Anna B"))
	after, _, _ := s.round(t, token, delta)
	if len(got) != 0 || len(after) != 1 {
		t.Errorf("from now on: %v, then %v", got, after)
	}
}

func TestDeltaTokensExpire(t *testing.T) {
	t.Parallel()
	for name, expire := range map[string]func(*site){
		"after a week": func(s *site) { s.now = s.now.Add(7*24*time.Hour + time.Second) },
		"at once":      func(s *site) { s.tenant.ExpireDeltaTokens() },
	} {
		s := serve(t, nil)
		_, _, delta := s.round(t, s.token(t), deltaStart)
		expire(s)
		a := s.graph(t, s.token(t), delta)
		to, err := url.Parse(a.Header.Get("Location"))
		if a.StatusCode != http.StatusGone || a.page(t).Error.Code != "syncStateNotFound" || err != nil ||
			to.Path != "/v1.0/users/delta" || !to.Query().Has("$deltatoken") {
			t.Errorf("%s: %d %s, begin again at %s", name, a.StatusCode, a.Body, to)
		}
		if _, _, delta = s.round(t, s.token(t), to.String()); delta == "" {
			t.Errorf("%s: no new round", name)
		}
	}
}

func TestDeltaOfACrowd(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	must(t, s.tenant.Populate(2500))
	seen := map[string]int{}
	token := s.token(t)
	s.tenant.SetTrouble(devtenant.Trouble{EmptyPages: true})
	pages := 0
	for next := deltaStart; next != ""; pages++ {
		p := s.graph(t, token, next, "Prefer: odata.maxpagesize=999").page(t)
		for _, id := range p.each("id") {
			seen[id]++
		}
		next = p.Next
	}
	if len(seen) != 2505 || pages != 5 {
		t.Errorf("got %d people in %d pages, want 2505 in 5 of which 2 are empty", len(seen), pages)
	}
	for id, n := range seen {
		if n != 1 {
			t.Errorf("%s came %d times", id, n)
		}
	}
}

func TestDeletedPeople(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	token := s.token(t)
	const bin = "/v1.0/directory/deletedItems/microsoft.graph.user"
	must(t, s.tenant.Delete(oid(1)))
	must(t, s.tenant.Delete(oid(2)))
	mangled := strings.ReplaceAll(oid(1), "-", "") + "anna@nordhavn.example"
	for _, tt := range []struct {
		name, path string
		status     int
		want       string
	}{
		{"gone from the users", "/v1.0/users/" + oid(1), 404, ""},
		{"and from their list", query("$filter", "userPrincipalName eq 'anna@nordhavn.example'"), 200, `"value":[]`},
		{
			"one", bin + "/" + oid(1) + "?$select=userPrincipalName,deletedDateTime", 200,
			`"deletedDateTime":"2026-05-04T09:00:00Z","userPrincipalName":"` + mangled,
		},
		{"one without the type", "/v1.0/directory/deletedItems/" + oid(1), 200, "Anna Hansen"},
		{"not by name", bin + "/anna@nordhavn.example", 404, ""},
		{"somebody who is there", bin + "/" + oid(3), 404, "Request_ResourceNotFound"},
		{"a list", bin + "?$select=displayName&$top=1", 200, `"value":[{"displayName":"Anna Hansen"}]`},
		{
			"by mail address",
			bin + "?$select=displayName&$filter=" + url.QueryEscape("mail eq 'a.hansen@nordhavn.example'"), 200,
			`"value":[{"displayName":"Anna Hansen"}]`,
		},
	} {
		if a := s.graph(t, token, tt.path); a.StatusCode != tt.status || !strings.Contains(a.Body, tt.want) {
			t.Errorf("%s: got %d %s, want %d with %s", tt.name, a.StatusCode, a.Body, tt.status, tt.want)
		}
	}
	p := s.graph(t, token, bin+"?$select=displayName&$top=1").page(t)
	if got := s.graph(t, token, p.Next).page(t).each("displayName"); !slices.Equal(got, []string{"Bo Berg"}) {
		t.Errorf("the second page: %v", got)
	}
	must(t, s.tenant.Put(devtenant.Person{ObjectID: oid(8), AccountName: "ANNA@nordhavn.example", Name: "Anna Other"}))
	if err := s.tenant.Restore(oid(1)); err == nil || !strings.Contains(err.Error(), "taken") {
		t.Errorf("restored beside the new owner of the name: %v", err)
	}
	if err := s.tenant.Put(people[0]); err == nil {
		t.Error("a deleted person was put without being restored")
	}
	s.tenant.Remove(oid(1))
	if a := s.graph(t, token, bin+"/"+oid(1)); a.StatusCode != 404 {
		t.Errorf("deleted for good: %d", a.StatusCode)
	}
	for name, err := range map[string]error{
		"delete": s.tenant.Delete(oid(99)), "restore": s.tenant.Restore(oid(1)), "disable": s.tenant.Disable(oid(99)),
		"rename":       s.tenant.Rename(oid(99), "a@b.c", ""),
		"a taken name": s.tenant.Rename(oid(3), "una@nordhavn.example", ""),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
