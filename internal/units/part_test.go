package units_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
	"github.com/pactius/pactius/internal/units"
)

// outline writes rows as lines: "Sales [North | more after North]"; + is a unit with others below that are not shown.
func outline(rows []units.Row) string {
	var all []string
	for _, row := range rows {
		text := row.Unit.Name
		switch {
		case row.Open:
			text += " [" + outline(row.Rows) + "]"
			if row.Next != "" {
				text += " more"
			}
			if row.Later {
				text += " later"
			}
		case row.Below:
			text += "+"
		}
		if row.Beyond {
			text = "... " + text
		}
		all = append(all, text)
	}
	return strings.Join(all, ", ")
}

// plant adds units below another, "Unit 1" and so on, and returns their IDs.
func (w *world) plant(t *testing.T, parent pactius.UnitID, name string, n int) []pactius.UnitID {
	t.Helper()
	var ids []pactius.UnitID
	w.Update(t, func(tx *store.Tx) error {
		ids = nil
		for i := range n {
			u := pactius.Unit{ID: pactius.UnitID(id.New()), ParentID: parent, Name: fmt.Sprint(name, " ", i+1),
				CreatedAt: w.db.Clock.Now(), Version: 1}
			if err := tx.InsertUnit(u); err != nil {
				return err
			}
			ids = append(ids, u.ID)
		}
		return nil
	})
	return ids
}

func (w *world) part(t *testing.T, actor pactius.Actor, look units.Look) units.Part {
	t.Helper()
	p, err := w.rules.Part(ctx, actor, look)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestASmallTreeIsShownWhole(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		w := build(t, db, "small.example")
		for _, name := range []string{"Team 10", "Team 2", "Ærø", "Ødis", "Århus", "Zoo", "amager"} {
			w.Unit(t, w.sales, name)
		}
		old := w.Unit(t, w.sales, "Old")
		must(t, w.archive(w.root, old))
		const want = "[Legal, Sales [amager, North, Team 2, Team 10, Zoo, Ærø, Ødis, Århus]]"
		p := w.part(t, w.local, units.Look{})
		if got := outline(p.Rows); !strings.HasSuffix(got, want) {
			t.Errorf("the tree is %s, want %s", got, want)
		}
		got := outline(w.part(t, w.root, units.Look{Archived: true}).Rows)
		if !strings.Contains(got, "North, Old, Team 2") {
			t.Errorf("with archived units the tree is %s", got)
		}
		if !p.Rights.Administers(w.north) || p.Rights.Administers(w.legal) {
			t.Error("the rights do not cover what is shown")
		}
	})
}

func TestALargeTreeIsShownInParts(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		w := build(t, db, "large.example")
		many := w.plant(t, w.sales, "Unit", 120)
		below := w.plant(t, many[99], "Part", 3)
		check := func(name string, look units.Look, want ...string) units.Part {
			t.Helper()
			p := w.part(t, w.root, look)
			got := outline(p.Rows)
			for _, piece := range want {
				if !strings.Contains(got, piece) {
					t.Errorf("%s: %s lacks %s", name, got, piece)
				}
			}
			return p
		}
		check("the beginning", units.Look{}, "[Legal, Sales+]")
		check("open", units.Look{Open: w.sales}, "Sales [North, Unit 1, Unit 2,", "Unit 29] more]")
		p := check("what follows", units.Look{After: many[49]}, "Sales [Unit 51,", "Unit 80] more later]")
		if p.Open != w.sales {
			t.Errorf("open is %q", p.Open)
		}
		check("to the end", units.Look{After: many[109]}, "Sales [Unit 111,", "Unit 120] later]")
		check("seen", units.Look{See: below[1]}, "Unit 14, ... Unit 100 [Part 1, Part 2, Part 3]] more]")
		check("the first one chosen", units.Look{Chosen: []pactius.UnitID{below[2], many[101], below[0]}},
			"... Unit 100 [Part 1")
		check("gone", units.Look{Open: "gone", After: "gone", See: "gone", Chosen: []pactius.UnitID{"gone"}}, "Sales+")
		only := w.part(t, w.root, units.Look{Open: w.sales, Only: true})
		if len(only.Rows) != 50 || only.Next != only.Rows[49].Unit.ID || only.Rows[0].Unit.ID != w.north {
			t.Errorf("%d rows, next %q", len(only.Rows), only.Next)
		}
		next := w.part(t, w.root, units.Look{After: only.Next, Only: true})
		if len(next.Rows) != 50 || next.Rows[0].Unit.Name != "Unit 50" {
			t.Errorf("%d rows follow, the first is %s", len(next.Rows), next.Rows[0].Unit.Name)
		}
	})
}

func TestUnitsAreFoundByTheWordsOfTheirNames(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		w := build(t, db, "found.example")
		other := build(t, db, "other.example")
		w.plant(t, w.sales, "Terminal department", 400)
		port := w.Unit(t, w.north, "Østre Havn (Århus)")
		old := w.Unit(t, w.sales, "Old quay")
		must(t, w.archive(w.root, old))
		other.Unit(t, other.sales, "Quay of others")
		for _, test := range []struct {
			typed, want string
			more        bool
		}{
			{"havn", "Østre Havn (Århus)", false}, {"oestre", "Østre Havn (Århus)", false},
			{"ostre AARHUS", "Østre Havn (Århus)", false}, {"Sales / North / havn østre", "Østre Havn (Århus)", false},
			{"avn", "", false}, {"quay", "", false}, {"%", "", false}, {"/", "", false}, {"…", "", false},
			{"dep term", "Terminal department 1", true}, {"term 17", "Terminal department 17", false},
			{"t d 400", "Terminal department 400", false}, {"havn terminal", "", false},
		} {
			p := w.part(t, w.root, units.Look{Search: test.typed})
			first := ""
			if len(p.Rows) > 0 {
				first = p.Rows[0].Unit.Name
			}
			if first != test.want || p.More != test.more || len(p.Rows) > 20 {
				t.Errorf("%q finds %q and %d, more %t", test.typed, first, len(p.Rows), p.More)
			}
		}
		p := w.part(t, w.local, units.Look{Search: "havn"})
		if got := p.Tree.Path(port); got != "Sales / North / Østre Havn (Århus)" || !p.Rights.Administers(port) {
			t.Errorf("found at %q", got)
		}
		if got := outline(w.part(t, w.root, units.Look{Search: "quay", Archived: true}).Rows); got != "Old quay" {
			t.Errorf("with archived units %q is found", got)
		}
		must(t, w.rename(w.root, port, 0, "Southern port"))
		if got := outline(w.part(t, w.root, units.Look{Search: "havn"}).Rows); got != "" {
			t.Errorf("the former name finds %q", got)
		}
		must(t, w.rename(w.root, w.north, 0, "Above"))
		if got := outline(w.part(t, w.root, units.Look{Search: "south"}).Rows); got != "Southern port" {
			t.Errorf("the new name finds %q", got)
		}
	})
}

func TestCountsAreOfWhatIsShown(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		w := build(t, db, "counts.example")
		for i := range 6 {
			w.User(t, fmt.Sprint("a", i, "@nordhavn.example"), fmt.Sprint("Administrator ", 6-i),
				pactius.Grant{Unit: w.north, Access: pactius.AccessAdminister})
		}
		w.User(t, "r@nordhavn.example", "Reader", pactius.Grant{Unit: w.legal, Access: pactius.AccessRead})
		p := w.part(t, w.local, units.Look{Counts: true})
		want := map[pactius.UnitID]int{w.Root: 1, w.sales: 1, w.north: 6, w.legal: 1}
		if diff := cmp.Diff(want, p.Members); diff != "" {
			t.Errorf("members (-want +got):\n%s", diff)
		}
		if n := len(p.Administrators[w.north]); n != 4 || len(p.Administrators[w.legal]) != 0 {
			t.Errorf("%d administrators of North, want the first few", n)
		}
		v, err := w.rules.Unit(ctx, w.local, w.north)
		if err != nil || v.Members[w.north] != 6 || len(v.Explicit) != 6 || len(v.Administrators[w.north]) != 6 ||
			v.Above != 1 || v.Others != 1 || len(v.FromAbove) != 1 {
			t.Errorf("North: %v, %d members, above %d, others %d", err, v.Members[w.north], v.Above, v.Others)
		}
		employee := w.Actor(w.User(t, "e@nordhavn.example", "Employee"))
		if _, err := w.rules.Part(ctx, employee, units.Look{}); pactius.KindOf(err) != pactius.KindForbidden {
			t.Errorf("an employee gets %v", err)
		}
	})
}
