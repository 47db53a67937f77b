package database

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/pactius/pactius"
)

// Errors that rules ask for with errors.Is.
var (
	// ErrNotFound: there is no such row in this environment.
	ErrNotFound = pactius.Refuse(pactius.KindNotFound,
		pactius.T("This can't be found here and may no longer exist. Go back to the list and look for it there."))
	// ErrStale: the row has changed since it was read.
	ErrStale = pactius.Refuse(pactius.KindConflict,
		pactius.T("Someone has changed this since you opened it. Check the latest version and try again."))
	// ErrTaken: a uniqueness constraint says there is one already.
	ErrTaken = pactius.Refuse(pactius.KindConflict, pactius.T("This already exists. Open the list to see it."))
	// ErrInUse: other rows depend on it.
	ErrInUse = pactius.Refuse(pactius.KindConflict,
		pactius.T("Something still depends on this. Reload the page to see what."))
)

// Translate puts driver errors into words where a person can act on them.
func Translate(err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNotFound
	}
	if errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) {
		return &pactius.Error{Kind: pactius.KindUnavailable, Message: awayText,
			Err: &undoneError{error: err, lost: true}}
	}
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return translatePostgres(e, err)
	}
	e, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return translateConnection(err)
	}
	switch e.Code() {
	case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY:
		return &pactius.Error{Kind: ErrTaken.Kind, Message: ErrTaken.Message, Err: fmt.Errorf("%w: %w", ErrTaken, err)}
	case sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
		return &pactius.Error{Kind: ErrInUse.Kind, Message: ErrInUse.Message, Err: fmt.Errorf("%w: %w", ErrInUse, err)}
	}
	message := pactius.Text{}
	switch e.Code() & 0xff { // the primary code; the rest says where
	case sqlite3.SQLITE_READONLY:
		if message = readOnlyText; e.Code() == sqlite3.SQLITE_READONLY_DIRECTORY {
			message = folderText
		}
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		message = busyText
	case sqlite3.SQLITE_FULL:
		message = fullText
	case sqlite3.SQLITE_PERM:
		message = readOnlyText
	case sqlite3.SQLITE_CANTOPEN:
		message = pactius.T("The database file can't be opened. Support needs to check that it exists and who can " +
			"read and write it.")
	case sqlite3.SQLITE_IOERR:
		message = pactius.T("The database's disk isn't responding as it should. Nothing was changed; Support needs " +
			"to check it.")
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		message = pactius.T("The database file is damaged or isn't a PACTIUS database. Support needs to restore it " +
			"from a backup.")
	default:
		return err
	}
	return &pactius.Error{Kind: pactius.KindUnavailable, Message: message, Err: err}
}

// Sentences of both engines.
var (
	busyText     = pactius.T("The database is busy. Nothing was changed; please try again in a moment.")
	fullText     = pactius.T("The database's disk is full, so nothing was changed. Support needs to free up space.")
	readOnlyText = pactius.T("The database can't be written to, so nothing was changed. Support needs to check the " +
		"file's permissions.")
	folderText = pactius.T("The database folder can't be written to, so nothing was changed. Support needs to check " +
		"the folder's permissions.")
	awayText   = pactius.T("The database isn't available right now. Please try again in a moment.")
	loginText  = pactius.T("The database rejected the user or the password in PACTIUS_DATABASE.")
	unsureText = pactius.T("The connection to the database was lost at the last moment. Check whether the change was " +
		"made before you try again.")
)

// errCrowded marks the error that there is no free connection to the database.
var errCrowded = errors.New("every connection is in use")

func crowded(err error) error {
	return &pactius.Error{Kind: pactius.KindUnavailable, Err: errors.Join(errCrowded, err),
		Message: pactius.T("All database connections are in use right now. Nothing was changed; please try again in " +
			"a moment.")}
}

// IsCrowded recognises the error that there is no free connection to the database: the pool
// of this process is in use, or the server or a pooler has none left.
func IsCrowded(err error) bool { return errors.Is(err, errCrowded) }

// undoneError marks an error after which nothing of the transaction happened
// and the same may well succeed.
type undoneError struct {
	error
	lost bool // the connection was lost: after a commit was sent the result is unknown
}

func (e *undoneError) Unwrap() error { return e.error }

// undone reports whether a transaction can be tried again.
func undone(err error) bool {
	_, ok := errors.AsType[*undoneError](err)
	return ok
}

// Unsure takes back the promise of undoneError for a commit whose answer was lost.
func Unsure(err error) error {
	if e, ok := errors.AsType[*undoneError](err); ok && e.lost {
		return &pactius.Error{Kind: pactius.KindUnavailable, Message: unsureText, Err: e.error}
	}
	return err
}
