// Package names parses typed account names, display names, email addresses and
// messages. It is pure: it returns the cleaned text or a sentence about the fault.
//
// A name has three forms, which must not be mixed up:
//
//   - for display: as typed, trimmed, in Unicode normal form C;
//   - the key (Key): also in lower case, a domain as A-label. Two account names are
//     the same account exactly when their keys are equal; the database enforces it;
//   - the folded form (Fold): without accents and with letters spelled out, for
//     searching and for finding near misses. Equal folded forms mean that two
//     names look alike, never that they are the same person.
//
// Invisible characters, control characters and those that reorder text are
// refused everywhere: a name must be what it looks like. Refusals are
// *pactius.Error of kind Invalid with the field's name, and say what to do.
// What Microsoft or its directory vouched for is not refused: Vouched and CleanName
// take it.
//
// Rules call it for everything typed, package store for keys and search words.
package names
