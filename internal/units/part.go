package units

import (
	"context"
	"slices"
	"strings"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/names"
	"github.com/pactius/pactius/internal/store"
)

// Bounds of what a page shows of the tree, so that no page grows with it.
const (
	wholeUpTo     = 24 // a tree of so many units is shown whole: about one screen
	branchSize    = 50 // units of one branch that are read at a time
	rowsShown     = 60 // units that the branches on the way to the open one show together
	leastShown    = 1  // of each of them, however many there are
	foundShown    = 20 // units that a search shows
	shownOfAUnit  = 3  // administrators of a unit in a row of the tree
	shownOnItself = 20 // and on its own page
)

// Look says which part of the tree is asked for. The zero Look is the root with the units below it.
type Look struct {
	Open     pactius.UnitID   // the unit whose units below are shown, with the way to it
	After    pactius.UnitID   // instead: the units that follow this one
	See      pactius.UnitID   // instead: this unit, with the way to it; without any of them the first of Chosen
	Search   string           // shows the units that are found instead
	Chosen   []pactius.UnitID // are in the Tree of the Part, wherever they are
	Archived bool             // shows archived units, too
	Only     bool             // reads nothing but the units below Open, for a page that has the rest
	Counts   bool             // with members and administrators
}

// Part is the part of the tree that a page shows.
type Part struct {
	Look
	Tree   *pactius.Tree  // at least the units shown and chosen, and everything above them
	Rights pactius.Rights // the actor's, for the Tree; a visitor has none
	Rows   []Row          // the root; or what was found, or the units below Open if Only
	More   bool           // the search found more than Rows
	Next   pactius.UnitID // Rows go on after this one, if Only

	// Members counts the explicit members of the units shown, each up to pactius.MaxCount+1; Administrators are the
	// first with explicit administer access. Both are only there if they are asked for.
	Members        map[pactius.UnitID]int
	Administrators map[pactius.UnitID][]pactius.User
}

// Row is a unit that is shown.
type Row struct {
	Unit   pactius.Unit
	Below  bool           // there are units below it
	Open   bool           // they are Rows
	Rows   []Row          // the units below it, in natural order, as far as they are shown
	Later  bool           // Rows do not begin with the first
	Next   pactius.UnitID // there are more units after this one; "" if Rows go to the end
	Beyond bool           // it is one of these, shown because it is on the way to the open unit
}

// Part returns a part of the tree. Administrators of any unit see the whole tree, to find out who administers the
// others.
func (r *Rules) Part(ctx context.Context, actor pactius.Actor, look Look) (Part, error) {
	var p Part
	err := r.db.Read(ctx, actor, change.RoleAdministrator, func(tx *change.Tx) error {
		var err error
		p, err = Read(tx, look)
		return err
	})
	return p, err
}

// AnyArchived reports whether there are archived units.
func (r *Rules) AnyArchived(ctx context.Context, actor pactius.Actor) (bool, error) {
	var any bool
	err := r.db.Read(ctx, actor, change.RoleAdministrator, func(tx *change.Tx) error {
		var err error
		any, err = tx.AnyArchived()
		return err
	})
	return any, err
}

// Read reads a part of the tree for a rule that has made sure that the actor may see it.
func Read(tx *change.Tx, look Look) (Part, error) {
	p := Part{Look: look}
	var err error
	known := slices.Concat(look.Chosen, []pactius.UnitID{look.Open, look.After, look.See})
	if p.Tree, err = tx.TreeOf(known...); err != nil {
		return p, err
	}
	r := reading{tx: tx, Part: &p}
	switch p.Search = strings.TrimSpace(look.Search); {
	case p.Search != "":
		err = r.find()
	case look.Only:
		err = r.branch()
	default:
		err = r.walk()
	}
	if err == nil {
		err = r.finish()
	}
	return p, err
}

// reading reads the rows of a part.
type reading struct {
	tx *change.Tx
	*Part
	shown []pactius.Unit
	whole bool // every unit is shown, so that the rows say what is below
}

// find reads the units that are searched for. Of a path only the last name counts.
func (r *reading) find() error {
	typed := r.Search[strings.LastIndexByte(r.Search, '/')+1:]
	found, err := r.tx.FindUnits(typed, r.Archived, foundShown+1)
	if err != nil {
		return err
	}
	if r.More = len(found) > foundShown; r.More {
		found = found[:foundShown]
	}
	ids := make([]pactius.UnitID, len(found))
	for i, u := range found {
		ids[i] = u.ID
	}
	_, err = r.tx.TreeOf(ids...)
	r.Rows = r.rows(found)
	return err
}

// branch reads the units below Open alone.
func (r *reading) branch() error {
	var row Row
	row.Unit, _ = r.Tree.Unit(r.opened())
	asked := r.ask(row.Unit.ID, branchSize)
	below, err := r.tx.Branches([]store.Branch{asked}, r.Archived)
	r.expand(&row, asked, below[row.Unit.ID], "")
	r.Rows, r.Next = row.Rows, row.Next
	return err
}

// walk reads the way from the root to the open unit, with the units beside it.
func (r *reading) walk() error {
	root := r.Tree.Root()
	if root.ID == "" {
		return nil
	}
	all, err := r.tx.SomeUnits(r.Archived, wholeUpTo+1)
	if err != nil {
		return err
	}
	if len(all) <= wholeUpTo {
		r.arrange(root, all)
		return nil
	}
	way := r.way()
	r.Rows = r.rows([]pactius.Unit{root})
	levels := len(way)
	if r.Open == "" && levels > 1 {
		levels-- // the last one is to be seen, not opened
	}
	asked := make([]store.Branch, levels)
	for i := range asked {
		asked[i] = r.ask(way[i], shownAt(i, levels))
	}
	below, err := r.tx.Branches(asked, r.Archived)
	if err != nil {
		return err
	}
	row := &r.Rows[0]
	for i := range levels {
		var next pactius.UnitID
		if i+1 < len(way) {
			next = way[i+1]
		}
		r.expand(row, asked[i], below[way[i]], next)
		at := slices.IndexFunc(row.Rows, func(below Row) bool { return below.Unit.ID == next })
		if at < 0 {
			break
		}
		row = &row.Rows[at]
	}
	return nil
}

// shownAt is how many units a branch of the way shows: the last one has half of the rows, the others share the rest.
func shownAt(level, levels int) int {
	switch {
	case levels == 1:
		return branchSize
	case level == levels-1:
		return rowsShown / 2
	}
	return max(leastShown, rowsShown/2/(levels-1))
}

// arrange makes rows of all units of a small tree.
func (r *reading) arrange(root pactius.Unit, all []pactius.Unit) {
	tree := pactius.NewTree(all)
	var rowOf func(u pactius.Unit) Row
	rowOf = func(u pactius.Unit) Row {
		row := Row{Unit: u}
		r.shown = append(r.shown, u)
		for _, child := range tree.Children(u.ID) {
			row.Rows = append(row.Rows, rowOf(child))
		}
		row.Below, row.Open = len(row.Rows) > 0, len(row.Rows) > 0
		return row
	}
	r.Rows, r.whole = []Row{rowOf(root)}, true
}

// opened is the unit to be opened, "" if another is to be seen.
func (r *reading) opened() pactius.UnitID {
	if after, ok := r.Tree.Unit(r.After); ok && !after.IsRoot() {
		return after.ParentID
	}
	r.After = ""
	return r.Open
}

// way lists the units from the root to the one that is opened or to be seen.
func (r *reading) way() []pactius.UnitID {
	r.Open = r.opened()
	for _, id := range []pactius.UnitID{r.Open, r.See, r.First(), r.Tree.Root().ID} {
		if way := r.Tree.Up(id); len(way) > 0 {
			if id != r.Open {
				r.Open = ""
			}
			slices.Reverse(way)
			return way
		}
	}
	return nil
}

// First is the chosen unit that comes first in the tree, "" for none.
func (p Part) First() pactius.UnitID {
	if chosen := p.Sorted(); len(chosen) > 0 {
		return chosen[0]
	}
	return ""
}

// Sorted lists the chosen units that exist by path, in natural order.
func (p Part) Sorted() []pactius.UnitID {
	keys := make(map[pactius.UnitID]string, len(p.Chosen))
	var all []pactius.UnitID
	for _, id := range p.Chosen {
		if u, ok := p.Tree.Unit(id); ok {
			all = append(all, id)
			if !u.IsRoot() { // it comes first
				keys[id] = names.OrderKey(p.Tree.Path(id))
			}
		}
	}
	slices.SortFunc(all, func(a, b pactius.UnitID) int {
		if byPath := strings.Compare(keys[a], keys[b]); byPath != 0 {
			return byPath
		}
		return strings.Compare(string(a), string(b))
	})
	return slices.Compact(all)
}

// ask is the question for so many units below a parent, and whether there are more.
func (r *reading) ask(parent pactius.UnitID, size int) store.Branch {
	b := store.Branch{Parent: parent, Limit: size + 1}
	if after, _ := r.Tree.Unit(r.After); after.ParentID == parent {
		b.After = after
	}
	return b
}

// expand shows the units below a row. The one on the way is there even if it comes later than the others.
func (r *reading) expand(row *Row, asked store.Branch, below []pactius.Unit, way pactius.UnitID) {
	size := asked.Limit - 1
	row.Open, row.Later = len(below) > 0, asked.After.ID != ""
	if len(below) > size {
		below = below[:size]
		row.Next = below[size-1].ID
	}
	beside := func(u pactius.Unit) bool { return u.ID == way }
	if u, ok := r.Tree.Unit(way); ok && row.Next != "" && !slices.ContainsFunc(below, beside) {
		row.Rows = r.rows(append(below, u))
		row.Rows[len(below)].Beyond = true
		return
	}
	row.Rows = r.rows(below)
}

// rows makes rows of units.
func (r *reading) rows(units []pactius.Unit) []Row {
	rows := make([]Row, len(units))
	for i, u := range units {
		rows[i].Unit = u
	}
	r.shown = append(r.shown, units...)
	return rows
}

// finish reads what is shown of every row.
func (r *reading) finish() error {
	ids := make([]pactius.UnitID, len(r.shown))
	for i, u := range r.shown {
		ids[i] = u.ID
	}
	r.Tree = r.tx.Know(r.shown)
	r.Rights = r.tx.Rights
	if r.Search == "" && !r.whole {
		below, err := r.tx.HaveBelow(ids, r.Archived)
		if err != nil {
			return err
		}
		tell(r.Rows, below)
	}
	if !r.Counts {
		return nil
	}
	var err error
	if r.Members, err = r.tx.MembersOf(ids); err != nil {
		return err
	}
	r.Administrators, err = r.tx.AdministratorsOf(ids, r.tx.Today, shownOfAUnit+1)
	return err
}

// tell says of each row whether there are units below it.
func tell(rows []Row, below map[pactius.UnitID]bool) {
	for i := range rows {
		rows[i].Below = below[rows[i].Unit.ID]
		tell(rows[i].Rows, below)
	}
}
