package store_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
)

// staff puts in users with identities.
func staff(t *testing.T, g *storetest.Ground, n int) []pactius.User {
	t.Helper()
	users := make([]pactius.User, n)
	for i := range users {
		users[i] = g.User(t, fmt.Sprintf("p%04d@nordhavn.example", i), fmt.Sprintf("Person %04d", i))
	}
	return users
}

func ids(users []pactius.User) []pactius.UserID {
	all := make([]pactius.UserID, len(users))
	for i, u := range users {
		all[i] = u.ID
	}
	return all
}

// TestUsersAreFoundByTheirAccounts with more accounts than stand in one statement.
func TestUsersAreFoundByTheirAccounts(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		g := db.Ground(t, "nordhavn.example")
		users := staff(t, g, 130)
		for _, n := range []int{0, 1, 99, 100, 101, 130} {
			var oids []string
			for _, u := range users[:n] {
				oids = append(oids, u.Identity.ObjectID)
			}
			g.View(t, func(tx *store.Tx) error {
				found, err := tx.UsersByObjectID(storetest.Tenant, append(oids, "", "nobody"))
				got := ids(found)
				slices.Sort(got)
				want := ids(users[:n])
				slices.Sort(want)
				noNil := cmp.Transformer("nil", func(v []pactius.UserID) []pactius.UserID {
					return append([]pactius.UserID{}, v...)
				})
				if diff := cmp.Diff(want, got, noNil); diff != "" && n > 0 {
					t.Errorf("%d accounts (-want +got):\n%s", n, diff)
				}
				other, otherErr := tx.UsersByObjectID("another tenant", oids)
				if len(other) > 0 {
					t.Errorf("%d users of another tenant", len(other))
				}
				return errors.Join(err, otherErr)
			})
		}
	})
}

func TestWhoWasNotSeen(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		g := db.Ground(t, "nordhavn.example")
		users := staff(t, g, 120)
		g.Invite(t, "invited@nordhavn.example", "Invited") // has no account to be seen
		g.Update(t, func(tx *store.Tx) error {
			return errors.Join(tx.SeeUsers(ids(users[:110])), tx.SeeUsers(ids(users[100:110])))
		})
		var got []pactius.UserID
		g.View(t, func(tx *store.Tx) error {
			for after := pactius.UserID(""); ; {
				page, next, err := tx.UnseenUsers(storetest.Tenant, after, 4)
				if got = append(got, page...); err != nil || next == "" {
					return err
				}
				after = next
			}
		})
		want := ids(users[110:])
		slices.Sort(want)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("unseen (-want +got):\n%s", diff)
		}
		g.Update(t, func(tx *store.Tx) error {
			for _, want := range []int{100, 10, 0} {
				if n, err := tx.ForgetSeen(100); err != nil || n != want {
					t.Errorf("forgot %d, %v; want %d", n, err, want)
				}
			}
			return nil
		})
	})
}

// TestAFindingIsReplacedByTheNext: the last word counts, and a decision is about
// the state it was made for.
func TestAFindingIsReplacedByTheNext(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		g := db.Ground(t, "nordhavn.example")
		u := staff(t, g, 1)[0]
		at := db.Clock.Now().Add(time.Hour)
		put := func(state pactius.AccountState, at time.Time) {
			g.Update(t, func(tx *store.Tx) error {
				return tx.PutFinding(pactius.AccountFinding{User: u.ID, State: state, FoundAt: at})
			})
		}
		due := func(left bool) []pactius.AccountFinding {
			var found []pactius.AccountFinding
			g.View(t, func(tx *store.Tx) (err error) {
				found, err = tx.DueFindings("", left, 10)
				return err
			})
			return found
		}
		put(pactius.AccountDisabled, at)
		if n := len(due(false)); n != 0 {
			t.Errorf("%d are carried out without anybody's leave", n)
		}
		g.Update(t, func(tx *store.Tx) error {
			early, err := tx.DecideFindings(pactius.SweepCarryOut, at.Add(-time.Second))
			if early != 0 {
				t.Errorf("%d are decided about that were found later", early)
			}
			n, later := tx.DecideFindings(pactius.SweepCarryOut, at)
			if n != 1 {
				t.Errorf("%d are decided about, want 1", n)
			}
			return errors.Join(err, later)
		})
		put(pactius.AccountDisabled, at.Add(time.Minute)) // the same page again
		want := []pactius.AccountFinding{{User: u.ID, State: pactius.AccountDisabled, FoundAt: at.Add(time.Minute),
			Decision: pactius.SweepCarryOut}}
		if diff := cmp.Diff(want, due(false)); diff != "" {
			t.Errorf("found again (-want +got):\n%s", diff)
		}
		put(pactius.AccountDeleted, at)
		if n := len(due(false)); n != 0 {
			t.Error("a decision about a disabled account counts for a deleted one")
		}
		g.Update(t, func(tx *store.Tx) error {
			return tx.FindingDone(u.ID, at, pactius.LeaverDeactivated)
		})
		if n := len(due(true)); n != 0 {
			t.Error("what is done is due")
		}
		g.Update(t, func(tx *store.Tx) error {
			if err := tx.FindingDone(u.ID, at, pactius.LeaverMarked); !errors.Is(err, store.ErrStale) {
				t.Errorf("done twice: %v", err)
			}
			counts, err := tx.UntoldOutcomes()
			if diff := cmp.Diff(map[pactius.Leaving]int{pactius.LeaverDeactivated: 1}, counts); diff != "" {
				t.Errorf("untold (-want +got):\n%s", diff)
			}
			return errors.Join(err, tx.ForgetFindings(at), tx.TellFindings(),
				tx.ForgetFindings(at.Add(-time.Second)))
		})
		if n := db.Count(t, `SELECT COUNT(*) FROM sweep_findings WHERE told = 1`); n != 1 {
			t.Errorf("%d findings are kept, want 1: what is not told, or younger, is not forgotten", n)
		}
		g.Update(t, func(tx *store.Tx) error { return tx.ForgetFindings(at) })
		if n := db.Count(t, `SELECT COUNT(*) FROM sweep_findings`); n != 0 {
			t.Errorf("%d findings are left", n)
		}
	})
}

func TestThoseWhoWaitArePaged(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		g := db.Ground(t, "nordhavn.example")
		users := staff(t, g, 12)
		at := db.Clock.Now()
		g.Update(t, func(tx *store.Tx) error {
			for i, u := range users {
				state := []pactius.AccountState{pactius.AccountDisabled, pactius.AccountDeleted, pactius.AccountUnknown,
					pactius.AccountPresent}[i%4]
				if err := tx.PutFinding(pactius.AccountFinding{User: u.ID, State: state,
					FoundAt: at}); err != nil {
					return err
				}
			}
			return nil
		})
		var got []string
		g.View(t, func(tx *store.Tx) error {
			for after := ""; ; {
				page, next, err := tx.WaitingLeavers(after, 4)
				if err != nil {
					return err
				}
				for _, l := range page {
					got = append(got, l.Name+" "+string(l.Finding.State))
				}
				if after = next; next == "" {
					break
				}
			}
			n, last, err := tx.CountWaiting()
			if n != 6 || !last.Equal(at) {
				t.Errorf("%d wait, the last since %s", n, last)
			}
			_, _, damaged := tx.WaitingLeavers("nonsense!", 4)
			if pactius.KindOf(damaged) != pactius.KindInvalid {
				t.Errorf("a damaged cursor: %v", damaged)
			}
			return err
		})
		want := []string{"Person 0000 disabled", "Person 0001 deleted", "Person 0004 disabled", "Person 0005 deleted",
			"Person 0008 disabled", "Person 0009 deleted"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("those who wait (-want +got):\n%s", diff)
		}
	})
}

func TestTheListOfThoseWhoAreGone(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		g := db.Ground(t, "nordhavn.example")
		users := staff(t, g, 5)
		gone := users[3]
		gone.AccountState, gone.AccountStateAt, gone.SweptOut, gone.DeactivatedAt = pactius.AccountDeleted,
			db.Clock.Now(), true, db.Clock.Now()
		g.Update(t, func(tx *store.Tx) error { return tx.UpdateUser(gone) })
		gone.Version++
		g.View(t, func(tx *store.Tx) error {
			page, err := tx.Users(pactius.UserFilter{Gone: true}, store.UserScope{All: true})
			if diff := cmp.Diff([]pactius.User{gone}, page.Users); diff != "" || page.Total != 1 {
				t.Errorf("%d are gone (-want +got):\n%s", page.Total, diff)
			}
			return err
		})
	})
}
