// Package store has all SQL statements of PACTIUS, one text for both engines and
// one file per noun, and no rule: the packages above it decide what may happen,
// inside one of its transactions. Only they and package server call it, never a
// surface. Package database below it runs the statements; package dbtool checks
// and copies whole databases.
//
// A transaction belongs to one environment. Every statement of a Tx carries that
// environment's ID, so nothing can cross from one to another; the few statements
// that span environments are methods of Store.
package store
