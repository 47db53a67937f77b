package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/pactius/pactius"
)

// readers is how many connections read at once: SQLite readers do not block
// each other, and more than this only waits for the processor.
const readers = 8

// sqliteEngine is the default: embedded, one file.
var sqliteEngine = engine{
	name:      "sqlite",
	schema:    func(text string) string { return text },
	check:     func(ctx context.Context, s *Store) error { return s.firstContact(ctx) },
	lock:      func(context.Context, *sql.Tx, pactius.EnvironmentID) error { return nil }, // the file is locked already
	tables:    `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name`,
	claim:     sqlClaimMails,
	among:     `IN (SELECT value FROM json_each(?))`,
	upgrade:   (*Store).copyBefore,
	objects:   sqlObjectsSQLite,
	integrity: sqlIntegritySQLite,
	prepare:   prepareSQLite,
	load:      loadSQLite,
}

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

// connectSQLite opens the pools; nothing is read yet.
func connectSQLite(path string) (*Store, error) {
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
	return &Store{engine: &sqliteEngine, write: write, read: read, name: path, mail: make(chan struct{}, 1), groups: map[pactius.EnvironmentID]*group{},
		writing: newStatements(write), reading: newStatements(read)}, nil
}

// filePermissions are those of the database and its copies: they hold personal
// data, so nobody but the owner reads them. SQLite gives its companions
// (-wal, -shm) the same.
const filePermissions = 0o600

// preparePlace tells early what SQLite would say in riddles, and makes the file
// where there is none, so that it is private from the first byte.
func preparePlace(path string) error {
	if err := checkPlace(path); err != nil {
		return err
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
	return fileURL(path, query...)
}

// fileURL is the DSN of a file with the given options only.
func fileURL(path string, query ...string) string {
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
			return translate(fmt.Errorf("open %s: %w", s.name, err))
		}
		if got != p.want {
			return pactius.Refuse(pactius.Unavailable, pactius.T("The database %s cannot be used safely: %s is %s instead of %s. Put the file on a local disk.", s.name, p.name, got, p.want))
		}
	}
	return nil
}

// copyBefore copies the database beside itself before an upgrade. The copy has
// a name of its own even when another process upgrades in the same second.
func (s *Store) copyBefore(ctx context.Context, number int, o Options) error {
	base := fmt.Sprintf("%s.before-%d-%s", s.name, number, o.Now().UTC().Format("20060102T150405"))
	name := base
	err := s.backupSQLite(ctx, name)
	for i := 2; pactius.KindOf(err) == pactius.Conflict && i <= maxCopies; i++ {
		name = fmt.Sprintf("%s-%d", base, i)
		err = s.backupSQLite(ctx, name)
	}
	if err != nil {
		return fmt.Errorf("copy the database before the upgrade: %w", err)
	}
	o.Logger.InfoContext(ctx, "database copied before the upgrade", "copy", name)
	return nil
}

// maxCopies is how many processes may upgrade in one second: more are a loop
// of a supervisor, which must not fill the disk.
const maxCopies = 10

// backupSQLite writes a consistent copy of the database to a file that must not
// exist yet. It reads through a connection of its own, so everything else goes
// on, writing too; the copy holds what was committed when it began.
func (s *Store) backupSQLite(ctx context.Context, file string) error {
	file, err := filepath.Abs(file) // SQLite would read "file:..." as a URL
	if err != nil {
		return fmt.Errorf("find the place of the copy: %w", err)
	}
	// SQLite fills an empty file: made here, it is private from the first byte.
	f, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE|os.O_EXCL, filePermissions)
	switch {
	case errors.Is(err, fs.ErrExist):
		return pactius.Refuse(pactius.Conflict, pactius.T("%s exists already. Name a file that does not exist yet.", file))
	case err != nil:
		return &pactius.Error{Kind: pactius.Invalid, Err: err, Message: pactius.T("The copy %s cannot be written. Check that the folder exists and can be written to.", file)}
	}
	err = s.copyTo(ctx, file)
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
func (s *Store) copyTo(ctx context.Context, file string) error {
	db, err := sql.Open("sqlite", dsn(s.name, ""))
	if err != nil {
		return fmt.Errorf("open %s: %w", s.name, err)
	}
	_, err = db.ExecContext(ctx, sqlBackupSQLite, file)
	if err != nil {
		err = translate(fmt.Errorf("write the copy %s: %w", file, err))
	}
	return errors.Join(err, db.Close())
}

const sqlBackupSQLite = `VACUUM INTO $1`
