package store

import (
	"database/sql/driver"
	"reflect"
	"slices"
	"strings"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/database"
)

// table has the columns of one table in one list. INSERT, UPDATE, the columns of a
// SELECT and the scan of a row follow from it, so that a new column is written in
// one place.
type table[T any] struct {
	name  string
	alias string // in SELECT
	scope string // the column of the environment's ID
	bind  func(*T) []column

	columns string // for SELECT, each with the alias
}

// column binds a column to a variable of a row.
type column struct {
	name string
	at   any // a pointer, a database.Field or, of a written column, a derived value
	use  use
}

// use says in which statements a column stands.
type use int

const (
	useChanging use = iota // INSERT, UPDATE and SELECT
	useFixed               // INSERT and SELECT
	useKey                 // as useFixed; UPDATE finds the row by it
	useWritten             // INSERT and UPDATE
	useOnce                // INSERT
	useRead                // SELECT; other statements write it
	useVersion             // SELECT; UPDATE compares it and adds one
	useComputed            // SELECT; name is an expression with the table's alias
)

// derived is a value that is computed when a row is written.
type derived func() any

// newTable makes a table whose rows carry their environment in environment_id.
func newTable[T any](name, alias string, bind func(*T) []column) *table[T] {
	tb := &table[T]{name: name, alias: alias, scope: "environment_id", bind: bind}
	var names []string
	for _, c := range bind(new(T)) {
		switch c.use {
		case useWritten, useOnce:
		case useComputed:
			names = append(names, c.name)
		default:
			names = append(names, alias+"."+c.name)
		}
	}
	tb.columns = strings.Join(names, ", ")
	return tb
}

// scan reads a row that was selected by tb.columns.
func (tb *table[T]) scan(r database.Scanner) (T, error) {
	var row T
	return row, r.Scan(tb.into(&row)...)
}

// into returns where the columns of tb.columns are scanned to.
func (tb *table[T]) into(row *T) []any {
	columns := tb.bind(row)
	to := make([]any, 0, len(columns)+2) // for a caller who adds to it
	for _, c := range columns {
		if c.use != useWritten && c.use != useOnce {
			to = append(to, c.at)
		}
	}
	return to
}

// query begins a SELECT of an environment's rows that meet a condition; "" is met
// by all.
func (tb *table[T]) query(env pactius.EnvironmentID, condition string, args ...any) *database.Query {
	var q database.Query
	q.Add(`SELECT `+tb.columns+` FROM `+tb.name+` `+tb.alias+` WHERE `+tb.alias+`.`+tb.scope+` = ?`, env)
	if condition != "" {
		q.Add(` AND `+condition, args...)
	}
	return &q
}

// one reads the row that meets a condition; ErrNotFound if there is none.
func (tb *table[T]) one(t *Tx, condition string, args ...any) (T, error) {
	q := tb.query(t.env, condition, args...)
	return oneBy(t, tb.scan, q)
}

// all reads the rows that meet a condition, which may end in an order and a limit.
func (tb *table[T]) all(t *Tx, condition string, args ...any) ([]T, error) {
	return tb.list(t, tb.query(t.env, condition, args...))
}

// list reads the rows of a query that selects tb.columns.
func (tb *table[T]) list(t *Tx, q *database.Query) ([]T, error) {
	return listBy(t, tb.scan, q)
}

// insert writes the statement that inserts a row. extra are columns whose values
// are no part of T.
func (tb *table[T]) insert(env pactius.EnvironmentID, row *T, extra ...column) *database.Query {
	var q database.Query
	tb.addRow(&q, env, row, extra...)
	return &q
}

// maxRows is the most rows of one statement: SQLite looks up each parameter among all, so that a row of a statement
// with 500 rows costs forty times what it costs with four.
const maxRows = 32

// insertAll inserts rows, with one statement for each maxRows of them.
func (tb *table[T]) insertAll(t *Tx, rows []T) error {
	for some := range slices.Chunk(rows, maxRows) {
		var q database.Query
		for i := range some {
			tb.addRow(&q, t.env, &some[i])
		}
		if err := t.exec(&q); err != nil {
			return err
		}
	}
	return nil
}

// addRow adds the values of a row to an INSERT, which the first row begins.
func (tb *table[T]) addRow(q *database.Query, env pactius.EnvironmentID, row *T, extra ...column) {
	names, args := []string{tb.scope}, []any{env}
	for _, c := range append(tb.bind(row), extra...) {
		switch c.use {
		case useChanging, useFixed, useKey, useWritten, useOnce:
			names, args = append(names, c.name), append(args, c.value())
		}
	}
	if len(q.Args()) == 0 {
		q.Add(`INSERT INTO ` + tb.name + ` (` + strings.Join(names, ", ") + `) VALUES `)
	} else {
		q.Add(`, `)
	}
	database.In(q, args)
}

// update writes the statement that updates a row: the one with the environment,
// key and version of row. Further conditions may be added to it.
func (tb *table[T]) update(env pactius.EnvironmentID, row *T, extra ...column) *database.Query {
	var set, where []string
	var values []any
	args := []any{env}
	for _, c := range append(tb.bind(row), extra...) {
		switch c.use {
		case useChanging, useWritten:
			set, values = append(set, c.name+` = ?`), append(values, c.value())
		case useKey:
			where, args = append(where, ` AND `+c.name+` = ?`), append(args, c.value())
		case useVersion:
			set = append(set, `version = version + 1`)
			where, args = append(where, ` AND version = ?`), append(args, c.value())
		}
	}
	var q database.Query
	q.Add(`UPDATE `+tb.name+` SET `+strings.Join(set, ", "), values...)
	q.Add(` WHERE `+tb.scope+` = ?`+strings.Join(where, ""), args...)
	return &q
}

// value is what is written into the column.
func (c column) value() any {
	switch at := c.at.(type) {
	case derived:
		return at()
	case driver.Valuer:
		return at
	}
	return reflect.ValueOf(c.at).Elem().Interface()
}

// counts reads pairs of a key and a number.
func counts[K comparable](t *Tx, query string, args ...any) (map[K]int, error) {
	all := map[K]int{}
	_, err := list(t, func(r database.Scanner) (K, error) {
		var k K
		var n int
		err := r.Scan(&k, &n)
		all[k] = n
		return k, err
	}, query, args...)
	return all, err
}

// exec runs a query that returns no rows.
func (t *Tx) exec(q *database.Query) error {
	return t.run(q.Text(), q.Args()...)
}

// execOne runs a query that must change exactly one row, else ErrStale.
func (t *Tx) execOne(q *database.Query) error {
	return t.tx.ExecOne(q.Text(), q.Args()...)
}
