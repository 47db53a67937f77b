package dbtool

import (
	"context"
	"database/sql"
	"log/slog"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/database"
	"github.com/pactius/pactius/internal/store"
)

// Options are common to all functions of this package. The zero value works.
type Options struct {
	Logger *slog.Logger     // nil discards
	Now    func() time.Time // nil is time.Now
}

// database returns the options to open a database with this program's schema.
func (o Options) database() (database.Options, error) {
	steps, err := store.Steps()
	return database.Options{Steps: steps, Logger: o.Logger, Now: o.Now}, err
}

// clock returns the time of Now, or the machine's.
func (o Options) clock() time.Time {
	if o.Now == nil {
		return time.Now()
	}
	return o.Now()
}

// openUnchanged opens a database that must have this program's schema.
func openUnchanged(ctx context.Context, address string, o Options) (*database.DB, error) {
	options, err := o.database()
	if err != nil {
		return nil, err
	}
	return database.OpenUnchanged(ctx, address, options)
}

// Backup writes a consistent copy of a SQLite database, which may be in use, to a new
// file.
func Backup(ctx context.Context, db *store.Store, file string) error {
	if db.Engine() != database.SQLite {
		return pactius.Refuse(pactius.KindInvalid,
			pactius.T("Back up a PostgreSQL database with its own tools, for example: pg_dump --format=custom "+
				"--file=%s. See docs/operations.md for what to check.", file))
	}
	return db.Backup(ctx, file)
}

// engine holds the differences between the engines.
type engine struct {
	objects   string // query for the parts of the schema
	integrity string // query that verifies the storage, "ok" or faults; "" has none
	refresh   string // before a table's name updates its statistics for the planner; "" needs nothing

	// prepare prepares a transaction that fills tables; it returns the statements to end it with.
	prepare func(context.Context, *sql.Tx, []table) ([]string, error)
	load    func(context.Context, *loading) error // fills a table
}

// engineOf returns the engine of a database.
func engineOf(db *database.DB) engine {
	if db.Engine() == database.Postgres {
		return engine{objects: sqlObjectsPostgres, refresh: `ANALYZE `, prepare: preparePostgres, load: loadPostgres}
	}
	return engine{objects: sqlObjectsSQLite, integrity: sqlIntegritySQLite, prepare: prepareSQLite, load: loadSQLite}
}
