package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/pactius/pactius"
)

// Errors that rules ask for with errors.Is.
var (
	// ErrNotFound: there is no such row in this environment.
	ErrNotFound = pactius.Refuse(pactius.NotFound, pactius.T("This does not exist here, or no longer. Go back to the list and look for it there."))
	// ErrStale: the row has changed since it was read.
	ErrStale = pactius.Refuse(pactius.Conflict, pactius.T("Somebody has changed this since you opened it. Look at it as it is now and try again."))
	// ErrTaken: a uniqueness constraint says there is one already.
	ErrTaken = pactius.Refuse(pactius.Conflict, pactius.T("There is one already. Open the list to see it."))
	// ErrInUse: other rows depend on it.
	ErrInUse = pactius.Refuse(pactius.Conflict, pactius.T("Something still depends on this. Reload the page to see what."))
)

// busyTimeout is how long a statement waits for another process's write, in
// milliseconds: longer than any write of ours, shorter than a person waits.
const busyTimeout = 5000

// pragmas are set on every connection, by way of the DSN.
var pragmas = []struct{ name, value, want string }{
	{"busy_timeout", fmt.Sprint(busyTimeout), fmt.Sprint(busyTimeout)},
	{"journal_mode", "WAL", "wal"},
	{"synchronous", "FULL", "2"}, // a commit survives the loss of power, not only of the process
	{"foreign_keys", "1", "1"},
}

// connect opens the pools; nothing is read yet.
func connect(address string) (*Store, error) {
	path, ok := strings.CutPrefix(address, "sqlite:")
	if !ok || path == "" {
		return nil, pactius.RefuseField("database", pactius.T("The database address must be sqlite:PATH, for example sqlite:/var/lib/pactius/pactius.db."))
	}
	if err := preparePlace(path); err != nil {
		return nil, err
	}
	write, err := sql.Open("sqlite", dsn(path, "_txlock=immediate"))
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	read, err := sql.Open("sqlite", dsn(path, "_pragma=query_only(1)"))
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	write.SetMaxOpenConns(1)
	read.SetMaxOpenConns(readers)
	read.SetMaxIdleConns(readers)
	return &Store{write: write, read: read, path: path, mail: make(chan struct{}, 1)}, nil
}

// filePermissions are those of the database and its copies: they hold personal
// data, so nobody but the owner reads them. SQLite gives its companions
// (-wal, -shm) the same.
const filePermissions = 0o600

// preparePlace tells early what SQLite would say in riddles, and makes the file
// where there is none, so that it is private from the first byte.
func preparePlace(path string) error {
	dir := filepath.Dir(path)
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return &pactius.Error{Kind: pactius.Invalid, Err: err,
			Message: pactius.T("The folder %s for the database does not exist. Create it, or name another with PACTIUS_DATABASE.", dir)}
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return pactius.Refuse(pactius.Invalid, pactius.T("%s is a folder. Name a file in it, for example %s.", path, filepath.Join(path, "pactius.db")))
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, filePermissions)
	if err != nil {
		return nil // it exists, or SQLite says why it cannot be opened
	}
	return f.Close()
}

func dsn(path, option string) string {
	var query []string
	if option != "" {
		query = append(query, option)
	}
	for _, p := range pragmas {
		query = append(query, "_pragma="+p.name+"("+p.value+")")
	}
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: strings.Join(query, "&")}).String()
}

// startPause is the pause between two attempts of firstContact.
const startPause = 20 * time.Millisecond

// firstContact makes the first connection, which turns a new file to WAL. While
// another process does just that SQLite says "busy" at once, without waiting for
// busyTimeout, so the waiting is done here.
func (s *Store) firstContact(ctx context.Context) error {
	for waited := time.Duration(0); ; waited += startPause {
		err := s.checkPragmas(ctx)
		if !isBusy(err) || waited >= busyTimeout*time.Millisecond {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(startPause):
		}
	}
}

func isBusy(err error) bool {
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && e.Code()&0xff == sqlite3.SQLITE_BUSY
}

// checkPragmas makes sure the promises of doc.go hold on this machine: a
// network drive, for instance, cannot do WAL.
func (s *Store) checkPragmas(ctx context.Context) error {
	for _, p := range pragmas {
		var got string
		if err := s.write.QueryRowContext(ctx, "PRAGMA "+p.name).Scan(&got); err != nil {
			return translate(fmt.Errorf("open %s: %w", s.path, err))
		}
		if got != p.want {
			return pactius.Refuse(pactius.Unavailable, pactius.T("The database %s cannot be used safely: %s is %s instead of %s. Put the file on a local disk.", s.path, p.name, got, p.want))
		}
	}
	return nil
}

// translate puts driver errors into words where a person can act on them.
func translate(err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNotFound
	}
	if errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) {
		return &pactius.Error{Kind: pactius.Unavailable, Message: pactius.T("The database is not available right now. Please try again in a moment."), Err: err}
	}
	e, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return err
	}
	switch e.Code() {
	case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY:
		return &pactius.Error{Kind: ErrTaken.Kind, Message: ErrTaken.Message, Err: fmt.Errorf("%w: %w", ErrTaken, err)}
	case sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
		return &pactius.Error{Kind: ErrInUse.Kind, Message: ErrInUse.Message, Err: fmt.Errorf("%w: %w", ErrInUse, err)}
	}
	message := pactius.Text{}
	switch e.Code() & 0xff { // the primary code; the rest says where
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		message = pactius.T("The database is busy. Nothing was changed; please try again in a moment.")
	case sqlite3.SQLITE_FULL:
		message = pactius.T("The disk of the database is full. Nothing was changed; Support must free space.")
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM:
		message = pactius.T("The database cannot be written to. Nothing was changed; Support must check the file's permissions.")
	case sqlite3.SQLITE_CANTOPEN:
		message = pactius.T("The database file cannot be opened. Support must check that it exists and who may read and write it.")
	case sqlite3.SQLITE_IOERR:
		message = pactius.T("The disk of the database does not answer as it should. Nothing was changed; Support must check it.")
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		message = pactius.T("The database file is damaged or is not a PACTIUS database. Support must restore it from a backup.")
	default:
		return err
	}
	return &pactius.Error{Kind: pactius.Unavailable, Message: message, Err: err}
}
