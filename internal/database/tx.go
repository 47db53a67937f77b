package database

import (
	"context"
	"database/sql"
	"errors"

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

	statements *statements
}

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
