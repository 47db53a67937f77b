// Package database runs SQL on the two engines of PACTIUS: SQLite, embedded, in
// one file, and PostgreSQL for several instances. It opens the database, applies
// schema steps, runs transactions and translates driver errors. It knows no
// table: package store has the statements, package dbtool works on whole
// databases.
//
// A transaction belongs to one environment, whose ID it carries. View reads a
// consistent snapshot. Update writes: changes of one environment take turns, each
// has a commit of its own, and it is durable when its Update returns. SQLite
// writes with synchronous=FULL, so an acknowledged change survives the loss of
// power; every connection to PostgreSQL asks for synchronous_commit, which is the
// same promise.
//
// A database can also be opened for reading alone (see Options.Reading): then no file of
// SQLite is made or changed, which works on a disk that is mounted for reading.
//
// Errors are *pactius.Error where a person can act on them - nothing found, the
// name is taken, the disk is full, the database is busy - and wrapped driver
// errors otherwise.
package database
