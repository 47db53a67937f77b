package view

import "github.com/pactius/pactius"

// UnitNode is one row of the check tree.
type UnitNode struct {
	ID        pactius.UnitID
	Name      string
	Checked   bool
	Access    pactius.Access // the unit's own
	Inherited pactius.Access // from above
	From      string         // name of the unit above it comes from
	Fixed     bool           // out of the reader's reach
	Choice    bool           // the row has an access choice
	Offered   []pactius.Access
	Open      bool // the units below are shown
	Root      bool
	Children  []UnitNode
}

// openUpTo is how many units a tree shows unfolded: about one screen.
const openUpTo = 24

// filterFrom is from how many units on the tree has a filter box.
const filterFrom = 12

// Any reports whether there are units to choose from.
func (c UnitChoice) Any() bool { return c.Tree != nil && c.Tree.Root().ID != "" }

// Long reports whether the tree has a filter box.
func (c UnitChoice) Long() bool { return c.Tree != nil && c.Tree.Len() >= filterFrom }

// Count is how many units are chosen.
func (c UnitChoice) Count() int {
	n := 0
	for _, access := range c.Chosen {
		if access != pactius.AccessNone {
			n++
		}
	}
	return n
}

// Nodes arranges the tree's rows. Archived units are left out unless chosen.
func (c UnitChoice) Nodes() []UnitNode {
	if !c.Any() {
		return nil
	}
	return []UnitNode{c.node(c.Tree.Root(), pactius.AccessNone, "", 0)}
}

func (c UnitChoice) node(u pactius.Unit, inherited pactius.Access, from string, depth int) UnitNode {
	n := UnitNode{ID: u.ID, Name: u.Name, Root: u.IsRoot(), Access: c.Chosen[u.ID], Inherited: inherited, From: from,
		Fixed: c.Reach != nil && !c.Reach(u.ID), Choice: c.Access, Open: depth == 0 || c.Tree.Len() <= openUpTo}
	n.Checked = n.Access != pactius.AccessNone
	for a := pactius.AccessRead; a <= pactius.AccessAdminister; a++ {
		n.Offered = append(n.Offered, a)
	}
	if n.Access > inherited {
		inherited, from = n.Access, u.Name
	}
	if depth >= pactius.MaxDepth {
		return n
	}
	for _, child := range c.Tree.Children(u.ID) {
		if child.IsArchived() && c.Chosen[child.ID] == pactius.AccessNone {
			continue
		}
		below := c.node(child, inherited, from, depth+1)
		n.Open = n.Open || below.Checked || (below.Open && len(below.Children) > 0)
		n.Children = append(n.Children, below)
	}
	return n
}

// Field is the name of the row's access choice.
func (n UnitNode) Field() string { return FieldAccess(n.ID) }

// Selected is the access the row's choice stands on.
func (n UnitNode) Selected() pactius.Access {
	if n.Access == pactius.AccessNone {
		return pactius.AccessRead
	}
	return n.Access
}

// Node is one row of the tree of the business units' page.
type Node struct {
	Unit           pactius.Unit
	Members        int
	Administrators []Person
	Manages        bool
	Open           bool
	Children       []Node
}

// Nodes arranges the page's tree; archived units are left out unless Archived.
func (p Units) Nodes() []Node {
	if p.Tree.Root().ID == "" {
		return nil
	}
	return []Node{p.node(p.Tree.Root(), 0, Within(p.Rights))}
}

func (p Units) node(u pactius.Unit, depth int, manages func(pactius.UnitID) bool) Node {
	n := Node{Unit: u, Members: p.Members[u.ID], Administrators: Persons(p.Administrators[u.ID]),
		Manages: manages(u.ID) && !u.IsArchived(), Open: depth < 2 || p.Tree.Len() <= openUpTo}
	if depth >= pactius.MaxDepth {
		return n
	}
	for _, child := range p.Tree.Children(u.ID) {
		if p.Archived || !child.IsArchived() {
			n.Children = append(n.Children, p.node(child, depth+1, manages))
		}
	}
	return n
}
