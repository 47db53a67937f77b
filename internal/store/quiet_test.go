package store_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
)

// TestListsLeaveOutSignIns reads lists of events, most of which are sign-ins, in every way that they are found.
func TestListsLeaveOutSignIns(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		g := db.Ground(t, "a.example")
		sales, legal := g.Unit(t, g.Root, "Sales"), g.Unit(t, g.Root, "Legal")
		north := g.Unit(t, sales, "North")
		anna := g.User(t, "anna@a.example", "Anna", pactius.Grant{Unit: north, Access: pactius.AccessRead}).ID
		bo := g.User(t, "bo@a.example", "Bo", pactius.Grant{Unit: legal, Access: pactius.AccessRead}).ID
		names := map[pactius.EventID]string{}
		g.Update(t, func(tx *store.Tx) error {
			record := func(name string, e pactius.Event) error {
				e.ID, e.At = pactius.EventID(id.At(db.Clock.Now())), db.Clock.Now()
				names[e.ID] = name
				return tx.InsertEvents(e)
			}
			for i := range 40 {
				for _, e := range []pactius.Event{{Kind: pactius.UserSignedIn, User: anna},
					{Kind: pactius.UserSignedOut, User: bo}, {Kind: pactius.VisitorSignedIn}} {
					if err := record("noise", e); err != nil {
						return err
					}
				}
				for name, e := range map[string]pactius.Event{
					"anna": {Kind: pactius.UserChanged, User: anna}, "bo": {Kind: pactius.UserAdded, User: bo},
					"north": {Kind: pactius.UnitRenamed, Unit: north},
					"legal": {Kind: pactius.UnitRenamed, Unit: legal},
				} {
					if i%20 == 0 {
						if err := record(name, e); err != nil {
							return err
						}
					}
				}
			}
			return nil
		})
		all := store.EventScope{All: true}
		local := store.EventScope{Units: []pactius.UnitID{sales}}
		for _, test := range []struct {
			name  string
			f     pactius.EventFilter
			scope store.EventScope
			want  string
		}{
			{"everything", pactius.EventFilter{Quiet: true}, all, "anna:2 bo:2 legal:2 north:2"},
			{"with sign-ins", pactius.EventFilter{}, all, "anna:2 bo:2 legal:2 noise:120 north:2"},
			{"of a person", pactius.EventFilter{Quiet: true, User: anna}, all, "anna:2"},
			{"of a person, with sign-ins", pactius.EventFilter{User: anna}, all, "anna:2 noise:40"},
			{"a kind of sign-in is asked for", pactius.EventFilter{Quiet: true, Kind: pactius.UserSignedIn}, all,
				"noise:40"},
			{"a group", pactius.EventFilter{Quiet: true, Kind: "user."}, all, "anna:2 bo:2"},
			{"a group, with sign-ins", pactius.EventFilter{Kind: "user."}, all, "anna:2 bo:2 noise:80"},
			{"another group", pactius.EventFilter{Kind: "unit."}, all, "legal:2 north:2"},
			{"a unit and those below", pactius.EventFilter{Quiet: true, Unit: sales}, all, "anna:2 north:2"},
			{"a unit and a kind", pactius.EventFilter{Unit: sales, Kind: pactius.UnitRenamed}, all, "north:2"},
			{"a unit and a group", pactius.EventFilter{Unit: sales, Kind: "user."}, all, "anna:2 noise:40"},
			{"a unit and a person", pactius.EventFilter{Quiet: true, Unit: sales, User: anna}, all, "anna:2"},
			{"a unit and a person elsewhere", pactius.EventFilter{Unit: sales, User: bo}, all, ""},
			{"a part of the tree", pactius.EventFilter{Quiet: true}, local, "anna:2 north:2"},
			{"a part of the tree and a kind", pactius.EventFilter{Kind: pactius.UserChanged}, local, "anna:2"},
			{"a part of the tree and a person elsewhere", pactius.EventFilter{User: bo}, local, ""},
		} {
			for _, bounds := range []store.Bounds{{}, store.TightBounds} {
				store.SetBounds(db.Store, bounds)
				if got := tally(t, g, names, test.f, test.scope); got != test.want {
					t.Errorf("%s: %s", test.name, cmp.Diff(test.want, got))
				}
			}
		}
	})
}

// tally reads all pages of a list and counts the events by name.
func tally(t *testing.T, g *storetest.Ground, names map[pactius.EventID]string, f pactius.EventFilter,
	scope store.EventScope) string {
	t.Helper()
	counts := map[string]int{}
	f.Limit = 3
	for more := true; more; more = f.After != "" {
		g.View(t, func(tx *store.Tx) error {
			page, err := tx.Events(f, scope)
			for _, e := range page.Events {
				counts[names[e.ID]]++
			}
			f.After = page.Next
			return err
		})
	}
	var all []string
	for name, n := range counts {
		all = append(all, fmt.Sprintf("%s:%d", name, n))
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}

// TestSignInsAreNotWalkedPast reads the engine's plans: the events without sign-ins have indexes of their own.
func TestSignInsAreNotWalkedPast(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		c := gather(t, db)
		c.Update(t, func(tx *store.Tx) error {
			for i := range 3000 {
				e := pactius.Event{ID: pactius.EventID(id.At(db.Clock.Now())), At: db.Clock.Now(),
					Kind: pactius.UserSignedIn, User: c.users[i%len(c.users)].ID,
					Actor: pactius.UserActor(c.Env, c.users[i%len(c.users)].ID, "")}
				if i%100 == 0 {
					e.Kind = pactius.UserChanged
				}
				if err := tx.InsertEvents(e); err != nil {
					return err
				}
			}
			return nil
		})
		if db.Engine() != "sqlite" {
			db.Exec(t, `ANALYZE`)
		}
		s, ran := watched(t, db)
		leaf := store.EventScope{Units: c.units[11:]}
		for name, list := range map[string]func(*store.Tx) error{
			"everything": func(tx *store.Tx) error {
				_, err := tx.Events(pactius.EventFilter{Quiet: true}, store.EventScope{All: true})
				return err
			},
			"of a person": func(tx *store.Tx) error {
				_, err := tx.Events(pactius.EventFilter{Quiet: true, User: c.users[0].ID}, store.EventScope{All: true})
				return err
			},
			"of a few": func(tx *store.Tx) error {
				_, err := tx.Events(pactius.EventFilter{Quiet: true}, leaf)
				return err
			},
		} {
			*ran = nil
			if err := s.View(t.Context(), c.Env, list); err != nil {
				t.Fatal(err)
			}
			quiet := false
			for _, a := range *ran {
				plan := strings.Join(explain(t, db, a), "\n")
				quiet = quiet || strings.Contains(plan, "events_quiet")
				if strings.Contains(plan, "events_by_user") || strings.Contains(plan, "events_by_actor") {
					t.Errorf("%s walks past sign-ins:\n%s\n%s", name, a.query, plan)
				}
			}
			if !quiet {
				t.Errorf("%s uses no index without sign-ins", name)
			}
		}
	})
}
