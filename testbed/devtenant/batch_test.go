package devtenant_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius/testbed/devtenant"
)

// batch posts requests for these addresses, with the IDs "0", "1" and so on.
func (s *site) batch(tb testing.TB, token string, urls ...string) answer {
	tb.Helper()
	parts := make([]string, len(urls))
	for i, u := range urls {
		parts[i] = fmt.Sprintf(`{"id":"%d","method":"GET","url":%q,"headers":{"ConsistencyLevel":"eventual"}}`, i, u)
	}
	r, err := http.NewRequestWithContext(tb.Context(), http.MethodPost, s.url+"/v1.0/$batch",
		strings.NewReader(`{"requests":[`+strings.Join(parts, ",")+`]}`))
	if err != nil {
		tb.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	return s.do(tb, r)
}

func TestABatchIsOneCall(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	token := s.token(t)
	s.tenant.ForgetCalls()
	s.tenant.SetTrouble(devtenant.Trouble{PartsThrottled: 1})
	a := s.batch(t, token, "/users/nobody@nordhavn.example", "/users/nobody@nordhavn.example", "/users?$top=1",
		"/users?$search=%22displayName:a%22&$top=1", "/me")
	var got struct {
		Responses []struct {
			ID     string
			Status int
		}
	}
	if err := json.Unmarshal([]byte(a.Body), &got); err != nil {
		t.Fatal(err)
	}
	status := map[string]int{}
	for _, r := range got.Responses {
		status[r.ID] = r.Status
	}
	if diff := cmp.Diff(map[string]int{"0": 429, "1": 404, "2": 200, "3": 200, "4": 400}, status); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got.Responses[0].ID != "4" || len(s.tenant.Calls("/v1.0/")) != 1 {
		t.Errorf("%d calls, the first answer is to %s", len(s.tenant.Calls("/v1.0/")), got.Responses[0].ID)
	}
}

func TestBatchesAndSearchesThatAreRefused(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	token := s.token(t)
	many := make([]string, 21)
	for i := range many {
		many[i] = "/users"
	}
	for name, a := range map[string]answer{"21 requests": s.batch(t, token, many...),
		"a whole address": s.batch(t, token, "https://graph.microsoft.com/v1.0/users"),
		"16 clauses": s.graph(t, token, "/v1.0/users?$search=%22displayName:a%22"+
			strings.Repeat("%20OR%20%22displayName:a%22", 15), eventual)} {
		if a.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: status %d", name, a.StatusCode)
		}
	}
	if a := s.batch(t, "x", "/users"); a.StatusCode != http.StatusUnauthorized {
		t.Errorf("without a token: status %d", a.StatusCode)
	}
	fifteen := "/v1.0/users?$search=%22displayName:a%22" + strings.Repeat("%20OR%20%22displayName:a%22", 14)
	if a := s.graph(t, token, fifteen, eventual); a.StatusCode != http.StatusOK {
		t.Errorf("15 clauses: status %d", a.StatusCode)
	}
}

// TestProfilesInABatch: a manager is expanded where there is one, and a photo is base64.
func TestProfilesInABatch(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	must(t, s.tenant.Put(devtenant.Person{ObjectID: oid(8), AccountName: "pia@nordhavn.example", Name: "Pia",
		Manager: oid(1), Photo: true}))
	expand := "?$select=id,jobTitle&$expand=manager($select=id,displayName)"
	body := s.batch(t, s.token(t), "/users/"+oid(8)+expand, "/users/"+oid(1)+expand,
		"/users/"+oid(8)+"/photos/96x96/$value", "/users/"+oid(1)+"?$expand=directReports").Body
	for _, want := range []string{
		`"manager":{"@odata.type":"#microsoft.graph.user","displayName":"Anna Hansen","id":"` + oid(1) + `"}`,
		`"Content-Type":"image/png"`, `"body":"iVBORw0KGgo`, `"status":400`} {
		if !strings.Contains(body, want) {
			t.Errorf("%s is missing in %s", want, body)
		}
	}
	if strings.Count(body, `"manager"`) != 1 {
		t.Errorf("a person without a manager has one: %s", body)
	}
}
