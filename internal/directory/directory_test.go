package directory_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/directory"
	"github.com/pactius/pactius/internal/microsoft"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
	"github.com/pactius/pactius/internal/users"
	"github.com/pactius/pactius/testbed/devtenant"
)

const (
	tenant      = storetest.Tenant
	application = "0f3b6c1e-2222-4c5b-b112-000000000002"
	secret      = "the-very-secret-secret"
)

// world is a company with an administrator of all units, one of Sales, and a user who administers nothing, beside a
// Microsoft tenant.
type world struct {
	*storetest.Ground
	db                 *storetest.DB
	rules              *directory.Rules
	tenant             *devtenant.Tenant
	sales              pactius.UnitID
	root, local, plain pactius.Actor
}

// accounts are the accounts in Microsoft 365.
var accounts = map[string]devtenant.Person{
	"anna": {AccountName: "anna.hansen@nordhavn.example", Name: "Anna Hansen", JobTitle: "Controller",
		Department: "Finance", Photo: true},
	"anders": {AccountName: "anders.holm@nordhavn.example", Name: "Anders Holm", Mail: "a.holm@mail.nordhavn.example"},
	"mads":   {AccountName: "mads.juhl@nordhavn.example", Name: "Mads Juhl", Disabled: true},
	"petra": {AccountName: "petra_revision.example#EXT#@nordhavn.example", Name: "Petra Novak",
		Mail: "petra@revision.example", Guest: true},
	"seller": {AccountName: "seller@nordhavn.example", Name: "Sara Seller"},
	"asker":  {AccountName: "asker@nordhavn.example", Name: "Asta Asker"},
}

func oid(name string) string {
	for i, n := range []string{"anna", "anders", "mads", "petra", "seller", "asker"} {
		if n == name {
			return fmt.Sprintf("0f3b6c1e-3333-4c5b-b112-%012d", i+1)
		}
	}
	panic(name)
}

func newWorld(t *testing.T) *world {
	t.Helper()
	db := storetest.New(t)
	w := &world{Ground: db.Ground(t, "nordhavn.example"), db: db}
	w.sales = w.Unit(t, w.Root, "Sales")
	legal := w.Unit(t, w.Root, "Legal")
	w.root = w.Actor(w.User(t, "root@nordhavn.example", "Rikke Root",
		pactius.Grant{Unit: w.Root, Access: pactius.AccessAdminister}))
	w.local = w.Actor(w.User(t, "local@nordhavn.example", "Lars Local",
		pactius.Grant{Unit: w.sales, Access: pactius.AccessAdminister}))
	w.plain = w.Actor(w.User(t, "plain@nordhavn.example", "Pia Plain",
		pactius.Grant{Unit: w.sales, Access: pactius.AccessRead}))
	w.Invite(t, "seller@nordhavn.example", "Sara Seller", pactius.Grant{Unit: legal, Access: pactius.AccessRead})
	_, err := users.New(db.Work()).Ask(t.Context(), pactius.Visitor(w.Env, pactius.Person{
		Identity: pactius.Identity{TenantID: tenant, ObjectID: oid("asker")}, Username: accounts["asker"].AccountName,
		Name: "Asta Asker"}, ""), users.Wish{})
	if err != nil {
		t.Fatal(err)
	}
	w.startMicrosoft(t)
	return w
}

func (w *world) startMicrosoft(t *testing.T) {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	origin := "http://" + server.Listener.Addr().String()
	var err error
	w.tenant, err = devtenant.New(devtenant.Config{URL: origin, TenantID: tenant, TenantName: "Nordhavn",
		ClientID: application, ClientSecret: secret,
		RedirectURLs: []string{"https://nordhavn.example/"}, Now: w.db.Clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	for name, p := range accounts {
		p.ObjectID = oid(name)
		if err := w.tenant.Put(p); err != nil {
			t.Fatal(err)
		}
	}
	server.Config.Handler = w.tenant.Handler()
	server.Start()
	t.Cleanup(server.Close)
	ms := microsoft.New(microsoft.Options{Authority: origin, Now: w.db.Clock.Now})
	w.rules = directory.New(directory.Config{
		DB: w.db.Work(), Patience: time.Minute, // a busy machine is no slow directory
		Graph: microsoft.NewGraph(ms, origin),
		Credentials: func(e pactius.Environment) (pactius.Credentials, error) {
			if !e.Connection.Connected() {
				return pactius.Credentials{}, users.ErrNotConnected
			}
			return pactius.Credentials{TenantID: e.Connection.TenantID, ClientID: application, ClientSecret: secret},
				nil
		},
	})
}

func (w *world) search(t *testing.T, typed string) directory.Result {
	t.Helper()
	r, err := w.rules.Search(t.Context(), w.root, typed)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func names(people []directory.Found) []string {
	all := []string{}
	for _, f := range people {
		all = append(all, f.Name)
	}
	return all
}

func TestPeopleAreFoundByWhatIsTyped(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, test := range []struct {
		name, typed string
		want        []string
	}{
		{"the beginning of a name", "ann", []string{"Anna Hansen"}},
		{"the beginning of a last name", "hol", []string{"Anders Holm"}},
		{"several", "an", []string{"Anders Holm", "Anna Hansen"}},
		{"in capitals", "ANNA", []string{"Anna Hansen"}},
		{"an account name", "anna.hansen@nordhavn.example", []string{"Anna Hansen"}},
		{"an e-mail address", "a.holm@mail.nordhavn.example", []string{"Anders Holm"}},
		{"a guest by the address at home", "petra@rev", []string{"Petra Novak"}},
		{"with spaces around", "  anna   hansen ", []string{"Anna Hansen"}},
		{"nobody", "zzz", []string{}},
		{"one letter is too few", "a", []string{}},
		{"quotes and backslashes", `anna" OR "displayName:\`, []string{}},
		{"an ampersand", "anna&$top=1", []string{}},
		{"a picture", "👩‍💼", []string{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := w.search(t, test.typed)
			got := names(r.People)
			if len(got) == 2 && got[0] > got[1] {
				got[0], got[1] = got[1], got[0]
			}
			if diff := cmp.Diff(test.want, got); diff != "" || r.Trouble != "" {
				t.Errorf("trouble %q, found (-want +got):\n%s", r.Trouble, diff)
			}
		})
	}
	w.tenant.ForgetCalls()
	long := make([]rune, 10_000)
	for i := range long {
		long[i] = 'å'
	}
	if r := w.search(t, string(long)); len(r.People) != 0 || len(w.tenant.Calls("/")) != 0 {
		t.Error("10,000 characters were asked for")
	}
}

func TestWhatIsKnownStandsBesideAnAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.User(t, "bound@nordhavn.example", "Bound Before", pactius.Grant{Unit: w.sales, Access: pactius.AccessRead})
	find := func(by pactius.Actor, name string) directory.Found {
		t.Helper()
		f, err := w.rules.Found(t.Context(), by, w.account(t, name))
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	if f := find(w.root, "anna"); f.User != nil || f.Request != nil || f.State != pactius.AccountPresent ||
		f.Title != "Controller" || f.Department != "Finance" {
		t.Errorf("somebody unknown: %+v", f)
	}
	if f := find(w.root, "seller"); f.User == nil || f.Status != pactius.StatusInvited || !f.Visible || f.Other {
		t.Errorf("somebody invited: %+v", f)
	}
	if f := find(w.local, "seller"); f.User == nil || f.Visible {
		t.Errorf("somebody invited elsewhere, for a local administrator: %+v", f)
	}
	if f := find(w.root, "asker"); f.Request == nil || f.User != nil || f.Elsewhere {
		t.Errorf("somebody who has asked: %+v", f)
	}
	if f := find(w.local, "asker"); f.Request != nil || !f.Elsewhere {
		t.Errorf("somebody who has asked others: %+v", f)
	}
	if f := find(w.root, "mads"); f.State != pactius.AccountDisabled {
		t.Errorf("a disabled account: %+v", f)
	}
	if f := find(w.root, "petra"); !f.Guest {
		t.Errorf("a guest: %+v", f)
	}
	// The account name of a user who is linked to another account.
	a := w.account(t, "anna")
	a.Username = "bound@nordhavn.example"
	f, err := w.rules.Found(t.Context(), w.root, a)
	if err != nil || f.User == nil || !f.Other {
		t.Errorf("a name of somebody else's: %+v, %v", f, err)
	}
	// The account of the new tenant, of a user who is linked to one of the earlier tenant.
	w.db.Exec(t, `UPDATE users SET tid = '11111111-0b5a-4c7d-9e21-5f4a3b2c1d0e' WHERE username = $1`, a.Username)
	f, err = w.rules.Found(t.Context(), w.root, a)
	if err != nil || f.User == nil || f.Other {
		t.Errorf("a name of a user who is cut off: %+v, %v", f, err)
	}
}

// TestAnAccountGivenUpInAMergeIsAUserAlready: adding it is refused, so the list of people does not offer it.
func TestAnAccountGivenUpInAMergeIsAUserAlready(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	rules := users.New(w.db.Work())
	kept := w.User(t, "anna.dam@nordhavn.example", "Anna Dam", pactius.Grant{Unit: w.sales, Access: pactius.AccessRead})
	added, err := rules.Add(t.Context(), w.root, users.NewUser{Username: accounts["anna"].AccountName,
		Identity: pactius.Identity{TenantID: tenant, ObjectID: oid("anna")}, Name: accounts["anna"].Name,
		Despite: true})
	if err != nil {
		t.Fatal(err)
	}
	merge := users.Merge{Kept: kept.ID, Other: added.User.ID, Account: users.AccountOfKept}
	if _, err := rules.Merge(t.Context(), w.root, merge); err != nil {
		t.Fatal(err)
	}
	for name, by := range map[string]pactius.Actor{"all": w.root, "Sales": w.local} {
		f, err := w.rules.Found(t.Context(), by, w.account(t, "anna"))
		if err != nil || f.User == nil || f.User.ID != kept.ID || f.Other || !f.Visible {
			t.Errorf("for an administrator of %s: %+v, %v", name, f, err)
		}
	}
}

func (w *world) account(t *testing.T, name string) pactius.Account {
	t.Helper()
	a, err := w.rules.Account(t.Context(), w.root, oid(name))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestATypedAccountNameIsVerified(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, test := range []struct {
		name, typed string
		state       directory.NameState
		person      string
	}{
		{"a name that exists", "anna.hansen@nordhavn.example", directory.NameExists, "Anna Hansen"},
		{"in other letter case", "Anna.Hansen@NORDHAVN.example ", directory.NameExists, "Anna Hansen"},
		{"a guest's name", accounts["petra"].AccountName, directory.NameExists, "Petra Novak"},
		{"a name that nobody has", "nobody.at.all@nordhavn.example", directory.NameMissing, ""},
		{"no account name yet", "anna.hansen@", "", ""},
		{"a name with a quote", "o'hara@nordhavn.example", directory.NameMissing, ""},
		{"nothing", "", "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			v, err := w.rules.Verify(t.Context(), w.root, test.typed)
			if err != nil || v.State != test.state {
				t.Fatalf("%+v, %v; want %q", v, err, test.state)
			}
			if test.person != "" && v.Person.Name != test.person {
				t.Errorf("it is %s, want %s", v.Person.Name, test.person)
			}
		})
	}
}

func TestWhoWasMeant(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, typed := range map[string]string{
		"one letter differs":         "anna.hanson@nordhavn.example",
		"a letter is missing":        "ana.hansen@nordhavn.example",
		"letters are swapped":        "anna.hasnen@nordhavn.example",
		"the dot is missing":         "annahansen@nordhavn.example",
		"the domain is mistyped":     "anna.hansen@nordhavn.exampel",
		"last name first":            "hansen.anna@nordhavn.example",
		"the first letter is wrong":  "amna.hansen@nordhavn.example",
		"a letter was typed doubled": "annna.hansen@nordhavn.example",
		"the first name is another":  "anne.hansen@nordhavn.example",
		"an initial":                 "ahansen@nordhavn.example",
	} {
		t.Run(name, func(t *testing.T) {
			v, err := w.rules.Verify(t.Context(), w.root, typed)
			if err != nil || v.State != directory.NameMissing || len(v.Meant) == 0 || v.Meant[0].Name != "Anna Hansen" {
				t.Fatalf("%s: %+v, %v; want Anna Hansen", typed, v, err)
			}
			if len(v.Meant[0].Reasons) == 0 {
				t.Error("there is no reason")
			}
		})
	}
	for name, typed := range map[string]string{"somebody else": "zebedee.quux@nordhavn.example",
		"another Anna": "anna.jensen@nordhavn.example", "another Hansen": "peter.hansen@nordhavn.example"} {
		v, err := w.rules.Verify(t.Context(), w.root, typed)
		if err != nil || v.State != directory.NameMissing || len(v.Meant) != 0 {
			t.Errorf("%s: %+v, %v; want nobody", name, v, err)
		}
	}
	v, err := w.rules.Verify(t.Context(), w.root, "a.holm@mail.nordhavn.example")
	if err != nil || len(v.Meant) == 0 || v.Meant[0].Name != "Anders Holm" {
		t.Errorf("an e-mail address typed as account name: %+v, %v", v, err)
	}
}

func TestTroubleIsToldAndNothingFails(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		prepare func(*world)
		want    pactius.Trouble
	}{
		{"the directory is down", func(w *world) { w.tenant.SetTrouble(devtenant.Trouble{Down: true}) },
			pactius.TroubleAway},
		{"it asks to wait", func(w *world) {
			w.tenant.SetTrouble(devtenant.Trouble{Throttled: 1, RetryAfter: time.Minute})
		}, pactius.TroubleThrottled},
		{"it is slow", func(w *world) {
			w.rules.Patience = 50 * time.Millisecond
			w.tenant.SetTrouble(devtenant.Trouble{Delay: 2 * time.Second})
		}, pactius.TroubleSlow},
		{"a proxy answers with a page",
			func(w *world) { w.tenant.SetTrouble(devtenant.Trouble{Answer: devtenant.HTML}) }, pactius.TroubleGarbled},
		{"half an answer", func(w *world) { w.tenant.SetTrouble(devtenant.Trouble{Answer: devtenant.HalfJSON}) },
			pactius.TroubleGarbled},
		{"50,000 results", func(w *world) { w.tenant.SetTrouble(devtenant.Trouble{Answer: devtenant.Flood}) },
			pactius.TroubleGarbled},
		{"the permission is missing", func(w *world) { _ = w.tenant.Grant(application) }, pactius.TroubleNoPermission},
		{"the secret has changed", func(w *world) {
			_ = w.tenant.PutApp(devtenant.App{ClientID: application,
				Secrets: []devtenant.Secret{{Value: "another-secret-than-before"}}})
		}, pactius.TroubleBadSecret},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			test.prepare(w)
			if r := w.search(t, "anna"); r.Trouble != test.want || len(r.People) != 0 {
				t.Errorf("a search: %+v, want %s", r, test.want)
			}
			v, err := w.rules.Verify(t.Context(), w.root, "anna.hansen@nordhavn.example")
			if err != nil || v.State != directory.NameUnchecked || v.Trouble != test.want {
				t.Errorf("a name: %+v, %v; want %s", v, err, test.want)
			}
			if _, err := w.rules.Photo(t.Context(), w.root, oid("anna")); pactius.KindOf(err) != pactius.KindNotFound {
				t.Errorf("a picture: %v, want none", err)
			}
		})
	}
}

func TestAnEnvironmentWithoutConnection(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Update(t, func(tx *store.Tx) error {
		e, err := tx.EnvironmentRow()
		if err != nil {
			return err
		}
		e.Connection = pactius.Connection{}
		return tx.UpdateEnvironment(e)
	})
	if r := w.search(t, "anna"); r.Trouble != pactius.TroubleNoConnection {
		t.Errorf("got %+v", r)
	}
	if len(w.tenant.Calls("/")) != 0 {
		t.Error("Microsoft was asked")
	}
}

func TestOnlyAdministratorsAsk(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, by := range map[string]pactius.Actor{
		"a user who administers nothing": w.plain, "a visitor": pactius.Visitor(w.Env, pactius.Person{}, ""),
		"nobody":                          {},
		"somebody of another environment": pactius.UserActor("0192a000-0000-7000-8000-000000000001", w.root.User, ""),
	} {
		_, search := w.rules.Search(t.Context(), by, "anna")
		_, verify := w.rules.Verify(t.Context(), by, "anna.hansen@nordhavn.example")
		_, anew := w.rules.VerifyAnew(t.Context(), by, "anna.hansen@nordhavn.example")
		_, all := w.rules.VerifyAll(t.Context(), by, []string{"anna.hansen@nordhavn.example"})
		_, photo := w.rules.Photo(t.Context(), by, oid("anna"))
		_, account := w.rules.Account(t.Context(), by, oid("anna"))
		_, found := w.rules.Found(t.Context(), by, pactius.Account{})
		for what, err := range map[string]error{"search": search, "verify": verify, "verify anew": anew,
			"verify all": all, "photo": photo, "account": account, "found": found} {
			if pactius.KindOf(err) == pactius.KindInternal {
				t.Errorf("%s, %s: %v, want a refusal", name, what, err)
			}
		}
	}
	if len(w.tenant.Calls("/")) != 0 {
		t.Error("Microsoft was asked")
	}
	for name, by := range map[string]pactius.Actor{"a local administrator": w.local,
		"Support": pactius.SupportActor(w.Env)} {
		if r, err := w.rules.Search(t.Context(), by, "anna"); err != nil || len(r.People) != 1 {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
	}
}

// TestTheDirectoryIsAskedOneAtATime counts at the directory: one caller never has two calls there at once, and equal
// queries of many callers are one call.
func TestTheDirectoryIsAskedOneAtATime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.search(t, "warm up: the token")
	w.tenant.SetTrouble(devtenant.Trouble{Delay: 20 * time.Millisecond})
	w.tenant.ForgetCalls()
	var wg sync.WaitGroup
	for _, typed := range []string{"an", "ann", "anna", "anna.hanson@nordhavn.example",
		"anna.hansen@nordhavn.example"} {
		wg.Go(func() { _, _ = w.rules.Search(t.Context(), w.root, typed) })
		wg.Go(func() { _, _ = w.rules.Verify(t.Context(), w.root, typed) })
		wg.Go(func() { _, _ = w.rules.Photo(t.Context(), w.root, oid("anna")) })
	}
	wg.Wait()
	if got := w.tenant.AtOnce("/v1.0/"); got != 1 {
		t.Errorf("%d calls of one person at once, want 1: %v", got, w.tenant.Calls("/v1.0/"))
	}
	w.tenant.ForgetCalls()
	for range 20 {
		for _, by := range []pactius.Actor{w.root, w.local, pactius.SupportActor(w.Env)} {
			wg.Go(func() { _, _ = w.rules.Search(t.Context(), by, "sara sel") })
		}
	}
	wg.Wait()
	if got := len(w.tenant.Calls("/v1.0/")); got != 1 {
		t.Errorf("%d calls for one question of three people, want 1", got)
	}
}

// another is a directory that answers about another account than was asked for.
type another struct{ directory.Graph }

func (another) Account(context.Context, pactius.Credentials, string) (pactius.Account, error) {
	return pactius.Account{Identity: pactius.Identity{TenantID: tenant, ObjectID: oid("anna")},
		Username: accounts["anna"].AccountName}, nil
}
