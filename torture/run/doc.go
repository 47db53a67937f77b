// Command run tries every promise of docs/operations.md on both engines and
// prints what came of it; see package torture.
package main
