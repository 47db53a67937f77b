// Package names reads what people type about people: account names, display
// names, e-mail addresses and messages. It is pure: text in, text or a
// sentence about what is wrong out.
//
// There are three forms of a name, and they must not be mixed up:
//
//   - what is shown: as typed, trimmed, in Unicode normal form C;
//   - the key (Key): also in lower case. Two account names are the same account
//     exactly when their keys are equal; the database enforces it;
//   - the folded form (Fold): without accents and with letters spelled out, for
//     searching and for finding near misses. Equal folded forms mean that two
//     names look alike, never that they are the same person.
//
// Characters that cannot be seen, control characters and those that reorder
// text are refused everywhere: a name must be what it looks like. Refusals are
// *pactius.Error of kind Invalid with the field's name, and say what to do.
//
// Rules call it for everything typed, package store for keys and words to search by.
package names
