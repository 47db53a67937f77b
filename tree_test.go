package pactius_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/pactius/pactius"
)

// unit is a unit whose ID is its name's place in the tree.
func unit(id, parent, name string) pactius.Unit {
	return pactius.Unit{ID: pactius.UnitID(id), ParentID: pactius.UnitID(parent), Name: name}
}

func company() *pactius.Tree {
	old := unit("old", "sales", "Old")
	old.ArchivedAt = old.CreatedAt.AddDate(1, 0, 0)
	return pactius.NewTree([]pactius.Unit{
		unit("far", "north", "far north"), unit("north", "sales", "North"), unit("south", "sales", "abroad"), old,
		unit("sales", "root", "Sales"), unit("legal", "root", "Legal"), unit("root", "", "Nordhavn A/S"),
		unit("twin", "root", "nordhavn a"),
	})
}

func TestWalkGoesFromParentsToChildrenInTheOrderGiven(t *testing.T) {
	t.Parallel()
	tree := company()
	var got []string
	tree.Walk("root", func(u pactius.Unit, depth int) bool {
		got = append(got, fmt.Sprint(depth, " ", u.Name))
		return u.ID != "north"
	})
	want := []string{"0 Nordhavn A/S", "1 Sales", "2 North", "2 abroad", "2 Old", "1 Legal", "1 nordhavn a"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if tree.Len() != 8 {
		t.Errorf("%d units", tree.Len())
	}
	if !tree.Within("far", "sales") || tree.Within("sales", "far") || !tree.Within("far", "far") ||
		tree.Within("no", "root") {
		t.Error("Within is wrong")
	}
}

func TestPaths(t *testing.T) {
	t.Parallel()
	tree := company()
	for id, want := range map[pactius.UnitID]string{"far": "Sales / North / far north", "sales": "Sales",
		"root": "Nordhavn A/S", "no": ""} {
		if got := tree.Path(id); got != want {
			t.Errorf("path of %s: %q, want %q", id, got, want)
		}
	}
	for path, want := range map[string]pactius.UnitID{
		"Sales/North": "north", " sales /  NORTH ": "north", "Nordhavn A/S": "root", "nordhavn a/s / Sales": "sales",
		"/": "root", " / ": "root", "/Sales//North/": "north",
		"Nordhavn A": "twin", "": "", "  ": "", "North": "", "Sales / Old": "", "Sales / South": "",
		"Nordhavn A/Sales": "", "Nordhavn A/S ales": "", "\x00": "",
	} {
		got, ok := tree.FindPath(path)
		if got.ID != want || ok != (want != "") {
			t.Errorf("%q finds %q, %v; want %q", path, got.ID, ok, want)
		}
	}
	if _, ok := pactius.NewTree(nil).FindPath("/"); ok {
		t.Error("an empty tree has a root")
	}
	twins := pactius.NewTree([]pactius.Unit{unit("root", "", "Nordhavn"), unit("child", "root", "Nordhavn"),
		unit("leaf", "child", "X")})
	for path, want := range map[string]pactius.UnitID{"Nordhavn": "child", "Nordhavn/Nordhavn": "child", "/": "root",
		"Nordhavn/X": "leaf", "Nordhavn/Nordhavn/X": "leaf"} {
		if got, _ := twins.FindPath(path); got.ID != want {
			t.Errorf("among units of one name %q finds %q, want %q", path, got.ID, want)
		}
	}
}

// TestEveryPathFindsItsUnit, however the units are called.
func TestEveryPathFindsItsUnit(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		units := []pactius.Unit{unit("0", "", rapid.SampledFrom([]string{"A", "A/S", "Æ A/S", "ıi"}).Draw(r, "root"))}
		taken := map[string]bool{}
		for i := range rapid.IntRange(1, 12).Draw(r, "units") {
			parent := rapid.SampledFrom(units).Draw(r, "parent")
			name := rapid.SampledFrom([]string{"A", "S", "Æ A", "B", "ß"}).Draw(r, "name")
			if key := string(parent.ID) + name; !taken[key] {
				taken[key] = true
				units = append(units, unit(fmt.Sprint(i+1), string(parent.ID), name))
			}
		}
		tree := pactius.NewTree(units)
		for _, u := range units[1:] {
			if got, ok := tree.FindPath(tree.Path(u.ID)); !ok || got.ID != u.ID {
				r.Fatalf("%q finds %q, want %q", tree.Path(u.ID), got.ID, u.ID)
			}
		}
	})
}

func TestDamagedTreesEnd(t *testing.T) {
	t.Parallel()
	circle := pactius.NewTree([]pactius.Unit{unit("a", "b", "A"), unit("b", "a", "B"), unit("self", "self", "Self"),
		unit("orphan", "gone", "Orphan")})
	for _, id := range []pactius.UnitID{"a", "self", "orphan", "gone"} {
		if n := len(circle.Up(id)); n > pactius.MaxDepth+1 {
			t.Errorf("%s has %d units above", id, n)
		}
		n := 0
		circle.Walk(id, func(pactius.Unit, int) bool { n++; return true })
		if n > pactius.MaxDepth+1 {
			t.Errorf("a walk from %s visits %d units", id, n)
		}
	}
	if _, ok := circle.Unit("orphan"); !ok || !circle.Root().CreatedAt.IsZero() || circle.Root().ID != "" {
		t.Error("the orphan is lost or a root was made up")
	}
	if pactius.NewRights(circle, nil).AdministersAll() {
		t.Error("nobody administers a tree without root")
	}
}
