package directory_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/directory"
	"github.com/pactius/pactius/internal/microsoft"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
	"github.com/pactius/pactius/internal/users"
	"github.com/pactius/pactius/testbed/devtenant"
)

// tenants are the tenants that the environment of an accord is connected to, one at a time.
var tenants = []string{tenant, "11111111-0b5a-4c7d-9e21-5f4a3b2c1d0e"}

// accord is a company whose accounts, users and tenant change in any order, while what is explained is compared with
// what the sign-in does.
type accord struct {
	*storetest.Ground
	db        *storetest.DB
	users     *users.Rules
	directory *directory.Rules
	microsoft map[string]*devtenant.Tenant
	connected string // tenant
	support   pactius.Actor
	names     []string
	visits    []users.SignedIn
	made      int
	said      map[users.Outcome]int // by the sign-ins
}

func (a *accord) tenant() *devtenant.Tenant { return a.microsoft[a.connected] }

// person is an account's owner as Microsoft vouches for.
func (a *accord) person(p devtenant.Person) pactius.Person {
	return pactius.Person{Identity: pactius.Identity{TenantID: a.connected, ObjectID: p.ObjectID},
		Username: p.AccountName, Name: p.Name}
}

// someAccount draws an account of the connected tenant.
func (a *accord) someAccount(t *rapid.T) devtenant.Person {
	all := a.tenant().People()
	if len(all) == 0 {
		t.Skip("no account")
	}
	slices.SortFunc(all, func(a, b devtenant.Person) int { return strings.Compare(a.ObjectID, b.ObjectID) })
	return rapid.SampledFrom(all).Draw(t, "account")
}

func (a *accord) freeName(t *rapid.T) string {
	name := rapid.SampledFrom(a.names).Draw(t, "name")
	taken := func(p devtenant.Person) bool { return p.AccountName == name }
	if slices.ContainsFunc(a.tenant().People(), taken) {
		t.Skip("the name is taken")
	}
	return name
}

// put makes an account.
func (a *accord) put(t *rapid.T, name string) {
	a.made++
	p := devtenant.Person{ObjectID: fmt.Sprintf("0f3b6c1e-4444-4c5b-b112-%012d", a.made), AccountName: name,
		Name: fmt.Sprint("Person ", a.made)}
	if err := a.tenant().Put(p); err != nil {
		t.Fatal(err)
	}
}

func (a *accord) someUser(t *rapid.T) pactius.User {
	all := a.db.Rows(t, `SELECT id FROM users WHERE environment_id = $1 AND username_key LIKE 'name%' ORDER BY id`,
		a.Env)
	if len(all) == 0 {
		t.Skip("no user")
	}
	id := rapid.SampledFrom(all).Draw(t, "user")
	return a.Reload(t, pactius.UserID(strings.TrimSuffix(id, "|")))
}

// try runs a step that may be refused in words.
func (a *accord) try(t *rapid.T, err error) {
	if err != nil && pactius.KindOf(err) == pactius.KindInternal {
		t.Fatal(err)
	}
}

func (a *accord) actions() map[string]func(*rapid.T) {
	ctx := context.Background()
	return map[string]func(*rapid.T){
		"":                   a.check,
		"an account is made": func(t *rapid.T) { a.put(t, a.freeName(t)) },
		"an account is recreated": func(t *rapid.T) {
			p := a.someAccount(t)
			a.try(t, a.tenant().Delete(p.ObjectID))
			a.put(t, p.AccountName)
		},
		"an account is renamed": func(t *rapid.T) {
			a.try(t, a.tenant().Rename(a.someAccount(t).ObjectID, a.freeName(t), ""))
		},
		"an account is disabled": func(t *rapid.T) { a.try(t, a.tenant().Disable(a.someAccount(t).ObjectID)) },
		"an account is enabled":  func(t *rapid.T) { a.try(t, a.tenant().Enable(a.someAccount(t).ObjectID)) },
		"an account is deleted":  func(t *rapid.T) { a.try(t, a.tenant().Delete(a.someAccount(t).ObjectID)) },
		"an account is restored": func(t *rapid.T) {
			for _, p := range a.tenant().Deleted() {
				_ = a.tenant().Restore(p.ObjectID) // fails where the name is taken
			}
		},
		"the company moves to another tenant": func(t *rapid.T) {
			a.connected = tenants[1-slices.Index(tenants, a.connected)]
			a.db.Exec(t, `UPDATE environments SET tenant_id = $1 WHERE id = $2`, a.connected, a.Env)
		},
		"the time zone is lost": func(t *rapid.T) {
			zone := rapid.SampledFrom([]string{"Europe/Copenhagen", "Pacific/Kiritimati", "Lost/Zone"}).Draw(t, "zone")
			a.db.Exec(t, `UPDATE environments SET time_zone = $1 WHERE id = $2`, zone, a.Env)
		},
		"add": func(t *rapid.T) {
			n := users.NewUser{Username: rapid.SampledFrom(a.names).Draw(t, "name"), Name: "Added", Despite: true,
				Settle: true}
			_, err := a.users.Add(ctx, a.support, n)
			a.try(t, err)
		},
		"add from the directory": func(t *rapid.T) {
			p := a.person(a.someAccount(t))
			_, err := a.users.Add(ctx, a.support, users.NewUser{Username: p.Username, Name: p.Name,
				Identity: p.Identity, Despite: true, Settle: true})
			a.try(t, err)
		},
		"ask": func(t *rapid.T) {
			p := a.person(a.someAccount(t))
			p.VouchedAt = a.db.Clock.Now()
			_, err := a.users.Ask(ctx, pactius.Visitor(a.Env, p, ""), users.Wish{})
			a.try(t, err)
		},
		"approve": func(t *rapid.T) {
			all := a.db.Rows(t, `SELECT id FROM access_requests WHERE environment_id = $1 ORDER BY id`, a.Env)
			if len(all) == 0 {
				t.Skip("no request")
			}
			id := strings.TrimSuffix(rapid.SampledFrom(all).Draw(t, "request"), "|")
			_, err := a.users.Approve(ctx, a.support, pactius.RequestID(id), users.Approval{})
			a.try(t, err)
		},
		"deactivate": func(t *rapid.T) {
			_, err := a.users.Deactivate(ctx, a.support, a.someUser(t).ID)
			a.try(t, err)
		},
		"reactivate": func(t *rapid.T) {
			_, err := a.users.Reactivate(ctx, a.support, a.someUser(t).ID)
			a.try(t, err)
		},
		"end": func(t *rapid.T) {
			end := pactius.DateOf(a.db.Clock.Now().AddDate(0, 0, rapid.IntRange(0, 1).Draw(t, "days")))
			_, err := a.users.Edit(ctx, a.support, a.someUser(t).ID, 0, pactius.UserUpdate{EndsOn: &end})
			a.try(t, err)
		},
		"time passes": func(t *rapid.T) {
			some := []time.Duration{time.Hour, 11 * time.Hour, 25 * time.Hour}
			a.db.Clock.Advance(rapid.SampledFrom(some).Draw(t, "time"))
		},
		"the sweep": a.sweep,
		"enter":     a.enter,
	}
}

// sweep deactivates the users whose account is gone, as package leavers does.
func (a *accord) sweep(t *rapid.T) {
	u := a.someUser(t)
	if u.Identity.TenantID != a.connected || !u.DeactivatedAt.IsZero() {
		t.Skip("not swept")
	}
	state := pactius.AccountDeleted
	for _, p := range a.tenant().People() {
		if p.ObjectID == u.Identity.ObjectID {
			state = pactius.AccountPresent
			if p.Disabled {
				state = pactius.AccountDisabled
			}
		}
	}
	if state == pactius.AccountPresent {
		t.Skip("the account is there")
	}
	a.Update(t, func(tx *store.Tx) error {
		u.AccountState, u.AccountStateAt, u.SweptOut = state, a.db.Clock.Now(), true
		u.DeactivatedAt = a.db.Clock.Now()
		_, err := tx.DeleteSessions(u.ID)
		return errors.Join(err, tx.UpdateUser(u))
	})
}

// enter continues in the session of an earlier sign-in, which the explanation of that session's person foretells.
func (a *accord) enter(t *rapid.T) {
	if len(a.visits) == 0 {
		t.Skip("no session")
	}
	in := a.visits[rapid.IntRange(0, len(a.visits)-1).Draw(t, "session")]
	told, err := a.users.Explain(context.Background(), a.support, in.Session.Person)
	if err != nil {
		t.Fatal(err)
	}
	entered, err := a.users.Enter(context.Background(), a.Env, in.Token, users.Visit{})
	if err == nil && entered.Decision.Outcome != told.Outcome {
		t.Fatalf("Continue does %s, the explanation says %s", entered.Decision.Outcome, told.Outcome)
	}
	a.try(t, err)
}

// check explains one account, and lets its owner sign in where Microsoft does.
func (a *accord) check(t *rapid.T) {
	a.db.Clock.Advance(time.Minute) // no answer of the step before is cached
	all := append(a.tenant().People(), a.tenant().Deleted()...)
	if len(all) == 0 {
		return
	}
	i := rapid.IntRange(0, len(all)-1).Draw(t, "account in question")
	p, deleted := all[i], i >= len(a.tenant().People())
	person := a.person(p)
	older := person // a request keeps the name of its day
	older.Username = rapid.SampledFrom(a.names).Draw(t, "older name")
	told := map[string]users.Decision{"by object ID": a.explain(t, person), "by an older name": a.explain(t, older)}
	if !deleted {
		told["by account name"] = a.explain(t, pactius.Person{Username: p.AccountName})
	}
	for _, q := range []pactius.Person{person, {Username: p.AccountName}} {
		x, err := a.users.Explain(context.Background(), a.support, q)
		if err != nil {
			t.Fatal(err)
		}
		if says := x.Verdict("x").String(); strings.Contains(says, "can sign in") {
			t.Fatalf("%s was not looked up, and %q", p.AccountName, says)
		}
		if q.ObjectID != "" {
			told["not looked up"] = x.Decision
		}
	}
	if !deleted && !p.Disabled {
		a.signIn(t, person, told)
		return
	}
	delete(told, "not looked up")
	for what, d := range told {
		if in(d) || strings.Contains(d.Verdict("x").String(), "can sign in") {
			t.Fatalf("%s, %s: is %v and explained as %s", p.AccountName, what, p, d.Outcome)
		}
	}
}

func in(d users.Decision) bool {
	return d.Outcome == users.OutcomeEnter || d.Outcome == users.OutcomeLink
}

// signIn compares the sign-in with what was told. Where the account was not looked up, its last known state counts: the
// account that a sweep found gone may be back.
func (a *accord) signIn(t *rapid.T, p pactius.Person, told map[string]users.Decision) {
	happened, err := a.users.SignIn(context.Background(), a.Env, p, users.Visit{})
	if err != nil {
		t.Fatal(err)
	}
	a.visits = append(a.visits, happened)
	d := happened.Decision
	a.said[d.Outcome]++
	for what, x := range told {
		alone := x.Standing.State == pactius.StandingNotAsked
		if alone && x.User != nil && x.User.SweptOut {
			continue
		}
		if x.Outcome != d.Outcome || (x.User == nil) != (d.User == nil) || x.User != nil && x.User.ID != d.User.ID {
			t.Fatalf("%s, %s: told %s (%s), happened %s (%s)", p.Username, what, x.Outcome, reasonCodes(x), d.Outcome,
				reasonCodes(d))
		}
		if says := x.Verdict("x").String(); !alone && strings.Contains(says, "x can sign in") != in(d) {
			t.Fatalf("%s, %s: told %q, happened %s", p.Username, what, says, d.Outcome)
		}
	}
}

// explain looks a person up and explains the sign-in.
func (a *accord) explain(t *rapid.T, p pactius.Person) users.Decision {
	s, err := a.directory.Standing(context.Background(), a.support, p)
	if err != nil || s.State == pactius.StandingUnknown {
		t.Fatalf("%s: %v", s.Trouble, err)
	}
	x, err := a.users.ExplainOne(context.Background(), a.support, users.Question{Person: p, Standing: s})
	if err != nil {
		t.Fatal(err)
	}
	return x.Decision
}

func TestTheExplanationAgreesWithTheSignInInEveryState(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	server := httptest.NewUnstartedServer(nil)
	origin := "http://" + server.Listener.Addr().String()
	a := &accord{db: db, users: users.New(db.Work()), microsoft: map[string]*devtenant.Tenant{},
		said: map[users.Outcome]int{}}
	var handlers []*devtenant.Tenant
	for _, id := range tenants {
		m, err := devtenant.New(devtenant.Config{URL: origin, TenantID: id, TenantName: id, ClientID: application,
			ClientSecret: secret, RedirectURLs: []string{"https://nordhavn.example/"}, Now: db.Clock.Now})
		if err != nil {
			t.Fatal(err)
		}
		a.microsoft[id], handlers = m, append(handlers, m)
	}
	server.Config.Handler = devtenant.Handlers(handlers...)
	server.Start()
	t.Cleanup(server.Close)
	a.directory = directory.New(directory.Config{DB: db.Work(), Patience: time.Minute,
		Graph: microsoft.NewGraph(microsoft.New(microsoft.Options{Authority: origin, Now: db.Clock.Now}), origin),
		Credentials: func(e pactius.Environment) (pactius.Credentials, error) {
			return pactius.Credentials{TenantID: e.Connection.TenantID, ClientID: application, ClientSecret: secret},
				nil
		}})
	for i := range 4 {
		a.names = append(a.names, fmt.Sprintf("name%d@nordhavn.example", i))
	}
	company := 0
	rapid.Check(t, func(r *rapid.T) {
		company++
		a.Ground, a.visits, a.connected = db.Ground(r, fmt.Sprintf("h%d.example", company)), nil, tenants[0]
		a.support = pactius.SupportActor(a.Env)
		for _, m := range a.microsoft {
			for _, p := range append(m.People(), m.Deleted()...) {
				m.Remove(p.ObjectID)
			}
		}
		for _, name := range a.names[:2] {
			a.put(r, name)
		}
		r.Repeat(a.actions())
	})
	for _, o := range []users.Outcome{users.OutcomeEnter, users.OutcomeLink, users.OutcomeBlocked,
		users.OutcomeUnrecognised} {
		if a.said[o] == 0 {
			t.Errorf("no sign-in ended with %s: %v", o, a.said)
		}
	}
	t.Log(a.said)
}
