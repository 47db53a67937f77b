package users_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/dbtool"
	"github.com/pactius/pactius/internal/names"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
	"github.com/pactius/pactius/internal/users"
)

// machine is a company in which anything may happen in any order: people with
// account names that change and are used again, and administrators who add,
// approve, decline, correct, deactivate and change their minds.
type machine struct {
	*world
	names    []string         // the account names Microsoft gives out
	persons  []pactius.Person // as Microsoft knows them now
	moved    []pactius.Person // the same people in the tenant that is not connected now
	tokens   []string         // of each person's last session
	sessions []string         // the tokens of all sessions there have been
	deciders []pactius.Actor
	linked   map[string]pactius.UserID // the user of each object
	unlinked bool                      // the last step was allowed to undo a link
	erased   bool                      // emails were erased, so they are fewer than the log tells

	elsewhere map[string]bool // objects that were linked while their request was left to others
}

func newMachine(t *rapid.T, db *storetest.DB, host string) *machine {
	t.Helper()
	m := &machine{world: build(t, db, host), linked: map[string]pactius.UserID{},
		elsewhere: map[string]bool{}}
	m.rules.Directory = m
	legal := m.User(t, "legal@nordhavn.example", "Lise Legal", grant(m.legal, pactius.AccessAdminister))
	m.deciders = []pactius.Actor{m.Actor(m.root), m.Actor(m.local), m.Actor(legal), pactius.SupportActor(m.Env)}
	for i := range 6 {
		m.names = append(m.names, fmt.Sprintf("name%d@nordhavn.example", i))
	}
	for i := range 4 {
		m.persons = append(m.persons, storetest.Person(m.names[i], fmt.Sprintf("Person %d", i)))
		m.tokens = append(m.tokens, "")
	}
	m.moved = m.renewed(otherTenant)
	return m
}

// renewed returns the people with new accounts in a tenant.
func (m *machine) renewed(tenant string) []pactius.Person {
	renewed := slices.Clone(m.persons)
	for i, p := range renewed {
		renewed[i].Identity = storetest.Person(p.Username, p.Name).Identity
		renewed[i].TenantID = tenant
	}
	return renewed
}

// Account makes the machine the directory: an account of before has been deleted.
func (m *machine) Account(_ context.Context, _ pactius.Actor, objectID string) (pactius.Account, error) {
	for _, p := range m.persons {
		if p.ObjectID == objectID {
			return pactius.Account{Identity: p.Identity, Username: p.Username, Name: p.Name}, nil
		}
	}
	return pactius.Account{}, pactius.Refuse(pactius.KindNotFound, pactius.T("Nobody"))
}

// try runs a step. If it is refused, the refusal must be in words and nothing
// may have changed.
func (m *machine) try(t *rapid.T, name string, step func(context.Context) error) {
	t.Helper()
	before := m.Dump(t)
	err := step(context.Background())
	if err == nil {
		t.Logf("%s: done", name)
		return
	}
	t.Logf("%s: %v", name, err)
	if pactius.KindOf(err) == pactius.KindInternal {
		t.Fatalf("%s: refused without words: %v", name, err)
	}
	if diff := cmp.Diff(before, m.Dump(t)); diff != "" {
		t.Fatalf("%s: refused with %v, but something changed (-before +after):\n%s", name, err, diff)
	}
}

func (m *machine) person(t *rapid.T) int {
	return rapid.IntRange(0, len(m.persons)-1).Draw(t, "person")
}

func (m *machine) name(t *rapid.T) string { return rapid.SampledFrom(m.names).Draw(t, "account name") }

func (m *machine) decider(t *rapid.T) pactius.Actor {
	return m.deciders[rapid.IntRange(0, len(m.deciders)-1).Draw(t, "decider")]
}

func (m *machine) someUnits(t *rapid.T) []pactius.UnitID {
	return rapid.SliceOfNDistinct(rapid.SampledFrom([]pactius.UnitID{m.sales, m.north, m.legal}), 0, 2,
		rapid.ID).Draw(t, "units")
}

func (m *machine) someGrants(t *rapid.T) []pactius.Grant {
	var grants []pactius.Grant
	for _, u := range m.someUnits(t) {
		grants = append(grants, grant(u, pactius.Access(rapid.IntRange(1, 3).Draw(t, "access"))))
	}
	return grants
}

// someRequest draws any request there has ever been; "" if there is none.
func (m *machine) someRequest(t *rapid.T) pactius.RequestID {
	all := m.db.Rows(t, `SELECT id FROM access_requests WHERE environment_id = $1`, m.Env)
	if len(all) == 0 {
		t.Skip("no request")
	}
	id := rapid.SampledFrom(all).Draw(t, "request")
	return pactius.RequestID(id[:len(id)-1])
}

func (m *machine) someUser(t *rapid.T) pactius.User {
	all := m.db.Rows(t, `SELECT id FROM users WHERE environment_id = $1`, m.Env)
	id := rapid.SampledFrom(all).Draw(t, "user")
	return m.Reload(t, pactius.UserID(id[:len(id)-1]))
}

func (m *machine) actions() map[string]func(*rapid.T) {
	all := map[string]func(*rapid.T){
		"time passes": func(t *rapid.T) {
			m.db.Clock.Advance(rapid.SampledFrom([]time.Duration{time.Minute, 11 * time.Minute, 25 * time.Hour,
				pactius.RequestReminder, pactius.RequestLifetime}).Draw(t, "time"))
			m.try(t, "remind", func(ctx context.Context) error { return m.rules.Remind(ctx, func() {}) })
			m.try(t, "expire", func(ctx context.Context) error { return m.rules.Expire(ctx, func() {}) })
		},
		"": m.check,
	}
	maps.Copy(all, m.personActions())
	maps.Copy(all, m.decisions())
	maps.Copy(all, m.userActions())
	return all
}

// personActions are what people do themselves.
func (m *machine) personActions() map[string]func(*rapid.T) {
	return map[string]func(*rapid.T){
		"ask": func(t *rapid.T) {
			i, wish := m.person(t), users.Wish{Units: m.someUnits(t)}
			m.try(t, "ask", func(ctx context.Context) error {
				_, err := m.rules.Ask(ctx, m.visitor(m.persons[i]), wish)
				return err
			})
		},
		"withdraw": func(t *rapid.T) {
			i := m.person(t)
			m.try(t, "withdraw", func(ctx context.Context) error {
				_, err := m.rules.Withdraw(ctx, m.visitor(m.persons[i]))
				return err
			})
		},
		"sign in": func(t *rapid.T) {
			i := m.person(t)
			told, err := m.rules.Explain(context.Background(), pactius.SupportActor(m.Env), m.persons[i])
			if err != nil {
				t.Fatal(err)
			}
			m.try(t, "sign in", func(ctx context.Context) error {
				in, err := m.rules.SignIn(ctx, m.Env, m.persons[i], users.Visit{})
				if err == nil {
					agree(t, told.Decision, in.Decision)
					m.tokens[i] = in.Token
					m.sessions = append(m.sessions, in.Token)
				}
				return err
			})
		},
		"enter from any session": func(t *rapid.T) {
			if len(m.sessions) == 0 {
				t.Skip("no session")
			}
			token := rapid.SampledFrom(m.sessions).Draw(t, "session")
			m.try(t, "enter from any session", func(ctx context.Context) error {
				in, err := m.rules.Enter(ctx, m.Env, token, users.Visit{})
				if err == nil && in.Token != "" {
					m.sessions = append(m.sessions, in.Token)
				}
				return err
			})
		},
		"ask from any session": func(t *rapid.T) {
			if len(m.sessions) == 0 {
				t.Skip("no session")
			}
			token, wish := rapid.SampledFrom(m.sessions).Draw(t, "session"), users.Wish{Units: m.someUnits(t)}
			m.try(t, "ask from any session", func(ctx context.Context) error {
				s, err := m.rules.Session(ctx, m.Env, token)
				if err != nil {
					return err
				}
				_, err = m.rules.Ask(ctx, m.visitor(s.Session.Person), wish)
				return err
			})
		},
		"ask for more": func(t *rapid.T) {
			u, wish := m.someUser(t), users.Wish{Units: m.someUnits(t), Message: "More, please."}
			m.try(t, "ask for more", func(ctx context.Context) error {
				_, err := m.rules.Ask(ctx, m.Actor(u), wish)
				return err
			})
		},
		"withdraw what was asked for more": func(t *rapid.T) {
			u := m.someUser(t)
			m.try(t, "withdraw what was asked for more", func(ctx context.Context) error {
				_, err := m.rules.Withdraw(ctx, m.Actor(u))
				return err
			})
		},
		"recreate in Microsoft": func(t *rapid.T) { // another object ID under the same name
			i := m.person(t)
			m.persons[i].Identity = m.renewed(m.persons[i].TenantID)[i].Identity
			m.tokens[i] = ""
		},
		"the company moves to another tenant": func(t *rapid.T) {
			if rapid.IntRange(0, 3).Draw(t, "moves") > 0 {
				t.Skip("it stays")
			}
			m.persons, m.moved = m.moved, m.persons
			m.move(t, m.persons[0].TenantID)
			m.tokens = make([]string, len(m.persons))
		},
		"enter": func(t *rapid.T) {
			i := m.person(t)
			m.try(t, "enter", func(ctx context.Context) error {
				in, err := m.rules.Enter(ctx, m.Env, m.tokens[i], users.Visit{})
				if err == nil {
					m.tokens[i] = in.Token
				}
				return err
			})
		},
		"a new account in Microsoft": func(t *rapid.T) { // the person before leaves, the name may be used again
			i, name := m.person(t), m.name(t)
			if slices.ContainsFunc(m.persons,
				func(p pactius.Person) bool { return p.Username == name && p.ObjectID != m.persons[i].ObjectID }) {
				t.Skip("Microsoft gives a name to one account at a time")
			}
			tenant := m.persons[i].TenantID
			m.persons[i], m.tokens[i] = storetest.Person(name, "Newcomer"), ""
			m.persons[i].TenantID = tenant
		},
		"rename in Microsoft": func(t *rapid.T) {
			i, name := m.person(t), m.name(t)
			if slices.ContainsFunc(m.persons, func(p pactius.Person) bool { return p.Username == name }) {
				t.Skip("Microsoft gives a name to one account at a time")
			}
			m.persons[i].Username = name
		},
	}
}

// agree makes sure that the explanation and the sign-in after it are one
// decision. A user whose account was found disabled is the exception: the sign-in
// itself proves that the account is back.
func agree(t *rapid.T, told, happened users.Decision) {
	t.Helper()
	if told.User != nil && told.User.SweptOut && told.Outcome == users.OutcomeBlocked &&
		(happened.Outcome == users.OutcomeEnter || happened.User.EndsOn != "") {
		return
	}
	// the explanation has more advice, such as a pending request
	told.Remedy, happened.Remedy = pactius.Text{}, pactius.Text{}
	if diff := cmp.Diff(told, happened); diff != "" {
		t.Fatalf("the explanation and the sign-in disagree (-told +happened):\n%s", diff)
	}
}

// userActions are what administrators do with users.
func (m *machine) userActions() map[string]func(*rapid.T) {
	return map[string]func(*rapid.T){
		"add": func(t *rapid.T) {
			by, n := m.decider(t), users.NewUser{Username: m.name(t), Name: "Added", Grants: m.someGrants(t),
				Settle: rapid.Bool().Draw(t, "settle"), Welcome: true}
			n.Despite = rapid.Bool().Draw(t, "despite")
			m.try(t, "add", func(ctx context.Context) error { _, err := m.rules.Add(ctx, by, n); return err })
		},
		"add from the directory": func(t *rapid.T) {
			by, p := m.decider(t), m.persons[m.person(t)]
			n := users.NewUser{Username: p.Username, Name: p.Name, Identity: p.Identity, Settle: true, Despite: true,
				Welcome: true}
			m.try(t, "add from the directory", func(ctx context.Context) error {
				added, err := m.rules.Add(ctx, by, n)
				if added.Elsewhere {
					m.elsewhere[p.ObjectID] = true
				}
				return err
			})
		},
		"the sweep finds the account gone": func(t *rapid.T) {
			u := m.someUser(t)
			if u.ID == m.root.ID || u.ID == m.local.ID || !u.DeactivatedAt.IsZero() || u.Identity.IsZero() {
				t.Skip("nothing to find")
			}
			m.Update(t, func(tx *store.Tx) error {
				u.AccountState, u.SweptOut, u.DeactivatedAt = pactius.AccountDisabled, true, m.db.Clock.Now()
				_, err := tx.DeleteSessions(u.ID)
				return errors.Join(err, tx.UpdateUser(u))
			})
		},
		"edit account name": func(t *rapid.T) {
			by, u, up := m.decider(t), m.someUser(t), pactius.UserUpdate{Username: new(m.name(t))}
			up.Settle, up.Despite = rapid.Bool().Draw(t, "settle"), rapid.Bool().Draw(t, "despite")
			i := slices.IndexFunc(m.persons, func(p pactius.Person) bool { return p.Username == *up.Username })
			if i >= 0 && rapid.Bool().Draw(t, "the directory is asked") {
				up.Identity = m.persons[i].Identity
			}
			m.try(t, "edit", func(ctx context.Context) error {
				e, err := m.rules.Edit(ctx, by, u.ID, u.Version, up)
				if e.Elsewhere || !u.DeactivatedAt.IsZero() || u.EndsOn != "" { // these settle no request
					m.elsewhere[up.Identity.ObjectID] = true
				}
				return err
			})
		},
		"end": func(t *rapid.T) {
			by, u, end := m.decider(t), m.someUser(t), pactius.DateOf(m.db.Clock.Now().AddDate(0, 0, 2))
			m.try(t, "end", func(ctx context.Context) error {
				_, err := m.rules.Edit(ctx, by, u.ID, 0, pactius.UserUpdate{EndsOn: &end})
				return err
			})
		},
		"deactivate": func(t *rapid.T) {
			by, u := m.decider(t), m.someUser(t)
			m.try(t, "deactivate", func(ctx context.Context) error {
				_, err := m.rules.Deactivate(ctx, by, u.ID)
				return err
			})
		},
		"reactivate": func(t *rapid.T) {
			by, u := m.decider(t), m.someUser(t)
			m.try(t, "reactivate", func(ctx context.Context) error {
				_, err := m.rules.Reactivate(ctx, by, u.ID)
				return err
			})
		},
		"merge": func(t *rapid.T) {
			by, a := m.decider(t), rapid.SampledFrom([]users.MergeAccount{users.AccountByDefault, users.AccountOfKept,
				users.AccountOfOther}).Draw(t, "account")
			merge := users.Merge{Kept: m.someUser(t).ID, Other: m.someUser(t).ID, Account: a}
			if merge.Other == m.root.ID || merge.Other == m.local.ID {
				t.Skip("the deciders stay")
			}
			m.try(t, "merge", func(ctx context.Context) error {
				_, err := m.rules.Merge(ctx, by, merge)
				m.unlinked = m.unlinked || err == nil
				return err
			})
		},
		"unmerge": func(t *rapid.T) {
			by, u := m.decider(t), m.someUser(t)
			m.try(t, "unmerge", func(ctx context.Context) error {
				_, _, err := m.rules.Unmerge(ctx, by, u.ID)
				m.unlinked = m.unlinked || err == nil
				return err
			})
		},
		"delete": func(t *rapid.T) {
			by, u := m.decider(t), m.someUser(t)
			m.try(t, "delete", func(ctx context.Context) error {
				_, err := m.rules.Delete(ctx, by, u.ID, u.Version)
				m.unlinked, m.erased = m.unlinked || err == nil, m.erased || err == nil
				return err
			})
		},
		"erase": func(t *rapid.T) {
			by, u := m.decider(t), m.someUser(t)
			if u.ID == m.root.ID || u.ID == m.local.ID {
				t.Skip("the deciders stay")
			}
			m.try(t, "erase", func(ctx context.Context) error {
				_, err := m.rules.Erase(ctx, by, u.ID, u.Version)
				m.unlinked, m.erased = m.unlinked || err == nil, m.erased || err == nil
				return err
			})
		},
		"relink": func(t *rapid.T) { // by the account name, as the directory of the connected tenant says
			u := m.someUser(t)
			i := slices.IndexFunc(m.persons,
				func(p pactius.Person) bool { return names.Key(p.Username) == names.Key(u.Username) })
			if i < 0 || u.Identity.IsZero() || u.Identity.TenantID == m.persons[i].TenantID {
				t.Skip("not cut off, or without an account")
			}
			m.relink(t, u, m.persons[i])
			m.unlinked = true
			if !u.MayEnter(pactius.DateOf(m.db.Clock.Now())) { // then the account's request is left to an administrator
				m.elsewhere[m.persons[i].ObjectID] = true
			}
		},
		"undo relinks": func(t *rapid.T) {
			m.undoRelinks(t)
			m.unlinked = true
		},
		"erase a visitor": func(t *rapid.T) {
			by, id := m.decider(t), m.someRequest(t)
			m.try(t, "erase a visitor", func(ctx context.Context) error {
				_, err := m.rules.EraseVisitor(ctx, by, id)
				m.erased = m.erased || err == nil
				return err
			})
		},
		"assign": func(t *rapid.T) {
			by, u, grants := m.decider(t), m.someUser(t), m.someGrants(t)
			m.try(t, "assign", func(ctx context.Context) error {
				_, err := m.rules.Assign(ctx, by, u.ID, grants)
				return err
			})
		},
	}
}

func TestOnePersonOneUser(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	host := 0
	var ground []pactius.UserID
	rapid.Check(t, func(r *rapid.T) {
		host++
		m := newMachine(r, db, fmt.Sprintf("h%d.example", host))
		for _, row := range db.Rows(r, `SELECT id FROM users WHERE environment_id = $1`, m.Env) {
			ground = append(ground, pactius.UserID(strings.TrimSuffix(row, "|")))
		}
		r.Repeat(m.actions())
	})
	for _, u := range ground { // the administrators of the ground came without an event
		db.Exec(t, `INSERT INTO events (environment_id, id, at, kind, actor_kind, user_id)
			SELECT environment_id, 'ground ' || id, 1, 'user.added', 'system', id FROM users WHERE id = $1`, u)
	}
	found, err := dbtool.Check(t.Context(), db.URL, dbtool.Options{Now: db.Clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		if !f.Warning {
			t.Errorf("the database's own check finds %+v", f)
		}
	}
}
