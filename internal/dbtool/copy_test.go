package dbtool_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/dbtool"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
)

// deployment fills a database with rows of every table, whole in the sense of
// Check: two environments, a deep tree whose parents are younger than their
// children, users who came in every way, requests in every state.
func deployment(t testing.TB, db *storetest.DB) *storetest.Ground {
	t.Helper()
	g := db.Ground(t, "nordhavn.example")
	other := db.Ground(t, "other.example")
	unit := g.Root
	for i := range 5 {
		unit = g.Unit(t, unit, fmt.Sprintf("Level %d – æøå", i))
	}
	young := g.Unit(t, g.Root, "Young")
	// a child that is older than its parent
	g.Update(t, func(tx *store.Tx) error {
		above, err := tx.UnitsAbove([]pactius.UnitID{unit})
		for _, u := range above {
			if u.ParentID = young; u.ID == unit {
				err = errors.Join(err, tx.MoveUnit(u))
			}
		}
		return err
	})
	for _, g := range []*storetest.Ground{g, other} {
		anna := g.User(t, "Anna.Hansen@nordhavn.example", "Anna Hansen",
			pactius.Grant{Unit: g.Root, Access: pactius.AccessAdminister})
		arrive(t, db, g, anna)
	}
	zoe := g.Invite(t, "zoë@nordhavn.example", "Zoë \"Quote\" O'Neill\tTab",
		pactius.Grant{Unit: unit, Access: pactius.AccessRead})
	g.Update(t, func(tx *store.Tx) error {
		return tx.InsertEvents(event(db, pactius.UserAdded, zoe.ID, ""))
	})
	beside(t, db, g)
	queue := store.MailQueue{Since: db.Clock.Now(), Until: db.Clock.Now(), Failures: 1, Code: 550, Status: "5.7.60",
		Reason: "no"}
	if _, err := db.PutMailQueueOff(t.Context(), queue); err != nil {
		t.Fatal(err)
	}
	return g
}

func event(db *storetest.DB, kind pactius.EventKind, user pactius.UserID, request pactius.RequestID) pactius.Event {
	return pactius.Event{ID: pactius.EventID(id.New()), At: db.Clock.Now(), Kind: kind,
		Actor: pactius.Actor{Kind: pactius.ActorSystem, Reason: "test"}, User: user, Request: request}
}

// arrive gives the environment a user's whole story: events, sessions, requests, emails.
func arrive(t testing.TB, db *storetest.DB, g *storetest.Ground, admin pactius.User) {
	t.Helper()
	now := db.Clock.Now()
	app := pactius.Application{ID: pactius.ApplicationID(id.New()), Name: "App", Unit: g.Root,
		Access: pactius.AccessRead, Origins: []pactius.Origin{pactius.Origin("https://" + id.New() + ".example")},
		CreatedAt: now}
	portal := id.New()
	g.Update(t, func(tx *store.Tx) error {
		err := errors.Join(
			tx.InsertApplication(app), tx.InsertSigningKey(pactius.SigningKey{ID: id.New(), CreatedAt: now}),
			tx.InsertEvents(event(db, pactius.UserAdded, admin.ID, "")),
			tx.CountEvents("2026-03-02", pactius.UserSignedIn, 1),
			tx.InsertSession(portal,
				pactius.Session{ID: pactius.SessionID(id.New()), UserID: admin.ID,
					Person: pactius.Person{Identity: admin.Identity}, CreatedAt: now, SeenAt: now,
					ExpiresAt: now.Add(time.Hour)}),
			tx.InsertSession(id.New(),
				pactius.Session{ID: pactius.SessionID(id.New()), Person: storetest.Person("v@x.example", "V"),
					CreatedAt: now, SeenAt: now, ExpiresAt: now.Add(time.Hour)}),
			tx.InsertDoorSession(id.New(), pactius.DoorSession{Application: app.ID, Session: portal, CreatedAt: now}),
			tx.InsertClientSession(pactius.ClientSession{ID: "sid", Application: app.ID, User: admin.ID,
				Session: portal, CreatedAt: now, ReviewAt: now}),
			tx.InsertGrant(pactius.ClientGrant{ID: "grant", ClientSession: "sid", CreatedAt: now}),
			tx.UseState(id.New(), now.Add(time.Hour)),
			tx.Enqueue(pactius.Mail{ID: pactius.MailID(id.New()), Kind: "welcome", Data: []byte(`{}`),
				To: "a@x.example", CreatedAt: now}),
		)
		ends := []struct {
			state pactius.RequestState
			kind  pactius.EventKind
		}{{pactius.StatePending, ""}, {pactius.StateApproved, pactius.RequestApproved},
			{pactius.StateDeclined, pactius.RequestDeclined},
			{pactius.StateWithdrawn, pactius.RequestWithdrawn}, {pactius.StateExpired, pactius.RequestExpired}}
		for _, end := range ends {
			err = errors.Join(err, ask(db, g, tx, admin, end.state, end.kind))
		}
		return err
	})
}

// beside fills the tables that stand beside the first ones.
func beside(t testing.TB, db *storetest.DB, g *storetest.Ground) {
	t.Helper()
	env := string(g.Env)
	db.Exec(t, `INSERT INTO former_usernames (environment_id, username_key, user_id, username, until)
			SELECT environment_id, username_key, id, username, 1 FROM users WHERE username_key LIKE 'anna%'`)
	db.Exec(t, `INSERT INTO sweep_findings (environment_id, user_id, state, found_at)
			SELECT environment_id, MIN(id), 'disabled', 1 FROM users GROUP BY environment_id`)
	db.Exec(t, `INSERT INTO sweep_seen (environment_id, user_id) SELECT environment_id, MIN(id) FROM users
			GROUP BY environment_id`)
	db.Exec(t, `INSERT INTO sweeps (environment_id, cursor, due_at) VALUES ($1, 'c', 1)`, env)
	db.Exec(t, `INSERT INTO connect_links (environment_id, token_hash, created_at, expires_at)
			VALUES ($1, 'h', 1, 2)`, env)
	db.Exec(t, `INSERT INTO relinks
			(environment_id, user_id, tid, oid, username, name, new_tid, new_oid, at, expires_at)
			SELECT environment_id, MIN(id), 't', 'o', 'u', 'n', 't2', 'o2', 1, 2 FROM users GROUP BY environment_id`)
	db.Exec(t, `INSERT INTO merged_users (environment_id, id, user_id, username, username_key, tid, oid, merged_at)
			SELECT environment_id, 'merged ' || MIN(id), MIN(id), 'a', 'a', 't', 'o', 1 FROM users
			GROUP BY environment_id`)
	db.Exec(t, `INSERT INTO user_doubles (environment_id, user_id, other_id)
			SELECT environment_id, MIN(id), MAX(id) FROM users GROUP BY environment_id`)
	db.Exec(t, `INSERT INTO daily_counts (environment_id, key, day, n) VALUES ($1, 'k', 1, 1)`, env)
	db.Exec(t, `INSERT INTO incidents (environment_id, reference, at, kind) VALUES ($1, 'r', 1, 'sign_in')`, env)
	db.Exec(t, `INSERT INTO saved_filters (environment_id, user_id, name_key, name, shows)
			SELECT environment_id, MIN(id), 'new', 'New', 'invited' FROM users GROUP BY environment_id`)
	db.Exec(t, `INSERT INTO retention (environment_id, events_next, events_before) VALUES ($1, '0', 1)`, env)
	db.Exec(t, `INSERT INTO logos (environment_id, hash, image) VALUES ($1, 'h', 'aW1hZ2U=')`, env)
	db.Exec(t, `UPDATE environments SET logo_hash = 'h', accent = '#0f6cbd', welcome = 'Hej' WHERE id = $1`, env)
}

// ask puts in a request and its end.
func ask(db *storetest.DB, g *storetest.Ground, tx *store.Tx, admin pactius.User,
	state pactius.RequestState, kind pactius.EventKind) error {
	now := db.Clock.Now()
	q := pactius.AccessRequest{ID: pactius.RequestID(id.New()),
		Person: storetest.Person(string(state)+"@nordhavn.example", "Bo Lund"),
		Units:  []pactius.UnitID{g.Root}, State: pactius.StatePending, CreatedAt: now,
		ExpiresAt: now.Add(pactius.RequestLifetime), Version: 1}
	err := errors.Join(tx.InsertRequest(q), tx.InsertEvents(event(db, pactius.RequestSent, "", q.ID)))
	if kind == "" || err != nil {
		return err
	}
	if state == pactius.StateApproved {
		u := pactius.User{ID: newUser(), Username: q.Person.Username, Name: q.Person.Name, Identity: q.Person.Identity,
			CreatedAt: now, CreatedBy: pactius.ByRequest}
		err = errors.Join(tx.InsertUser(u, admin.ID),
			tx.InsertEvents(event(db, pactius.UserAdmitted, u.ID, "")))
		q.UserID, q.Created = u.ID, true
	}
	q.State, q.DecidedAt, q.DecidedBy = state, now, pactius.Actor{Kind: pactius.ActorUser, User: admin.ID}
	return errors.Join(err, tx.SettleRequest(q, store.Undo{}),
		tx.InsertEvents(event(db, kind, q.UserID, q.ID)))
}

// copied copies and fails the test if it cannot be done.
func copied(t *testing.T, from, to *storetest.DB) dbtool.Copied {
	t.Helper()
	c, err := dbtool.Copy(t.Context(), from.URL, to.URL, dbtool.CopyOptions{})
	if err != nil {
		t.Fatalf("copy from %s to %s: %v", from.Engine(), to.Engine(), err)
	}
	return c
}

// contents is a dump without the schema's own notes.
func contents(t *testing.T, db *storetest.DB) map[string][]string {
	t.Helper()
	dump := db.Dump(t)
	delete(dump, "schema_steps")
	return dump
}

func TestACopyIsIdenticalOnEveryEngine(t *testing.T) {
	t.Parallel()
	for _, way := range [][]string{{"sqlite", "postgres", "sqlite"}, {"postgres", "sqlite", "postgres"},
		{"sqlite", "sqlite"}, {"postgres", "postgres"}} {
		t.Run(strings.Join(way, " to "), func(t *testing.T) {
			t.Parallel()
			from := storetest.On(t, way[0])
			deployment(t, from)
			want := contents(t, from)
			for table, rows := range want {
				if len(rows) == 0 {
					t.Errorf("nothing in %s: the test must fill every table", table)
				}
			}
			for _, engine := range way[1:] {
				to := storetest.On(t, engine)
				c := copied(t, from, to)
				if diff := cmp.Diff(want, contents(t, to)); diff != "" {
					t.Errorf("from %s to %s (-want +got):\n%s", from.Engine(), engine, diff)
				}
				for _, one := range c.Tables {
					if got := int64(len(want[one.Name])); !one.Done || one.Rows != got || one.Sum == "" {
						t.Errorf("reported %+v, want %d rows", one, got)
					}
				}
				if len(c.Tables) != len(want) {
					t.Errorf("%d tables reported, want %d", len(c.Tables), len(want))
				}
				if findings, err := check(t.Context(), to); err != nil || len(wrong(findings)) > 0 {
					t.Errorf("Check of the copy: %v %v", findings, err)
				}
				from = to
			}
		})
	}
}

// wrong are the findings that are more than warnings.
func wrong(all []dbtool.Flaw) []dbtool.Flaw {
	var found []dbtool.Flaw
	for _, f := range all {
		if !f.Warning {
			found = append(found, f)
		}
	}
	return found
}

func TestACopyThatCannotBeMadeIsRefused(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, say string
		kind      pactius.Kind
		prepare   func(t *testing.T, from, to *storetest.DB) (string, string)
	}{
		{"a target with rows", "isn't empty", pactius.KindConflict,
			func(t *testing.T, from, to *storetest.DB) (string, string) {
				to.Ground(t, "there.example")
				return from.URL, to.URL
			}},
		{"onto itself", "itself", pactius.KindInvalid,
			func(_ *testing.T, from, _ *storetest.DB) (string, string) { return from.URL, from.URL }},
		{"a source with a newer schema", "newer version of PACTIUS", pactius.KindUnavailable,
			func(t *testing.T, from, to *storetest.DB) (string, string) {
				from.Exec(t, `INSERT INTO schema_steps (number, name, applied_at) VALUES (9000, 'future', 0)`)
				return from.URL, to.URL
			}},
		{"a source with an older schema", "older version of PACTIUS", pactius.KindUnavailable,
			func(t *testing.T, from, to *storetest.DB) (string, string) {
				from.Exec(t, `DELETE FROM schema_steps WHERE number = (SELECT MAX(number) FROM schema_steps)`)
				from.Exec(t, `INSERT INTO schema_steps (number, name, applied_at) SELECT 0, 'older', 0`)
				return from.URL, to.URL
			}},
		{"a target with a newer schema", "newer version of PACTIUS", pactius.KindUnavailable,
			func(t *testing.T, from, to *storetest.DB) (string, string) {
				to.Exec(t, `INSERT INTO schema_steps (number, name, applied_at) VALUES (9000, 'future', 0)`)
				return from.URL, to.URL
			}},
		{"a source that is not there", "There's no database", pactius.KindNotFound,
			func(t *testing.T, _, to *storetest.DB) (string, string) {
				return "sqlite:" + filepath.Join(t.TempDir(), "nothing.db"), to.URL
			}},
		{"a target that belongs to another program", "another program", pactius.KindInvalid,
			func(t *testing.T, from, to *storetest.DB) (string, string) {
				to.Exec(t, `ALTER TABLE schema_steps RENAME TO something`)
				return from.URL, to.URL
			}},
		{"a folder that is not there", "folder", pactius.KindInvalid,
			func(t *testing.T, from, _ *storetest.DB) (string, string) {
				return from.URL, "sqlite:" + filepath.Join(t.TempDir(), "no", "pactius.db")
			}},
		{"an address that is none", "", pactius.KindInvalid,
			func(_ *testing.T, from, _ *storetest.DB) (string, string) { return from.URL, "mysql://x" }},
	}
	for _, engine := range []string{"sqlite", "postgres"} {
		for _, c := range cases {
			t.Run(c.name+" on "+engine, func(t *testing.T) {
				t.Parallel()
				from, to := storetest.On(t, engine), storetest.On(t, engine)
				deployment(t, from)
				source, target := c.prepare(t, from, to)
				before, beforeTarget := from.Dump(t), to.Dump(t)
				_, err := dbtool.Copy(t.Context(), source, target, dbtool.CopyOptions{})
				if pactius.KindOf(err) != c.kind || !strings.Contains(fmt.Sprint(err), c.say) {
					t.Errorf("Copy: %v, want kind %d with %q", err, c.kind, c.say)
				}
				same(t, before, from.Dump(t))
				same(t, beforeTarget, to.Dump(t))
			})
		}
	}
}

func TestADryRunCountsAndChangesNothing(t *testing.T) {
	t.Parallel()
	from := storetest.On(t, "sqlite")
	deployment(t, from)
	before := contents(t, from)
	path := filepath.Join(t.TempDir(), "pactius.db")
	c, err := dbtool.Copy(t.Context(), from.URL, "sqlite:"+path, dbtool.CopyOptions{DryRun: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range c.Tables {
		if got := int64(len(before[one.Name])); one.Rows != got || one.Done {
			t.Errorf("reported %+v, want %d rows to be copied", one, got)
		}
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("the dry run made the target")
	}
	if _, err := dbtool.Copy(t.Context(), from.URL, "sqlite:"+path, dbtool.CopyOptions{}); err != nil {
		t.Errorf("into a file that is not there yet: %v", err)
	}
}

// many adds so many rows that a table takes longer than a step of progress.
func many(t *testing.T, db *storetest.DB, g *storetest.Ground, n int) {
	t.Helper()
	db.Exec(t, `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $2)
		INSERT INTO used_states (environment_id, state_hash, expires_at) SELECT $1, CAST(i AS TEXT), 1
		FROM n`, string(g.Env), n)
}

// interrupted copies until the first table has arrived.
func interrupted(t *testing.T, from *storetest.DB, to string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_, err := dbtool.Copy(ctx, from.URL, to, dbtool.CopyOptions{Progress: func(c dbtool.CopiedTable) {
		if c.Done {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Copy: %v, want that it was interrupted", err)
	}
}

func TestWhatArrivesOtherwiseIsNoticed(t *testing.T) {
	t.Parallel()
	// A trigger in the target stands for everything that can damage a row on its way.
	triggers := map[string][]string{
		"sqlite": {`CREATE TRIGGER damage AFTER INSERT ON users BEGIN UPDATE users SET name = name || '.'
				WHERE id = new.id AND username_key LIKE 'anna%'; END`},
		"postgres": {`CREATE FUNCTION damage() RETURNS trigger AS $$ BEGIN IF new.username_key LIKE 'anna%'
				THEN new.name := new.name || '.'; END IF; RETURN new; END $$ LANGUAGE plpgsql`,
			`CREATE TRIGGER damage BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION damage()`},
	}
	for engine, statements := range triggers {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			from, to := storetest.On(t, "sqlite"), storetest.On(t, engine)
			deployment(t, from)
			before := contents(t, to)
			for _, s := range statements {
				to.Exec(t, s)
			}
			_, err := dbtool.Copy(t.Context(), from.URL, to.URL, dbtool.CopyOptions{})
			if pactius.KindOf(err) != pactius.KindConflict ||
				!strings.Contains(err.Error(), "The data that arrived in users") {
				t.Errorf("Copy: %v, want a conflict that names the table", err)
			}
			same(t, before, contents(t, to))
		})
	}
}

func TestAValueOfAnotherKindIsNotCopied(t *testing.T) {
	t.Parallel()
	from, to := storetest.On(t, "sqlite"), storetest.On(t, "postgres")
	deployment(t, from)
	from.Exec(t, `UPDATE users SET unit_count = 'many' WHERE username_key LIKE 'anna%'`) // SQLite stores it
	before := contents(t, to)
	_, err := dbtool.Copy(t.Context(), from.URL, to.URL, dbtool.CopyOptions{})
	if pactius.KindOf(err) != pactius.KindConflict || !strings.Contains(err.Error(), "unit_count") {
		t.Errorf("Copy: %v, want a conflict that names the column", err)
	}
	same(t, before, contents(t, to))
}

func TestASourceThatIsNotWholeIsNotCopied(t *testing.T) {
	t.Parallel()
	for name, damaging := range map[string]string{
		"a reference that leads nowhere": `UPDATE memberships SET unit_id = 'nowhere'`,
		"a person who is there twice":    `DROP INDEX users_one_per_username; UPDATE users SET username_key = 'same'`,
	} {
		for _, engine := range []string{"sqlite", "postgres"} {
			t.Run(name+" to "+engine, func(t *testing.T) {
				t.Parallel()
				from, to := storetest.On(t, "sqlite"), storetest.On(t, engine)
				deployment(t, from)
				damage(t, from, damaging)
				before := contents(t, to)
				_, err := dbtool.Copy(t.Context(), from.URL, to.URL, dbtool.CopyOptions{})
				if pactius.KindOf(err) != pactius.KindConflict || !strings.Contains(err.Error(), "pactius check") {
					t.Errorf("Copy: %v, want a conflict that names the check", err)
				}
				same(t, before, contents(t, to))
				if findings, err := check(t.Context(), to); err != nil || len(findings) > 0 {
					t.Errorf("Check of the target: %v %v", findings, err)
				}
			})
		}
	}
}

// TestAServerThatWritesMeanwhileIsNotInTheCopy shows that the copy is of one moment.
func TestAServerThatWritesMeanwhileIsNotInTheCopy(t *testing.T) {
	t.Parallel()
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			from, to := storetest.On(t, engine), storetest.On(t, "sqlite")
			g := deployment(t, from)
			want := contents(t, from)
			written := false
			_, err := dbtool.Copy(t.Context(), from.URL, to.URL, dbtool.CopyOptions{Progress: func(dbtool.CopiedTable) {
				if !written {
					written = true
					g.Invite(t, "late@nordhavn.example", "Late")
				}
			}})
			if err != nil {
				t.Fatal(err)
			}
			same(t, want, contents(t, to))
		})
	}
}
