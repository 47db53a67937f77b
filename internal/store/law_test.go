package store_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
)

func TestOnceAndNoSecondTime(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		g, other := db.Ground(t, "a.example"), db.Ground(t, "b.example")
		anna := g.User(t, "Anna.Hansen@Nordhavn.example", "Anna Hansen")
		sales := g.Unit(t, g.Root, "Sales")
		now := db.Clock.Now()
		insert := func(username string, i pactius.Identity) func(*store.Tx) error {
			return func(tx *store.Tx) error {
				return tx.InsertUser(pactius.User{ID: newUser(), Username: username, Name: "X", Identity: i,
					CreatedAt: now}, "")
			}
		}
		request := func(i pactius.Identity) func(*store.Tx) error {
			return func(tx *store.Tx) error {
				return tx.InsertRequest(pactius.AccessRequest{ID: pactius.RequestID(id.New()), CreatedAt: now,
					Person: pactius.Person{Identity: i, Username: "x@nordhavn.example", Name: "X"}})
			}
		}
		asks := storetest.Person("x@nordhavn.example", "X")
		g.Update(t, request(asks.Identity))
		g.Update(t, func(tx *store.Tx) error { return tx.UseState("state", now) })
		unit := func(u pactius.Unit) func(*store.Tx) error {
			u.ID = pactius.UnitID(id.New())
			return func(tx *store.Tx) error { return tx.InsertUnit(u) }
		}
		tests := []struct {
			name  string
			where *storetest.Ground
			do    func(*store.Tx) error
			want  error
		}{
			{"a second user of an account name in other letter case", g,
				insert("ANNA.HANSEN@nordhavn.EXAMPLE", pactius.Identity{}), store.ErrTaken},
			{"the same account name decomposed and padded", g,
				insert(" anna.hansen@nordhavn.example ", pactius.Identity{}), store.ErrTaken},
			{"a second user of an identity", g, insert("other@nordhavn.example", anna.Identity), store.ErrTaken},
			{"the same object in another tenant", g,
				insert("other@nordhavn.example",
					pactius.Identity{TenantID: id.New(), ObjectID: anna.Identity.ObjectID}), nil},
			{"two users without identity", g, insert("third@nordhavn.example", pactius.Identity{}), nil},
			{"the account name and identity in another environment", other, insert(anna.Username, anna.Identity), nil},
			{"a second pending request of an identity", g, request(asks.Identity), store.ErrTaken},
			{"a pending request of another identity", g, request(anna.Identity), nil},
			{"a second root", g, unit(pactius.Unit{Name: "Second"}), store.ErrTaken},
			{"a sibling of same " +
				"name, spelled with other letters", g, unit(pactius.Unit{ParentID: g.Root, Name: "SALES"}),
				store.ErrTaken},
			{"the same name in another place", g, unit(pactius.Unit{ParentID: sales, Name: "Sales"}), nil},
			{"a unit beneath one of another environment", other, unit(pactius.Unit{ParentID: sales, Name: "Spy"}),
				store.ErrInUse},
			{"a state that was used", g, func(tx *store.Tx) error {
				return tx.UseState("state", now)
			}, store.ErrTaken},
			{"the same state in another environment", other,
				func(tx *store.Tx) error { return tx.UseState("state", now) }, nil},
			{"a membership in a unit of another environment", other, func(tx *store.Tx) error {
				u := pactius.User{ID: newUser(), Username: "m@nordhavn.example", Name: "M"}
				return errors.Join(tx.InsertUser(u, ""),
					tx.SetMemberships(u.ID, []pactius.Grant{{Unit: sales, Access: pactius.AccessRead}}, now))
			}, store.ErrInUse},
			{"a session of a user of another environment", other, func(tx *store.Tx) error {
				return tx.InsertSession("hash", pactius.Session{ID: "s", UserID: anna.ID})
			}, store.ErrInUse},
		}
		for _, test := range tests {
			err := db.Update(t.Context(), test.where.Env, func(tx *store.Tx) error { return test.do(tx) })
			if !errors.Is(err, test.want) {
				t.Errorf("%s: %v, want %v", test.name, err, test.want)
			}
			if test.want != nil && pactius.KindOf(err) != pactius.KindConflict {
				t.Errorf("%s: kind %d, want Conflict", test.name, pactius.KindOf(err))
			}
		}
	})
}

func TestStaleWritesChangeNothing(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		g := db.Ground(t, "a.example")
		anna := g.User(t, "anna@nordhavn.example", "Anna")
		sales := g.Unit(t, g.Root, "Sales")
		p := storetest.Person("x@nordhavn.example", "X")
		q := pactius.AccessRequest{ID: pactius.RequestID(id.New()), Person: p, CreatedAt: db.Clock.Now(),
			State: pactius.StatePending, Version: 1}
		g.Update(t, func(tx *store.Tx) error { return tx.InsertRequest(q) })
		settle := func(version int) func(*store.Tx) error {
			return func(tx *store.Tx) error {
				s := q
				s.State, s.Version, s.DecidedAt = pactius.StateDeclined, version, db.Clock.Now()
				return tx.SettleRequest(s, store.Undo{})
			}
		}
		tests := []struct {
			name string
			do   func(*store.Tx) error
		}{
			{"a user read before another change", func(tx *store.Tx) error {
				first, second := anna, anna
				first.Name, second.Name = "First", "Second"
				return errors.Join(tx.UpdateUser(first), tx.UpdateUser(second))
			}},
			{"a unit read before another change", func(tx *store.Tx) error {
				u, err := tx.Unit(sales)
				first, second := u, u
				first.Name, second.Name = "First", "Second"
				return errors.Join(err, tx.UpdateUnit(first), tx.UpdateUnit(second))
			}},
			{"an environment read before another change", func(tx *store.Tx) error {
				e, err := tx.EnvironmentRow()
				return errors.Join(err, tx.UpdateEnvironment(e), tx.UpdateEnvironment(e))
			}},
			{"deleting a user that has changed", func(tx *store.Tx) error {
				return errors.Join(tx.UpdateUser(anna), tx.DeleteUser(anna))
			}},
			{"settling twice", func(tx *store.Tx) error {
				return errors.Join(settle(1)(tx), settle(2)(tx))
			}},
			{"settling what has changed", func(tx *store.Tx) error { return settle(7)(tx) }},
			{"reopening what is pending", func(tx *store.Tx) error {
				return tx.ReopenRequest(q, "")
			}},
			{"saving a sweep that another worker has taken", func(tx *store.Tx) error {
				_, err := tx.ClaimSweep("other", storetest.Start, storetest.Start.Add(time.Hour), true)
				return errors.Join(err, tx.SaveSweep("mine", store.Sweep{}))
			}},
			{"retrying a mail that waits", func(tx *store.Tx) error {
				m := pactius.Mail{ID: "m", Kind: "k", Data: []byte("{}"), CreatedAt: db.Clock.Now()}
				return errors.Join(tx.Enqueue(m), tx.MailAgain(m.ID, db.Clock.Now()))
			}},
		}
		before := db.Dump(t)
		for _, test := range tests {
			err := db.Update(t.Context(), g.Env, func(tx *store.Tx) error { return test.do(tx) })
			if !errors.Is(err, store.ErrStale) {
				t.Errorf("%s: %v, want ErrStale", test.name, err)
			}
		}
		same(t, before, db.Dump(t))
	})
}

func TestOnlyOneInstanceRemindsOfARequest(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		g := db.Ground(t, "a.example")
		request := func(name string) pactius.AccessRequest {
			p := storetest.Person(name+"@nordhavn.example", name)
			return pactius.AccessRequest{ID: pactius.RequestID(id.New()), Person: p, CreatedAt: db.Clock.Now(),
				Version: 1}
		}
		pending, settled := request("pending"), request("settled")
		g.Update(t, func(tx *store.Tx) error {
			declined := settled
			declined.State, declined.DecidedAt = pactius.StateDeclined, db.Clock.Now()
			return errors.Join(tx.InsertRequest(pending), tx.InsertRequest(settled),
				tx.SettleRequest(declined, store.Undo{}))
		})
		for _, try := range []struct {
			name    string
			request pactius.RequestID
			want    bool
		}{{"the first", pending.ID, true}, {"the second", pending.ID, false}, {"a settled one", settled.ID, false}} {
			g.Update(t, func(tx *store.Tx) error {
				first, err := tx.MarkReminded(try.request, db.Clock.Now())
				if first != try.want {
					t.Errorf("%s may remind: %t, want %t", try.name, first, try.want)
				}
				return err
			})
		}
	})
}

func TestTimesSurviveToTheMicrosecond(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		g := db.Ground(t, "a.example")
		db.Clock.Advance(123456 * time.Microsecond)
		u := g.User(t, "anna@nordhavn.example", "Anna")
		if !u.CreatedAt.Equal(db.Clock.Now()) || u.CreatedAt.Location() != time.UTC {
			t.Errorf("created at %v, want %v in UTC", u.CreatedAt, db.Clock.Now())
		}
		if !u.DeactivatedAt.IsZero() {
			t.Errorf("never became %v", u.DeactivatedAt)
		}
	})
}

func TestDeletingAUserTakesAllThatHangsOnIt(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		g := db.Ground(t, "a.example")
		before := db.Dump(t)
		u := g.User(t, "anna@nordhavn.example", "Anna", pactius.Grant{Unit: g.Root, Access: pactius.AccessRead})
		g.Update(t, func(tx *store.Tx) error {
			return errors.Join(tx.InsertSession("hash", pactius.Session{ID: "s", UserID: u.ID}),
				tx.DeleteUser(u))
		})
		same(t, before, db.Dump(t))
	})
}

func TestWakingTellsOfCommittedMailOnly(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		g := db.Ground(t, "a.example")
		put := func(tx *store.Tx) error {
			return tx.Enqueue(pactius.Mail{ID: pactius.MailID(id.New()), Kind: "k", Data: []byte("{}"),
				CreatedAt: db.Clock.Now()})
		}
		woken := func() bool {
			select {
			case <-db.MailArrived():
				return true
			default:
				return false
			}
		}
		boom := errors.New("boom")
		_ = db.Update(t.Context(), g.Env, func(tx *store.Tx) error { return errors.Join(put(tx), boom) })
		if woken() {
			t.Error("woken by a mail that was never put in")
		}
		g.Update(t, put)
		g.Update(t, put)
		if !woken() || woken() {
			t.Error("two mails must wake once")
		}
	})
}

func TestAClaimEndsWithItsLease(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		g := db.Ground(t, "a.example")
		const lease = time.Minute
		var ids []string
		for range 30 {
			m := pactius.Mail{ID: pactius.MailID(id.New()), Kind: "k", Data: []byte(`{"secret":1}`),
				CreatedAt: db.Clock.Now()}
			ids = append(ids, string(m.ID))
			g.Update(t, func(tx *store.Tx) error { return tx.Enqueue(m) })
		}
		claim := func() []store.ClaimedMail {
			t.Helper()
			c, err := db.ClaimMails(t.Context(), g.Env, db.Clock.Now(), lease, 20)
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
		first, second := claim(), claim()
		var got []string
		for _, c := range append(first, second...) {
			got = append(got, string(c.ID))
		}
		if strings.Join(got, " ") != strings.Join(ids, " ") {
			t.Error("mails were not claimed once each, in the order they were put in")
		}
		if again := claim(); len(again) != 0 {
			t.Fatalf("%d mails were claimed twice", len(again))
		}
		db.Clock.Advance(lease)
		third := claim()
		if len(third) != 20 || third[0].Attempts != 2 {
			t.Fatalf("after the lease: %d mails, attempt %d; want 20, attempt 2", len(third), third[0].Attempts)
		}
		note := func(m pactius.Mail, do func(*store.Tx) (bool, error)) bool {
			t.Helper()
			held := false
			g.Update(t, func(tx *store.Tx) (err error) { held, err = do(tx); return err })
			return held
		}
		sent := func(c store.ClaimedMail) bool {
			t.Helper()
			held, err := db.MailSent(t.Context(), c, db.Clock.Now())
			if err != nil {
				t.Fatal(err)
			}
			return held
		}
		stale, held := first[0].Mail, third[0].Mail
		if sent(first[0]) ||
			note(stale, func(tx *store.Tx) (bool, error) { return tx.MailDead(stale, "x") }) ||
			note(stale, func(tx *store.Tx) (bool, error) {
				return tx.MailLater(stale, db.Clock.Now(), "x")
			}) {
			t.Error("a worker whose lease ran out could note a result")
		}
		if !note(held, func(tx *store.Tx) (bool, error) { return tx.MailDead(held, "refused") }) {
			t.Error("the worker that holds the claim could not note its result")
		}
		g.Update(t, func(tx *store.Tx) error { return tx.MailAgain(held.ID, db.Clock.Now()) })
		db.Clock.Advance(2 * lease)
		if claim(); sent(first[0]) {
			t.Error("after a retry a worker of long ago passed for the one that holds the claim")
		}
	})
}

func TestSentMailsForgetTheirContents(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		g := db.Ground(t, "a.example")
		g.Update(t, func(tx *store.Tx) error {
			return tx.Enqueue(pactius.Mail{ID: "m", Kind: "k", Data: []byte(`{"Message":"private"}`),
				CreatedAt: db.Clock.Now()})
		})
		c, err := db.ClaimMails(t.Context(), g.Env, db.Clock.Now(), time.Minute, 1)
		if err != nil || len(c) != 1 || c[0].Environment != g.Env {
			t.Fatalf("claimed %v, %v", c, err)
		}
		if _, err := db.MailSent(t.Context(), c[0], db.Clock.Now()); err != nil {
			t.Fatal(err)
		}
		if rows := strings.Join(db.Rows(t, `SELECT * FROM mails`), ""); strings.Contains(rows, "private") {
			t.Errorf("the sent mail still says %s", rows)
		}
		if err := db.SweepMails(t.Context(), db.Clock.Now()); err != nil ||
			db.Count(t, `SELECT COUNT(*) FROM mails`) != 0 {
			t.Errorf("the sent mail was not swept away: %v", err)
		}
	})
}
