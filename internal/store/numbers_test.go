package store_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
)

func TestNumbersCountAllEnvironmentsTogether(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		ctx, start := t.Context(), db.Clock.Now()
		for i, host := range []string{"nord.example", "syd.example"} {
			g := db.Ground(t, host)
			u := g.User(t, "anna@"+host, "Anna")
			err := db.Update(ctx, g.Env, func(tx *store.Tx) error {
				session := pactius.Session{ID: pactius.SessionID(id.New()), UserID: u.ID,
					Person:    storetest.Person("anna@"+host, "Anna"),
					CreatedAt: start, SeenAt: start, ExpiresAt: start.Add(time.Hour)}
				errs := tx.InsertSession("user", session)
				session.ID, session.UserID = pactius.SessionID(id.New()), ""
				errs = errors.Join(errs, tx.InsertSession("visitor", session))
				session.ID, session.ExpiresAt = pactius.SessionID(id.New()), start
				errs = errors.Join(errs, tx.InsertSession("over", session))
				m := pactius.Mail{ID: pactius.MailID(id.New()), Kind: "k", Data: []byte("{}"), To: "a@b.example",
					CreatedAt: start.Add(time.Duration(i) * time.Minute)}
				return errors.Join(errs, tx.Enqueue(m))
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		got, err := db.Numbers(ctx, start)
		want := store.Numbers{MailsWaiting: 2, OldestMail: start, NextMail: start, UserSessions: 2, VisitorSessions: 2}
		if diff := cmp.Diff(got, want); diff != "" || err != nil {
			t.Errorf("%v, got - want +:\n%s", err, diff)
		}
		if current, err := db.SchemaCurrent(ctx); !current || err != nil {
			t.Errorf("the schema is not current: %v", err)
		}
		db.Exec(t, `DELETE FROM schema_steps`)
		if current, err := db.SchemaCurrent(ctx); current || err != nil {
			t.Errorf("a schema without steps is current: %v", err)
		}
	})
}

// TestEventsAreToldOnceAndOnlyWhenTheyHappened runs changes at once, some of
// which are refused.
func TestEventsAreToldOnceAndOnlyWhenTheyHappened(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		g := db.Ground(t, "nord.example")
		var mu sync.Mutex
		got := map[pactius.EventKind]int{}
		s, err := store.Open(t.Context(), db.URL, store.Options{Happened: func(e pactius.Event) {
			mu.Lock()
			defer mu.Unlock()
			got[e.Kind]++
		}})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		const each = 20
		refusal := errors.New("refused")
		var wg sync.WaitGroup
		for i := range 2 * each {
			wg.Go(func() {
				kind, answer := pactius.UserAdded, error(nil)
				if i%2 == 1 {
					kind, answer = pactius.UserDeactivated, refusal
				}
				err := s.Update(t.Context(), g.Env, func(tx *store.Tx) error {
					e := pactius.Event{ID: pactius.EventID(id.New()), At: db.Clock.Now(), Kind: kind,
						Actor: pactius.SupportActor(g.Env)}
					return errors.Join(tx.InsertEvents(e), answer)
				})
				if !errors.Is(err, answer) {
					t.Errorf("Update: %v, want %v", err, answer)
				}
			})
		}
		wg.Wait()
		if diff := cmp.Diff(got, map[pactius.EventKind]int{pactius.UserAdded: each}); diff != "" {
			t.Errorf("got - want +:\n%s", diff)
		}
		if commits := s.Commits(); commits != each {
			t.Errorf("%d commits, want %d", commits, each)
		}
	})
}

func TestPoolsHaveANameAndALimit(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		for _, p := range db.Store.Pools() {
			if p.Name == "" || p.Limit == 0 {
				t.Errorf("pool %+v", p)
			}
		}
	})
}

func TestAMailHandedBackIsDueAtOnce(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		ctx, now := t.Context(), db.Clock.Now()
		g := db.Ground(t, "nord.example")
		enqueue(t, db.Store, g.Env, now)
		claim := func() []store.ClaimedMail {
			t.Helper()
			c, err := db.ClaimMails(ctx, g.Env, now, time.Minute, 1)
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
		back := func(c store.ClaimedMail) bool {
			t.Helper()
			held, err := db.MailBack(ctx, c, now)
			if err != nil {
				t.Fatal(err)
			}
			return held
		}
		first := claim()
		if len(first) != 1 || len(claim()) != 0 {
			t.Fatal("a mail is not claimed once")
		}
		if !back(first[0]) {
			t.Error("the claim was lost")
		}
		second := claim()
		if len(second) != 1 {
			t.Fatal("a mail that was handed back is not due")
		}
		if back(first[0]) {
			t.Error("who handed back could do so again, with the claim at another worker")
		}
	})
}

func enqueue(t *testing.T, s *store.Store, env pactius.EnvironmentID, at time.Time) {
	t.Helper()
	err := s.Update(t.Context(), env, func(tx *store.Tx) error {
		return tx.Enqueue(pactius.Mail{ID: pactius.MailID(id.New()), Kind: "k", Data: []byte("{}"),
			To: "a@b.example", CreatedAt: at})
	})
	if err != nil {
		t.Fatal(err)
	}
}
