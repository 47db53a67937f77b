package database

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"time"

	"modernc.org/libc"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/pactius/pactius"
)

// How many connections read at once. SQLite's readers do not block each other.
const (
	readers  = 8 // of View: more only wait for the processor
	glancers = 4 // of Glance, also on PostgreSQL
	actors   = 8 // actions of people at the same time, also on PostgreSQL; they read and write with those above
	reserved = 2 // for what belongs to no environment: readiness, the numbers of the metrics, what is due
)

// sqliteEngine is the default: embedded, one file.
var sqliteEngine = engine{
	name:    SQLite,
	dialect: Dialect{InJSON: `IN (SELECT value FROM json_each(?))`, EachJSON: `json_each(?)`},
	schema:  func(text string) string { return text },
	check:   func(ctx context.Context, db *DB) error { return db.firstContact(ctx) },
	stopper: newStopper,
	lock:    func(context.Context, *sql.Tx, pactius.EnvironmentID) error { return nil }, // the file is locked already
	tables:  `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name`,
	upgrade: func(ctx context.Context, db *DB, step int) error { return db.copyBefore(ctx, step) },

	schemaColumns: `SELECT name FROM pragma_table_info('schema_steps')`,
}

// How long a statement waits for another process's write: longer than any write of
// ours, shorter than a person waits. The connection that writes waits in steps,
// see beginTx.
const (
	busyTimeout = 5 * time.Second
	busyStep    = 50 * time.Millisecond
)

// pragma is a setting of a connection; SQLite shows value as want.
type pragma struct{ name, value, want string }

// pragmas are set on every connection, by way of the DSN.
func pragmas(busy time.Duration) []pragma {
	wait := strconv.FormatInt(busy.Milliseconds(), 10)
	return []pragma{
		{"busy_timeout", wait, wait},
		{"journal_mode", "WAL", "wal"},
		{"synchronous", "FULL", "2"}, // a commit survives the loss of power, not only of the process
		{"foreign_keys", "1", "1"},
		{"journal_size_limit", strconv.Itoa(WALLimit), strconv.Itoa(WALLimit)},
	}
}

// dialSQLite opens the pools; nothing is read yet.
func dialSQLite(given string) (*DB, error) {
	path, err := ResolvePlace(given)
	if err != nil {
		return nil, err
	}
	if err := preparePlace(path); err != nil {
		return nil, err
	}
	write, err := sql.Open("sqlite", dsn(path, busyStep, "_txlock=immediate"))
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	read, err := sql.Open("sqlite", dsn(path, busyTimeout, "_pragma=query_only(1)"))
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	write.SetMaxOpenConns(1)
	read.SetMaxOpenConns(readers + glancers + reserved)
	read.SetMaxIdleConns(readers + glancers + reserved)
	return &DB{engine: &sqliteEngine, write: write, read: read, name: path, place: &place{given: given, file: path},
		writing: newStatements(write), reading: newStatements(read), pages: readingTurns(readers),
		glances: readingTurns(glancers), changes: newTurns(1, 1, 1),
		actions: [2]*turns{readingTurns(actors), readingTurns(actors)}}, nil
}

// dsn is the address of a file whose connections wait so long for a lock.
func dsn(path string, busy time.Duration, options ...string) string {
	query := append([]string{"mode=rw"}, options...) // preparePlace makes the file; a missing one was moved
	for _, p := range pragmas(busy) {
		query = append(query, "_pragma="+p.name+"("+p.value+")")
	}
	return FileURL(path, query...)
}

// FileURL is the DSN of a file with the given options only.
func FileURL(path string, query ...string) string {
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(),
		RawQuery: strings.Join(query, "&")}).String()
}

// startPause is the pause between two attempts of firstContact.
const startPause = 20 * time.Millisecond

// firstContact makes the first connection, which turns a new file to WAL. While
// another process does just that SQLite says "busy" immediately, without waiting for
// busyTimeout, so the waiting is done here.
func (db *DB) firstContact(ctx context.Context) error {
	for waited := time.Duration(0); ; waited += startPause {
		err := db.checkPragmas(ctx)
		if err == nil {
			warnOfReaders(db.logger, db.place.file)
			return db.place.remember()
		}
		if !IsBusy(err) || waited >= busyTimeout {
			return cmp.Or(explainPlace(db.place.file), err)
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(startPause):
		}
	}
}

// IsBusy recognises the error of SQLite that another process holds the lock.
func IsBusy(err error) bool {
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && e.Code()&0xff == sqlite3.SQLITE_BUSY
}

// checkPragmas makes sure the promises of doc.go hold on this machine: a
// network drive, for instance, cannot do WAL.
func (db *DB) checkPragmas(ctx context.Context) error {
	for _, p := range pragmas(busyStep) {
		var got string
		if err := db.write.QueryRowContext(ctx, "PRAGMA "+p.name).Scan(&got); err != nil {
			return Translate(fmt.Errorf("open %s: %w", db.name, err))
		}
		if got != p.want {
			return pactius.Refuse(pactius.KindUnavailable,
				pactius.T("The database %s can't be used safely: %s is %s instead of %s. Put the file on a local "+
					"disk.", db.name, p.name, got, p.want))
		}
	}
	return nil
}

// IsDamaged recognises the error of a file that SQLite cannot read.
func IsDamaged(err error) bool {
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && (e.Code()&0xff == sqlite3.SQLITE_CORRUPT || e.Code()&0xff == sqlite3.SQLITE_NOTADB)
}

// stopper ends the statement that runs on a connection. The driver does so only until a statement's first row; a list
// whose next row is long in coming would take as long as it likes.
type stopper struct {
	mu     sync.Mutex
	handle uintptr // of SQLite; 0 once the connection was given back
}

// newStopper finds the handle of a connection, which the driver does not export; TestALongStatementEndsAtItsDeadline
// fails for a driver that keeps it elsewhere.
func newStopper(c *sql.Conn) (*stopper, error) {
	s := &stopper{}
	err := c.Raw(func(conn any) error {
		field := reflect.Indirect(reflect.ValueOf(conn)).FieldByName("db")
		if !field.CanUint() {
			return fmt.Errorf("%T has no handle of SQLite", conn)
		}
		s.handle = uintptr(field.Uint())
		return nil
	})
	return s, err
}

// at ends the running statement at the end of a context. The function that it returns takes that back; afterwards no
// statement is ended any more. A nil stopper does nothing.
func (s *stopper) at(ctx context.Context) (over func()) {
	if s == nil {
		return func() {}
	}
	done := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(done)
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.handle != 0 {
			tls := libc.NewTLS()
			defer tls.Close()
			sqlite3.Xsqlite3_interrupt(tls, s.handle)
		}
	})
	return func() {
		if !stop() {
			<-done
		}
	}
}

// close makes sure that the handle is not used any more.
func (s *stopper) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.handle = 0
}

// isInterrupted recognises the error of a statement that was ended.
func isInterrupted(err error) bool {
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && e.Code()&0xff == sqlite3.SQLITE_INTERRUPT
}
