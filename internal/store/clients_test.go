package store_test

import (
	"errors"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
)

// atClient is an environment with a user who is signed in at a client.
func atClient(t *testing.T, db *storetest.DB, name string) *marked {
	t.Helper()
	m := mark(t, db, name)
	m.Update(t, func(tx *store.Tx) error { return tx.ReviewClient(m.client.ID, db.Clock.Now().Add(time.Hour)) })
	return m
}

// toReview returns the client sessions that are to be looked at.
func toReview(t *testing.T, db *storetest.DB, m *marked) []pactius.ClientSessionID {
	t.Helper()
	var ids []pactius.ClientSessionID
	m.View(t, func(tx *store.Tx) error {
		due, err := tx.ClientsToReview(db.Clock.Now(), 10)
		for _, s := range due {
			ids = append(ids, s.ID)
		}
		return err
	})
	return ids
}

func TestAChangeHasClientSessionsLookedAt(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		other := atClient(t, db, "other")
		for name, c := range map[string]struct {
			change func(m *marked, tx *store.Tx) error
			all    bool
		}{
			"the session of the portal ends": {func(m *marked, tx *store.Tx) error {
				_, err := tx.DeleteSession(m.mark + "token")
				return err
			}, false},
			"the user changes": {func(m *marked, tx *store.Tx) error {
				u := m.user
				u.Name = "Another Name"
				return tx.UpdateUser(u)
			}, false},
			"the application changes": {func(m *marked, tx *store.Tx) error {
				a := m.app
				a.Access = pactius.AccessWrite
				return tx.UpdateApplication(a)
			}, true},
		} {
			m := atClient(t, db, "a"+strconv.Itoa(len(name)))
			if due := toReview(t, db, m); len(due) != 0 {
				t.Fatalf("%s: %v is to be looked at before", name, due)
			}
			m.Update(t, func(tx *store.Tx) error { return c.change(m, tx) })
			if due := toReview(t, db, m); c.all != (len(due) == 0) {
				t.Errorf("%s: %v is to be looked at", name, due)
			}
			m.View(t, func(tx *store.Tx) error {
				if _, err := tx.ReviewFrom(); c.all != (err == nil) {
					t.Errorf("%s: the review of all: %v", name, err)
				}
				return nil
			})
			work, err := db.ClientReviews(t.Context(), db.Clock.Now())
			if err != nil || !slices.Contains(work, m.Env) || slices.Contains(work, other.Env) {
				t.Errorf("%s: there is work for %v, %v", name, work, err)
			}
		}
	})
}

func TestAClientIsToldByOneWorker(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		m := atClient(t, db, "a")
		now := db.Clock.Now()
		m.Update(t, func(tx *store.Tx) error { return tx.EndClient(m.client.ID, now) })
		m.View(t, func(tx *store.Tx) error {
			if _, _, err := tx.ClientLook(m.grant().ID, m.app.ID); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("a grant that has ended: %v", err)
			}
			return nil
		})
		first, err := db.ClaimClients(t.Context(), m.Env, now, time.Minute, 10)
		if err != nil || len(first) != 1 || first[0].Attempts != 1 || first[0].User != m.user.ID {
			t.Fatalf("claimed %+v, %v", first, err)
		}
		if again, err := db.ClaimClients(t.Context(), m.Env, now, time.Minute, 10); err != nil || len(again) != 0 {
			t.Fatalf("claimed twice: %+v, %v", again, err)
		}
		second, err := db.ClaimClients(t.Context(), m.Env, now.Add(time.Minute), time.Minute, 10)
		if err != nil || len(second) != 1 {
			t.Fatalf("claimed after the lease: %+v, %v", second, err)
		}
		m.Update(t, func(tx *store.Tx) error {
			if held, err := tx.ForgetClient(first[0].ID, first[0].Attempts); held || err != nil {
				t.Errorf("a worker that came too late: %v, %v", held, err)
			}
			if held, err := tx.ClientLater(second[0], now.Add(time.Hour), "away"); !held || err != nil {
				t.Errorf("the worker with the claim: %v, %v", held, err)
			}
			return nil
		})
		third, err := db.ClaimClients(t.Context(), m.Env, now.Add(time.Hour), time.Minute, 10)
		if err != nil || len(third) != 1 || third[0].Failed != 1 || third[0].LastError != "away" {
			t.Fatalf("claimed after it was put off: %+v, %v", third, err)
		}
		m.Update(t, func(tx *store.Tx) error {
			if held, err := tx.ForgetClient(third[0].ID, third[0].Attempts); !held || err != nil {
				t.Errorf("told: %v, %v", held, err)
			}
			return nil
		})
	})
}

func TestARefreshTokenAdvancesOnce(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		m := atClient(t, db, "a")
		m.Update(t, func(tx *store.Tx) error {
			for i, want := range []bool{true, false} {
				if held, err := tx.AdvanceGrant(m.grant().ID, 0, db.Clock.Now()); held != want || err != nil {
					t.Errorf("%d: %v, %v", i, held, err)
				}
			}
			look, g, err := tx.ClientLook(m.grant().ID, m.app.ID)
			if err != nil || g.Generation != 1 || look.User.ID != m.user.ID || look.SessionHash != m.client.Session {
				t.Errorf("looked up %+v %+v, %v", look, g, err)
			}
			if look, err := tx.SessionLook(m.client.Session, m.app.ID); err != nil || look.User.ID != m.user.ID {
				t.Errorf("looked up by the session: %+v, %v", look, err)
			}
			for i, want := range []bool{true, false} {
				if held, err := tx.EndGrant(m.grant().ID); held != want || err != nil {
					t.Errorf("end %d: %v, %v", i, held, err)
				}
			}
			return nil
		})
	})
}

func TestAReviewOfAllBeginsAnew(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		m := atClient(t, db, "a")
		again := func() {
			m.Update(t, func(tx *store.Tx) error {
				return tx.InsertSigningKey(pactius.SigningKey{ID: db.Clock.Now().String(), CreatedAt: db.Clock.Now()})
			})
		}
		again()
		m.Update(t, func(tx *store.Tx) error {
			all, err := tx.ClientsAfter("", 10)
			if err != nil || len(all) != 1 {
				t.Fatalf("%d client sessions, %v", len(all), err)
			}
			return tx.ReviewOn("", all[0].ID)
		})
		db.Clock.Advance(time.Second)
		again()
		m.Update(t, func(tx *store.Tx) error { return tx.ReviewOn(m.client.ID, "") })
		m.Update(t, func(tx *store.Tx) error {
			if from, err := tx.ReviewFrom(); err != nil || from != "" {
				t.Errorf("the review is at %q, %v", from, err)
			}
			return tx.ReviewOn("", "")
		})
		m.View(t, func(tx *store.Tx) error {
			if _, err := tx.ReviewFrom(); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("the review is not over: %v", err)
			}
			return nil
		})
	})
}
