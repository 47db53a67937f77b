// Package id makes and checks the identifiers of everything PACTIUS stores:
// UUIDs of version 7 (RFC 9562, section 5.7), written in lower case with
// hyphens. Their first 48 bits are the time of creation in milliseconds, so
// that new rows land at the end of an index. They are names, not secrets:
// nothing may be allowed because somebody knows one.
//
// Whoever inserts a row makes its ID; surfaces check what comes in a path.
package id
