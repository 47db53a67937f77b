package database

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strconv"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/pactius/pactius"
)

// The ways to read a SQLite file, as parameters of its URL (sqlite.org/uri.html, sqlite.org/wal.html#readonly).
const (
	// readOnlyWay neither merges a -wal file with the database nor undoes what is in a -journal file. SQLite leaves the
	// -wal and -shm files behind that it had to make.
	readOnlyWay = "mode=ro"

	// tidyWay removes the -wal and -shm files that it had to make. It is for a database beside which there is nothing
	// to merge: its last connection would do that.
	tidyWay = "mode=rw"

	// immutableWay takes no locks and looks at no other file: it is for a file beside which none can be made.
	immutableWay = "immutable=1"
)

// errReadOnly is the fault of a program that changes a database that it has opened for reading.
var errReadOnly = errors.New("the database was opened for reading alone")

// dialReading opens a pool that makes and changes no file; nothing is read yet.
func dialReading(given string) (*DB, error) {
	path, err := ResolvePlace(given)
	if err == nil {
		err = cmp.Or(CheckPlace(path), refuseFolder(path))
	}
	if err != nil {
		return nil, err
	}
	e := sqliteEngine
	e.check = func(ctx context.Context, db *DB) error { return db.firstReading(ctx) }
	db := &DB{engine: &e, name: path, place: &place{given: given, file: path}, pages: readingTurns(readers),
		glances: readingTurns(glancers), changes: newTurns(1, 1, 1),
		actions: [2]*turns{readingTurns(actors), readingTurns(actors)}}
	return db, db.readBy(way(path))
}

// way chooses how to read a file.
func way(path string) string {
	if unmerged(path) != "" {
		return readOnlyWay
	}
	return tidyWay
}

// unmerged returns the file beside a database that holds changes of it, "" for none.
func unmerged(path string) string {
	for _, companion := range []string{"-wal", "-journal"} {
		if info, err := os.Stat(path + companion); err == nil && info.Size() > 0 {
			return path + companion
		}
	}
	return ""
}

// readBy sets the pool of connections that read the file in a way.
func (db *DB) readBy(way string) error {
	db.place.way = way
	pool, err := sql.Open("sqlite", db.place.reading("_pragma=query_only(1)"))
	if err != nil {
		return fmt.Errorf("open %s: %w", db.name, err)
	}
	pool.SetMaxOpenConns(readers + glancers + reserved)
	pool.SetMaxIdleConns(readers + glancers + reserved)
	db.read, db.write = pool, pool
	return nil
}

// reading is the address for connections that change nothing of the file.
func (p *place) reading(options ...string) string {
	wait := strconv.FormatInt(busyTimeout.Milliseconds(), 10)
	return FileURL(p.file, append([]string{p.way, "_pragma=busy_timeout(" + wait + ")"}, options...)...)
}

const sqlFirstReading = `SELECT COUNT(*) FROM sqlite_schema`

// firstReading makes the first connection. Where SQLite can make no file beside the database, as on a disk that is
// mounted for reading, it reads the file alone, unless a part of the database is in another.
func (db *DB) firstReading(ctx context.Context) error {
	_, err := One(ctx, db.read, Value[int], sqlFirstReading)
	if cannotMake(err) {
		if file := unmerged(db.place.file); file != "" {
			return errUnmerged(db.place.file, file, err)
		}
		if db.place.frozen, err = os.Stat(db.place.file); err != nil {
			return Translate(fmt.Errorf("open %s: %w", db.name, err))
		}
		if err := errors.Join(db.read.Close(), db.readBy(immutableWay)); err != nil {
			return err
		}
		_, err = One(ctx, db.read, Value[int], sqlFirstReading)
	}
	if err != nil {
		return fmt.Errorf("open %s: %w", db.name, err)
	}
	warnOfReaders(db.logger, db.place.file)
	return nil
}

// cannotMake recognises SQLite's errors about a file that it cannot make or change beside the database.
func cannotMake(err error) bool {
	e, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return false
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM:
		return true
	}
	return false
}

// errUnmerged refuses a database of which a part cannot be read. Without that part it would be an earlier state.
func errUnmerged(path, part string, err error) error {
	return &pactius.Error{Kind: pactius.KindUnavailable, Err: err,
		Message: pactius.T("A part of the database %s is in %s, which can't be read where nothing can be written. "+
			"Copy both, and %s-shm if it exists, to a folder that can be written to, and use the database there.",
			path, part, path)}
}

// unfrozen returns an error if the file that was read without locks has changed meanwhile.
func (p *place) unfrozen() error {
	if p == nil || p.frozen == nil {
		return nil
	}
	now, err := os.Stat(p.file)
	if err == nil && os.SameFile(now, p.frozen) && now.Size() == p.frozen.Size() &&
		now.ModTime().Equal(p.frozen.ModTime()) && unmerged(p.file) == "" {
		return nil
	}
	return &pactius.Error{Kind: pactius.KindUnavailable, Err: err,
		Message: pactius.T("The database %s was changed while it was read from a place where PACTIUS can't lock it, "+
			"so the result may be wrong. Stop the server, or use a backup, and try again.", p.file)}
}
