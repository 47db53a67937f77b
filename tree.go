package pactius

import (
	"maps"
	"slices"
	"strings"
)

// Tree holds the environment's business units in memory, for display and for
// questions about inheritance. NewTree builds it.
type Tree struct {
	root     UnitID
	units    map[UnitID]Unit
	children map[UnitID][]UnitID
}

// NewTree builds a tree of units, parents and children in any order. A unit whose parent is missing is
// left out of walks but is still found by ID. Units of one parent keep the order they
// are given in.
func NewTree(units []Unit) *Tree {
	t := &Tree{units: make(map[UnitID]Unit, len(units)), children: make(map[UnitID][]UnitID)}
	for _, u := range units {
		t.units[u.ID] = u
		if u.IsRoot() {
			t.root = u.ID
			continue
		}
		t.children[u.ParentID] = append(t.children[u.ParentID], u.ID)
	}
	return t
}

// Root returns the company's unit, the zero Unit in an empty tree.
func (t *Tree) Root() Unit { return t.units[t.root] }

// Unit returns a unit by ID.
func (t *Tree) Unit(id UnitID) (Unit, bool) { u, ok := t.units[id]; return u, ok }

// Units returns all units, in no order.
func (t *Tree) Units() []Unit { return slices.Collect(maps.Values(t.units)) }

// Len returns the number of units.
func (t *Tree) Len() int { return len(t.units) }

// Children returns the units directly below a unit, in the order they were given to NewTree.
func (t *Tree) Children(id UnitID) []Unit {
	children := make([]Unit, 0, len(t.children[id]))
	for _, c := range t.children[id] {
		children = append(children, t.units[c])
	}
	return children
}

// Up returns the unit and all units above it, the unit first. It ends even on a
// damaged tree.
func (t *Tree) Up(id UnitID) []UnitID {
	var up []UnitID
	for range MaxDepth + 1 {
		u, ok := t.units[id]
		if !ok {
			break
		}
		up = append(up, id)
		if u.IsRoot() {
			break
		}
		id = u.ParentID
	}
	return up
}

// Within reports whether a unit is the unit above or a unit below that one.
func (t *Tree) Within(id, above UnitID) bool { return slices.Contains(t.Up(id), above) }

// Walk visits the unit and all units below it, parents before children, children
// in order; depth is 0 for the first. If visit returns false, the units below are
// skipped.
func (t *Tree) Walk(id UnitID, visit func(u Unit, depth int) bool) { t.walk(id, 0, visit) }

func (t *Tree) walk(id UnitID, depth int, visit func(Unit, int) bool) {
	u, ok := t.units[id]
	if !ok || depth > MaxDepth || !visit(u, depth) {
		return
	}
	for _, c := range t.children[id] {
		t.walk(c, depth+1, visit)
	}
}

// PathSeparator separates the names of a unit's path.
const PathSeparator = " / "

// Path returns the names from below the root down to the unit, "Sales / North";
// the root's path is its own name.
func (t *Tree) Path(id UnitID) string {
	up := t.Up(id)
	if len(up) > 1 {
		up = up[:len(up)-1]
	}
	names := make([]string, len(up))
	for i, u := range up {
		names[len(up)-1-i] = t.units[u].Name
	}
	return strings.Join(names, PathSeparator)
}

// FindPath returns a unit by a typed path: names from below the root down,
// separated by "/"; blanks around them and letter case are ignored. The root's
// own name, alone or in front, is accepted even if it contains a "/"; so is "/".
// If a unit directly below the root has the root's name, the name alone is that
// unit, as Path calls it, and "/" is the root.
func (t *Tree) FindPath(path string) (Unit, bool) {
	path = strings.TrimSpace(path)
	if t.root == "" || path == "" {
		return Unit{}, false
	}
	if u, ok := t.down(path); ok && !u.IsRoot() {
		return u, true
	}
	if rest, ok := cutPrefixFold(path, t.Root().Name); ok {
		rest = strings.TrimSpace(rest)
		if rest == "" || rest[0] == '/' {
			return t.down(rest)
		}
	}
	return t.down(path)
}

// down follows the names of a path from below the root.
func (t *Tree) down(path string) (Unit, bool) {
	at := t.Root()
	for name := range strings.SplitSeq(path, "/") {
		if name = strings.TrimSpace(name); name == "" {
			continue
		}
		next, ok := t.child(at.ID, name)
		if !ok {
			return Unit{}, false
		}
		at = next
	}
	return at, true
}

// cutPrefixFold is strings.CutPrefix without regard to letter case.
func cutPrefixFold(s, prefix string) (string, bool) {
	for i := range s {
		if i > 0 && strings.EqualFold(s[:i], prefix) {
			return s[i:], true
		}
	}
	return "", prefix != "" && strings.EqualFold(s, prefix)
}

func (t *Tree) child(parent UnitID, name string) (Unit, bool) {
	for _, id := range t.children[parent] {
		if u := t.units[id]; !u.IsArchived() && strings.EqualFold(u.Name, name) {
			return u, true
		}
	}
	return Unit{}, false
}
