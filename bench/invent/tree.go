package invent

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/pactius/pactius"
)

// Shape of the trees.
const (
	usersPerUnit = 50
	usualDepth   = 8  // levels below the root that most branches stay within
	share        = 10 // one unit in ten is in the wide department, and one in ten in the local administrator's region
	minUnits     = 12 // of the special branches
)

// unitCount is how many business units a company of so many users has.
func unitCount(users int) int { return max(minUnits, min(users/usersPerUnit, pactius.MaxUnits)) }

// tree is the company's business units, parents before children.
type tree struct {
	units  []pactius.Unit
	depth  []int
	parent []int
	named  map[string]bool // parent and name

	region  int   // the unit of the local administrator, who has a tenth of all units
	wide    int   // has a tenth of all units directly below it
	crowded int   // has the most members
	leaf    int   // the unit of the local administrator of one unit
	deepest int   // on the last level that is allowed, where the tree is large enough
	open    []int // units that members are given: neither the root nor archived nor special
}

// words of unit names, in several languages.
var (
	functions = []string{"Sales", "Finance", "Logistik", "Produktion", "Forskning", "Kundenservice", "Entwicklung",
		"Einkauf", "Zakupy", "Księgowość", "Ressources humaines", "Achats", "Legal", "IT", "Quality", "Marketing",
		"Operations", "Warehouse", "Service", "Indkøb", "Projekter", "Kvalitet", "Ventes", "Facilities"}
	places = []string{"North", "Süd", "Vest", "Øst", "København", "Aarhus", "Odense", "Hamburg", "München", "Kraków",
		"Gdańsk", "Łódź", "Lyon", "Nantes", "Orléans", "Leeds", "Bristol", "Athens", "Kyiv", "İzmir", "Shanghai",
		"Hà Nội", "Turku", "Cairo"}
)

// newTree makes a tree. Its units come into being in the first days after start.
func newTree(seed uint64, n int, start time.Time) *tree {
	r := newRandom(seed, streamUnits)
	t := &tree{named: map[string]bool{}}
	made := newIdentifiers(seed, kindUnit)
	at := start
	add := func(parent int, name string) int {
		u := pactius.Unit{ID: pactius.UnitID(made.at(at)), Name: name, CreatedAt: at, Version: 1}
		depth := 0
		if parent >= 0 {
			u.ParentID, depth = t.units[parent].ID, t.depth[parent]+1
		}
		t.units, t.parent, t.depth = append(t.units, u), append(t.parent, parent), append(t.depth, depth)
		at = at.Add(time.Second)
		return len(t.units) - 1
	}
	name := func(parent int) string { return t.free(r, parent) }
	root := add(-1, "Nordhavn Group")
	t.wide = add(root, "Stores")
	t.region = add(root, "Region Nord")
	t.crowded = add(root, "All employees")
	divisions := []int{}
	for range max(2, min(9, n/20)) {
		divisions = append(divisions, add(root, name(root)))
	}
	for i := range n / share {
		add(t.wide, fmt.Sprintf("Store %04d %s", i+1, one(r, places)))
	}
	grow := func(from []int, count int) {
		for range count {
			parent := from[r.IntN(len(from))]
			from = append(from, add(parent, name(parent)))
			if t.depth[len(t.depth)-1] >= usualDepth {
				from = from[:len(from)-1]
			}
		}
	}
	first := len(t.units)
	grow([]int{t.region}, max(2, n/share-1))
	t.leaf = t.lastLeaf(first)
	t.deepest = divisions[0]
	for range min(pactius.MaxDepth-2, max(1, (n-len(t.units))/2)) { // the root and the division are levels too
		t.deepest = add(t.deepest, name(t.deepest))
	}
	grow(divisions, max(0, n-len(t.units)))
	t.archive(r, at)
	return t
}

// free returns a name that no sibling has.
func (t *tree) free(r *rand.Rand, parent int) string {
	for n := 0; ; n++ {
		name := one(r, functions) + " " + one(r, places)
		if n > 3 {
			name += fmt.Sprintf(" %d", r.IntN(100*n))
		}
		key := fmt.Sprint(parent, name)
		if !t.named[key] {
			t.named[key] = true
			return name
		}
	}
}

// lastLeaf is the last unit from first on, which has none below.
func (t *tree) lastLeaf(first int) int { return max(first, len(t.units)-1) }

// archivedShare is the share of the leaves that are out of use.
const archivedShare = 0.03

// archive takes some leaves out of use and finds the units that are given to members.
func (t *tree) archive(r *rand.Rand, at time.Time) {
	parents := map[int]bool{}
	for _, p := range t.parent {
		parents[p] = true
	}
	special := map[int]bool{0: true, t.crowded: true, t.leaf: true, t.deepest: true}
	for i := range t.units {
		switch {
		case special[i]:
		case !parents[i] && chance(r, archivedShare):
			t.units[i].ArchivedAt = at.AddDate(0, 6, i%300)
		default:
			t.open = append(t.open, i)
		}
	}
	r.Shuffle(len(t.open), func(i, j int) { t.open[i], t.open[j] = t.open[j], t.open[i] })
}
