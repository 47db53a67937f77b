package database

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/pactius/pactius"
)

// DB is an open database. It is safe for concurrent use.
type DB struct {
	engine *engine
	write  *sql.DB // SQLite: one connection, as it writes one at a time anyway
	read   *sql.DB // PostgreSQL: the same pool as write
	name   string  // for messages: a file, or host and database; without password
	steps  []Step
	now    func() time.Time
	logger *slog.Logger
	ran    func(ctx context.Context, query string, args []any)

	writing, reading *statements // of the two pools; nil where the driver keeps them

	place      *place       // of SQLite's file; nil on PostgreSQL
	pooled     bool         // a pooler such as PgBouncer stands before PostgreSQL
	searchPath string       // that the address demands of PostgreSQL; "" leaves it to the server
	pages      *turns       // of View
	glances    *turns       // of Glance
	changes    *turns       // of Update
	actions    [2]*turns    // of Turn: of people who are known, and of strangers
	commits    atomic.Int64 // since the start

	patience time.Duration // of SQLite with another process that writes
	readOnly bool          // see Options.Reading
}

// Options are what Open needs beside the address. Only Steps is required.
type Options struct {
	Steps  []Step           // the schema, as ReadSteps returns it
	Logger *slog.Logger     // nil discards
	Now    func() time.Time // nil is time.Now; dates the copy made before an upgrade

	// Reading opens the database for reading alone. No file of SQLite is made or changed, so that it works on a disk
	// that is mounted for reading; other SQLite files than this program's are left as they are, too.
	Reading bool

	// DraftOf is the name of the backup that the SQLite file was copied from. It is
	// the name in messages, and the file is not copied again before an upgrade.
	DraftOf string

	// Statement is called before each statement of a View or Update, for tests and
	// measurements; nil is not called.
	Statement func(ctx context.Context, query string, args []any)
}

// Open opens the database at a URL of the form sqlite:PATH or
// postgres://USER:PASSWORD@HOST/DATABASE and applies the schema steps it lacks. A
// missing SQLite file is created; an existing one is copied beside itself before
// an upgrade. A database that a newer PACTIUS has written is refused.
func Open(ctx context.Context, url string, o Options) (*DB, error) {
	if err := refuseForeign(ctx, url, o); err != nil {
		return nil, err
	}
	db, err := Connect(ctx, url, o)
	if err != nil {
		return nil, err
	}
	if err := db.Migrate(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// Connect opens a database and checks that it can keep the promises of this
// package. It neither applies schema steps nor looks which ones there are.
func Connect(ctx context.Context, url string, o Options) (*DB, error) {
	db, err := dial(url, o)
	if err != nil {
		return nil, err
	}
	if err := db.engine.check(ctx, db); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// dial opens the pools; nothing is read yet.
func dial(url string, o Options) (*DB, error) {
	db, err := dialEngine(url, o.Reading)
	if err != nil {
		return nil, err
	}
	db.steps, db.now, db.logger, db.ran, db.readOnly = o.Steps, o.Now, o.Logger, o.Statement, o.Reading
	if db.ran == nil {
		db.ran = func(context.Context, string, []any) {}
	}
	if db.logger == nil {
		db.logger = slog.New(slog.DiscardHandler)
	}
	if db.now == nil {
		db.now = time.Now
	}
	if o.DraftOf != "" {
		db.name = o.DraftOf
		e := *db.engine
		e.upgrade = func(context.Context, *DB, int) error { return nil }
		db.engine = &e
	}
	db.patience = busyTimeout
	return db, nil
}

// Close ends all connections.
func (db *DB) Close() error {
	if db.read == db.write {
		return errors.Join(db.write.Close(), db.place.unfrozen())
	}
	return errors.Join(db.reading.close(), db.writing.close(), db.read.Close(), db.write.Close())
}

// Ping reports whether the database answers.
func (db *DB) Ping(ctx context.Context) error {
	var one int
	return Translate(db.read.QueryRowContext(ctx, sqlPing).Scan(&one))
}

const sqlPing = `SELECT 1`

// Name is the name of the database for messages: a file, or host and database.
func (db *DB) Name() string { return db.name }

// Engine is the engine's name: SQLite or Postgres.
func (db *DB) Engine() string { return db.engine.name }

// Reader is the pool of connections that read, outside any transaction.
func (db *DB) Reader() *sql.DB { return db.read }

// Writer is the pool of connections that write, outside any transaction of this
// package. It is for work on whole databases.
func (db *DB) Writer() *sql.DB { return db.write }

// View runs fn in a read-only transaction on a consistent snapshot. Environments take turns.
func (db *DB) View(ctx context.Context, env pactius.EnvironmentID, fn func(*Tx) error) error {
	return db.view(ctx, db.pages, env, fn)
}

// Glance is View for what finds a few rows by their keys, such as a session. It does not wait for any View.
func (db *DB) Glance(ctx context.Context, env pactius.EnvironmentID, fn func(*Tx) error) error {
	return db.view(ctx, db.glances, env, fn)
}

// Turn returns when an environment may carry out one more action of a person, with the function that ends it. An action
// is a change with all that comes before and after it, as far as it waits for nothing but the database. Pages do not
// wait for actions, nor known people for strangers.
func (db *DB) Turn(ctx context.Context, env pactius.EnvironmentID, stranger bool) (end func(), err error) {
	if stranger {
		return db.actions[1].wait(ctx, env)
	}
	return db.actions[0].wait(ctx, env)
}

func (db *DB) view(ctx context.Context, turns *turns, env pactius.EnvironmentID, fn func(*Tx) error) error {
	leave, err := turns.wait(ctx, env)
	if errors.Is(err, context.DeadlineExceeded) {
		return crowded(err)
	}
	if err != nil {
		return err
	}
	defer leave()
	db.reading.prepare(ctx)
	return db.attempt(ctx, func() error {
		tx, err := db.open(ctx, db.read, db.snapshotOptions())
		if err != nil {
			return cmp.Or(db.InPlace(), db.crowded(db.read, err), Translate(fmt.Errorf("begin reading: %w", err)))
		}
		defer tx.end()
		if err := db.InPlace(); err != nil {
			return err
		}
		tx.env, tx.statements = env, db.reading
		return tx.ended(fn(tx))
	})
}

// Snapshot runs fn in a transaction that reads the state of one moment, in all
// environments, for as long as it takes.
func (db *DB) Snapshot(ctx context.Context, fn func(*sql.Tx) error) error {
	tx, err := db.read.BeginTx(ctx, db.snapshotOptions())
	if err != nil {
		return Translate(fmt.Errorf("begin reading %s: %w", db.name, err))
	}
	defer func() { _ = tx.Rollback() }() // reading leaves nothing to keep
	if db.engine.unhurried != "" {
		if _, err := tx.ExecContext(ctx, db.engine.unhurried); err != nil {
			return Translate(fmt.Errorf("begin reading %s: %w", db.name, err))
		}
	}
	return fn(tx)
}

func (db *DB) snapshotOptions() *sql.TxOptions {
	return &sql.TxOptions{ReadOnly: true, Isolation: db.engine.snapshot}
}

// Update runs fn in a transaction that writes, one at a time in an environment.
// If fn returns an error nothing is changed; otherwise all of it is durable when
// Update returns.
//
// fn runs again from the start when the database undid the attempt
// (see attempt), so it must not change anything but the database and variables
// that it sets anew each time.
func (db *DB) Update(ctx context.Context, env pactius.EnvironmentID, fn func(*Tx) error) error {
	leave, err := db.changes.wait(ctx, env)
	if err != nil {
		return err
	}
	defer leave()
	return db.attempt(ctx, func() error { return db.update(ctx, env, fn) })
}

func (db *DB) update(ctx context.Context, env pactius.EnvironmentID, fn func(*Tx) error) error {
	db.writing.prepare(ctx)
	tx, err := db.begin(ctx, env)
	if err != nil {
		return err
	}
	defer tx.end() // after Commit this undoes nothing
	if err := db.InPlace(); err != nil {
		return err
	}
	tx.env, tx.statements = env, db.writing
	if err := fn(tx); err != nil {
		return tx.ended(err)
	}
	if err := tx.tx.Commit(); err != nil {
		return Unsure(Translate(fmt.Errorf("commit: %w", err)))
	}
	if err := db.InPlace(); err != nil {
		return &pactius.Error{Kind: pactius.KindUnavailable, Message: unsureText, Err: err}
	}
	db.commits.Add(1)
	for _, fn := range tx.after {
		fn()
	}
	return nil
}

// crowded says that no connection became free in time, or returns nil if that is not why
// err came. The one connection that writes to SQLite is busy rather than missing.
func (db *DB) crowded(pool *sql.DB, err error) error {
	s := pool.Stats()
	if !errors.Is(err, context.DeadlineExceeded) || s.MaxOpenConnections == 1 || s.InUse < s.MaxOpenConnections {
		return nil
	}
	return crowded(err)
}

// begin begins a transaction that writes in an environment and waits for its turn.
func (db *DB) begin(ctx context.Context, env pactius.EnvironmentID) (*Tx, error) {
	tx, err := db.beginWriting(ctx)
	if err != nil {
		return nil, cmp.Or(db.InPlace(), db.crowded(db.write, err), Translate(fmt.Errorf("begin writing: %w", err)))
	}
	if err := db.engine.lock(ctx, tx.tx, env); err != nil {
		tx.end()
		return nil, Translate(err)
	}
	return tx, nil
}

// beginWriting begins a transaction that writes. SQLite cannot be interrupted while it waits for the lock of another
// process, so it waits in steps of busyStep.
func (db *DB) beginWriting(ctx context.Context) (*Tx, error) {
	if db.readOnly {
		return nil, errReadOnly
	}
	for end := time.Now().Add(db.patience); ; {
		tx, err := db.open(ctx, db.write, nil)
		if err != nil && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if !IsBusy(err) || time.Now().After(end) {
			return tx, err
		}
	}
}

// open begins a transaction on a connection of a pool. The caller must end it.
func (db *DB) open(ctx context.Context, pool *sql.DB, o *sql.TxOptions) (*Tx, error) {
	t := &Tx{ctx: ctx, db: db}
	if db.engine.stopper == nil {
		var err error
		t.tx, err = pool.BeginTx(ctx, o)
		return t, err
	}
	c, err := pool.Conn(ctx)
	if err != nil {
		return nil, err
	}
	if t.tx, err = c.BeginTx(ctx, o); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	if t.stopper, err = db.engine.stopper(c); err != nil {
		return nil, errors.Join(err, t.tx.Rollback(), c.Close())
	}
	t.conn, t.watch = c, t.stopper.at(ctx)
	return t, nil
}

// attempts is how often a transaction is tried that the database undid by
// itself: conflicts are rare, and a server that restarts is away for longer.
const attempts = 3

// attempt runs a transaction again where the database said that nothing of it
// happened and that the same may well succeed: a conflict of transactions, or a
// connection that was lost before the commit.
func (db *DB) attempt(ctx context.Context, run func() error) error {
	var err error
	for range attempts {
		if err = run(); !undone(err) {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return err
}
