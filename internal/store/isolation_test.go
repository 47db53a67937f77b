package store_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/database"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/nearmiss"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
)

// marked is an environment with a row in every table, all of whose words hold
// a mark by which they are known wherever they turn up.
type marked struct {
	*storetest.Ground
	mark    string
	user    pactius.User
	unit    pactius.UnitID
	request pactius.AccessRequest
	session pactius.Session
	mail    pactius.Mail
	dead    pactius.Mail
	event   pactius.Event
	app     pactius.Application
	key     pactius.SigningKey
	client  pactius.ClientSession
}

func mark(t *testing.T, db *storetest.DB, name string) *marked {
	t.Helper()
	m := &marked{Ground: db.Ground(t, name+".example"), mark: name}
	now := db.Clock.Now()
	m.unit = m.Unit(t, m.Root, name+" Sales")
	m.user = m.User(t, name+"@nordhavn.example", name+" Hansen",
		pactius.Grant{Unit: m.Root, Access: pactius.AccessAdminister},
		pactius.Grant{Unit: m.unit, Access: pactius.AccessAdminister})
	m.request = pactius.AccessRequest{ID: pactius.RequestID(id.New()),
		Person: storetest.Person(name+".new@nordhavn.example", name), Message: name,
		Units: []pactius.UnitID{m.unit}, CreatedAt: now, ExpiresAt: now, State: pactius.StatePending, Version: 1}
	m.session = pactius.Session{ID: pactius.SessionID(name + id.New()), UserID: m.user.ID,
		Person: storetest.Person(name, name), CreatedAt: now, SeenAt: now, ExpiresAt: now.Add(time.Hour)}
	m.mail = pactius.Mail{ID: pactius.MailID(name + id.New()), Kind: name, Data: []byte("{}"), To: name, CreatedAt: now,
		Attempts: 0}
	m.dead = pactius.Mail{ID: pactius.MailID(name + id.New()), Kind: name, Data: []byte("{}"), To: name, CreatedAt: now}
	m.event = pactius.Event{ID: pactius.EventID(id.New()), At: now, Kind: pactius.UserAdded, User: m.user.ID,
		Request: m.request.ID, Unit: m.unit, Facts: pactius.Facts{"way": name}}
	m.app = pactius.Application{ID: pactius.ApplicationID(name + id.New()), Name: name, Unit: m.unit,
		Access: pactius.AccessRead, Origins: []pactius.Origin{pactius.Origin("https://" + name + ".app.example")},
		CreatedAt: now, Version: 1}
	m.key = pactius.SigningKey{ID: name + "key", Public: name, Sealed: name, CreatedAt: now, StartsAt: now}
	m.client = pactius.ClientSession{ID: pactius.ClientSessionID(name + "client"), Application: m.app.ID,
		User: m.user.ID, Session: name + "token", CreatedAt: now, ReviewAt: now}
	m.Update(t, func(tx *store.Tx) error {
		return errors.Join(tx.InsertApplication(m.app), tx.InsertSigningKey(m.key),
			tx.SetLogo(name+"token", []byte(name)))
	})
	m.Update(t, func(tx *store.Tx) error {
		return errors.Join(tx.InsertRequest(m.request), tx.InsertSession(name+"token", m.session),
			tx.InsertDoorSession(name+"token", m.doorSession()),
			tx.InsertClientSession(m.client), tx.InsertGrant(m.grant()),
			tx.Enqueue(m.mail), tx.Enqueue(m.dead),
			tx.InsertEvents(m.event), tx.UseState(name+"state", now.Add(time.Hour)),
			tx.InsertConnectLink(name+"token", name, now, now.Add(time.Hour)),
			tx.InsertIncident(m.incident()), tx.InsertMerged(m.merged(), store.MergeUndo{Kept: m.snapshot()}))
	})
	db.Exec(t, `UPDATE mails SET state = 'dead' WHERE id = $1`, m.dead.ID)
	m.Update(t, func(tx *store.Tx) error {
		l := store.Look{Identity: m.user.Identity, Profile: pactius.Profile{Title: name, Photo: name}}
		return tx.StoreLook(l, &pactius.Photo{Image: []byte(name), Kind: name})
	})
	settled := m.request
	settled.ID, settled.Person = pactius.RequestID(id.New()), storetest.Person(name+".settled@nordhavn.example", name)
	m.Update(t, func(tx *store.Tx) error {
		insert := tx.InsertRequest(settled)
		settled.State, settled.UserID = pactius.StateApproved, m.user.ID
		return errors.Join(insert, tx.SettleRequest(settled, store.Undo{}))
	})
	return m
}

// doorSession is one at the environment's application.
func (m *marked) doorSession() pactius.DoorSession {
	return pactius.DoorSession{Application: m.app.ID, Session: m.mark + "token", CreatedAt: m.session.CreatedAt}
}

// grant is one of the environment's client session.
func (m *marked) grant() pactius.ClientGrant {
	return pactius.ClientGrant{ID: pactius.GrantID(m.mark + "grant"), ClientSession: m.client.ID, Scope: m.mark,
		CreatedAt: m.session.CreatedAt}
}

// incident is the environment's; it is found by a value that is tried elsewhere too.
func (m *marked) incident() pactius.Incident {
	return pactius.Incident{Reference: m.mark + "token", At: m.session.CreatedAt, Kind: pactius.IncidentFault,
		Username: m.mark, Identity: m.user.Identity, Route: m.mark}
}

// merged is a user that was merged into the environment's.
func (m *marked) merged() pactius.MergedUser {
	return pactius.MergedUser{ID: pactius.UserID(m.mark + "merged"), User: m.user.ID, Username: m.mark + "merged",
		Identity: pactius.Identity{TenantID: m.user.Identity.TenantID, ObjectID: m.mark}, At: m.session.CreatedAt}
}

// snapshot is the environment's user, with nothing else.
func (m *marked) snapshot() store.Snapshot { return store.Snapshot{User: m.user} }

// values gives arguments of a type that point at the environment's rows.
func (m *marked) values(want reflect.Type, now time.Time) []any {
	all := []any{
		m.user, m.user.ID, []pactius.UserID{m.user.ID}, m.user.Identity, m.request.Person.Identity,
		[]pactius.RequestID{m.request.ID},
		m.unit, m.Root, []pactius.UnitID{m.unit, m.Root},
		pactius.Unit{ID: m.unit, ParentID: m.Root, Name: m.mark + "X", Version: 1},
		m.request, m.request.ID, m.session, m.session.ID, m.mail, m.dead, m.mail.ID, m.dead.ID, m.event, m.incident(),
		pactius.Environment{ID: m.Env, Name: m.mark + "X", Version: 1},
		[]pactius.Grant{{Unit: m.unit, Access: pactius.AccessRead}},
		[]pactius.Grant{{Unit: m.Root, Access: pactius.AccessNone}},
		m.user.Username, m.request.Person.Username, m.mark + "token", m.mark + "state",
		pactius.UserFilter{}, pactius.UserFilter{Search: m.mark}, pactius.UserFilter{Unit: m.unit},
		pactius.UserFilter{Unassigned: true},
		store.UserScope{All: true}, store.UserScope{Units: []pactius.UnitID{m.unit}},
		pactius.RequestFilter{}, pactius.RequestFilter{Settled: true, Search: m.mark}, store.RequestScope{All: true},
		store.RequestScope{Units: []pactius.UnitID{m.unit}},
		pactius.EventFilter{}, pactius.EventFilter{User: m.user.ID}, store.EventScope{All: true},
		store.EventScope{Units: []pactius.UnitID{m.unit}, About: []pactius.UserID{m.user.ID}},
		pactius.UserAdded, [2]pactius.EventKind{pactius.UserAdded, pactius.UserSignedIn}, now, now.Add(time.Hour), 10,
		pactius.Date("2026-01-01"), store.Undo{}, store.MergeUndo{Kept: m.snapshot()}, m.snapshot(), m.merged(),
		store.Traces{Users: []pactius.UserID{m.user.ID}, Identities: []pactius.Identity{m.user.Identity},
			Usernames: []string{m.user.Username}, Requests: []pactius.RequestID{m.request.ID}},
		pactius.SavedFilter{User: m.user.ID, Name: m.mark}, []store.Listed{{ID: m.user.ID}},
		store.ToSort{Users: []store.Listed{{ID: m.user.ID}}, Count: store.Count{N: 1}},
		[]pactius.FormerUsername{{User: m.user.ID, Username: m.mark}}, []pactius.Identity{m.user.Identity},
		store.Sweep{Lease: m.mark}, store.Retention{Lease: m.mark}, m.event.ID, []pactius.EventID{m.event.ID},
		pactius.AccountFinding{User: m.user.ID, State: pactius.AccountDisabled,
			FoundAt: now}, pactius.SweepCarryOut, pactius.LeaverMarked, pactius.FromStranger,
		store.Relink{User: m.user.ID, Before: m.user.Identity, Username: m.mark, ExpiresAt: now.Add(time.Hour)},
		[]string{m.user.Identity.ObjectID}, []byte(m.mark), true, []pactius.MailID{m.mail.ID, m.dead.ID},
		store.Look{Identity: m.user.Identity, Profile: pactius.Profile{Title: m.mark}}, (*pactius.Photo)(nil),
		&pactius.Photo{Image: []byte(m.mark), Kind: m.mark},
		pactius.MailState(""), pactius.MailDead, pactius.MailWaiting, m.app, m.app.ID, m.key, m.doorSession(),
		m.client, m.client.ID, m.grant(), m.grant().ID,
		nearmiss.Probes(nearmiss.OfUser(m.user)), []store.Branch{{Parent: m.Root, Limit: 10}},
		[]nearmiss.Lookup{nearmiss.Probes(nearmiss.OfUser(m.user))},
	}
	var fit []any
	for _, v := range all {
		if reflect.TypeOf(v) == want {
			fit = append(fit, v)
		}
	}
	return fit
}

// calls combines the values for all parameters of a method.
func (m *marked) calls(t *testing.T, method reflect.Method, now time.Time) [][]any {
	t.Helper()
	combined := [][]any{{}}
	for i := 1; i < method.Type.NumIn(); i++ { // after the receiver
		want := method.Type.In(i)
		if method.Type.IsVariadic() && i == method.Type.NumIn()-1 {
			want = want.Elem()
		}
		fit := m.values(want, now)
		if len(fit) == 0 {
			t.Fatalf("%s takes a %v; this test has no value for it", method.Name, want)
		}
		var longer [][]any
		for _, args := range combined {
			for _, v := range fit {
				longer = append(longer, append(slices.Clone(args), v))
			}
		}
		combined = longer
	}
	return combined
}

// call calls a method of a transaction.
func call(tx *store.Tx, method reflect.Method, args []any) []reflect.Value {
	in := []reflect.Value{reflect.ValueOf(tx)}
	for _, a := range args {
		in = append(in, reflect.ValueOf(a))
	}
	return method.Func.Call(in)
}

// rowsOf reads all rows of an environment inside a transaction.
func rowsOf(t *testing.T, tx database.Queryer, tables []string, env pactius.EnvironmentID) string {
	t.Helper()
	var b strings.Builder
	for _, table := range tables {
		key := "environment_id"
		switch table {
		case "schema_steps", "mail_queue": // of the deployment
			continue
		case "environments":
			key = "id"
		}
		rows, err := tx.QueryContext(t.Context(), `SELECT * FROM `+table+` WHERE `+key+` = $1 ORDER BY 1, 2`, env)
		if err != nil {
			t.Fatal(err)
		}
		columns, _ := rows.Columns()
		for rows.Next() {
			values := make([]any, len(columns))
			for i := range values {
				values[i] = new(any)
			}
			if err := rows.Scan(values...); err != nil {
				t.Fatal(err)
			}
			b.WriteString(table)
			for _, v := range values {
				fmt.Fprintf(&b, "|%v", *v.(*any))
			}
			b.WriteString("\n")
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			t.Fatal(err)
		}
	}
	return b.String()
}

// savepoint lets a transaction of PostgreSQL go on after a statement that failed.
func savepoint(t *testing.T, db *storetest.DB, tx *store.Tx) { run(t, db, tx, `SAVEPOINT calls`) }

func backToSavepoint(t *testing.T, db *storetest.DB, tx *store.Tx) {
	run(t, db, tx, `ROLLBACK TO SAVEPOINT calls`)
}

func run(t *testing.T, db *storetest.DB, tx *store.Tx, statement string) {
	t.Helper()
	if db.Engine() != "postgres" {
		return
	}
	if _, err := store.TxOf(tx).Exec(statement); err != nil {
		t.Fatal(err)
	}
}

// TestNothingCrossesEnvironments calls every method of a transaction in one
// environment with IDs, names and tokens of another: nothing of the other may
// come back, and nothing there may change.
func TestNothingCrossesEnvironments(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		alpha, bravo := mark(t, db, "alpha"), mark(t, db, "bravo")
		tables := db.Tables(t)
		methods, called := reflect.TypeFor[*store.Tx](), 0
		undo := errors.New("undo")
		for i := range methods.NumMethod() {
			method := methods.Method(i)
			if method.Name == "Environment" || method.Name == "Context" {
				continue
			}
			for _, args := range bravo.calls(t, method, db.Clock.Now()) {
				called++
				err := db.Update(t.Context(), alpha.Env, func(tx *store.Tx) error {
					before := rowsOf(t, store.TxOf(tx), tables, bravo.Env)
					savepoint(t, db, tx)
					results := call(tx, method, args)
					if err, ok := results[len(results)-1].Interface().(error); ok && err != nil {
						backToSavepoint(t, db, tx)
					}
					for _, out := range results {
						text := fmt.Sprintf("%+v", out)
						if bytes, ok := out.Interface().([]byte); ok {
							text = string(bytes)
						}
						if strings.Contains(text, "bravo") ||
							strings.Contains(text, string(bravo.unit)) ||
							strings.Contains(text, string(bravo.user.ID)) {
							t.Errorf("%s(%+v) in alpha gives bravo's rows: %s", method.Name, args, text)
						}
					}
					if diff := cmp.Diff(before, rowsOf(t, store.TxOf(tx), tables, bravo.Env)); diff != "" {
						t.Errorf("%s(%+v) in alpha changed bravo (-before +after):\n%s", method.Name, args, diff)
					}
					return undo
				})
				if !errors.Is(err, undo) {
					t.Fatal(err)
				}
			}
		}
		if called < 100 {
			t.Errorf("only %d calls were tried", called)
		}
	})
}
