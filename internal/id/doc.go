// Package id makes and checks the identifiers of everything PACTIUS stores:
// UUIDs of version 7 (RFC 9562, section 5.7), written in lower case with
// hyphens. Their first 48 bits are the time of creation in milliseconds, so
// that new rows land at the end of an index. They are names, not secrets: knowing
// one gives no access.
//
// The code that inserts a row makes its ID; surfaces check the IDs in a path.
package id
