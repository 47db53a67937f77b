package store_test

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
)

// fill gives every field of a struct a value that no other field has.
func fill[T any](n *int) T {
	var v T
	fillValue(reflect.ValueOf(&v).Elem(), n)
	return v
}

func fillValue(v reflect.Value, n *int) {
	*n++
	switch at := v.Addr().Interface().(type) {
	case *time.Time:
		*at = storetest.Start.Add(time.Duration(*n) * time.Second)
		return
	case *pactius.Facts:
		*at = pactius.Facts{"key": fmt.Sprint("value ", *n)}
		return
	case *[]byte:
		*at = fmt.Appendf(nil, `{"value":%d}`, *n)
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fillValue(v.Field(i), n)
		}
	case reflect.String:
		v.SetString(fmt.Sprint("value", *n))
	case reflect.Int:
		v.SetInt(int64(*n))
	case reflect.Bool:
		v.SetBool(true)
	}
}

// trip writes a row with a value of its own in every field and reads it back,
// then updates it with others and reads it back again.
type trip[T any] struct {
	insert, update func(*store.Tx, T) error // update may be nil
	read           func(*store.Tx, T) (T, error)

	// expect changes what was written to what must be read. before is what was
	// inserted, nil at the insert.
	expect func(row *T, before *T)
}

func (c trip[T]) run(t *testing.T, g *storetest.Ground) {
	t.Helper()
	n := 0
	first := fill[T](&n)
	c.expect(&first, nil)
	c.step(t, g, "insert", c.insert, first, first)
	if c.update == nil {
		return
	}
	second := fill[T](&n)
	c.expect(&second, &first)
	c.step(t, g, "update", c.update, second, second)
}

func (c trip[T]) step(
	t *testing.T, g *storetest.Ground, what string, write func(*store.Tx, T) error, row, want T,
) {
	t.Helper()
	g.Update(t, func(tx *store.Tx) error { return write(tx, row) })
	g.View(t, func(tx *store.Tx) error {
		got, err := c.read(tx, row)
		versionless := cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".Version" }, cmp.Ignore())
		if diff := cmp.Diff(want, got, versionless); diff != "" {
			t.Errorf("%T after the %s (-want +got):\n%s", row, what, diff)
		}
		return err
	})
}

func TestEveryFieldIsStored(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		g := db.Ground(t, "a.example")
		user := g.Invite(t, "user@nordhavn.example", "User")
		userTrip().run(t, g)
		requestTrip(g).run(t, g)
		sessionTrip(user.ID).run(t, g)
		unitTrip(g.Root).run(t, g)
		environmentTrip(g.Env).run(t, g)
		mailTrip().run(t, g)
		eventTrip().run(t, g)
		incidentTrip().run(t, g)
		sweepTrip().run(t, g)
		retentionTrip().run(t, g)
		findingTrip(user.ID).run(t, g)
		linkTrip().run(t, g)
		relinkTrip(user.ID).run(t, g)
		formerTrip(user).run(t, g)
		savedFilterTrip(user.ID).run(t, g)
		mergedTrip(user.ID).run(t, g)
		membershipTrip(user.ID, g.Root).run(t, g)
		applicationTrip(g.Root).run(t, g)
		signingKeyTrip().run(t, g)
		profileTrip(g.User(t, "known@nordhavn.example", "Known").Identity).run(t, g)
	})
}

func userTrip() trip[pactius.User] {
	return trip[pactius.User]{
		insert: func(tx *store.Tx, u pactius.User) error {
			if err := tx.InsertUser(u, "creator"); err != nil {
				return err
			}
			if creator, err := tx.UserCreator(u.ID); err != nil || creator != "creator" {
				return fmt.Errorf("created by %q, %w", creator, err)
			}
			return nil
		},
		update: func(tx *store.Tx, u pactius.User) error { return tx.UpdateUser(u) },
		read: func(tx *store.Tx, u pactius.User) (pactius.User, error) {
			return tx.User(u.ID)
		},
		expect: func(u *pactius.User, before *pactius.User) {
			u.UnitCount, u.Version, u.Profile = 0, 1, pactius.Profile{}
			if before != nil {
				u.ID, u.CreatedAt, u.CreatedBy = before.ID, before.CreatedAt, before.CreatedBy
				u.SweptOut = !before.SweptOut
			}
		},
	}
}

// requestTrip settles the request as its update.
func requestTrip(g *storetest.Ground) trip[pactius.AccessRequest] {
	return trip[pactius.AccessRequest]{
		insert: func(tx *store.Tx, q pactius.AccessRequest) error {
			return tx.InsertRequest(q)
		},
		update: func(tx *store.Tx, q pactius.AccessRequest) error {
			undo := store.Undo{Was: &store.Label{Name: "before"}}
			if err := tx.SettleRequest(q, undo); err != nil {
				return err
			}
			got, err := tx.RequestUndo(q.ID)
			if diff := cmp.Diff(undo, got); diff != "" {
				return fmt.Errorf("undo (-want +got):\n%s", diff)
			}
			return err
		},
		read: func(tx *store.Tx, q pactius.AccessRequest) (pactius.AccessRequest, error) {
			return tx.Request(q.ID)
		},
		expect: func(q *pactius.AccessRequest, before *pactius.AccessRequest) {
			q.State, q.Units, q.Version = pactius.StatePending, []pactius.UnitID{g.Root}, 1
			q.Profile = pactius.Profile{}
			q.DecidedBy = pactius.Actor{Kind: q.DecidedBy.Kind, User: q.DecidedBy.User, Environment: g.Env}
			if before != nil {
				q.ID, q.Person, q.Message, q.CreatedAt, q.ExpiresAt =
					before.ID, before.Person, before.Message, before.CreatedAt, before.ExpiresAt
				q.State, q.Created = "settled", !before.Created
			}
		},
	}
}

func sessionTrip(user pactius.UserID) trip[pactius.Session] {
	return trip[pactius.Session]{
		insert: func(tx *store.Tx, s pactius.Session) error {
			return tx.InsertSession("token", s)
		},
		read: func(tx *store.Tx, _ pactius.Session) (pactius.Session, error) {
			return tx.Session("token")
		},
		expect: func(s *pactius.Session, _ *pactius.Session) { s.UserID, s.Person.VouchedAt = user, s.CreatedAt },
	}
}

func unitTrip(parent pactius.UnitID) trip[pactius.Unit] {
	return trip[pactius.Unit]{
		insert: func(tx *store.Tx, u pactius.Unit) error { return tx.InsertUnit(u) },
		update: func(tx *store.Tx, u pactius.Unit) error { return tx.UpdateUnit(u) },
		read: func(tx *store.Tx, u pactius.Unit) (pactius.Unit, error) {
			return tx.Unit(u.ID)
		},
		expect: func(u *pactius.Unit, before *pactius.Unit) {
			u.ParentID, u.Version = parent, 1
			if before != nil {
				u.ID, u.CreatedAt = before.ID, before.CreatedAt
			}
		},
	}
}

// environmentTrip uses an environment of its own.
func environmentTrip(env pactius.EnvironmentID) trip[pactius.Environment] {
	return trip[pactius.Environment]{
		insert: func(tx *store.Tx, e pactius.Environment) error {
			now, err := tx.EnvironmentRow() // the ground's: there can be only one
			e.Version = now.Version
			if err != nil {
				return err
			}
			return tx.UpdateEnvironment(e)
		},
		read: func(tx *store.Tx, _ pactius.Environment) (pactius.Environment, error) {
			return tx.EnvironmentRow()
		},
		expect: func(e *pactius.Environment, _ *pactius.Environment) { e.ID, e.CreatedAt = env, storetest.Start },
	}
}

func applicationTrip(unit pactius.UnitID) trip[pactius.Application] {
	return trip[pactius.Application]{
		insert: func(tx *store.Tx, a pactius.Application) error { return tx.InsertApplication(a) },
		update: func(tx *store.Tx, a pactius.Application) error { return tx.UpdateApplication(a) },
		read:   func(tx *store.Tx, a pactius.Application) (pactius.Application, error) { return tx.Application(a.ID) },
		expect: func(a *pactius.Application, before *pactius.Application) {
			a.Unit, a.Version = unit, 1
			a.Origins = []pactius.Origin{pactius.Origin("https://" + a.Name), pactius.Origin("https://" + a.Icon)}
			if before != nil {
				a.ID, a.CreatedAt, a.Preflight = before.ID, before.CreatedAt, !before.Preflight
			}
		},
	}
}

func signingKeyTrip() trip[pactius.SigningKey] {
	return trip[pactius.SigningKey]{
		insert: func(tx *store.Tx, k pactius.SigningKey) error { return tx.InsertSigningKey(k) },
		update: func(tx *store.Tx, k pactius.SigningKey) error { return tx.UpdateSigningKey(k) },
		read: func(tx *store.Tx, _ pactius.SigningKey) (pactius.SigningKey, error) {
			all, err := tx.SigningKeys()
			if err != nil || len(all) != 1 {
				return pactius.SigningKey{}, fmt.Errorf("%d keys, %w", len(all), err)
			}
			return all[0], nil
		},
		expect: func(k *pactius.SigningKey, before *pactius.SigningKey) {
			if before != nil {
				k.ID, k.Public, k.CreatedAt = before.ID, before.Public, before.CreatedAt
			}
		},
	}
}

// profileTrip writes the profile of a user, which the user has brought.
func profileTrip(who pactius.Identity) trip[store.Look] {
	return trip[store.Look]{
		insert: func(tx *store.Tx, l store.Look) error {
			photo := pactius.Photo{Image: []byte{0, 1, 0xff}, Kind: "image/png"}
			if err := tx.StoreLook(l, &photo); err != nil {
				return err
			}
			got, err := tx.Photo(who)
			if diff := cmp.Diff(photo, got); diff != "" {
				return fmt.Errorf("photo (-want +got):\n%s", diff)
			}
			return err
		},
		update: func(tx *store.Tx, l store.Look) error { return tx.StoreLook(l, nil) },
		read:   func(tx *store.Tx, _ store.Look) (store.Look, error) { return store.LookOf(tx, who) },
		expect: func(l *store.Look, _ *store.Look) { l.Identity = who },
	}
}

func mailTrip() trip[pactius.Mail] {
	return trip[pactius.Mail]{
		insert: func(tx *store.Tx, m pactius.Mail) error { return tx.Enqueue(m) },
		read: func(tx *store.Tx, m pactius.Mail) (pactius.Mail, error) {
			return tx.MailByID(m.ID)
		},
		expect: func(m *pactius.Mail, _ *pactius.Mail) {
			m.State, m.NextAt, m.SentAt, m.LastError = pactius.MailWaiting, m.CreatedAt, time.Time{}, ""
			m.Attempts, m.Failed, m.AskedAt = 0, 0, time.Time{}
		},
	}
}

func eventTrip() trip[pactius.Event] {
	return trip[pactius.Event]{
		insert: func(tx *store.Tx, e pactius.Event) error { return tx.InsertEvents(e) },
		read: func(tx *store.Tx, e pactius.Event) (pactius.Event, error) {
			page, err := tx.Events(pactius.EventFilter{Kind: e.Kind}, store.EventScope{All: true})
			if err != nil || len(page.Events) != 1 {
				return pactius.Event{}, fmt.Errorf("%d events, %w", len(page.Events), err)
			}
			return page.Events[0], nil
		},
		expect: func(e *pactius.Event, _ *pactius.Event) {
			a := &e.Actor
			*a = pactius.Actor{Kind: a.Kind, User: a.User, Reason: a.Reason, Address: a.Address}
		},
	}
}

func incidentTrip() trip[pactius.Incident] {
	return trip[pactius.Incident]{
		insert: func(tx *store.Tx, i pactius.Incident) error { return tx.InsertIncident(i) },
		read: func(tx *store.Tx, i pactius.Incident) (pactius.Incident, error) {
			return tx.Incident(i.Reference)
		},
		expect: func(*pactius.Incident, *pactius.Incident) {},
	}
}

func sweepTrip() trip[store.Sweep] {
	return trip[store.Sweep]{
		insert: func(tx *store.Tx, s store.Sweep) error {
			ok, err := tx.ClaimSweep("lease", storetest.Start, storetest.Start, true)
			if err != nil || !ok {
				return fmt.Errorf("claimed: %t, %w", ok, err)
			}
			return tx.SaveSweep("lease", s)
		},
		read:   func(tx *store.Tx, _ store.Sweep) (store.Sweep, error) { return tx.Sweep() },
		expect: func(*store.Sweep, *store.Sweep) {},
	}
}

// retentionTrip leaves the time of trimmed requests to TrimRequests.
func retentionTrip() trip[store.Retention] {
	return trip[store.Retention]{
		insert: func(tx *store.Tx, r store.Retention) error {
			ok, err := tx.ClaimRetention("lease", storetest.Start, storetest.Start)
			if err != nil || !ok {
				return fmt.Errorf("claimed: %t, %w", ok, err)
			}
			return tx.SaveRetention("lease", r)
		},
		read:   func(tx *store.Tx, _ store.Retention) (store.Retention, error) { return tx.Retention() },
		expect: func(r, _ *store.Retention) { r.RequestsBefore = time.Time{} },
	}
}

// findingTrip lets the other statements of findings write what they are for.
func findingTrip(user pactius.UserID) trip[pactius.AccountFinding] {
	return trip[pactius.AccountFinding]{
		insert: func(tx *store.Tx, f pactius.AccountFinding) error {
			if err := tx.PutFinding(f); err != nil {
				return err
			}
			if n, err := tx.DecideFindings(f.Decision, f.FoundAt); err != nil || n != 1 {
				return fmt.Errorf("decided about %d, %w", n, err)
			}
			return tx.FindingDone(f.User, f.DoneAt, f.Outcome)
		},
		read: func(tx *store.Tx, _ pactius.AccountFinding) (pactius.AccountFinding, error) {
			untold, err := tx.UntoldLeavers(10)
			if err != nil || len(untold) != 1 || untold[0].User.ID != user {
				return pactius.AccountFinding{}, fmt.Errorf("%+v, %w", untold, err)
			}
			return untold[0].Finding, nil
		},
		expect: func(f *pactius.AccountFinding, _ *pactius.AccountFinding) {
			f.User, f.State = user, pactius.AccountDeleted
		},
	}
}

func TestANewEnvironmentIsStoredWhole(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		n := 0
		want := fill[pactius.Environment](&n)
		want.ID, want.Version = pactius.EnvironmentID(id.New()), 1
		var got pactius.Environment
		err := db.Update(t.Context(), want.ID, func(tx *store.Tx) (err error) {
			if err = tx.InsertEnvironment(want); err == nil {
				got, err = tx.EnvironmentRow()
			}
			return err
		})
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
	})
}

// unbound lists columns that stand in no column list, and why. A table without
// columns here consists of keys that single statements write.
var unbound = map[string][]string{
	"users":           {"creator", "signature"}, // of an INSERT only; of the words
	"access_requests": {"undo", "reminded_at"},  // of the decision; of the reminder
	"memberships":     {"name_key"},             // the user's
	"sessions":        {"token_hash"},
	"connect_links":   {"token_hash"},
	"sweep_findings":  {"told"},
	"merged_users":    {"undo"},
	"profiles":        {"photo_kind", "photo"}, // of the look
	"door_sessions":   {"token_hash"},
	"mails":           nil, "mail_queue": nil, "application_origins": nil, "door_changes": nil,
	"logos": nil, "client_reviews": nil,
	"schema_steps": nil, "user_words": nil, "user_keys": nil, "request_keys": nil, "request_units": nil,
	"request_words": nil, "unit_above": nil, "request_scopes": nil, "event_days": nil,
	"used_states": nil, "unit_words": nil, "daily_counts": nil, "sweep_seen": nil, "user_doubles": nil,
}

func TestEveryColumnIsInAList(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	lists := store.BoundColumns()
	for _, table := range db.Tables(t) {
		list, ok := lists[table]
		if !ok {
			if _, ok := unbound[table]; !ok {
				t.Errorf("the table %s has no column list", table)
			}
			continue
		}
		rows, err := db.Raw.QueryContext(t.Context(), `SELECT * FROM `+table+` LIMIT 0`)
		if err != nil {
			t.Fatal(err)
		}
		columns, err := rows.Columns()
		if err != nil {
			t.Fatal(err)
		}
		if err := rows.Close(); err != nil {
			t.Fatal(err)
		}
		for _, c := range columns {
			if !slices.Contains(list, c) && !slices.Contains(unbound[table], c) {
				t.Errorf("the column %s.%s is in no list: nothing reads or writes it", table, c)
			}
		}
	}
}
