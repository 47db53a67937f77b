// Package nearmiss compares people: is somebody who is not recognised probably
// one of those who are known, under a name that was typed wrongly, spelled in
// another way or has changed? It is pure: people in, scores and reasons out. It
// decides nothing; an administrator does, see DESIGN section 4.
//
// It works in three steps, so that a database of a million people answers
// without being read:
//
//  1. Keys are what is stored for a known person, few and short. Probes are what
//     is looked up for the person asked about, many: the asker pays.
//  2. Wanted names the words whose commonness matters; the database counts them.
//  3. Rank compares the candidates exactly and gives the likely ones, best first.
//
// The score weighs what agrees against how often it agrees by chance: a rare
// name says much, a common one little, and digits tell namesakes apart. The
// weights and why they are what they are stand in docs/near-misses.md.
//
// Package store calls it for the keys of its rows, package admission for the rest.
package nearmiss
