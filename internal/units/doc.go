// Package units holds the rules of the tree of business units: add, rename, move,
// archive, restore, delete, and list the members.
//
// The tree has one root, which can only be renamed; no cycles; no siblings of equal
// names; at most pactius.MaxDepth levels and pactius.MaxUnits units in use, of which
// a local administrator adds at most pactius.MaxUnitsEach. A unit with members or
// units below it cannot be archived, so no user loses access by accident; one that an
// access request names, too, cannot be deleted, so that its history stays readable.
//
// An administrator of the parent unit may change a unit, an administrator of the
// unit may rename it; moving takes both the old and the new parent. Surfaces and the
// command line call this package; package environments creates the root with it.
package units
