package view

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/units"
)

// UnitChoice is the chooser of business units: a tree in parts, a search, and the units chosen so far above them. It
// posts FieldUnit and, if Access is set, FieldAccess; a Single one posts FieldParent.
type UnitChoice struct {
	units.Part
	Given   map[pactius.UnitID]pactius.Access // as stored or as typed; NoAccess is not chosen
	Reach   func(pactius.UnitID) bool         // which units the reader may change; nil is all
	Hide    func(pactius.UnitID) bool         // which units are left out; nil is none
	Access  bool                              // an access choice stands in every row
	Single  bool                              // exactly one unit is chosen
	Legend  string                            // "" is "Business units"
	Error   pactius.Text
	From    int    // number of the first chip that is shown
	Address string // of the parts that scripts load
	Like    Like   // the user whose access was copied into Given
}

// Names of the fields of a UnitChoice.
const (
	// FieldUnit is the name of the check boxes; their values are unit IDs.
	FieldUnit = "unit"
	// FieldParent is the name of the radio buttons of a Single choice.
	FieldParent = "parent"
	// FieldKept carries chosen units that no row posts: the first letter of the access and the ID, see KeptUnit.
	FieldKept = "kept"
	// FieldTree is the name of the buttons that show another part of the tree, without scripts. Their values are
	// those of the constants that follow, with an ID after the colon.
	FieldTree = "tree"
	// FieldFind is what is searched for, FieldFound what was searched for when the form was made.
	FieldFind  = "find"
	FieldFound = "found"
	// FieldShown is the button that the tree is shown by.
	FieldShown = "tree_shown"
	// FieldChips is the number of the first chip that the form shows.
	FieldChips = "tree_chips"
)

// The buttons of a tree.
const (
	TreeOpen   = "open:"   // shows the units below
	TreeAfter  = "after:"  // shows the units that follow
	TreeSee    = "see:"    // shows a unit
	TreeSearch = "search:" // searches for FieldFind
	TreeDrop   = "drop:"   // removes a chosen unit
	TreeChips  = "chips:"  // shows the chips from this number on
)

// KeptUnit reads the ID of one unit of FieldKept, which pages write without hyphens: there may be hundreds.
func KeptUnit(s string) pactius.UnitID {
	hex := s[1:]
	if len(hex) != 32 {
		return pactius.UnitID(hex)
	}
	return pactius.UnitID(hex[:8] + "-" + hex[8:12] + "-" + hex[12:16] + "-" + hex[16:20] + "-" + hex[20:])
}

// FieldAccess is the name of the access choice of a unit; its values are those
// of pactius.Access.String.
func FieldAccess(id pactius.UnitID) string { return "access." + string(id) }

// PartPath is where scripts load parts of the tree for administrators, WishPath for visitors, MoreUnitsPath for users
// who request more access.
const (
	PartPath      = "/settings/units/part"
	WishPath      = "/access/units"
	MoreUnitsPath = MorePath + "/units"
)

// chipsShown is how many chosen units are shown as chips at a time.
const chipsShown = 20

// Chip is a chosen unit above the tree.
type Chip struct {
	ID      pactius.UnitID
	Path    string
	Access  pactius.Access
	Choice  bool   // the access is shown
	Single  bool   // it is the only one, and stays until another is chosen
	Fixed   bool   // out of the reader's reach
	Carries bool   // it is Single and no row of the tree posts it, so the chip does
	Up      string // the units above it, by their numbers in Chosen.Above
}

// Field is the name of the access choice.
func (c Chip) Field() string { return FieldAccess(c.ID) }

// UnitNode is one row of the chooser.
type UnitNode struct {
	ID        pactius.UnitID
	Name      string
	Path      string // of a unit that was found
	Place     string // path of the unit above one that was found
	Up        string // IDs of the units above one that was found
	Checked   bool
	Partly    bool           // units below it are chosen
	Access    pactius.Access // the unit's own
	Inherited pactius.Access // from above
	From      string         // name of the unit above it comes from
	Fixed     bool           // out of the reader's reach
	Choice    bool           // the row has an access choice
	Single    bool
	Offered   []pactius.Access
	Below     bool // there are units below it
	Children  []UnitNode
	Gap       pactius.UnitID // before the row stands the button for the units after this one
	Next      pactius.UnitID // after Children stands the button for the units after this one
	Later     bool           // before Children stands the button for the first units
}

// Any reports whether there are units to choose from.
func (c UnitChoice) Any() bool { return c.Tree != nil && c.Tree.Root().ID != "" }

// Count is how many units are chosen.
func (c UnitChoice) Count() int {
	n := 0
	for _, access := range c.Given {
		if access != pactius.AccessNone {
			n++
		}
	}
	return n
}

// Limited reports whether some units are out of the reader's reach.
func (c UnitChoice) Limited() bool {
	return c.Reach != nil && c.Any() && !c.Reach(c.Tree.Root().ID)
}

// Shown is the button that shows the same part of the tree again, "" for the beginning.
func (c UnitChoice) Shown() string {
	switch {
	case c.After != "":
		return TreeAfter + string(c.After)
	case c.Look.Open != "":
		return TreeOpen + string(c.Look.Open)
	case c.See != "":
		return TreeSee + string(c.See)
	}
	return ""
}

// Field is the name of the field that is posted.
func (c UnitChoice) Field() string {
	if c.Single {
		return FieldParent
	}
	return FieldUnit
}

// chosen reports whether a unit is chosen.
func (c UnitChoice) chosen(id pactius.UnitID) bool { return c.Given[id] != pactius.AccessNone }

// fixed reports whether a unit is out of the reader's reach.
func (c UnitChoice) fixed(id pactius.UnitID) bool { return c.Reach != nil && !c.Reach(id) }

// Nodes arranges the rows.
func (c UnitChoice) Nodes() []UnitNode {
	if !c.Any() {
		return nil
	}
	partly := map[pactius.UnitID]bool{}
	for id := range c.Given {
		if up := c.Tree.Up(id); c.chosen(id) && len(up) > 0 {
			for _, above := range up[1:] {
				partly[above] = true
			}
		}
	}
	nodes, _ := c.nodes(c.Rows, "", partly)
	return nodes
}

// nodes arranges the rows of a branch, which goes on after next. It returns next where no row says so.
func (c UnitChoice) nodes(
	rows []units.Row, next pactius.UnitID, partly map[pactius.UnitID]bool,
) ([]UnitNode, pactius.UnitID) {
	all := make([]UnitNode, 0, len(rows))
	for _, row := range rows {
		if c.Hide != nil && c.Hide(row.Unit.ID) {
			continue
		}
		n := c.node(row, partly)
		n.Children, n.Next = c.nodes(row.Rows, row.Next, partly)
		if row.Beyond {
			n.Gap, next = next, ""
		}
		all = append(all, n)
	}
	return all, next
}

func (c UnitChoice) node(row units.Row, partly map[pactius.UnitID]bool) UnitNode {
	u := row.Unit
	n := UnitNode{ID: u.ID, Name: u.Name, Access: c.Given[u.ID], Checked: c.chosen(u.ID), Fixed: c.fixed(u.ID),
		Choice: c.Access, Single: c.Single, Below: row.Below, Later: row.Later}
	n.Partly = !n.Checked && partly[u.ID]
	up := c.Tree.Up(u.ID)
	for i, above := range up {
		if i > 0 && c.Access && c.Given[above] > n.Inherited {
			from, _ := c.Tree.Unit(above)
			n.Inherited, n.From = c.Given[above], from.Name
		}
	}
	if c.Search != "" {
		n.Path, n.Place, n.Up = c.Tree.Path(u.ID), c.Tree.Path(u.ParentID), joined(up)
	}
	n.Offered = offered
	return n
}

// offered are the accesses that can be chosen.
var offered = []pactius.Access{pactius.AccessRead, pactius.AccessWrite, pactius.AccessAdminister}

// joined lists the units above the first one.
func joined(up []pactius.UnitID) string {
	var all []string
	for i, id := range up {
		if i > 0 {
			all = append(all, string(id))
		}
	}
	return strings.Join(all, " ")
}

// Field is the name of the row's access choice.
func (n UnitNode) Field() string { return FieldAccess(n.ID) }

// Chosen are the chosen units: those shown as chips, and the rest.
type Chosen struct {
	Chips []Chip
	Above string // IDs of the units above the chips, each once
	Kept  string // value of FieldKept: the chosen units that neither a chip nor a row posts
	Total int
	First int // number of the first chip, from 1
	Last  int
	Back  string // values of buttons that show other chips; "" is none
	On    string
}

// Chips arranges the chosen units.
func (c UnitChoice) Chips() Chosen {
	if !c.Any() {
		return Chosen{}
	}
	rows := map[pactius.UnitID]bool{}
	collect(c.Rows, rows)
	var all []Chip
	for _, id := range c.Sorted() {
		if c.chosen(id) {
			all = append(all, Chip{ID: id, Path: c.Tree.Path(id), Access: c.Given[id], Choice: c.Access,
				Single: c.Single, Fixed: c.fixed(id)})
		}
	}
	first := max(0, min(c.From, len(all)-1)) / chipsShown * chipsShown
	last := min(first+chipsShown, len(all))
	chosen := Chosen{Total: len(all), First: first + 1, Last: last, Back: chipsAt(first-chipsShown, len(all)),
		On: chipsAt(last, len(all))}
	var kept, above []string
	for i, chip := range all {
		posted := rows[chip.ID] || chip.Fixed
		if first <= i && i < last {
			chip.Carries = chip.Single && !posted
			chip.Up, above = numbered(c.Tree.Up(chip.ID), above)
			chosen.Chips = append(chosen.Chips, chip)
		}
		if !chip.Single && !posted {
			kept = append(kept, chip.Access.String()[:1]+strings.ReplaceAll(string(chip.ID), "-", ""))
		}
	}
	chosen.Above, chosen.Kept = strings.Join(above, " "), strings.Join(kept, " ")
	return chosen
}

// numbered lists the units above the first one by their numbers in a list, which it extends.
func numbered(up []pactius.UnitID, list []string) (string, []string) {
	var numbers []string
	for i, id := range up {
		if i == 0 {
			continue
		}
		n := slices.Index(list, string(id))
		if n < 0 {
			n, list = len(list), append(list, string(id))
		}
		numbers = append(numbers, strconv.Itoa(n))
	}
	return strings.Join(numbers, " "), list
}

func chipsAt(from, of int) string {
	if from < 0 || from >= of {
		return ""
	}
	return TreeChips + strconv.Itoa(from)
}

func collect(rows []units.Row, into map[pactius.UnitID]bool) {
	for _, row := range rows {
		into[row.Unit.ID] = true
		collect(row.Rows, into)
	}
}

// UnitPart is a part of the tree that a script asks for: rows, without a frame. One of the two is shown.
type UnitPart struct {
	Base
	Choice *UnitChoice
	List   *UnitList
}

// Parts are the rows, and whether there are more.
type Parts struct {
	Nodes []UnitNode
	Next  pactius.UnitID
	More  bool // the search found more
	None  bool // the search found nothing
}

// Parts makes the rows of a chooser.
func (c UnitChoice) Parts() Parts {
	nodes := c.Nodes()
	return Parts{Nodes: nodes, Next: c.Next, More: c.More, None: c.Search != "" && len(nodes) == 0}
}

// UnitList is the tree with links: the page of business units, and that of a filter.
type UnitList struct {
	units.Part
	Page    string                      // the page of the list
	Query   url.Values                  // of the page, kept by its links
	Target  func(pactius.UnitID) string // of a row's link; "" is no link
	Address string                      // of the parts that scripts load
	Add     bool                        // rows have a button that adds a unit below
}

// Node is one row of a list of units.
type Node struct {
	Unit           pactius.Unit
	Href           string // "" is out of the reader's reach
	Place          string // path of the unit above one that was found
	Counted        bool
	Members        int
	Many           bool // Members are more than are counted
	Administrators []Person
	More           bool // there are more administrators
	Manages        bool
	Below          bool
	Fold           string // link that opens it
	Children       []Node
	Gap            string // link to the units before the row that are not shown
	Next           string // link to the units after Children
	Earlier        string // link to the first units
	GapAfter       pactius.UnitID
	NextAfter      pactius.UnitID
}

// Nodes arranges the rows.
func (l UnitList) Nodes() []Node { return l.nodes(l.Rows) }

func (l UnitList) nodes(rows []units.Row) []Node {
	manages := Within(l.Rights)
	all := make([]Node, len(rows))
	for i, row := range rows {
		u := row.Unit
		n := Node{Unit: u, Counted: l.Counts, Members: min(l.Members[u.ID], pactius.MaxCount),
			Many: l.Members[u.ID] > pactius.MaxCount, Administrators: Persons(l.Administrators[u.ID]),
			Manages: l.Add && manages(u.ID) && !u.IsArchived(), Below: row.Below, Href: l.Target(u.ID)}
		if n.More = len(n.Administrators) > shownAdministrators; n.More {
			n.Administrators = n.Administrators[:shownAdministrators]
		}
		if l.Search != "" {
			n.Place = l.Tree.Path(u.ParentID)
		}
		n.Fold = l.at(u.ID, "")
		if row.Open {
			l.open(&n, row)
		}
		all[i] = n
	}
	return all
}

// shownAdministrators is how many local administrators a row names.
const shownAdministrators = 3

func (l UnitList) open(n *Node, row units.Row) {
	u := row.Unit
	n.Children = l.nodes(row.Rows)
	if row.Later {
		n.Earlier = l.at(u.ID, "")
	}
	if row.Next == "" {
		return
	}
	if last := len(row.Rows) - 1; row.Rows[last].Beyond {
		n.Children[last].Gap, n.Children[last].GapAfter = l.at(u.ID, row.Next), row.Next
	} else {
		n.Next, n.NextAfter = l.at(u.ID, row.Next), row.Next
	}
}

// Parameter is one parameter of an address.
type Parameter struct{ Name, Value string }

// Parameters are those of the page that a search keeps, by name.
func (l UnitList) Parameters() []Parameter {
	var all []Parameter
	for _, name := range slices.Sorted(maps.Keys(l.Query)) {
		for _, value := range l.Query[name] {
			all = append(all, Parameter{name, value})
		}
	}
	return all
}

// at is the address of the list with another part of the tree.
func (l UnitList) at(open, after pactius.UnitID) string {
	q := url.Values{}
	for name, values := range l.Query {
		q[name] = values
	}
	if open != "" {
		q.Set("open", string(open))
	}
	if after != "" {
		q.Set("after", string(after))
	}
	if len(q) == 0 {
		return l.Page
	}
	return l.Page + "?" + q.Encode()
}

// Following is the link to more units of a part, "" for none.
func (l UnitList) Following() string {
	if l.Next == "" {
		return ""
	}
	return l.at(l.Open, l.Next)
}

// Clear is the address of the list without the search.
func (l UnitList) Clear() string { return l.at("", "") }
