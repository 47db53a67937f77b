package database

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/pactius/pactius"
)

// Tx is a transaction in one environment. It must not be used after the
// function it was given to has returned, nor by two goroutines at once.
type Tx struct {
	ctx   context.Context // of the caller; a transaction lives no longer than a call
	tx    *sql.Tx
	env   pactius.EnvironmentID
	db    *DB
	after []func() // to be called once the transaction is durable

	conn    *sql.Conn // of tx, nil on PostgreSQL, as are the next two
	stopper *stopper
	watch   func() // ends the watch over ctx

	statements *statements
}

// end undoes the transaction, unless it was committed, and gives the connection back.
func (t *Tx) end() {
	_ = t.tx.Rollback() // it reports only that it was committed, or that the connection is lost
	if t.conn != nil {
		t.watch()
		t.stopper.close()
		_ = t.conn.Close() // back to the pool
	}
}

// ended names the end of the context as the reason of an error, where a driver says only that it was interrupted.
func (t *Tx) ended(err error) error {
	if isInterrupted(err) && t.ctx.Err() != nil {
		return errors.Join(t.ctx.Err(), err)
	}
	return err
}

// Within runs fn, whose statements end after d in all. The error is then a refusal that says so, after which the
// transaction can only be given up.
func (t *Tx) Within(d time.Duration, fn func() error) error {
	whole := t.ctx
	ctx, cancel := context.WithTimeout(whole, d)
	defer cancel()
	defer t.stopper.at(ctx)()
	t.ctx = ctx
	defer func() { t.ctx = whole }()
	err := fn()
	if err == nil || !errors.Is(ctx.Err(), context.DeadlineExceeded) || whole.Err() != nil {
		return err
	}
	t.db.logger.WarnContext(whole, "a list took too long and was given up", "environment", t.env, "after", d)
	return &pactius.Error{Kind: pactius.KindUnavailable, RetryAfter: slowPause, Err: errors.Join(ctx.Err(), err),
		Message: pactius.T("This list took too long. Narrow your search, or try again in a minute.")}
}

// slowPause is when a list that took too long may be faster: other work may be over then.
const slowPause = time.Minute

// Context is the context that the transaction runs under.
func (t *Tx) Context() context.Context { return t.ctx }

// Environment is the environment the transaction belongs to.
func (t *Tx) Environment() pactius.EnvironmentID { return t.env }

// Dialect returns the pieces of SQL that differ between the engines.
func (t *Tx) Dialect() Dialect { return t.db.engine.dialect }

// AfterCommit registers a function to be called once the transaction is
// durable. It is not called if the transaction changes nothing.
func (t *Tx) AfterCommit(fn func()) { t.after = append(t.after, fn) }

// Exec runs a statement and returns how many rows it changed.
func (t *Tx) Exec(query string, args ...any) (int64, error) {
	t.db.ran(t.ctx, query, args)
	var r sql.Result
	var err error
	if stmt := t.statements.find(query); stmt != nil {
		r, err = t.tx.StmtContext(t.ctx, stmt).ExecContext(t.ctx, args...)
	} else {
		r, err = t.tx.ExecContext(t.ctx, query, args...)
	}
	if err != nil {
		return 0, Translate(err)
	}
	return r.RowsAffected()
}

// ExecOne runs a statement that must change exactly one row. It returns ErrStale
// if it changed none: the row has changed or gone since it was read.
func (t *Tx) ExecOne(query string, args ...any) error {
	n, err := t.Exec(query, args...)
	if err == nil && n != 1 {
		return ErrStale
	}
	return err
}

// Guarded is ExecOne for a change that a constraint may refuse although the
// transaction goes on: PostgreSQL gives a transaction up at the first error,
// unless it goes back to a savepoint before it.
func (t *Tx) Guarded(query string, args ...any) error {
	if _, err := t.Exec(sqlSavepoint); err != nil {
		return err
	}
	if err := t.ExecOne(query, args...); err != nil {
		if _, backErr := t.Exec(sqlBackToSavepoint); backErr != nil {
			return errors.Join(err, backErr)
		}
		return err
	}
	_, err := t.Exec(sqlReleaseSavepoint)
	return err
}

const (
	sqlSavepoint        = `SAVEPOINT guarded`
	sqlBackToSavepoint  = `ROLLBACK TO SAVEPOINT guarded`
	sqlReleaseSavepoint = `RELEASE SAVEPOINT guarded`
)

// QueryContext runs a statement that returns rows, under the context of the
// transaction. It makes Tx a Queryer.
func (t *Tx) QueryContext(_ context.Context, query string, args ...any) (*sql.Rows, error) {
	t.db.ran(t.ctx, query, args)
	if stmt := t.statements.find(query); stmt != nil {
		return t.tx.StmtContext(t.ctx, stmt).QueryContext(t.ctx, args...)
	}
	return t.tx.QueryContext(t.ctx, query, args...)
}
