package audit_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/audit"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/store/storetest"
)

func TestLog(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	g, other := db.Ground(t, "nordhavn.example"), db.Ground(t, "other.example")
	sales := g.Unit(t, g.Root, "Sales")
	root := g.User(t, "root@nordhavn.example", "Rikke Root",
		pactius.Grant{Unit: g.Root, Access: pactius.AccessAdminister})
	local := g.User(t, "local@nordhavn.example", "Lars Local",
		pactius.Grant{Unit: sales, Access: pactius.AccessAdminister})
	plain := g.User(t, "plain@nordhavn.example", "Pia Plain")
	log := audit.New(db.Work())
	record := func(e pactius.Event) {
		err := db.Work().Change(t.Context(), g.Actor(root), change.RoleUser, func(tx *change.Tx) error {
			tx.Record(e)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	record(pactius.Event{Kind: pactius.UserUnitsAssigned, User: local.ID,
		Facts: pactius.AccessFacts(nil, map[pactius.UnitID]pactius.Access{sales: pactius.AccessAdminister})})
	record(pactius.Event{Kind: pactius.UserChanged, User: plain.ID})
	record(pactius.Event{Kind: pactius.UnitRenamed, Unit: sales})
	tests := []struct {
		name  string
		actor pactius.Actor
		want  int
		kind  pactius.Kind
	}{
		{"an administrator of the root sees all", g.Actor(root), 3, -1},
		{"a local one sees the units and the people in them", g.Actor(local), 2, -1},
		{"Support sees all", pactius.SupportActor(g.Env), 3, -1},
		{"Support sees nothing of it elsewhere", pactius.SupportActor(other.Env), 0, -1},
		{"a user sees nothing", g.Actor(plain), 0, pactius.KindForbidden},
		{"a visitor neither", pactius.Visitor(g.Env, storetest.Person("v@nordhavn.example", "V"), ""), 0,
			pactius.KindNotSignedIn},
	}
	for _, test := range tests {
		page, err := log.Events(t.Context(), test.actor, pactius.EventFilter{})
		if len(page.Events) != test.want || (err != nil) != (test.kind >= 0) ||
			(err != nil && pactius.KindOf(err) != test.kind) {
			t.Errorf("%s: %d events, %v; want %d", test.name, len(page.Events), err, test.want)
		}
	}
	page, err := log.Events(t.Context(), g.Actor(root),
		pactius.EventFilter{From: db.Clock.Now(), To: db.Clock.Now().Add(time.Microsecond)})
	if err != nil {
		t.Fatal(err)
	}
	want := audit.Names{Users: map[pactius.UserID]string{root.ID: "Rikke Root", local.ID: "Lars Local",
		plain.ID: "Pia Plain"}, Erased: map[pactius.UserID]bool{},
		Units: map[pactius.UnitID]string{sales: "Sales"}, Requests: map[pactius.RequestID]string{},
		OpenUsers: map[pactius.UserID]pactius.UserID{root.ID: root.ID, local.ID: local.ID, plain.ID: plain.ID},
		OpenUnits: map[pactius.UnitID]bool{sales: true}}
	if diff := cmp.Diff(want, page.Names); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
	if e := page.Events[2]; e.Actor.Name != "Rikke Root" || e.Actor.Address != "192.0.2.1" ||
		!e.At.Equal(db.Clock.Now()) {
		t.Errorf("read back %+v", e)
	}
}
