package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/pactius/pactius"
)

// Store is an open database. It is safe for concurrent use.
type Store struct {
	engine *engine
	write  *sql.DB       // SQLite: one connection, as it writes one at a time anyway
	read   *sql.DB       // PostgreSQL: the same pool as write
	name   string        // of the database, for messages: a file, or host and database; no password
	mail   chan struct{} // there is mail to send
	mailed chan struct{} // PostgreSQL: there is mail that other instances do not know of
	now    func() time.Time

	writing, reading *statements // of the two pools; nil where the driver keeps them

	groupsMu sync.Mutex
	groups   map[pactius.EnvironmentID]*group // of changes that share a commit

	happened func(pactius.Event) // as in Options, or nil
	done     commits
}

// Options are what Open needs beside the address. The zero value works.
type Options struct {
	Logger *slog.Logger     // nil discards
	Now    func() time.Time // nil is time.Now; dates the copy made before an upgrade

	// Happened is told of every event once its change is durable. It must be quick
	// and safe for concurrent use; nil is not told.
	Happened func(pactius.Event)
}

// Open opens the database at a URL of the form sqlite:PATH or
// postgres://USER:PASSWORD@HOST/DATABASE and brings its schema up to date. A
// SQLite file is made where there is none, and copied beside itself before an
// upgrade. A database that a newer PACTIUS has written is refused.
func Open(ctx context.Context, url string, o Options) (*Store, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	s, err := connect(url)
	if err != nil {
		return nil, err
	}
	s.now = o.Now
	s.happened = o.Happened
	if err := s.start(ctx, o); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Store) start(ctx context.Context, o Options) error {
	if err := s.engine.check(ctx, s); err != nil {
		return err
	}
	all, err := s.engine.steps()
	if err != nil {
		return err
	}
	return s.migrate(ctx, o, all)
}

// Close ends all connections.
func (s *Store) Close() error {
	if s.read == s.write {
		return s.write.Close()
	}
	return errors.Join(s.reading.close(), s.writing.close(), s.read.Close(), s.write.Close())
}

// Ping reports whether the database answers.
func (s *Store) Ping(ctx context.Context) error {
	var one int
	return translate(s.read.QueryRowContext(ctx, sqlPing).Scan(&one))
}

const sqlPing = `SELECT 1`

// MailArrived signals after a committed change has put mail into the outbox.
// Several changes may be told by one signal.
func (s *Store) MailArrived() <-chan struct{} { return s.mail }

// Tx is a transaction in one environment. It must not be used after the
// function it was given to has returned, nor by two goroutines at once.
type Tx struct {
	tx     *sql.Tx
	env    pactius.EnvironmentID
	engine *engine
	mailed bool
	shared bool            // with others: see alone
	events []pactius.Event // written so far

	statements *statements
}

// Environment is the environment the transaction belongs to.
func (t *Tx) Environment() pactius.EnvironmentID { return t.env }

// View runs fn in a read-only transaction on a consistent snapshot.
func (s *Store) View(ctx context.Context, env pactius.EnvironmentID, fn func(*Tx) error) error {
	s.reading.prepare(ctx)
	return s.attempt(ctx, func() error {
		tx, err := s.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true, Isolation: s.engine.snapshot})
		if err != nil {
			return translate(fmt.Errorf("begin reading: %w", err))
		}
		defer func() { _ = tx.Rollback() }() // reading leaves nothing to keep
		return fn(&Tx{tx: tx, env: env, engine: s.engine, statements: s.reading})
	})
}

// Update runs fn in a transaction that writes, one at a time in an
// environment. If fn returns an error nothing is changed; otherwise all of it
// is durable when Update returns.
//
// fn runs again from the start when the database undid the attempt by itself
// (see attempt), so it must not change anything but the database and variables
// that it sets anew each time.
func (s *Store) Update(ctx context.Context, env pactius.EnvironmentID, fn func(*Tx) error) error {
	company := env != "" || !s.engine.apart // what spans environments takes turns with nobody on PostgreSQL
	return s.attempt(ctx, func() error {
		if company {
			company = false // what a group could not do is tried alone
			return s.join(ctx, env, fn)
		}
		return s.update(ctx, env, fn)
	})
}

func (s *Store) update(ctx context.Context, env pactius.EnvironmentID, fn func(*Tx) error) error {
	tx, err := s.begin(ctx, env)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after Commit this does nothing
	t := &Tx{tx: tx, env: env, engine: s.engine}
	if err := fn(t); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return unsure(translate(fmt.Errorf("commit: %w", err)))
	}
	s.committed(outcome{mailed: t.mailed, events: t.events})
	return nil
}

// begin begins a transaction that writes in an environment and waits for its turn.
func (s *Store) begin(ctx context.Context, env pactius.EnvironmentID) (*sql.Tx, error) {
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return nil, translate(fmt.Errorf("begin writing: %w", err))
	}
	if err := s.engine.lock(ctx, tx, env); err != nil {
		return nil, errors.Join(translate(err), tx.Rollback())
	}
	return tx, nil
}

// attempts is how often a transaction is tried that the database undid by
// itself: conflicts are rare, and a server that restarts is away for longer.
const attempts = 3

// attempt runs a transaction again where the database said that nothing of it
// happened and that the same may well succeed: a conflict of transactions, or a
// connection that was lost before the commit.
func (s *Store) attempt(ctx context.Context, run func() error) error {
	var err error
	for range attempts {
		if err = run(); !undone(err) || ctx.Err() != nil {
			break
		}
	}
	return err
}

// alone keeps a client that goes away from taking others along: a statement
// that is interrupted makes both engines undo the whole group. Each is short.
func (t *Tx) alone(ctx context.Context) context.Context {
	if t.shared {
		return context.WithoutCancel(ctx)
	}
	return ctx
}

// exec runs a statement and returns how many rows it changed.
func (t *Tx) exec(ctx context.Context, query string, args ...any) (int64, error) {
	r, err := t.execContext(ctx, query, args...)
	if err != nil {
		return 0, translate(err)
	}
	return r.RowsAffected()
}

// exec1 runs a statement that must change exactly one row; otherwise the row
// has changed or gone since it was read.
func (t *Tx) exec1(ctx context.Context, query string, args ...any) error {
	n, err := t.exec(ctx, query, args...)
	if err == nil && n != 1 {
		return ErrStale
	}
	return err
}

// guarded is exec1 for a change that a constraint may refuse although the
// transaction goes on: PostgreSQL gives a transaction up at the first error,
// unless it goes back to a savepoint before it.
func (t *Tx) guarded(ctx context.Context, query string, args ...any) error {
	if _, err := t.exec(ctx, sqlSavepoint); err != nil {
		return err
	}
	if err := t.exec1(ctx, query, args...); err != nil {
		if _, backErr := t.exec(ctx, sqlBackToSavepoint); backErr != nil {
			return errors.Join(err, backErr)
		}
		return err
	}
	_, err := t.exec(ctx, sqlReleaseSavepoint)
	return err
}

const (
	sqlSavepoint        = `SAVEPOINT guarded`
	sqlBackToSavepoint  = `ROLLBACK TO SAVEPOINT guarded`
	sqlReleaseSavepoint = `RELEASE SAVEPOINT guarded`
)

// queryer is what reads: a transaction or the pool.
type queryer interface {
	query(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// pool reads outside a transaction.
type pool struct{ db *sql.DB }

func (p pool) query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return p.db.QueryContext(ctx, query, args...)
}

// scanner is a row to read from.
type scanner interface{ Scan(dest ...any) error }

// list reads all rows of a query.
func list[T any](ctx context.Context, q queryer, scan func(scanner) (T, error), query string, args ...any) ([]T, error) {
	rows, err := q.query(ctx, query, args...)
	if err != nil {
		return nil, translate(err)
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, translate(err)
		}
		all = append(all, v)
	}
	return all, translate(rows.Err())
}

// one reads the single row of a query, ErrNotFound if there is none.
func one[T any](ctx context.Context, q queryer, scan func(scanner) (T, error), query string, args ...any) (T, error) {
	all, err := list(ctx, q, scan, query, args...)
	if err != nil || len(all) == 0 {
		var zero T
		if err == nil {
			err = ErrNotFound
		}
		return zero, err
	}
	return all[0], nil
}

// Optional turns ErrNotFound into nil.
func Optional[T any](v T, err error) (*T, error) {
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &v, nil
}

// value scans a row of one column.
func value[T any](r scanner) (T, error) {
	var v T
	err := r.Scan(&v)
	return v, err
}
