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
	"strings"

	"github.com/pactius/pactius"
)

// SchemaTable notes which schema steps were applied. It belongs to the database
// and not to the deployment in it, so it is never copied.
const SchemaTable = "schema_steps"

// SumColumn is the column of SchemaTable with the hash of each step's text. A database that no server of this version
// was started on does not have it.
const SumColumn = "sha256"

// SQL of the table that notes the schema steps.
const (
	SQLSchemaTable = `CREATE TABLE IF NOT EXISTS schema_steps
		(number BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL, applied_at BIGINT NOT NULL,
		sha256 TEXT NOT NULL DEFAULT '')`
	sqlSchemaAddSums = `ALTER TABLE schema_steps ADD COLUMN sha256 TEXT NOT NULL DEFAULT ''`
	sqlSchemaSum     = `UPDATE schema_steps SET sha256 = $1 WHERE number = $2`
	sqlSchemaSteps   = `SELECT number, name, sha256 FROM schema_steps ORDER BY number`
	sqlSchemaNames   = `SELECT number, name, '' FROM schema_steps ORDER BY number`
	sqlSchemaVersion = `SELECT COALESCE(MAX(number), 0) FROM schema_steps`
	sqlSchemaNote    = `INSERT INTO schema_steps (number, name, applied_at, sha256) VALUES ($1, $2, $3, $4)`
)

// Migrate brings the schema up to date, each step in a transaction of its own. It
// refuses the database of another program, of a newer PACTIUS or of another build.
func (db *DB) Migrate(ctx context.Context) error { return db.migrate(ctx, db.steps) }

func (db *DB) migrate(ctx context.Context, all []Step) error {
	if err := db.checkOurs(ctx); err != nil {
		return err
	}
	var version int
	err := db.change(ctx, func(tx *sql.Tx) (err error) {
		version, err = db.prepare(ctx, tx, all)
		return err
	})
	if err != nil {
		return fmt.Errorf("prepare the schema: %w", err)
	}
	if version > 0 && version < len(all) {
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

// prepare makes the table of steps, or completes it, and returns the number of the newest step. It refuses a
// database with steps that this program does not have. Steps of before their hashes were noted are taken to be this
// program's: they were frozen.
func (db *DB) prepare(ctx context.Context, tx *sql.Tx, all []Step) (version int, err error) {
	if _, err := tx.ExecContext(ctx, db.engine.schema(SQLSchemaTable)); err != nil {
		return 0, err
	}
	noted, summed, err := db.noted(ctx, tx)
	if err != nil {
		return 0, err
	}
	if err := db.checkSteps(noted, all); err != nil {
		return 0, err
	}
	if !summed {
		if _, err := tx.ExecContext(ctx, db.engine.schema(sqlSchemaAddSums)); err != nil {
			return 0, err
		}
	}
	for _, n := range noted {
		version = n.number
		if n.sum != "" || n.number < 1 {
			continue
		}
		if _, err := tx.ExecContext(ctx, sqlSchemaSum, all[n.number-1].sum(), n.number); err != nil {
			return 0, err
		}
	}
	return version, db.removeHalfCopy()
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

// refuseForeign is checkOurs for a SQLite file, before a connection that writes changes its journal mode. What else is
// wrong with the file is said by opening it.
func refuseForeign(ctx context.Context, url string, o Options) error {
	path, ok := strings.CutPrefix(url, "sqlite:")
	if info, err := os.Stat(path); !ok || err != nil || info.Size() == 0 {
		return nil
	}
	o.Reading, o.Logger = true, nil
	db, err := Connect(ctx, url, o)
	if err != nil {
		return nil
	}
	err = db.checkOurs(ctx)
	if pactius.KindOf(err) != pactius.KindInvalid {
		err = nil
	}
	return errors.Join(err, db.Close())
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
		_, err = tx.ExecContext(ctx, sqlSchemaNote, step.Number, step.Name, db.now().UnixMicro(), step.sum())
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

// CheckUsable refuses the database of another program, of a newer PACTIUS or of another
// build, and changes nothing. It reports whether the database is empty, without any table.
func (db *DB) CheckUsable(ctx context.Context) (empty bool, err error) {
	if err := db.checkOurs(ctx); err != nil {
		return false, err
	}
	tables, err := db.Tables(ctx, db.write)
	if err != nil || len(tables) == 0 {
		return err == nil, err
	}
	noted, _, err := db.noted(ctx, db.write)
	return false, cmp.Or(err, db.checkSteps(noted, db.steps))
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
