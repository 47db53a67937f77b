package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/pactius/pactius"
)

// copyBefore copies the database beside itself before an upgrade. The copy has
// a name of its own even when another process upgrades in the same second.
func (db *DB) copyBefore(ctx context.Context, number int) error {
	base := fmt.Sprintf("%s.before-%d-%s", db.name, number, db.now().UTC().Format("20060102T150405"))
	name := base
	err := db.Backup(ctx, name)
	for i := 2; pactius.KindOf(err) == pactius.KindConflict && i <= maxCopies; i++ {
		name = fmt.Sprintf("%s-%d", base, i)
		err = db.Backup(ctx, name)
	}
	if err != nil {
		return fmt.Errorf("copy the database before the upgrade: %w", err)
	}
	db.logger.InfoContext(ctx, "database copied before the upgrade", "copy", name)
	return nil
}

// maxCopies is how many processes may upgrade in one second: more are a loop
// of a supervisor, which must not fill the disk.
const maxCopies = 10

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

// isFull recognises the error of SQLite that there is no space left.
func isFull(err error) bool {
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && e.Code()&0xff == sqlite3.SQLITE_FULL
}

const sqlBackupSQLite = `VACUUM INTO $1`
