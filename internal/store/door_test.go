package store_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
)

// withoutEffect are the methods that write what the door reads, and take no access away and alter no claim.
var withoutEffect = map[string]string{
	"InsertSession":     "a new session has been nowhere",
	"InsertUser":        "a new user has no session",
	"SeeSession":        "postpones the end of a session",
	"TrimVisits":        "visitors have no sessions at applications",
	"UserSignedIn":      "dates only, and the language of the next session",
	"InsertDoorSession": "ends only the sessions whose cookie it replaces, which it notes",
	"SetSecretWarned":   "counts warnings",
	"SetSealedSecret":   "the same secret in another form",

	"KeepFormerUsername": "former names are searched, and in no claim", "AdoptFormer": "as KeepFormerUsername",
}

// TestWhatTheDoorReadsIsNotedWhenItChanges calls every method of a transaction: one that changes a row which the door
// reads must make the instances look again.
func TestWhatTheDoorReadsIsNotedWhenItChanges(t *testing.T) {
	t.Parallel()
	db := storetest.On(t, "sqlite")
	alpha := mark(t, db, "alpha")
	tables := []string{"applications", "application_origins", "door_sessions", "environments", "memberships",
		"sessions", "signing_keys", "unit_above", "units", "users"}
	methods, changed, undo := reflect.TypeFor[*store.Tx](), map[string]bool{}, errors.New("undo")
	for i := range methods.NumMethod() {
		method := methods.Method(i)
		if method.Name == "Environment" || method.Name == "Context" {
			continue
		}
		for _, args := range alpha.calls(t, method, db.Clock.Now()) {
			err := db.Update(t.Context(), alpha.Env, func(tx *store.Tx) error {
				before := rowsOf(t, store.TxOf(tx), tables, alpha.Env)
				call(tx, method, args)
				after := rowsOf(t, store.TxOf(tx), tables, alpha.Env)
				if before == after {
					return undo
				}
				changed[method.Name] = true
				if withoutEffect[method.Name] == "" && !store.Affects(tx) {
					t.Errorf("%s changes what the door reads, and notes nothing (-before +after):\n%s", method.Name,
						cmp.Diff(before, after))
				}
				return undo
			})
			if !errors.Is(err, undo) {
				t.Fatal(err)
			}
		}
	}
	if len(changed) < 15 {
		t.Errorf("only these changed anything: %v", changed)
	}
}

func TestChangesAreNumberedAndReadInOrder(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		var heard []pactius.DoorChange
		db.WatchDoor(func(c []pactius.DoorChange) { heard = append(heard, c...) })
		alpha, bravo := mark(t, db, "alpha"), mark(t, db, "bravo")
		heard = nil
		seq := func(m *marked) (n int64) {
			m.View(t, func(tx *store.Tx) (err error) { n, err = tx.DoorSeq(); return err })
			return n
		}
		since := map[pactius.EnvironmentID]int64{alpha.Env: seq(alpha), bravo.Env: seq(bravo)}
		alpha.Update(t, func(tx *store.Tx) error {
			ended, err := tx.DeleteSession("alphatoken")
			if !ended {
				t.Error("there was no session")
			}
			return errors.Join(err, tx.UpdateUser(alpha.user), tx.SetUserLanguage(alpha.user.ID, "da"))
		})
		bravo.Update(t, func(tx *store.Tx) error { return tx.UpdateSigningKey(bravo.key) })
		want := []pactius.DoorChange{
			{Environment: alpha.Env, Seq: since[alpha.Env] + 1, User: alpha.user.ID},
			{Environment: alpha.Env, Seq: since[alpha.Env] + 2, Session: "alphatoken"},
			{Environment: bravo.Env, Seq: since[bravo.Env] + 1},
		}
		if diff := cmp.Diff(want, heard); diff != "" {
			t.Errorf("this instance heard (-want +got):\n%s", diff)
		}
		got, err := db.DoorChanges(t.Context(), since)
		if alpha.Env > bravo.Env {
			want = append(want[2:], want[:2]...)
		}
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("others read, %v (-want +got):\n%s", err, diff)
		}

		before := seq(alpha)
		if err := db.SweepDoor(t.Context(), db.Clock.Now().Add(2*pactius.DoorChangeKept)); err != nil {
			t.Fatal(err)
		}
		if left := seq(alpha); left != before {
			t.Errorf("the numbers go on from %d, not from %d", left, before)
		}
		if got, err := db.DoorChanges(t.Context(), since); err != nil || len(got) != 2 {
			t.Errorf("after the sweep %v, %v: the last of each environment stays", got, err)
		}
	})
}

// TestTheRemovalOfTheLastApplicationIsNumbered, although no application is left whose sessions it could end.
func TestTheRemovalOfTheLastApplicationIsNumbered(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		var heard []pactius.DoorChange
		db.WatchDoor(func(c []pactius.DoorChange) { heard = append(heard, c...) })
		m, without := mark(t, db, "alpha"), db.Ground(t, "none.example")
		heard = nil
		m.Update(t, func(tx *store.Tx) error {
			all, err := tx.Applications()
			for _, a := range all {
				err = errors.Join(err, tx.DeleteApplication(a))
			}
			return err
		})
		if len(heard) != 1 || heard[0].Environment != m.Env {
			t.Errorf("heard %v", heard)
		}
		without.User(t, "ada@nordhavn.example", "Ada")
		without.Unit(t, without.Root, "Sales")
		if len(heard) != 1 {
			t.Errorf("changes where no application ever was are numbered: %v", heard[1:])
		}
	})
}

func TestADoorSessionEndsWithThePortals(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		m := mark(t, db, "alpha")
		m.View(t, func(tx *store.Tx) error {
			look, err := tx.DoorLook("alphatoken", m.app.ID)
			if err != nil || look.User.ID != m.user.ID || look.Access != pactius.AccessAdminister ||
				look.SessionHash != "alphatoken" || look.Environment.ID != m.Env || look.Application.ID != m.app.ID ||
				len(look.Memberships) != 2 || look.Seq == 0 || look.Session.ID != m.session.ID {
				t.Errorf("%+v, %v", look, err)
			}
			if _, err := tx.DoorLook("alphatoken", "other"); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("another application found %v", err)
			}
			return nil
		})
		m.Update(t, func(tx *store.Tx) error { _, err := tx.DeleteSession("alphatoken"); return err })
		m.View(t, func(tx *store.Tx) error {
			if _, err := tx.DoorLook("alphatoken", m.app.ID); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("after the end of the portal's session: %v", err)
			}
			return nil
		})
		err := db.Update(t.Context(), m.Env, func(tx *store.Tx) error {
			return tx.InsertDoorSession("late", m.doorSession())
		})
		if !errors.Is(err, store.ErrInUse) {
			t.Errorf("a session of an ended session: %v", err)
		}
	})
}

// TestAnApplicationOpensAtAllItsOrigins: each origin has a cookie of its own, so a sign-in at one leaves the others.
func TestAnApplicationOpensAtAllItsOrigins(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		m := mark(t, db, "alpha") // has a session
		d := m.doorSession()
		for i := range pactius.MaxOrigins {
			d.CreatedAt = d.CreatedAt.Add(time.Second)
			m.Update(t, func(tx *store.Tx) error { return tx.InsertDoorSession(fmt.Sprint("origin ", i), d) })
		}
		m.View(t, func(tx *store.Tx) error {
			for i := range pactius.MaxOrigins {
				if _, err := tx.DoorSession(fmt.Sprint("origin ", i)); err != nil {
					t.Errorf("the session at origin %d: %v", i, err)
				}
			}
			if _, err := tx.DoorSession("alphatoken"); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("one session more than origins: %v", err)
			}
			return nil
		})
	})
}

func TestSessionsInUseAreNotedTogether(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		all := []*marked{mark(t, db, "alpha"), mark(t, db, "bravo")}
		at := db.Clock.Now().Add(time.Minute)
		var seen []store.DoorSeen
		for _, m := range all {
			seen = append(seen, store.DoorSeen{Environment: m.Env, Session: m.mark + "token"})
		}
		if err := db.SeeSessions(t.Context(), slices.Repeat(seen, 40), at); err != nil {
			t.Fatal(err)
		}
		for _, m := range all {
			m.View(t, func(tx *store.Tx) error {
				if s, err := tx.Session(m.mark + "token"); err != nil || !s.SeenAt.Equal(at) {
					t.Errorf("%s was seen at %v, %v", m.mark, s.SeenAt, err)
				}
				return nil
			})
		}
	})
}
