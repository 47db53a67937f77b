package microsoft_test

import (
	"errors"
	"fmt"
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

// directory returns the world's directory with the world's application.
func (w *world) directory(tb testing.TB) *microsoft.Graph {
	tb.Helper()
	return microsoft.NewGraph(w.m, w.url)
}

// put adds people to the tenant.
func (w *world) put(tb testing.TB, people ...devtenant.Person) {
	tb.Helper()
	for _, p := range people {
		if err := w.tenant.Put(p); err != nil {
			tb.Fatal(err)
		}
	}
}

// oid returns an object ID.
func oid(n int) string { return fmt.Sprintf("0f3b6c1e-4444-4c5b-b112-%012d", n) }

// trouble returns an error's trouble, and fails when a secret is in it.
func trouble(tb testing.TB, err error) *pactius.DirectoryError {
	tb.Helper()
	e, ok := errors.AsType[*pactius.DirectoryError](err)
	if !ok {
		tb.Fatalf("got %T %v, want a *pactius.DirectoryError", err, err)
	}
	if strings.Contains(err.Error(), secret) {
		tb.Errorf("the error holds the secret: %v", err)
	}
	return e
}

// names returns the account names of the results.
func names(found []pactius.Account) []string {
	list := []string{}
	for _, a := range found {
		list = append(list, a.Username)
	}
	return list
}

func TestSearch(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.put(t,
		devtenant.Person{ObjectID: oid(1), AccountName: "soren.aa@nordhavn.example", Name: "Søren Ågård",
			Mail: "sa@nordhavn.example", JobTitle: "Baker", Department: "Bread",
			OtherMails: []string{"soren@home.example"}},
		devtenant.Person{ObjectID: oid(2), AccountName: "smith.co@nordhavn.example", Name: "Smith & Co",
			Mail: "post@smith.example"},
		devtenant.Person{ObjectID: oid(3), AccountName: "quote@nordhavn.example", Name: `Anne "Nan" O\Neill`},
	)
	g := w.directory(t)
	tests := []struct {
		name, typed string
		want        []string
	}{
		{"a first name", "anna", []string{anna.AccountName}},
		{"the words in any order", "hansen ann", []string{anna.AccountName}},
		{"the beginning of the account name", "ANNA.HAN", []string{anna.AccountName}},
		{"the beginning of a mail address", "anna@nord", []string{anna.AccountName}},
		{"the whole account name", "anna.hansen@nordhavn.example", []string{anna.AccountName}},
		{"letters beyond ASCII", "ågård", []string{"soren.aa@nordhavn.example"}},
		{"an ampersand", "Smith & Co", []string{"smith.co@nordhavn.example"}},
		{"quotes and a backslash", `"Nan" O\Neill`, []string{"quote@nordhavn.example"}},
		{"a guest", "li wei", []string{guest.AccountName}},
		{"a guest by the whole name", guest.AccountName, []string{guest.AccountName}},
		{"spaces around", "  anna  ", []string{anna.AccountName}},
		{"nobody", "zzz", []string{}},
		{"nothing", " ", []string{}},
		{"an emoji", "🦀", []string{}},
		{"an operator", `" OR "displayName:anna`, []string{}},
		{"an invisible text", "\u202e\u200b", []string{}},
		{"invalid UTF-8", "\xff", []string{}},
		{"10,000 characters", strings.Repeat("anna ", 2000), []string{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			found, err := g.Search(t.Context(), w.c.Credentials, 10, tt.typed)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(names(found), tt.want); diff != "" {
				t.Errorf("got - want +:\n%s", diff)
			}
		})
	}
}

func TestSearchTellsEverything(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.put(t, devtenant.Person{ObjectID: oid(1), AccountName: "bo.baker@nordhavn.example", Name: "Bo Baker",
		Mail: "bo@nordhavn.example", JobTitle: "Baker", Department: "Bread",
		OtherMails: []string{"bo@home.example", "BO@nordhavn.example"}})
	g := w.directory(t)
	found, err := g.Search(t.Context(), w.c.Credentials, 1, "bo baker")
	if err != nil {
		t.Fatal(err)
	}
	want := []pactius.Account{{Identity: pactius.Identity{TenantID: tenantID, ObjectID: oid(1)},
		Username: "bo.baker@nordhavn.example", Name: "Bo Baker",
		Email: "bo@nordhavn.example", OtherEmails: []string{"bo@home.example"}, Title: "Baker", Department: "Bread"}}
	if diff := cmp.Diff(found, want); diff != "" {
		t.Errorf("got - want +:\n%s", diff)
	}
	for typed, want := range map[string]pactius.Account{
		"per disabled": {State: pactius.AccountDisabled},
		"li wei":       {Guest: true},
	} {
		found, err := g.Search(t.Context(), w.c.Credentials, 5, typed)
		if err != nil || len(found) != 1 || found[0].State != want.State || found[0].Guest != want.Guest {
			t.Errorf("%s: got %+v, %v", typed, found, err)
		}
	}
}

// TestSearchIsLate: the index of $search knows a newcomer later than Account does.
func TestSearchIsLate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.theirs.add(time.Hour)
	w.tenant.SetIndexDelay(10 * time.Minute)
	w.put(t, devtenant.Person{ObjectID: oid(1), AccountName: "new@nordhavn.example", Name: "New Comer"})
	g := w.directory(t)
	found, err := g.Search(t.Context(), w.c.Credentials, 5, "new", "new@nordhavn.example")
	if err != nil || len(found) != 0 {
		t.Errorf("got %v, %v: the index is not late", found, err)
	}
	a, err := g.Account(t.Context(), w.c.Credentials, "NEW@nordhavn.example")
	if err != nil || a.ObjectID != oid(1) {
		t.Errorf("got %v, %v", a, err)
	}
}

// TestSeveralTextsAreOneCall: at most as many clauses and bytes as Graph takes, the first texts first.
func TestSeveralTextsAreOneCall(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.put(t, devtenant.Person{ObjectID: oid(1), AccountName: "bo.baker@nordhavn.example", Name: "Bo Baker"})
	g := w.directory(t)
	many := []string{"anna", "bo ba", "bo ba", "xx1", "xx2", "xx3", "xx4", "xx5", "li wei"}
	long := []string{"anna", strings.Repeat("ø", 110), strings.Repeat("å", 110), "li wei"}
	for name, test := range map[string]struct{ texts, want []string }{
		"two":             {many[:2], []string{anna.AccountName, "bo.baker@nordhavn.example"}},
		"too many":        {many, []string{anna.AccountName, "bo.baker@nordhavn.example"}},
		"too long":        {long, []string{anna.AccountName}},
		"one is not text": {[]string{"\xff", "\u202e", "anna"}, []string{anna.AccountName}},
		"none":            {nil, []string{}},
	} {
		w.tenant.ForgetCalls()
		found, err := g.Search(t.Context(), w.c.Credentials, 10, test.texts...)
		if err != nil || len(w.tenant.Calls("/v1.0/")) > 1 {
			t.Errorf("%s: %v after %d calls", name, err, len(w.tenant.Calls("/v1.0/")))
		}
		got := names(found)
		slices.Sort(got)
		if diff := cmp.Diff(got, test.want); diff != "" {
			t.Errorf("%s: got - want +:\n%s", name, diff)
		}
	}
}

func TestSearchIsBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if err := w.tenant.Populate(100); err != nil {
		t.Fatal(err)
	}
	first := w.tenant.People()[0].Name[:1]
	g := w.directory(t)
	for limit, most := range map[int]int{-1: 1, 0: 1, 3: 3, 1000: 100} {
		found, err := g.Search(t.Context(), w.c.Credentials, limit, first)
		if err != nil || len(found) > most || len(found) == 0 {
			t.Errorf("limit %d: got %d accounts, %v, want at most %d", limit, len(found), err, most)
		}
	}
}

func TestAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	strange := []string{
		"o'brien@nordhavn.example", "$cash@nordhavn.example", "$o'cash'@nordhavn.example", "a&b@nordhavn.example",
		"a%41b@nordhavn.example",
		"a+b@nordhavn.example", "a#b@nordhavn.example", "a?b=c@nordhavn.example", `q"q@nordhavn.example`,
		"øre@nordhavn.example", "crab🦀@nordhavn.example",
		"(x)@nordhavn.example", "delta@nordhavn.example", "a;b,c@nordhavn.example",
		"1/2@nordhavn.example", "o'br/ien@nordhavn.example", "taro.@nordhavn.example",
	}
	for i, name := range strange {
		w.put(t, devtenant.Person{ObjectID: oid(i), AccountName: name, Name: "Strange"})
	}
	g := w.directory(t)
	for i, name := range strange {
		a, err := g.Account(t.Context(), w.c.Credentials, name)
		if err != nil || a.ObjectID != oid(i) || a.Username != name {
			t.Errorf("%s: got %+v, %v", name, a, err)
		}
	}
	for _, nameOrID := range []string{annaID, strings.ToUpper(annaID), anna.AccountName,
		" anna.hansen@NORDHAVN.example "} {
		a, err := g.Account(t.Context(), w.c.Credentials, nameOrID)
		if err != nil || a.ObjectID != annaID || a.TenantID != tenantID || a.State != pactius.AccountPresent {
			t.Errorf("%s: got %+v, %v", nameOrID, a, err)
		}
	}
	a, err := g.Account(t.Context(), w.c.Credentials, guest.AccountName)
	if err != nil || !a.Guest || a.Username != guest.AccountName {
		t.Errorf("the guest: got %+v, %v", a, err)
	}
}

func TestNoAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.directory(t)
	for _, name := range []string{"nobody@nordhavn.example", oid(99)} {
		if _, err := g.Account(t.Context(), w.c.Credentials, name); pactius.KindOf(err) != pactius.KindNotFound {
			t.Errorf("%s: got %v, want NotFound", name, err)
		}
	}
	w.tenant.ForgetCalls()
	for _, name := range []string{
		"", " ", "anna", "delta", "@", "a@", "@b", "a@b@c", "a b@c.example", `a\b@c.example`,
		"a@b/../../me", "a\x00@b", "a\u202e@b", "\xff@b",
		strings.Repeat("a", 10_000) + "@b.example", "me", "$count", "users('anna')",
	} {
		if _, err := g.Account(t.Context(), w.c.Credentials, name); pactius.KindOf(err) != pactius.KindNotFound {
			t.Errorf("%.40q: got %v, want NotFound", name, err)
		}
	}
	if calls := w.tenant.Calls("/v1.0/"); len(calls) > 0 {
		t.Errorf("what cannot be a name was asked for: %v", calls)
	}
}

func TestDeletedAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.directory(t)
	if err := w.tenant.Delete(annaID); err != nil {
		t.Fatal(err)
	}
	a, err := g.Account(t.Context(), w.c.Credentials, annaID)
	if err != nil || a.State != pactius.AccountDeleted || a.ObjectID != annaID {
		t.Errorf("got %+v, %v", a, err)
	}
	if _, err := g.Account(t.Context(), w.c.Credentials,
		anna.AccountName); pactius.KindOf(err) != pactius.KindNotFound {
		t.Errorf("by name: got %v, want NotFound", err)
	}
	w.tenant.Remove(annaID)
	if _, err := g.Account(t.Context(), w.c.Credentials, annaID); pactius.KindOf(err) != pactius.KindNotFound {
		t.Errorf("for good: got %v, want NotFound", err)
	}
	// Without the permission for deleted accounts there is no such account.
	if err := errors.Join(w.tenant.Delete(guest.ObjectID), w.tenant.Grant(clientID, devtenant.ReadBasic)); err != nil {
		t.Fatal(err)
	}
	w.tenant.EndTokens()
	if _, err := g.Account(t.Context(), w.c.Credentials, guest.ObjectID); pactius.KindOf(err) != pactius.KindNotFound {
		t.Errorf("without permission: got %v, want NotFound", err)
	}
}

func TestPhoto(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.put(t, devtenant.Person{ObjectID: oid(1), AccountName: "pic@nordhavn.example", Name: "Pic Ture", Photo: true})
	g := w.directory(t)
	image, kind, err := g.Photo(t.Context(), w.c.Credentials, oid(1))
	if err != nil || kind != "image/png" && kind != "image/jpeg" || len(image) == 0 {
		t.Errorf("got %d bytes of %q, %v", len(image), kind, err)
	}
	for _, id := range []string{annaID, oid(99), "", "../../me", anna.AccountName} {
		if _, _, err := g.Photo(t.Context(), w.c.Credentials, id); pactius.KindOf(err) != pactius.KindNotFound {
			t.Errorf("%q: got %v, want NotFound", id, err)
		}
	}
}

// TestTheSmallerPermission: with User.ReadBasic.All names are found and the rest is unknown. The refusal is not
// provoked again by every search.
func TestTheSmallerPermission(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if err := w.tenant.Grant(clientID, devtenant.ReadBasic); err != nil {
		t.Fatal(err)
	}
	g := w.directory(t)
	for range 3 {
		found, err := g.Search(t.Context(), w.c.Credentials, 5, "per disabled")
		if err != nil || len(found) != 1 || found[0].State != pactius.AccountPresent {
			t.Fatalf("got %+v, %v", found, err)
		}
	}
	if _, err := g.Changes(t.Context(), w.c.Credentials, ""); trouble(t, err).Trouble != pactius.TroubleNoPermission {
		t.Errorf("changes: got %v", err)
	}
	// The next token requests all properties again.
	if err := w.tenant.Grant(clientID, devtenant.ReadAll); err != nil {
		t.Fatal(err)
	}
	w.tenant.EndTokens()
	_, _ = g.Search(t.Context(), w.c.Credentials, 5, "per disabled")
	found, err := g.Search(t.Context(), w.c.Credentials, 5, "per disabled")
	if err != nil || len(found) != 1 || found[0].State != pactius.AccountDisabled {
		t.Errorf("got %+v, %v", found, err)
	}
}

// TestARefusalOfProperties: some tenants refuse the properties outside the smaller permission instead of leaving them
// out. They are requested once in a token's life.
func TestARefusalOfProperties(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	asked := 0
	s.answer = func(w http.ResponseWriter, r *http.Request) {
		asked++
		if strings.Contains(r.URL.RawQuery, "accountEnabled") {
			w.WriteHeader(http.StatusForbidden)
			_, _ = w.Write([]byte(`{"error":{"code":"Authorization_RequestDenied"}}`))
			return
		}
		_, _ = w.Write([]byte(`{"value":[{"id":"` + annaID +
			`","displayName":"Anna Hansen","userPrincipalName":"anna@nordhavn.example"}]}`))
	}
	for i, want := range []int{2, 3, 4} {
		found, err := s.g.Search(t.Context(), s.c.Credentials, 5, "anna")
		if err != nil || len(found) != 1 || found[0].Name != "Anna Hansen" || asked != want {
			t.Errorf("search %d: got %+v, %v after %d calls, want %d", i, found, err, asked, want)
		}
	}
	steps := s.g.Test(t.Context(), s.c.Credentials, callback)
	if got := outcomes(steps[4:5]); got != "w" ||
		!strings.Contains(said(steps), "the permission is only User.ReadBasic.All") {
		t.Errorf("the test says %s:\n%s", got, said(steps))
	}
}
