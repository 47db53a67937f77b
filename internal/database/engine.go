package database

import (
	"context"
	"database/sql"
	"strings"

	"github.com/pactius/pactius"
)

// The names of the engines.
const (
	SQLite   = "sqlite"
	Postgres = "postgres"
)

// engine is a kind of database: the few things that differ. All else is one
// SQL text.
type engine struct {
	name     string
	dialect  Dialect
	schema   func(text string) string         // translates a schema step
	snapshot sql.IsolationLevel               // of a transaction that only reads
	check    func(context.Context, *DB) error // fails if the promises of doc.go cannot be kept

	// stopper finds what ends the statements of a connection whose context has ended; nil where the driver does.
	stopper func(*sql.Conn) (*stopper, error)

	// lock makes the writers of all processes take turns.
	lock func(context.Context, *sql.Tx, pactius.EnvironmentID) error

	tables        string                                // lists the names of all tables
	schemaColumns string                                // lists the columns of SchemaTable
	upgrade       func(context.Context, *DB, int) error // before a schema step changes data
	schemaLock    string                                // lets one process at a time change the schema
	unhurried     string                                // lets a transaction take as long as it needs
}

// Dialect has the pieces of SQL that differ between the engines.
type Dialect struct {
	// InJSON asks whether a column is in a list; the parameter is a JSON array.
	InJSON string

	// EachJSON is a table of the elements of a list in the column value; the parameter is a JSON array.
	EachJSON string

	// SkipLocked ends a SELECT of rows to be changed, so that several workers take
	// different ones at the same time.
	SkipLocked string
}

// dialEngine opens the pools; nothing is read yet.
func dialEngine(address string, reading bool) (*DB, error) {
	if path, ok := strings.CutPrefix(address, "sqlite:"); ok && path != "" {
		if reading {
			return dialReading(path)
		}
		return dialSQLite(path)
	}
	if strings.HasPrefix(address, "postgres://") || strings.HasPrefix(address, "postgresql://") {
		return dialPostgres(address)
	}
	return nil, errAddress
}

var errAddress = pactius.RefuseField("database",
	pactius.T("The database address must be sqlite:PATH, for example sqlite:/var/lib/pactius/pactius.db, or "+
		"postgres://USER:PASSWORD@HOST/DATABASE."))
