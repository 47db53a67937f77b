package directory_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/directory"
	"github.com/pactius/pactius/testbed/devtenant"
)

// misspelt are account names with one mistake each, and the account that was meant.
var misspelt = map[string]string{
	"anna.hanson@nordhavn.example": "Anna Hansen", "amna.hansen@nordhavn.example": "Anna Hansen",
	"annahansen@nordhavn.example": "Anna Hansen", "anders.hølm@nordhavn.example": "Anders Holm",
	"andres.holm@nordhavn.example": "Anders Holm", "mads.jul@nordhavn.example": "Mads Juhl",
}

// TestMisspeltNamesAtTheSpeedOfGraph: a call takes up to 400 ms, and a page waits 800 ms while a person types.
func TestMisspeltNamesAtTheSpeedOfGraph(t *testing.T) {
	t.Parallel()
	for typed, meant := range misspelt {
		t.Run(typed, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.search(t, "warm up: the token")
			w.tenant.SetTrouble(devtenant.Trouble{Delay: 400 * time.Millisecond})
			w.tenant.ForgetCalls()
			v, err := w.rules.VerifyAnew(t.Context(), w.root, typed)
			if err != nil || v.State != directory.NameMissing || len(v.Meant) == 0 || v.Meant[0].Name != meant {
				t.Errorf("saving: %+v, %v; want %s", v, err, meant)
			}
			var asked []string
			for _, c := range w.tenant.Calls("/v1.0/") {
				asked = append(asked, strings.TrimPrefix(c.Path, "/v1.0/users"))
			}
			if diff := cmp.Diff([]string{"/" + typed, ""}, asked); diff != "" {
				t.Errorf("asked (-want +got):\n%s", diff)
			}
		})
	}
}

// TestALateAnswerIsToldAndThere: the exact name is known in time and similar names are not, and the next time they are.
func TestALateAnswerIsToldAndThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.search(t, "warm up: the token")
	w.rules.Patience = 600 * time.Millisecond
	w.tenant.SetTrouble(devtenant.Trouble{Delay: 400 * time.Millisecond})
	for i, want := range []pactius.Trouble{pactius.TroubleSlow, ""} {
		v, err := w.rules.Verify(t.Context(), w.root, "anna.hanson@nordhavn.example")
		if err != nil || v.State != directory.NameMissing || v.Trouble != want || (len(v.Meant) == 1) != (want == "") {
			t.Errorf("time %d: %+v, %v; want trouble %q", i, v, err, want)
		}
	}
	w.tenant.SetTrouble(devtenant.Trouble{})
	w.rules.Graph = searchless{w.rules.Graph}
	v, err := w.rules.Verify(t.Context(), w.root, "anders.hølm@nordhavn.example")
	if err != nil || v.State != directory.NameMissing || v.Trouble != pactius.TroubleGarbled {
		t.Errorf("a search that fails: %+v, %v", v, err)
	}
}

// searchless is a directory whose index does not answer.
type searchless struct{ directory.Graph }

func (searchless) Search(context.Context, pactius.Credentials, int, ...string) ([]pactius.Account, error) {
	return nil, &pactius.DirectoryError{Trouble: pactius.TroubleGarbled}
}

// TestACommonNameCrowdsNobodyOut: more accounts share a word of the typed name than one answer holds.
func TestACommonNameCrowdsNobodyOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range 150 {
		if err := w.tenant.Put(devtenant.Person{ObjectID: fmt.Sprintf("0f3b6c1e-7777-4c5b-b112-%012d", i),
			AccountName: fmt.Sprintf("ab%03d@nordhavn.example", i), Name: fmt.Sprintf("Anna Bo%03d", i)}); err != nil {
			t.Fatal(err)
		}
	}
	v, err := w.rules.VerifyAnew(t.Context(), w.root, "anna.hanson@nordhavn.example")
	if err != nil || len(v.Meant) == 0 || v.Meant[0].Name != "Anna Hansen" {
		t.Errorf("%+v, %v", v, err)
	}
}

func TestANewcomerIsFoundByTheExactName(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.tenant.SetIndexDelay(10 * time.Minute)
	if err := w.tenant.Put(devtenant.Person{ObjectID: "0f3b6c1e-7777-4c5b-b112-000000000001",
		AccountName: "new@nordhavn.example", Name: "New Comer"}); err != nil {
		t.Fatal(err)
	}
	for typed, want := range map[string][]string{"new": {}, "NEW@nordhavn.example": {"New Comer"},
		"0F3B6C1E-7777-4c5b-b112-000000000001": {"New Comer"}} {
		if diff := cmp.Diff(want, names(w.search(t, typed).People)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", typed, diff)
		}
	}
}

func TestAListIsVerifiedWithTwoCalls(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.search(t, "warm up: the token")
	list := []string{"anna.hansen@nordhavn.example", "no name"}
	want := []string{"exists Anna Hansen", ""}
	for typed, meant := range misspelt {
		list, want = append(list, typed), append(want, "missing, meant "+meant)
	}
	list, want = append(list, "zebedee@nordhavn.example", "asker@nordhavn.example"),
		append(want, "missing", "exists Asta Asker")
	verify := func(list []string) []string {
		t.Helper()
		w.tenant.ForgetCalls()
		verdicts, err := w.rules.VerifyAll(t.Context(), pactius.SupportActor(w.Env), list)
		if err != nil || len(verdicts) != len(list) {
			t.Fatalf("%d verdicts, %v", len(verdicts), err)
		}
		got := make([]string, len(verdicts))
		for i, v := range verdicts {
			switch got[i] = string(v.State); {
			case v.Trouble != "":
				got[i] += ", " + string(v.Trouble)
			case v.Person != nil:
				got[i] += " " + v.Person.Name
			case len(v.Meant) > 0:
				got[i] += ", meant " + v.Meant[0].Name
			}
		}
		return got
	}
	if diff := cmp.Diff(want, verify(list)); diff != "" || len(w.tenant.Calls("/v1.0/")) != 2 {
		t.Errorf("%d calls; (-want +got):\n%s", len(w.tenant.Calls("/v1.0/")), diff)
	}
	if got := verify(nil); len(got) != 0 || len(w.tenant.Calls("/v1.0/")) != 0 {
		t.Errorf("of nothing: %v", got)
	}
	w.tenant.SetTrouble(devtenant.Trouble{PartsThrottled: 1})
	want = []string{"unchecked, throttled", "exists Asta Asker"}
	if diff := cmp.Diff(want, verify([]string{list[0], "asker@nordhavn.example"})); diff != "" {
		t.Errorf("where one part has to wait (-want +got):\n%s", diff)
	}
	w = newWorld(t)
	w.tenant.SetTrouble(devtenant.Trouble{Down: true})
	for _, calls := range []int{1, 0} { // and then a pause
		want = []string{"unchecked, away", "", "unchecked, away"}
		if diff := cmp.Diff(want, verify([]string{list[0], "no name", list[3]})); diff != "" ||
			len(w.tenant.Calls("/v1.0/")) != calls {
			t.Errorf("a directory that is down: %d calls (-want +got):\n%s", len(w.tenant.Calls("/v1.0/")), diff)
		}
	}
}
