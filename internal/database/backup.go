package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/pactius/pactius"
)

// copyBefore copies the database beside itself before an upgrade to a step. It holds the lock of the schema meanwhile,
// so that of several processes one makes a copy, of what none of them changes.
func (db *DB) copyBefore(ctx context.Context, number int) error {
	err := db.change(ctx, func(tx *sql.Tx) error {
		version, err := One(ctx, tx, Value[int], sqlSchemaVersion)
		if err != nil || version >= number {
			return err // another process was first
		}
		name, err := db.findCopy(ctx, tx, number)
		if err != nil {
			return err
		}
		if name != "" {
			db.logger.InfoContext(ctx, "the copy made before the last attempt to upgrade has all that the database has",
				"copy", name)
			return nil
		}
		return db.makeCopy(ctx, number)
	})
	if cause := noSpace(err); cause != nil {
		return &pactius.Error{Kind: pactius.KindUnavailable, Err: cause,
			Message: pactius.T("There isn't enough space to copy the database %s before its upgrade, so nothing was "+
				"changed. Free up space on its disk, or start the previous version.", db.name)}
	}
	if err != nil {
		return fmt.Errorf("copy the database before the upgrade: %w", err)
	}
	return nil
}

// halfCopy ends the name of a copy until it is complete. The name is always the same, so a process that is killed
// leaves at most one, which the next start removes.
const halfCopy = ".before-upgrade.part"

// removeHalfCopy removes what a killed process has left of a copy. The caller holds the lock of the schema, so no
// other process is writing one.
func (db *DB) removeHalfCopy() error {
	if db.place == nil {
		return nil
	}
	for _, name := range []string{db.place.file + halfCopy, db.place.file + halfCopy + "-journal"} {
		if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove what is left of a copy: %w", err)
		}
	}
	return nil
}

// makeCopy makes a copy that has its name only once it is complete.
func (db *DB) makeCopy(ctx context.Context, number int) error {
	if err := db.removeHalfCopy(); err != nil {
		return err
	}
	half := db.place.file + halfCopy
	if err := db.Backup(ctx, half); err != nil {
		return err
	}
	base := db.copiesBefore(number) + db.now().UTC().Format("20060102T150405")
	name := base
	for i := 2; FileExists(name); i++ {
		name = fmt.Sprintf("%s-%d", base, i)
	}
	if err := errors.Join(os.Rename(half, name), SyncFolder(filepath.Dir(name))); err != nil {
		return err
	}
	db.logger.InfoContext(ctx, "database copied before the upgrade", "copy", name)
	return nil
}

// copiesBefore begins the names of the copies made before a step.
func (db *DB) copiesBefore(number int) string {
	return fmt.Sprintf("%s.before-%d-", db.place.file, number)
}

// findCopy returns the file of a copy made before a step that has all that the database has, or "". Any other stays:
// somebody may have restored an older backup since, and the copy has what was there before.
func (db *DB) findCopy(ctx context.Context, present Queryer, number int) (string, error) {
	prefix := filepath.Base(db.copiesBefore(number))
	dir := filepath.Dir(db.place.file)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", err
	}
	for _, entry := range slices.Backward(entries) { // by name, so the newest comes first
		name := filepath.Join(dir, entry.Name())
		if !strings.HasPrefix(entry.Name(), prefix) || !entry.Type().IsRegular() || FileExists(name+"-wal") {
			continue
		}
		equal, err := db.isCopy(ctx, present, name)
		if equal || ctx.Err() != nil {
			return name, ctx.Err()
		}
		if err != nil {
			db.logger.WarnContext(ctx, "a copy made before an upgrade can't be read", "copy", name, "error", err)
		}
	}
	return "", nil
}

// isCopy reports whether a file has the same tables, indexes and rows as the present database.
func (db *DB) isCopy(ctx context.Context, present Queryer, file string) (bool, error) {
	other, err := sql.Open("sqlite", FileURL(file, "mode=ro", "immutable=1"))
	if err != nil {
		return false, err
	}
	defer other.Close()
	tables, err := db.Tables(ctx, present)
	if err != nil {
		return false, err
	}
	queries := []string{sqlObjectsSQLite}
	for _, table := range tables {
		queries = append(queries, `SELECT * FROM `+table)
	}
	for _, query := range queries {
		if equal, err := sameRows(ctx, present, other, query); err != nil || !equal {
			return false, err
		}
	}
	return true, nil
}

// A copy has its tables on other pages. SQLite names what it made itself sqlite_.
const sqlObjectsSQLite = `SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%'
	ORDER BY type, name`

// sameRows reports whether a query has the same rows in the same order in two databases.
func sameRows(ctx context.Context, one, other Queryer, query string) (bool, error) {
	a, err := one.QueryContext(ctx, query)
	if err != nil {
		return false, err
	}
	defer a.Close()
	b, err := other.QueryContext(ctx, query)
	if err != nil {
		return false, err
	}
	defer b.Close()
	columns, err := a.Columns()
	if err != nil {
		return false, err
	}
	x, y := newRow(len(columns)), newRow(len(columns))
	for a.Next() {
		if !b.Next() {
			return false, b.Err()
		}
		if err := errors.Join(a.Scan(x...), b.Scan(y...)); err != nil {
			return false, err
		}
		if !reflect.DeepEqual(x, y) {
			return false, nil
		}
	}
	return !b.Next(), errors.Join(a.Err(), b.Err())
}

// newRow returns what a row of so many columns of any type is scanned into.
func newRow(columns int) []any {
	row := make([]any, columns)
	for i := range row {
		row[i] = new(any)
	}
	return row
}

// Backup writes a consistent copy of the database to a file that must not
// exist yet. It reads through a connection of its own, so everything else goes
// on, writing too; the copy holds what was committed when it began.
func (db *DB) Backup(ctx context.Context, file string) error {
	file, err := filepath.Abs(file) // SQLite would read "file:..." as a URL
	if err != nil {
		return fmt.Errorf("find the place of the copy: %w", err)
	}
	// SQLite fills an empty file: made here, it is private from the first byte.
	f, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE|os.O_EXCL, filePermissions)
	switch {
	case errors.Is(err, fs.ErrExist):
		return pactius.Refuse(pactius.KindConflict,
			pactius.T("%s already exists. Specify a file that doesn't exist yet.", file))
	case full(err):
		return errNoSpace(file, err)
	case err != nil:
		return &pactius.Error{Kind: pactius.KindInvalid, Err: err,
			Message: pactius.T("The copy %s can't be written. Check that the folder exists and is writable.",
				file)}
	}
	err = db.copyTo(ctx, file)
	if err == nil {
		err = f.Sync() // a backup that is reported must survive the loss of power
	}
	err = errors.Join(err, f.Close())
	if err != nil {
		err = errors.Join(err, os.Remove(file))
	}
	return err
}

// copyTo fills an empty file with a copy of the database.
func (db *DB) copyTo(ctx context.Context, file string) error {
	address := dsn(db.place.file, busyTimeout)
	if db.readOnly {
		address = db.place.reading()
	}
	source, err := sql.Open("sqlite", address)
	if err != nil {
		return fmt.Errorf("open %s: %w", db.name, err)
	}
	_, err = source.ExecContext(ctx, sqlBackupSQLite, file)
	if isFull(err) {
		err = errNoSpace(file, err)
	} else if err != nil {
		err = Translate(fmt.Errorf("write the copy %s: %w", file, err))
	}
	return errors.Join(err, source.Close())
}

func errNoSpace(file string, err error) error {
	return &pactius.Error{Kind: pactius.KindUnavailable, Err: err,
		Message: pactius.T("There isn't enough space for the copy %s, so the incomplete copy was removed. Free up "+
			"space there, or specify a file on another disk.", file)}
}

// noSpace returns the error of SQLite or the operating system that there is no space left, or nil if that is not why
// err came.
func noSpace(err error) error {
	if e, ok := errors.AsType[*sqlite.Error](err); ok && isFull(e) {
		return e
	}
	if e, ok := errors.AsType[*fs.PathError](err); ok && full(e) {
		return e
	}
	return nil
}

// isFull recognises the error of SQLite that there is no space left.
func isFull(err error) bool {
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && e.Code()&0xff == sqlite3.SQLITE_FULL
}

const sqlBackupSQLite = `VACUUM INTO $1`
