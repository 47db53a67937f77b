// Package units holds the rules of the tree of business units: add, rename,
// move, archive, restore, and who the members are.
//
// A tree stays a tree: one root, which can be renamed and nothing else; no
// cycles; no two siblings of one name; at most pactius.MaxDepth levels and
// pactius.MaxUnits units. A unit that has members or units beneath it cannot be
// archived, so nobody loses access by accident.
//
// Who may: an administrator of the unit above (or of the unit, to rename it);
// moving takes both the old place and the new one. Surfaces and the command line
// call it; package environments has it make the root.
package units
