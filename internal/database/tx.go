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
	tx     *sql.Tx
	env    pactius.EnvironmentID
	db     *DB
	shared bool     // with other changes: see alone
	after  []func() // to be called once the transaction is durable

	statements *statements
}

// Environment is the environment the transaction belongs to.
func (t *Tx) Environment() pactius.EnvironmentID { return t.env }

// Dialect returns the pieces of SQL that differ between the engines.
func (t *Tx) Dialect() Dialect { return t.db.engine.dialect }

// AfterCommit registers a function to be called once the transaction is
// durable. It is not called if the transaction changes nothing.
func (t *Tx) AfterCommit(fn func()) { t.after = append(t.after, fn) }

// alone keeps a client that goes away from undoing the changes of others: both
// engines undo the whole group when a statement is interrupted. Each is short.
func (t *Tx) alone(ctx context.Context) context.Context {
	if t.shared {
		return context.WithoutCancel(ctx)
	}
	return ctx
}

// Exec runs a statement and returns how many rows it changed.
func (t *Tx) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	r, err := t.execContext(ctx, query, args...)
	if err != nil {
		return 0, Translate(err)
	}
	return r.RowsAffected()
}

// ExecOne runs a statement that must change exactly one row. It returns ErrStale
// if it changed none: the row has changed or gone since it was read.
func (t *Tx) ExecOne(ctx context.Context, query string, args ...any) error {
	n, err := t.Exec(ctx, query, args...)
	if err == nil && n != 1 {
		return ErrStale
	}
	return err
}

// Guarded is ExecOne for a change that a constraint may refuse although the
// transaction goes on: PostgreSQL gives a transaction up at the first error,
// unless it goes back to a savepoint before it.
func (t *Tx) Guarded(ctx context.Context, query string, args ...any) error {
	if _, err := t.Exec(ctx, sqlSavepoint); err != nil {
		return err
	}
	if err := t.ExecOne(ctx, query, args...); err != nil {
		if _, backErr := t.Exec(ctx, sqlBackToSavepoint); backErr != nil {
			return errors.Join(err, backErr)
		}
		return err
	}
	_, err := t.Exec(ctx, sqlReleaseSavepoint)
	return err
}

const (
	sqlSavepoint        = `SAVEPOINT guarded`
	sqlBackToSavepoint  = `ROLLBACK TO SAVEPOINT guarded`
	sqlReleaseSavepoint = `RELEASE SAVEPOINT guarded`
)

// QueryContext runs a statement that returns rows. It makes Tx a Queryer.
func (t *Tx) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	t.db.ran(ctx, query)
	ctx = t.alone(ctx)
	if stmt := t.statements.find(query); stmt != nil {
		return t.tx.StmtContext(ctx, stmt).QueryContext(ctx, args...)
	}
	return t.tx.QueryContext(ctx, query, args...)
}

// execContext runs a statement that returns no rows.
func (t *Tx) execContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	t.db.ran(ctx, query)
	ctx = t.alone(ctx)
	if stmt := t.statements.find(query); stmt != nil {
		return t.tx.StmtContext(ctx, stmt).ExecContext(ctx, args...)
	}
	return t.tx.ExecContext(ctx, query, args...)
}
