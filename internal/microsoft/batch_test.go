package microsoft_test

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/microsoft"
	"github.com/pactius/pactius/testbed/devtenant"
)

func TestManyAccountsAreOneCall(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.put(t, devtenant.Person{ObjectID: oid(1), AccountName: "o'brien@nordhavn.example", Name: "O'Brien"},
		devtenant.Person{ObjectID: oid(2), AccountName: "1/2ø+&=@nordhavn.example", Name: "Øre"})
	g := w.directory(t)
	typed := []string{"nobody@nordhavn.example", " ANNA.hansen@nordhavn.example", "no name", "o'brien@nordhavn.example",
		"1/2ø+&=@nordhavn.example", guest.AccountName, "a/../b@nordhavn.example"}
	w.tenant.ForgetCalls()
	accounts, errs := g.Accounts(t.Context(), w.c.Credentials, typed)
	want := []string{"", anna.AccountName, "", "o'brien@nordhavn.example", "1/2ø+&=@nordhavn.example",
		guest.AccountName, ""}
	if diff := cmp.Diff(want, names(accounts)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for i, err := range errs {
		if (err == nil) != (want[i] != "") || err != nil && pactius.KindOf(err) != pactius.KindNotFound {
			t.Errorf("%s: %v", typed[i], err)
		}
	}
	found, errs := g.Searches(t.Context(), w.c.Credentials, 5, [][]string{{"o'br"}, {" "}, {"zzz", "li wei"}})
	for i, want := range []string{"o'brien@nordhavn.example", "", guest.AccountName} {
		if got := strings.Join(names(found[i]), " "); got != want || errs[i] != nil {
			t.Errorf("search %d: %q, %v; want %q", i, got, errs[i], want)
		}
	}
	if n := len(w.tenant.Calls("/v1.0/")); n != 2 {
		t.Errorf("%d calls, want 2", n)
	}
	w.tenant.ForgetCalls()
	if _, errs := g.Accounts(t.Context(), w.c.Credentials, []string{"x", ""}); errs[0] == nil || errs[1] == nil {
		t.Error("no names: no refusal")
	}
	_, errs = g.Accounts(t.Context(), w.c.Credentials, slices.Repeat([]string{"a@b.example"}, microsoft.MaxBatch+1))
	if trouble(t, errs[0]).Trouble != pactius.TroubleGarbled || len(w.tenant.Calls("/v1.0/")) != 0 {
		t.Errorf("more than one batch holds: %v", errs[0])
	}
}

// TestABatchWithTheSmallerPermission: the refusal of properties is met once.
func TestABatchWithTheSmallerPermission(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	asked := 0
	s.answer = func(w http.ResponseWriter, r *http.Request) {
		asked++
		b, _ := io.ReadAll(r.Body)
		status, body := 200, `{"id":"`+annaID+`","displayName":"Anna","userPrincipalName":"anna@nordhavn.example"}`
		if strings.Contains(string(b), "accountEnabled") {
			status, body = 403, `{"error":{"code":"Authorization_RequestDenied"}}`
		}
		_, _ = fmt.Fprintf(w, `{"responses":[{"id":"0","status":%d,"body":%s}]}`, status, body)
	}
	for i, want := range []int{2, 3} {
		a, errs := s.g.Accounts(t.Context(), s.c.Credentials, []string{"anna@nordhavn.example"})
		if errs[0] != nil || a[0].Name != "Anna" || asked != want {
			t.Errorf("call %d: %+v, %v after %d calls, want %d", i, a, errs, asked, want)
		}
	}
}

// TestBatchesThatGoWrong: the fault of one part is that part's; a part without an answer has none.
func TestBatchesThatGoWrong(t *testing.T) {
	t.Parallel()
	known := `{"id":"1","status":200,"body":{"id":"` + annaID + `","userPrincipalName":"anna@nordhavn.example"}}`
	both := []pactius.Trouble{pactius.TroubleGarbled, pactius.TroubleGarbled}
	for name, test := range map[string]struct {
		answer string
		want   []pactius.Trouble // of the first and the second part
	}{
		"one is missing": {`{"responses":[` + known + `]}`, []pactius.Trouble{pactius.TroubleGarbled, ""}},
		"one has to wait": {`{"responses":[` + known + `,{"id":"0","status":429,"headers":{"retry-after":"7"}}]}`,
			[]pactius.Trouble{pactius.TroubleThrottled, ""}},
		"one is down": {`{"responses":[{"id":"0","status":503,"body":null},` + known + `]}`,
			[]pactius.Trouble{pactius.TroubleAway, ""}},
		"one is no account": {`{"responses":[{"id":"0","status":200,"body":[]},` + known + `]}`,
			[]pactius.Trouble{pactius.TroubleGarbled, ""}},
		"an answer to no question": {`{"responses":[{"id":"7","status":200,"body":{}},` + known + `]}`, both},
		"an ID that is no number":  {`{"responses":[{"id":"x","status":200}]}`, both},
		"no answers":               {`{}`, both},
		"no JSON":                  {`<html>`, both},
		"null":                     {`null`, both},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			s.answer = func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, test.answer) }
			_, errs := s.g.Accounts(t.Context(), s.c.Credentials, []string{"a@b.example", "anna@nordhavn.example"})
			for i, want := range test.want {
				switch {
				case want == "" && errs[i] != nil:
					t.Errorf("part %d: %v", i, errs[i])
				case want != "" && trouble(t, errs[i]).Trouble != want:
					t.Errorf("part %d: %v, want %s", i, errs[i], want)
				}
			}
			if test.want[0] == pactius.TroubleThrottled && trouble(t, errs[0]).RetryAfter != 7*time.Second {
				t.Errorf("it asks to wait %s", trouble(t, errs[0]).RetryAfter)
			}
		})
	}
}
