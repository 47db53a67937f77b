package database

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/pactius/pactius"
)

// SchemaTable notes which schema steps were applied. It belongs to the database
// and not to the deployment in it, so it is never copied.
const SchemaTable = "schema_steps"

// Step is one numbered change of the schema.
type Step struct {
	Number int
	Name   string
	SQL    string // in the words of SQLite; translated for other engines

	// Fill runs after SQL, in the same transaction. nil does nothing.
	Fill func(*Tx) error
}

// ReadSteps reads the steps from a folder of files named NUMBER_NAME.sql. They are
// returned in order; a gap is an error.
func ReadSteps(folder fs.FS) ([]Step, error) {
	entries, err := fs.ReadDir(folder, ".")
	if err != nil {
		return nil, err
	}
	var all []Step
	for _, entry := range entries {
		digits, _, _ := strings.Cut(entry.Name(), "_")
		number, err := strconv.Atoi(digits)
		if err != nil {
			return nil, fmt.Errorf("migration %s has no number: %w", entry.Name(), err)
		}
		text, err := fs.ReadFile(folder, entry.Name())
		if err != nil {
			return nil, err
		}
		all = append(all, Step{Number: number, Name: entry.Name(), SQL: string(text)})
	}
	slices.SortFunc(all, func(a, b Step) int { return a.Number - b.Number })
	for i, s := range all {
		if s.Number != i+1 {
			return nil, fmt.Errorf("migration %d is missing", i+1)
		}
	}
	return all, nil
}

// SQL of the table that notes the schema steps.
const (
	SQLSchemaTable = `CREATE TABLE IF NOT EXISTS schema_steps
		(number BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL, applied_at BIGINT NOT NULL)`
	sqlSchemaVersion = `SELECT COALESCE(MAX(number), 0) FROM schema_steps`
	sqlSchemaNote    = `INSERT INTO schema_steps (number, name, applied_at) VALUES ($1, $2, $3)`
)

// Migrate brings the schema up to date, each step in a transaction of its own. It
// refuses the database of another program or of a newer PACTIUS.
func (db *DB) Migrate(ctx context.Context) error { return db.migrate(ctx, db.steps) }

func (db *DB) migrate(ctx context.Context, all []Step) error {
	if err := db.checkOurs(ctx); err != nil {
		return err
	}
	if err := db.change(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, db.engine.schema(SQLSchemaTable))
		return err
	}); err != nil {
		return fmt.Errorf("prepare the schema: %w", err)
	}
	version, err := db.version(ctx)
	if err != nil {
		return err
	}
	switch {
	case version > len(all):
		return db.errNewer(version, len(all))
	case version == len(all):
		return nil
	case version > 0:
		if err := db.engine.upgrade(ctx, db, version+1); err != nil {
			return err
		}
	}
	for _, step := range all[version:] {
		if err := db.apply(ctx, step); err != nil {
			return err
		}
		db.logger.InfoContext(ctx, "schema step applied", "step", step.Name)
	}
	return nil
}

// checkOurs refuses a database that belongs to another program, before anything
// is written into it.
func (db *DB) checkOurs(ctx context.Context) error {
	tables, err := db.Tables(ctx, db.write)
	if err != nil {
		return fmt.Errorf("look into %s: %w", db.name, err)
	}
	if len(tables) > 0 && !slices.Contains(tables, SchemaTable) {
		return pactius.Refuse(pactius.KindInvalid,
			pactius.T("%s is another program's database. Specify a PACTIUS database or an empty one.", db.name))
	}
	return nil
}

// Tables lists the names of all tables.
func (db *DB) Tables(ctx context.Context, q Queryer) ([]string, error) {
	return List(ctx, q, Value[string], db.engine.tables)
}

func (db *DB) version(ctx context.Context) (int, error) {
	return One(ctx, db.write, Value[int], sqlSchemaVersion)
}

// apply runs a step unless another process was first.
func (db *DB) apply(ctx context.Context, step Step) error {
	err := db.change(ctx, func(tx *sql.Tx) error {
		version, err := One(ctx, tx, Value[int], sqlSchemaVersion)
		if err != nil || version >= step.Number {
			return err
		}
		if _, err := tx.ExecContext(ctx, db.engine.schema(step.SQL)); err != nil {
			return err
		}
		if step.Fill != nil {
			if err := step.Fill(&Tx{ctx: ctx, tx: tx, db: db}); err != nil {
				return err
			}
		}
		_, err = tx.ExecContext(ctx, sqlSchemaNote, step.Number, step.Name, db.now().UnixMicro())
		return err
	})
	if err != nil {
		return fmt.Errorf("schema step %s: %w", step.Name, err)
	}
	return nil
}

// change runs a change of the schema in a transaction, one process at a time.
func (db *DB) change(ctx context.Context, fn func(*sql.Tx) error) error {
	t, err := db.beginWriting(ctx)
	if err != nil {
		return Translate(err)
	}
	defer t.end() // after Commit this undoes nothing
	tx := t.tx
	if db.engine.schemaLock != "" {
		if _, err := tx.ExecContext(ctx, db.engine.schemaLock); err != nil {
			return Translate(err)
		}
	}
	if err := fn(tx); err != nil {
		return Translate(err)
	}
	return Translate(tx.Commit())
}

// SchemaCurrent reports whether the database has every schema step that this
// program knows. It has more while a newer PACTIUS is being rolled out beside it.
func (db *DB) SchemaCurrent(ctx context.Context) (bool, error) {
	has, err := One(ctx, db.read, Value[int], sqlSchemaVersion)
	return has >= len(db.steps), cmp.Or(db.crowded(db.read, err), err)
}

// SchemaVersion returns the number of the newest schema step that the database has.
func (db *DB) SchemaVersion(ctx context.Context) (int, error) { return db.version(ctx) }

// OpenUnchanged opens a database that exists and whose schema is exactly this
// program's, and changes nothing of it; any other is refused.
func OpenUnchanged(ctx context.Context, url string, o Options) (*DB, error) {
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok && path != "" && !FileExists(path) {
		return nil, pactius.Refuse(pactius.KindNotFound, pactius.T("There's no database %s. Check the path.", path))
	}
	o.Reading = true
	db, err := Connect(ctx, url, o)
	if err != nil {
		return nil, err
	}
	if err := db.checkUnchanged(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

func (db *DB) checkUnchanged(ctx context.Context) error {
	empty, err := db.CheckUsable(ctx)
	if err != nil {
		return err
	}
	if empty {
		return pactius.Refuse(pactius.KindNotFound,
			pactius.T("The database %s is empty. Check PACTIUS_DATABASE, or start with: pactius environment add",
				db.name))
	}
	has, err := db.version(ctx)
	if err == nil && has < len(db.steps) {
		err = pactius.Refuse(pactius.KindUnavailable,
			pactius.T("The database %s was written by an older version of PACTIUS (schema %d; this version uses %d). "+
				"Start this version's server once to upgrade it, or use the older version.", db.name, has,
				len(db.steps)))
	}
	return err
}

// CheckUsable refuses the database of another program or of a newer PACTIUS and
// changes nothing. It reports whether the database is empty, without any table.
func (db *DB) CheckUsable(ctx context.Context) (empty bool, err error) {
	if err := db.checkOurs(ctx); err != nil {
		return false, err
	}
	tables, err := db.Tables(ctx, db.write)
	if err != nil || len(tables) == 0 {
		return err == nil, err
	}
	has, err := db.version(ctx)
	if err == nil && has > len(db.steps) {
		err = db.errNewer(has, len(db.steps))
	}
	return false, err
}

// errNewer refuses a database whose schema the program does not know.
func (db *DB) errNewer(has, knows int) error {
	return pactius.Refuse(pactius.KindUnavailable,
		pactius.T("The database %s was written by a newer version of PACTIUS (schema %d; this version uses %d). "+
			"Start the newer version, or restore the copy made before the upgrade.", db.name, has, knows))
}

// FileExists reports whether there is a file, or something else, at a path.
func FileExists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}
