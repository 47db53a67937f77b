package microsoft_test

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/microsoft"
	"github.com/pactius/pactius/internal/microsoft/devtenant"
)

// directory gives the world's directory, asked by the world's application.
func (w *world) directory(tb testing.TB) *microsoft.Graph {
	tb.Helper()
	return microsoft.NewGraph(microsoft.GraphOptions{Base: w.url, Microsoft: w.m, Now: w.ours.now})
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

// oid makes an object ID.
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

// names are the account names of what was found.
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
		devtenant.Person{ObjectID: oid(1), AccountName: "soren.aa@nordhavn.example", Name: "Søren Ågård", Mail: "sa@nordhavn.example", JobTitle: "Baker", Department: "Bread", OtherMails: []string{"soren@home.example"}},
		devtenant.Person{ObjectID: oid(2), AccountName: "smith.co@nordhavn.example", Name: "Smith & Co", Mail: "post@smith.example"},
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
		{"an object ID", strings.ToUpper(annaID), []string{anna.AccountName}},
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
			found, err := g.Search(t.Context(), w.c.Credentials, tt.typed, 10)
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
	w.put(t, devtenant.Person{ObjectID: oid(1), AccountName: "bo.baker@nordhavn.example", Name: "Bo Baker", Mail: "bo@nordhavn.example", JobTitle: "Baker", Department: "Bread", OtherMails: []string{"bo@home.example", "BO@nordhavn.example"}})
	g := w.directory(t)
	found, err := g.Search(t.Context(), w.c.Credentials, "bo baker", 1)
	if err != nil {
		t.Fatal(err)
	}
	want := []pactius.Account{{Identity: pactius.Identity{TenantID: tenantID, ObjectID: oid(1)}, Username: "bo.baker@nordhavn.example", Name: "Bo Baker",
		Email: "bo@nordhavn.example", OtherEmails: []string{"bo@home.example"}, Title: "Baker", Department: "Bread"}}
	if diff := cmp.Diff(found, want); diff != "" {
		t.Errorf("got - want +:\n%s", diff)
	}
	for typed, want := range map[string]pactius.Account{
		"per disabled": {State: pactius.AccountDisabled},
		"li wei":       {Guest: true},
	} {
		found, err := g.Search(t.Context(), w.c.Credentials, typed, 5)
		if err != nil || len(found) != 1 || found[0].State != want.State || found[0].Guest != want.Guest {
			t.Errorf("%s: got %+v, %v", typed, found, err)
		}
	}
}

// TestSearchFindsANewcomer: the index of $search is late, the exact name is not.
func TestSearchFindsANewcomer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.theirs.add(time.Hour)
	w.tenant.SetIndexDelay(10 * time.Minute)
	w.put(t, devtenant.Person{ObjectID: oid(1), AccountName: "new@nordhavn.example", Name: "New Comer"})
	g := w.directory(t)
	found, err := g.Search(t.Context(), w.c.Credentials, "new", 5)
	if err != nil || len(found) != 0 {
		t.Fatalf("got %v, %v: the index is not late", found, err)
	}
	found, err = g.Search(t.Context(), w.c.Credentials, "NEW@nordhavn.example", 5)
	if err != nil || len(found) != 1 || found[0].ObjectID != oid(1) {
		t.Errorf("got %v, %v", found, err)
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
	for limit, most := range map[int]int{-1: 1, 0: 1, 3: 3, 1000: 20} {
		found, err := g.Search(t.Context(), w.c.Credentials, first, limit)
		if err != nil || len(found) > most || len(found) == 0 {
			t.Errorf("limit %d: got %d accounts, %v, want at most %d", limit, len(found), err, most)
		}
	}
}

func TestAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	strange := []string{
		"o'brien@nordhavn.example", "$cash@nordhavn.example", "$o'cash'@nordhavn.example", "a&b@nordhavn.example", "a%41b@nordhavn.example",
		"a+b@nordhavn.example", "a#b@nordhavn.example", "a?b=c@nordhavn.example", `q"q@nordhavn.example`, "øre@nordhavn.example", "crab🦀@nordhavn.example",
		"(x)@nordhavn.example", "delta@nordhavn.example", "a;b,c@nordhavn.example",
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
	for _, nameOrID := range []string{annaID, strings.ToUpper(annaID), anna.AccountName, " anna.hansen@NORDHAVN.example "} {
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
		if _, err := g.Account(t.Context(), w.c.Credentials, name); pactius.KindOf(err) != pactius.NotFound {
			t.Errorf("%s: got %v, want NotFound", name, err)
		}
	}
	w.tenant.ForgetCalls()
	for _, name := range []string{
		"", " ", "anna", "delta", "@", "a@", "@b", "a@b@c", "a b@c.example", "a/b@c.example", `a\b@c.example`, "a@b/../../me", "a\x00@b", "a\u202e@b", "\xff@b",
		strings.Repeat("a", 10_000) + "@b.example", "me", "$count", "users('anna')",
	} {
		if _, err := g.Account(t.Context(), w.c.Credentials, name); pactius.KindOf(err) != pactius.NotFound {
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
	if _, err := g.Account(t.Context(), w.c.Credentials, anna.AccountName); pactius.KindOf(err) != pactius.NotFound {
		t.Errorf("by name: got %v, want NotFound", err)
	}
	w.tenant.Remove(annaID)
	if _, err := g.Account(t.Context(), w.c.Credentials, annaID); pactius.KindOf(err) != pactius.NotFound {
		t.Errorf("for good: got %v, want NotFound", err)
	}
	// Without the permission to look there, the account is simply not there.
	if err := errors.Join(w.tenant.Delete(guest.ObjectID), w.tenant.Grant(clientID, devtenant.ReadBasic)); err != nil {
		t.Fatal(err)
	}
	w.tenant.EndTokens()
	if _, err := g.Account(t.Context(), w.c.Credentials, guest.ObjectID); pactius.KindOf(err) != pactius.NotFound {
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
		if _, _, err := g.Photo(t.Context(), w.c.Credentials, id); pactius.KindOf(err) != pactius.NotFound {
			t.Errorf("%q: got %v, want NotFound", id, err)
		}
	}
}

// TestTheSmallerPermission: with User.ReadBasic.All names are found, the rest is
// not known, and the refusal is not provoked again with every key.
func TestTheSmallerPermission(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if err := w.tenant.Grant(clientID, devtenant.ReadBasic); err != nil {
		t.Fatal(err)
	}
	g := w.directory(t)
	for range 3 {
		found, err := g.Search(t.Context(), w.c.Credentials, "per disabled", 5)
		if err != nil || len(found) != 1 || found[0].State != pactius.AccountPresent {
			t.Fatalf("got %+v, %v", found, err)
		}
	}
	if _, err := g.Changes(t.Context(), w.c.Credentials, ""); trouble(t, err).Trouble != pactius.NoPermission {
		t.Errorf("changes: got %v", err)
	}
	// More is asked for again with the next token.
	if err := w.tenant.Grant(clientID, devtenant.ReadAll); err != nil {
		t.Fatal(err)
	}
	w.tenant.EndTokens()
	_, _ = g.Search(t.Context(), w.c.Credentials, "per disabled", 5)
	found, err := g.Search(t.Context(), w.c.Credentials, "per disabled", 5)
	if err != nil || len(found) != 1 || found[0].State != pactius.AccountDisabled {
		t.Errorf("got %+v, %v", found, err)
	}
}

// TestARefusalOfProperties: some tenants refuse what the smaller permission does
// not open rather than to leave it out. It is asked for once in a token's life.
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
		_, _ = w.Write([]byte(`{"value":[{"id":"` + annaID + `","displayName":"Anna Hansen","userPrincipalName":"anna@nordhavn.example"}]}`))
	}
	for i, want := range []int{2, 3, 4} {
		found, err := s.g.Search(t.Context(), s.c.Credentials, "anna", 5)
		if err != nil || len(found) != 1 || found[0].Name != "Anna Hansen" || asked != want {
			t.Errorf("search %d: got %+v, %v after %d calls, want %d", i, found, err, asked, want)
		}
	}
	steps := s.g.Test(t.Context(), s.c.Credentials, callback)
	if got := outcomes(steps[4:5]); got != "w" || !strings.Contains(said(steps), "the permission is User.ReadBasic.All only") {
		t.Errorf("the test says %s:\n%s", got, said(steps))
	}
}

// TestTokens: one for many calls and callers, a new one shortly before the end
// and at once when it was withdrawn, none shared between secrets.
func TestTokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.directory(t)
	tokens := func() int { return len(w.tenant.Calls("/" + tenantID + "/oauth2/v2.0/token")) }
	ask := func(c pactius.Credentials) error {
		_, err := g.Account(t.Context(), c, annaID)
		return err
	}
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if err := ask(w.c.Credentials); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if got := tokens(); got != 1 {
		t.Errorf("20 callers: %d tokens, want 1", got)
	}
	w.ours.add(54 * time.Minute)
	w.theirs.add(54 * time.Minute)
	if err := ask(w.c.Credentials); err != nil || tokens() != 1 {
		t.Errorf("after 54 minutes: %v, %d tokens, want 1", err, tokens())
	}
	w.ours.add(2 * time.Minute)
	w.theirs.add(2 * time.Minute)
	if err := ask(w.c.Credentials); err != nil || tokens() != 2 {
		t.Errorf("after 56 minutes: %v, %d tokens, want 2", err, tokens())
	}
	w.tenant.EndTokens()
	if err := ask(w.c.Credentials); err != nil || tokens() != 3 {
		t.Errorf("after it was withdrawn: %v, %d tokens, want 3", err, tokens())
	}
	other := w.c.Credentials
	other.ClientSecret = "another secret"
	if e := trouble(t, ask(other)); e.Trouble != pactius.BadSecret || e.Code != "AADSTS7000215" {
		t.Errorf("another secret: got %v", e)
	}
	if err := ask(w.c.Credentials); err != nil || tokens() != 4 {
		t.Errorf("the old secret: %v, %d tokens, want 4", err, tokens())
	}
}

func TestCredentialsThatDoNotWork(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.directory(t)
	ended := "0f3b6c1e-2222-4c5b-b112-000000000009"
	if err := w.tenant.PutApp(devtenant.App{ClientID: ended, Secrets: []devtenant.Secret{{Value: "old", Ends: moment.Add(-time.Hour)}}}); err != nil {
		t.Fatal(err)
	}
	if err := w.tenant.PutApp(devtenant.App{ClientID: oid(7), Secrets: []devtenant.Secret{{Value: "s"}}, Granted: []string{}}); err != nil {
		t.Fatal(err)
	}
	key := rsaKey(t, 2048)
	stranger := []byte(encode("CERTIFICATE", certify(t, key, moment, moment.AddDate(1, 0, 0)).Raw) + keyPEM(t, key))
	tests := []struct {
		name string
		c    pactius.Credentials
		want pactius.Trouble
		code string
	}{
		{"nothing", pactius.Credentials{}, pactius.NoConnection, ""},
		{"no secret", pactius.Credentials{TenantID: tenantID, ClientID: clientID}, pactius.NoConnection, ""},
		{"no application", pactius.Credentials{TenantID: tenantID, ClientSecret: secret}, pactius.NoConnection, ""},
		{"a tenant that is no GUID", pactius.Credentials{TenantID: "nordhavn.example", ClientID: clientID, ClientSecret: secret}, pactius.NoConnection, ""},
		{"a tenant nobody knows", pactius.Credentials{TenantID: oid(5), ClientID: clientID, ClientSecret: secret}, pactius.NoConnection, "AADSTS90002"},
		{"an application nobody knows", pactius.Credentials{TenantID: tenantID, ClientID: oid(6), ClientSecret: secret}, pactius.NoPermission, "AADSTS700016"},
		{"a wrong secret", pactius.Credentials{TenantID: tenantID, ClientID: clientID, ClientSecret: "wrong"}, pactius.BadSecret, "AADSTS7000215"},
		{"a secret that has ended", pactius.Credentials{TenantID: tenantID, ClientID: ended, ClientSecret: "old"}, pactius.BadSecret, "AADSTS7000222"},
		{"a certificate nobody registered", pactius.Credentials{TenantID: tenantID, ClientID: clientID, Certificate: stranger}, pactius.BadSecret, "AADSTS700027"},
		{"a certificate that cannot be read", pactius.Credentials{TenantID: tenantID, ClientID: clientID, Certificate: []byte("x")}, pactius.NoConnection, ""},
		{"no permission", pactius.Credentials{TenantID: tenantID, ClientID: oid(7), ClientSecret: "s"}, pactius.NoPermission, "Authorization_RequestDenied"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := g.Search(t.Context(), tt.c, "anna", 5)
			if e := trouble(t, err); e.Trouble != tt.want || e.Code != tt.code {
				t.Errorf("got %q %q, want %q %q: %v", e.Trouble, e.Code, tt.want, tt.code, e)
			}
		})
	}
}

// TestACertificateProves: the directory and the sign-in take a certificate in
// place of the secret, several times in a row.
func TestACertificateProves(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	key := rsaKey(t, 3072)
	cert := certify(t, key, moment.Add(-time.Hour), moment.AddDate(1, 0, 0))
	app, _ := w.tenant.App(clientID)
	app.Certificates, app.Secrets = []*x509.Certificate{cert}, nil
	if err := w.tenant.PutApp(app); err != nil {
		t.Fatal(err)
	}
	w.c.ClientSecret, w.c.Certificate = "", []byte(encode("CERTIFICATE", cert.Raw)+keyPEM(t, key))
	g := w.directory(t)
	for range 3 {
		if a, err := g.Account(t.Context(), w.c.Credentials, annaID); err != nil || a.ObjectID != annaID {
			t.Fatalf("got %+v, %v", a, err)
		}
		w.tenant.EndTokens()
	}
	for range 2 {
		a, code := w.signIn(t, annaID)
		claims, err := w.m.Exchange(t.Context(), w.c, a, code)
		if err != nil || claims.ObjectID != annaID {
			t.Fatalf("got %+v, %v", claims, err)
		}
	}
}

// TestToldToWait: while a tenant asks to wait nothing is sent, and others are not
// held up.
func TestToldToWait(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.directory(t)
	ask := func() error {
		_, err := g.Search(t.Context(), w.c.Credentials, "anna", 5)
		return err
	}
	if err := ask(); err != nil {
		t.Fatal(err)
	}
	w.tenant.SetTrouble(devtenant.Trouble{Throttled: 1, RetryAfter: 30 * time.Second})
	if e := trouble(t, ask()); e.Trouble != pactius.Throttled || e.RetryAfter != 30*time.Second {
		t.Fatalf("got %v after %v", e, e.RetryAfter)
	}
	w.tenant.ForgetCalls()
	w.ours.add(29 * time.Second)
	if e := trouble(t, ask()); e.Trouble != pactius.Throttled || e.RetryAfter != time.Second {
		t.Errorf("after 29 s: got %v after %v", e, e.RetryAfter)
	}
	if calls := w.tenant.Calls("/"); len(calls) != 0 {
		t.Errorf("asked all the same: %v", calls)
	}
	w.ours.add(time.Second)
	if err := ask(); err != nil {
		t.Errorf("after 30 s: %v", err)
	}
}

// TestSlow: whoever gives little time gets the word, not a late answer.
func TestSlow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.directory(t)
	if _, err := g.Account(t.Context(), w.c.Credentials, annaID); err != nil {
		t.Fatal(err)
	}
	w.tenant.SetTrouble(devtenant.Trouble{Delay: time.Second})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := g.Account(ctx, w.c.Credentials, annaID); trouble(t, err).Trouble != pactius.Slow {
		t.Errorf("got %v, want slow", err)
	}
	w.tenant.SetTrouble(devtenant.Trouble{Path: "/", Delay: time.Second})
	w.ours.add(2 * time.Hour) // the token has ended
	ctx, cancel = context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := g.Search(ctx, w.c.Credentials, "anna", 5); trouble(t, err).Trouble != pactius.Slow {
		t.Errorf("waiting for a token: got %v, want slow", err)
	}
}

func TestAnswersThatMakeNoSense(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		is   devtenant.Trouble
		want pactius.Trouble
	}{
		{"down", devtenant.Trouble{Down: true}, pactius.Away},
		{"a page for people", devtenant.Trouble{Answer: devtenant.HTML}, pactius.Garbled},
		{"half a JSON", devtenant.Trouble{Answer: devtenant.HalfJSON}, pactius.Garbled},
		{"nothing", devtenant.Trouble{Answer: devtenant.Nothing}, pactius.Garbled},
		{"null", devtenant.Trouble{Answer: devtenant.Null}, pactius.Garbled},
		{"50,000 results", devtenant.Trouble{Answer: devtenant.Flood}, pactius.Garbled},
		{"no token, but a page", devtenant.Trouble{Path: "/" + tenantID + "/oauth2/v2.0/token", Answer: devtenant.HTML}, pactius.Garbled},
		{"no token, but half of one", devtenant.Trouble{Path: "/" + tenantID + "/oauth2/v2.0/token", Answer: devtenant.HalfJSON}, pactius.Garbled},
		{"a token endpoint that is down", devtenant.Trouble{Path: "/" + tenantID + "/oauth2/v2.0/token", Down: true}, pactius.Away},
		{"no description of the service", devtenant.Trouble{Path: "/" + tenantID + "/v2.0/", Answer: devtenant.HTML}, pactius.Garbled},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			g := w.directory(t)
			w.tenant.SetTrouble(tt.is)
			_, searchErr := g.Search(t.Context(), w.c.Credentials, "anna.hansen@nordhavn.example", 5)
			_, accountErr := g.Account(t.Context(), w.c.Credentials, annaID)
			_, changesErr := g.Changes(t.Context(), w.c.Credentials, "")
			_, _, photoErr := g.Photo(t.Context(), w.c.Credentials, annaID)
			for what, err := range map[string]error{"search": searchErr, "account": accountErr, "changes": changesErr, "photo": photoErr} {
				if got := trouble(t, err).Trouble; got != tt.want {
					t.Errorf("%s: got %q, want %q: %v", what, got, tt.want, err)
				}
			}
			w.tenant.SetTrouble(devtenant.Trouble{})
			if _, err := g.Account(t.Context(), w.c.Credentials, annaID); err != nil {
				t.Errorf("afterwards: %v", err)
			}
		})
	}
}

// TestTwoTenantsDoNotMeet: the tokens and the waiting of one are not another's.
func TestTwoTenantsDoNotMeet(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other, err := devtenant.New(devtenant.Config{URL: w.url, TenantID: oid(1), TenantName: "Other", ClientID: clientID, ClientSecret: secret,
		RedirectURLs: []string{callback}, People: []devtenant.Person{{ObjectID: oid(2), AccountName: "anna@other.example", Name: "Anna Other"}}, Now: w.theirs.now})
	if err != nil {
		t.Fatal(err)
	}
	w.serve(devtenant.Handlers(w.tenant, other))
	g := w.directory(t)
	theirs := w.c.Credentials
	theirs.TenantID = strings.ToUpper(oid(1))
	w.tenant.SetTrouble(devtenant.Trouble{Throttled: 1, RetryAfter: time.Minute})
	if _, err := g.Search(t.Context(), w.c.Credentials, "anna", 5); trouble(t, err).Trouble != pactius.Throttled {
		t.Fatal(err)
	}
	found, err := g.Search(t.Context(), theirs, "anna", 5)
	if err != nil || len(found) != 1 || found[0].Identity != (pactius.Identity{TenantID: oid(1), ObjectID: oid(2)}) {
		t.Errorf("got %+v, %v", found, err)
	}
}
