package store_test

import (
	"cmp"
	"slices"
	"testing"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
)

// Identifiers that both twins use.
const (
	twinRoot, twinSales, twinLegal, twinNorth = pactius.UnitID("root"), pactius.UnitID("sales"),
		pactius.UnitID("legal"), pactius.UnitID("north")
	twinBoss, twinOther, twinGone = pactius.UserID("boss"), pactius.UserID("other"), pactius.UserID("gone")
	twinRequest, twinToken        = pactius.RequestID("request"), "token"
)

// twin is an environment whose rows have the same identifiers as those of the other
// twin. It has an administrator of the root (boss), a user with some access to the
// root (other), an administrator of the root who may be off (gone), and a pending
// request.
type twin struct {
	mark   string // begins every name
	other  pactius.Access
	gone   bool
	north  pactius.UnitID // the unit above north
	wished pactius.UnitID
}

// put stores the twin's rows and returns a way to look at them.
func (w twin) put(t *testing.T, db *storetest.DB) *storetest.Ground {
	t.Helper()
	g := db.Ground(t, w.mark+".example")
	db.Exec(t, `DELETE FROM units WHERE environment_id = $1`, g.Env)
	now := db.Clock.Now()
	user := func(tx *store.Tx, id pactius.UserID, access pactius.Access) error {
		u := pactius.User{ID: id, Username: string(id) + "@nordhavn.example", Name: w.mark + " " + string(id),
			CreatedAt: now, CreatedBy: pactius.ByAdd,
			Identity: pactius.Identity{TenantID: storetest.Tenant, ObjectID: "oid-" + string(id)}}
		if id == twinGone && w.gone {
			u.DeactivatedAt = now
		}
		creator := pactius.UserID("")
		if id == twinGone && !w.gone {
			creator = twinOther
		}
		return cmp.Or(tx.InsertUser(u, creator),
			tx.SetMemberships(id, []pactius.Grant{{Unit: twinRoot, Access: access}}, now))
	}
	g.Update(t, func(tx *store.Tx) error {
		unit := func(id, above pactius.UnitID) error {
			return tx.InsertUnit(pactius.Unit{ID: id, ParentID: above, Name: w.mark + " " + string(id), CreatedAt: now})
		}
		q := pactius.AccessRequest{ID: twinRequest, Person: storetest.Person("vera@nordhavn.example", w.mark+" Vera"),
			Units: []pactius.UnitID{w.wished}, CreatedAt: now, ExpiresAt: now, Version: 1}
		whose := map[bool]pactius.UserID{true: twinBoss, false: twinOther}[w.gone]
		s := pactius.Session{ID: pactius.SessionID(id.New()), UserID: whose, CreatedAt: now, SeenAt: now,
			ExpiresAt: now.Add(pactius.SessionAbsolute), Person: storetest.Person("x@nordhavn.example", w.mark)}
		return cmp.Or(unit(twinRoot, ""), unit(twinSales, twinRoot), unit(twinLegal, twinRoot),
			unit(twinNorth, w.north),
			user(tx, twinBoss, pactius.AccessAdminister), user(tx, twinOther, w.other),
			user(tx, twinGone, pactius.AccessAdminister), tx.InsertRequest(q), tx.InsertSession(twinToken, s))
	})
	return g
}

// TestTwinsKeepApart reads and changes one of two environments whose rows have the
// same identifiers: only the environment's ID tells them apart.
func TestTwinsKeepApart(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		twins := []twin{
			{"Ost", pactius.AccessRead, true, twinSales, twinSales},
			{"Vest", pactius.AccessAdminister, false, twinLegal, twinLegal},
		}
		var grounds []*storetest.Ground
		for _, w := range twins {
			grounds = append(grounds, w.put(t, db))
		}
		for i, w := range twins {
			grounds[i].View(t, func(tx *store.Tx) error { return w.check(t, tx) })
		}
		before := grounds[1].Dump(t)
		grounds[0].Update(t, func(tx *store.Tx) error {
			boss, err := tx.User(twinBoss)
			q, requestErr := tx.Request(twinRequest)
			boss.Name, q.State = "Renamed", pactius.StateDeclined
			_, sessionsErr := tx.DeleteSessions(twinBoss)
			return cmp.Or(err, requestErr, sessionsErr, tx.UpdateUser(boss), tx.SettleRequest(q, store.Undo{}),
				tx.SetMemberships(twinBoss, []pactius.Grant{{Unit: twinRoot}}, db.Clock.Now()))
		})
		if after := grounds[1].Dump(t); !sameRows(before, after) {
			t.Errorf("changes of one twin reached the other:\n%v\n%v", before, after)
		}
	})
}

func sameRows(a, b map[string][]string) bool {
	for table, rows := range a {
		if !slices.Equal(rows, b[table]) {
			return false
		}
	}
	return len(a) == len(b)
}

// check compares what is read in the twin with what was put there.
func (w twin) check(t *testing.T, tx *store.Tx) error {
	t.Helper()
	want := map[bool]int{true: 0, false: 2}[w.gone]
	others, err := tx.OtherRootAdministrators(twinBoss)
	if err != nil || others != want {
		t.Errorf("%s: %d other administrators of the root, want %d", w.mark, others, want)
	}
	units, memberships, standingErr := tx.Standing(twinOther)
	if len(units) != 1 || len(memberships) != 1 || memberships[0].Access != w.other {
		t.Errorf("%s: %d units, memberships %v", w.mark, len(units), memberships)
	}
	above, aboveErr := tx.UnitsAbove([]pactius.UnitID{twinNorth})
	var ids []pactius.UnitID
	for _, u := range above {
		ids = append(ids, u.ID)
		if u.Name != w.mark+" "+string(u.ID) {
			t.Errorf("%s: above is %s", w.mark, u.Name)
		}
	}
	slices.Sort(ids)
	wantIDs := slices.Sorted(slices.Values([]pactius.UnitID{twinNorth, twinRoot, w.north}))
	if !slices.Equal(ids, wantIDs) {
		t.Errorf("%s: above are %v, want %v", w.mark, ids, wantIDs)
	}
	whose := map[bool]pactius.UserID{true: twinBoss, false: twinOther}[w.gone]
	s, u, sessionErr := tx.SessionUser(twinToken)
	if s.UserID != whose || u.Name != w.mark+" "+string(whose) || s.Person.Name != w.mark {
		t.Errorf("%s: the session is of %s, %s", w.mark, s.UserID, u.Name)
	}
	named, namedErr := tx.UsersNamed(u.Identity, string(twinGone)+"@nordhavn.example")
	if named.Linked == nil || named.Named == nil || named.Named.Name != w.mark+" "+string(twinGone) {
		t.Errorf("%s: named %+v", w.mark, named)
	}
	creator, creatorErr := tx.UserCreator(twinGone)
	if (creator == twinOther) == w.gone {
		t.Errorf("%s: created by %q", w.mark, creator)
	}
	waiting, waitingErr := tx.CountRequests(store.RequestScope{Units: []pactius.UnitID{w.wished}})
	elsewhere, elsewhereErr := tx.CountRequests(store.RequestScope{Units: []pactius.UnitID{twinNorth}})
	if waiting != 1 || elsewhere != 0 {
		t.Errorf("%s: %d requests in the unit, %d in another, want 1 and 0", w.mark, waiting, elsewhere)
	}
	return cmp.Or(err, standingErr, aboveErr, sessionErr, namedErr, creatorErr, waitingErr, elsewhereErr)
}
