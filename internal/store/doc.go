// Package store keeps everything PACTIUS knows in a SQL database: SQLite,
// embedded, in one file, or PostgreSQL for several instances. It holds all SQL,
// one text for both engines, and no rule: what may happen is decided by the
// packages above it, inside one of its transactions. Only they and package server
// call it, never a surface.
//
// A transaction belongs to one environment. Every statement of a Tx carries
// that environment's ID, so nothing can cross from one to another; the few
// statements that span environments are methods of Store.
//
// View reads a consistent snapshot. Update writes; changes of an environment take
// turns, those that arrive together share a commit, and each is durable when its
// Update returns: SQLite writes with synchronous=FULL, so an acknowledged change
// survives the loss of power; every connection to PostgreSQL asks for
// synchronous_commit, which is the same promise.
//
// Three things work on a whole database: Copy moves a deployment to another one,
// of whichever engine, Restore puts a backup in place, and Store.Check looks at
// everything that must be true whatever has happened. What the schema consists
// of they learn from the schema steps themselves, so a new table is never left out.
//
// Errors are *pactius.Error where a person can act on them - nothing found,
// the name is taken, the disk is full, the database is busy - and wrapped
// driver errors otherwise.
package store
