package store_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/nearmiss"
	"github.com/pactius/pactius/internal/nearmiss/corpus"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
)

// stored are the keys of a user or request, as they are in the database.
func stored(t *testing.T, db *storetest.DB, table, column, id string) []string {
	t.Helper()
	var keys []string
	for _, row := range db.Rows(t, `SELECT key FROM `+table+` WHERE `+column+` = $1`, id) {
		keys = append(keys, strings.TrimSuffix(row, "|"))
	}
	return keys
}

func TestKeysFollowTheUser(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		g := db.Ground(t, "a.example")
		other := g.Invite(t, "anna.hansen@nordhavn.example", "Anna Hansen")
		u := g.Invite(t, "bo.friis@nordhavn.example", "Bo Friis")
		steps := []struct {
			name   string
			change func(*pactius.User)
			waits  int
		}{
			{"as added", func(*pactius.User) {}, 1},
			{"with another name", func(u *pactius.User) { u.Name = "Bo Østergaard-Friis" }, 1},
			{"with another account name", func(u *pactius.User) { u.Username = "bof@nordhavn.example" }, 1},
			{"with an e-mail address", func(u *pactius.User) { u.Email = "b.friis@nordhavn.example" }, 1},
			{"with an end date", func(u *pactius.User) { u.EndsOn = "2027-01-01" }, 1},
			{"deactivated", func(u *pactius.User) { u.DeactivatedAt = db.Clock.Now() }, 0},
			{"active again", func(u *pactius.User) { u.DeactivatedAt = other.DeactivatedAt }, 1},
			{"bound", func(u *pactius.User) { u.Identity = storetest.Person("", "").Identity }, 0},
		}
		for _, step := range steps {
			g.Update(t, func(tx *store.Tx) error {
				now, err := tx.User(u.ID)
				if err != nil {
					return err
				}
				step.change(&now)
				return tx.UpdateUser(now)
			})
			now := g.Reload(t, u.ID)
			if diff := cmp.Diff(nearmiss.Keys(nearmiss.OfUser(now)),
				stored(t, db, "user_keys", "user_id", string(u.ID))); diff != "" {
				t.Errorf("%s: keys (-want +got):\n%s", step.name, diff)
			}
			if n := db.Count(t, `SELECT COUNT(*) FROM user_keys WHERE user_id = $1
					AND waiting <> $2`, u.ID, step.waits); n != 0 {
				t.Errorf("%s: %d keys do not say whether the user waits", step.name, n)
			}
		}
		g.Update(t, func(tx *store.Tx) error { return tx.DeleteUser(g.Reload(t, other.ID)) })
		if left := stored(t, db, "user_keys", "user_id", string(other.ID)); len(left) > 0 {
			t.Errorf("keys of a user who is gone: %v", left)
		}
	})
}

func TestKeysFollowTheRequest(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		g := db.Ground(t, "a.example")
		u := g.User(t, "bo@nordhavn.example", "Bo Friis")
		q := pactius.AccessRequest{ID: "q1", Person: storetest.Person("anna.hanson@nordhavn.example", "Anna Hanson"),
			CreatedAt: db.Clock.Now(), ExpiresAt: db.Clock.Now(), State: pactius.StatePending, Version: 1}
		want := nearmiss.Keys(nearmiss.OfPerson(q.Person))
		has := func(when string, keys []string) {
			t.Helper()
			if diff := cmp.Diff(keys, stored(t, db, "request_keys", "request_id", "q1")); diff != "" {
				t.Errorf("%s: keys (-want +got):\n%s", when, diff)
			}
		}
		g.Update(t, func(tx *store.Tx) error { return tx.InsertRequest(q) })
		has("sent", want)
		g.View(t, func(tx *store.Tx) error {
			found, err := tx.SimilarRequests(
				nearmiss.Probes(nearmiss.Person{Username: "anna.hansen@nordhavn.example", Name: "Anna Hansen"}))
			if err == nil && (len(found) != 1 || found[0].ID != q.ID) {
				t.Errorf("found %v, want the request", found)
			}
			return err
		})
		q.State, q.UserID = pactius.StateApproved, u.ID
		g.Update(t, func(tx *store.Tx) error { return tx.SettleRequest(q, store.Undo{}) })
		has("approved", nil)
		g.Update(t, func(tx *store.Tx) error {
			approved, err := tx.Request(q.ID)
			if err != nil {
				return err
			}
			return tx.ReopenRequest(approved, "")
		})
		has("taken back", want)
		owner := pactius.Identity{TenantID: q.Person.TenantID, ObjectID: "another"}
		g.Update(t, func(tx *store.Tx) error {
			return tx.SupersedeRequests(q.Person.Username, owner, db.Clock.Now(), "released-1@nordhavn.example")
		})
		q.Person.Username = "released-1@nordhavn.example"
		has("its account name given to another", nearmiss.Keys(nearmiss.OfPerson(q.Person)))
	})
}

func TestOnlyThoseWhoWaitAreInvited(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		g := db.Ground(t, "a.example")
		waits := g.Invite(t, "anna.hansen@nordhavn.example", "Anna Hansen")
		in := g.User(t, "anna.hansen2@nordhavn.example", "Anna Hansen")
		off := g.Invite(t, "anna.hansen3@nordhavn.example", "Anna Hansen")
		g.Update(t, func(tx *store.Tx) error {
			off.DeactivatedAt = db.Clock.Now()
			return tx.UpdateUser(off)
		})
		g.View(t, func(tx *store.Tx) error {
			l := nearmiss.Probes(nearmiss.Person{Username: "anna.hanson@nordhavn.example", Name: "Anna Hansen"})
			invited, err := tx.SimilarInvited(l)
			if err != nil {
				return err
			}
			if len(invited) != 1 || invited[0].ID != waits.ID {
				t.Errorf("invited are %v, want only %s", invited, waits.Username)
			}
			all, err := tx.SimilarUsers(l)
			for _, u := range []pactius.User{waits, in, off} {
				if !slices.ContainsFunc(all, func(found pactius.User) bool { return found.ID == u.ID }) {
					t.Errorf("%s is not among all users: %v", u.Username, all)
				}
			}
			return err
		})
	})
}

func TestWordsAreCountedAndUsersRoughly(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		g := db.Ground(t, "a.example")
		c := corpus.New(corpus.Options{World: corpus.Development(), Seed: 3, Invited: 1500})
		invite(t, g, c.Invited)
		g.View(t, func(tx *store.Tx) error {
			got, err := tx.Commonness([]string{"hansen", "nobody at all", "nordhavn"})
			if err != nil {
				return err
			}
			if got.Users < 1000 || got.Users > 2200 {
				t.Errorf("about %d users, want about 1500", got.Users)
			}
			hansens := 0
			for _, p := range c.Invited {
				if strings.Contains(strings.ToLower(p.Name+p.Username+p.Email), "hansen") {
					hansens++
				}
			}
			if n := got.Words["hansen"]; n < hansens/2 || n > hansens || n == 0 {
				t.Errorf("hansen is counted %d times, want up to %d", n, hansens)
			}
			if got.Words["nobody at all"] != 0 || got.Words["nordhavn"] != nearmiss.MaxCount {
				t.Errorf("counted %v, want none of nobody and MaxCount of a word most have", got.Words)
			}
			return nil
		})
	})
}

// invite puts people in as users who wait.
func invite(t *testing.T, g *storetest.Ground, people []nearmiss.Person) map[pactius.UserID]int {
	t.Helper()
	indices := map[pactius.UserID]int{}
	g.Update(t, func(tx *store.Tx) error {
		clear(indices)
		for i, p := range people {
			u := pactius.User{ID: newUser(), Username: p.Username, Name: p.Name, Email: p.Email,
				CreatedBy: pactius.ByAdd}
			if err := tx.InsertUser(u, ""); err != nil {
				return fmt.Errorf("%s: %w", p.Username, err)
			}
			indices[u.ID] = i
		}
		return nil
	})
	return indices
}

// TestLookUpsUseIndexes asks both engines how they would answer: a table of a
// million users must not be read.
func TestLookUpsUseIndexes(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		g := db.Ground(t, "a.example")
		c := corpus.New(corpus.Options{World: corpus.Development(), Seed: 3, Invited: 3000})
		invite(t, g, c.Invited)
		if db.Engine() == "postgres" {
			db.Exec(t, `ANALYZE`)
		}
		g.View(t, func(tx *store.Tx) error {
			plan, err := store.PlanSimilar(tx, nearmiss.Probes(c.Invited[7]), db.Engine())
			for _, line := range plan {
				if strings.Contains(line, "Seq Scan") || strings.HasPrefix(line, "SCAN ") &&
					!strings.Contains(line, "found") && !strings.Contains(line, "json_each") {
					t.Errorf("a table is read: %s", line)
				}
			}
			if len(plan) < 10 {
				t.Errorf("the plan is %q", plan)
			}
			return err
		})
	})
}

func TestThoseWhoWereHereBeforeGetTheirKeys(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		for _, host := range []string{"a.example", "b.example"} {
			g := db.Ground(t, host)
			g.User(t, "bo@nordhavn.example", "Bo Friis")
			// together more than a batch
			invite(t, g, corpus.New(corpus.Options{World: corpus.Development(), Seed: 3, Invited: 600}).Invited)
			g.Update(t, func(tx *store.Tx) error {
				return tx.InsertRequest(pactius.AccessRequest{ID: "q1",
					Person: storetest.Person("x.y@nordhavn.example", "Xenia Yde"), CreatedAt: db.Clock.Now(),
					ExpiresAt: db.Clock.Now()})
			})
		}
		before := db.Dump(t)
		db.Exec(t, `DELETE FROM user_keys`)
		db.Exec(t, `DELETE FROM request_keys`)
		if err := db.FillKeys(t.Context()); err != nil {
			t.Fatal(err)
		}
		same(t, before, db.Dump(t))
	})
}
