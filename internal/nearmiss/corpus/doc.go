// Package corpus makes companies of invented people, and the mistakes that are
// made with their names, to measure package nearmiss by: who was invited under
// which wrong name, and strangers who were never invited. The same seed makes the
// same people.
//
// There are two worlds that share neither names nor companies. Weights are
// chosen on the first; the figures in docs/near-misses.md are those of the second.
//
// Tests and bench call it; it is no part of the program.
package corpus
