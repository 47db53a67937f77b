package database

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"strings"
)

// Queryer runs statements that return rows: a Tx, or a pool or transaction of
// package database/sql.
type Queryer interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// Scanner is a row to read from.
type Scanner interface{ Scan(dest ...any) error }

// List reads all rows of a query.
func List[T any](
	ctx context.Context, q Queryer, scan func(Scanner) (T, error), query string, args ...any,
) ([]T, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, Translate(err)
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, Translate(err)
		}
		all = append(all, v)
	}
	return all, Translate(rows.Err())
}

// One reads the single row of a query; ErrNotFound if there is none.
func One[T any](
	ctx context.Context, q Queryer, scan func(Scanner) (T, error), query string, args ...any,
) (T, error) {
	all, err := List(ctx, q, scan, query, args...)
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

// Value scans a row of one column.
func Value[T any](r Scanner) (T, error) {
	var v T
	err := r.Scan(&v)
	return v, err
}

// Query puts a query together from fixed pieces; values only ever become
// parameters. The zero value is an empty query.
type Query struct {
	text strings.Builder
	args []any
}

// Text is the SQL of the query.
func (q *Query) Text() string { return q.text.String() }

// Args are the values of its parameters.
func (q *Query) Args() []any { return q.args }

// Add appends SQL in which each ? becomes the next parameter.
func (q *Query) Add(sql string, args ...any) {
	for piece := range strings.SplitSeq(sql, "?") {
		q.text.WriteString(piece)
		if len(args) > 0 {
			q.text.WriteString(q.param(args[0]))
			args = args[1:]
		}
	}
}

// param adds a parameter and returns its placeholder.
func (q *Query) param(v any) string {
	q.args = append(q.args, v)
	return "$" + strconv.Itoa(len(q.args))
}

// Limit appends a LIMIT as a number: SQLite prepares a statement anew whenever it is a parameter that was bound again.
func (q *Query) Limit(n int) { q.text.WriteString(" LIMIT " + strconv.Itoa(n)) }

// Offset appends an OFFSET as a number.
func (q *Query) Offset(n int) { q.text.WriteString(" OFFSET " + strconv.Itoa(n)) }

// In appends a parenthesised list of values; an empty list matches nothing.
func In[T any](q *Query, values []T) {
	q.text.WriteString("(")
	for i, v := range values {
		if i > 0 {
			q.text.WriteString(", ")
		}
		q.text.WriteString(q.param(v))
	}
	if len(values) == 0 {
		q.text.WriteString("NULL")
	}
	q.text.WriteString(")")
}
