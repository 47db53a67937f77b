// Package storetest is what tests of the store, and of the rules above it,
// stand on: a real database in a temporary folder, a clock that stands still,
// a few rows to begin with, and a look at every table. Only tests import it.
//
// Each runs a test of the store on every engine; engines lists them.
package storetest
