// Package nearmiss compares people: is an unrecognised person probably one of the
// known people, under a name that was mistyped, spelled differently or has
// changed? It is pure: it returns scores and reasons. An administrator decides.
//
// It works in three steps, so that a database of a million people is not read as a
// whole:
//
//  1. Keys returns the blocking keys to store for a known person, few and short.
//     Probes returns the keys to look up for the person asked about, many.
//  2. Wanted returns the words whose frequency matters; the database counts them.
//  3. Rank compares the candidates exactly and returns the likely ones, best first.
//
// The score weighs agreement against its probability by chance: a rare name
// counts for much, a common one for little, and digits distinguish namesakes.
// docs/near-misses.md explains the match weights.
//
// Package store calls it for the keys of its rows, package users for the rest.
package nearmiss
