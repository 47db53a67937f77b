package store_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
)

// TestTheGiverOfAUnitIsTheLatest follows access that is given, raised, taken and given
// again.
func TestTheGiverOfAUnitIsTheLatest(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		g := db.Ground(t, "nordhavn.example")
		type access = map[pactius.UnitID]pactius.Access
		step := func(by pactius.UserID, kind pactius.EventKind, before, after access) pactius.Event {
			return pactius.Event{ID: pactius.EventID(id.New()), At: db.Clock.Now(), Kind: kind, User: "user",
				Actor: pactius.UserActor(g.Env, by, ""), Facts: pactius.AccessFacts(before, after)}
		}
		const given = pactius.UserUnitsAssigned
		unit := pactius.UnitID(id.New())
		user := pactius.User{ID: "user", Username: "user@nordhavn.example", Name: "User", CreatedAt: db.Clock.Now()}
		g.Update(t, func(tx *store.Tx) error {
			if err := tx.InsertUser(user, "creator"); err != nil {
				return err
			}
			return tx.InsertEvents(
				step("first", given, access{}, access{unit: pactius.AccessRead}),
				step("first", given, access{unit: pactius.AccessRead}, access{unit: pactius.AccessNone}),
				step("second", given, access{}, access{unit: pactius.AccessRead}),
				step("raiser", given, access{unit: pactius.AccessRead}, access{unit: pactius.AccessWrite}),
				step("editor", pactius.UserChanged, access{}, access{unit: pactius.AccessRead}))
		})
		g.View(t, func(tx *store.Tx) error {
			ties, err := tx.TiesOf("user")
			want := store.Ties{Creator: "creator", Givers: map[pactius.UnitID]pactius.UserID{unit: "second"}}
			if diff := cmp.Diff(want, ties); diff != "" {
				t.Errorf("ties (-want +got):\n%s", diff)
			}
			return err
		})
	})
}

// TestSessionsKeepTheLatestUse trims sessions by their latest use, which never goes back.
func TestSessionsKeepTheLatestUse(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		g := db.Ground(t, "nordhavn.example")
		u := g.User(t, "anna@nordhavn.example", "Anna")
		now := db.Clock.Now()
		g.Update(t, func(tx *store.Tx) error {
			for i, token := range []string{"old", "late", "new"} {
				seen := now.Add(time.Duration(i) * time.Minute)
				err := tx.InsertSession(token, pactius.Session{
					ID: pactius.SessionID(id.New()), UserID: u.ID, SeenAt: seen, CreatedAt: seen,
					ExpiresAt: now.Add(time.Hour), Person: storetest.Person("anna@nordhavn.example", "Anna"),
				})
				if err != nil {
					return err
				}
			}
			if err := tx.SeeSession("late", now.Add(-time.Hour)); err != nil { // noted by a slow instance
				return err
			}
			return tx.TrimSessions(u.ID, 2)
		})
		g.View(t, func(tx *store.Tx) error {
			late, err := tx.Session("late")
			if err != nil || !late.SeenAt.Equal(now.Add(time.Minute)) {
				t.Errorf("seen at %v, %v", late.SeenAt, err)
			}
			if _, err := tx.Session("old"); err == nil {
				t.Error("the session that was not used the longest is left")
			}
			_, err = tx.Session("new")
			return err
		})
	})
}

// TestTheBadgeCountsWhatWaits counts a pending request beside one that is settled.
func TestTheBadgeCountsWhatWaits(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		g := db.Ground(t, "nordhavn.example")
		now := db.Clock.Now()
		g.Update(t, func(tx *store.Tx) error {
			for _, name := range []string{"vera", "walt"} {
				q := pactius.AccessRequest{ID: pactius.RequestID(id.New()), CreatedAt: now, ExpiresAt: now, Version: 1,
					Person: storetest.Person(name+"@nordhavn.example", name), Units: []pactius.UnitID{g.Root}}
				if err := tx.InsertRequest(q); err != nil {
					return err
				}
				q.State = pactius.StateDeclined
				if name == "walt" {
					if err := tx.SettleRequest(q, store.Undo{}); err != nil {
						return err
					}
				}
			}
			return nil
		})
		g.View(t, func(tx *store.Tx) error {
			for _, scope := range []store.RequestScope{{All: true}, {Units: []pactius.UnitID{g.Root}}} {
				if n, err := tx.CountRequests(scope); err != nil || n != 1 {
					t.Errorf("%+v: %d requests wait, %v; want 1", scope, n, err)
				}
			}
			return nil
		})
	})
}
