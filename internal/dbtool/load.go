package dbtool

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/database"
)

// tableRows reads the rows of a table one by one and computes their checksum.
type tableRows struct {
	table    table
	rows     *sql.Rows
	progress func(rows int64)
	values   []any
	into     []any
	text     []byte
	n        int64
	sum      rowSum
	err      error
}

// progressStep is the number of rows between calls of progress: about a second.
const progressStep = 50_000

// readTable begins to read a table.
func readTable(ctx context.Context, tx *sql.Tx, t table) (*tableRows, error) {
	rows, err := tx.QueryContext(ctx, `SELECT `+strings.Join(t.names(), ", ")+` FROM `+t.name)
	if err != nil {
		return nil, database.Translate(err)
	}
	r := &tableRows{table: t, rows: rows, values: make([]any, len(t.columns)), into: make([]any, len(t.columns))}
	for i := range r.values {
		r.into[i] = &r.values[i]
	}
	return r, nil
}

// Next reads the next row; with Values and Err it is a pgx.CopyFromSource.
func (r *tableRows) Next() bool {
	if r.err != nil || !r.rows.Next() {
		return false
	}
	if r.err = r.rows.Scan(r.into...); r.err != nil {
		return false
	}
	r.text = r.text[:0]
	for i, v := range r.values {
		if r.text, r.err = appendValue(r.text, v, r.table.columns[i].text); r.err != nil {
			r.err = &pactius.Error{Kind: pactius.KindConflict, Err: r.err,
				Message: pactius.T("A value in the column %s of the table %s has the wrong type. Find it with: "+
					"pactius check", r.table.columns[i].name, r.table.name)}
			return false
		}
	}
	r.sum.add(sha256.Sum256(r.text))
	r.n++
	if r.progress != nil && r.n%progressStep == 0 {
		r.progress(r.n)
	}
	return true
}

// Values returns the row that Next has read.
func (r *tableRows) Values() ([]any, error) { return r.values, nil }

// Err returns the error that ended Next, nil at the end of the table.
func (r *tableRows) Err() error {
	if r.err != nil {
		return r.err
	}
	return database.Translate(r.rows.Err())
}

func (r *tableRows) close() { _ = r.rows.Close() } // Err has returned the error

// appendValue appends kind, length and value, so that different rows have different
// texts.
func appendValue(b []byte, v any, text bool) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return append(b, 'n'), nil
	case int64:
		if !text {
			return binary.BigEndian.AppendUint64(append(b, 'i'), uint64(v)), nil
		}
	case string:
		if text {
			b = binary.BigEndian.AppendUint64(append(b, 't'), uint64(len(v)))
			return append(b, v...), nil
		}
	}
	return b, fmt.Errorf("%T is stored there", v)
}

// rowSum is the sum of the rows' SHA-256 digests, in four parts of 64 bits. It depends
// on every row and not on their order.
type rowSum [4]uint64

func (s *rowSum) add(digest [sha256.Size]byte) {
	for i := range s {
		s[i] += binary.BigEndian.Uint64(digest[8*i:])
	}
}

// String returns the first 16 hexadecimal digits, enough to compare by eye.
func (s rowSum) String() string { return fmt.Sprintf("%016x", s[0]) }

// loading holds the arguments of engine.load.
type loading struct {
	table table
	rows  *tableRows
	conn  *sql.Conn // the connection of tx
	tx    *sql.Tx
}

// deferReferences lets SQLite verify foreign keys at the commit: the rows of a table
// that refers to itself come in any order.
const deferReferences = `PRAGMA defer_foreign_keys = ON`

func prepareSQLite(ctx context.Context, tx *sql.Tx, _ []table) ([]string, error) {
	_, err := tx.ExecContext(ctx, deferReferences)
	return nil, err
}

// loadSQLite inserts row by row, with one statement.
func loadSQLite(ctx context.Context, l *loading) error {
	places := make([]string, len(l.table.columns))
	for i := range places {
		places[i] = "$" + strconv.Itoa(i+1)
	}
	columns := strings.Join(l.table.names(), ", ")
	insert, err := l.tx.PrepareContext(ctx,
		`INSERT INTO `+l.table.name+` (`+columns+`) VALUES (`+strings.Join(places, ", ")+`)`)
	if err != nil {
		return err
	}
	defer insert.Close()
	quick := context.WithoutCancel(ctx) // watching each insert would cost more than the insert
	for ctx.Err() == nil && l.rows.Next() {
		if _, err := insert.ExecContext(quick, l.rows.values...); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// Queries for pairs of statements: one drops a constraint or index, the other makes it.
const (
	sqlForeignPostgres = `SELECT 'ALTER TABLE ' || conrelid::regclass || ' DROP CONSTRAINT ' || quote_ident(conname),
		'ALTER TABLE ' || conrelid::regclass || ' ADD CONSTRAINT ' || quote_ident(conname) || ' '
		|| pg_get_constraintdef(oid)
		FROM pg_constraint WHERE contype = 'f' AND connamespace = quote_ident(current_schema())::regnamespace
		ORDER BY conrelid::regclass::text, conname`
	sqlIndexesPostgres = `SELECT 'DROP INDEX ' || x.indexrelid::regclass, pg_get_indexdef(x.indexrelid) FROM pg_index x
			JOIN pg_class t ON t.oid = x.indrelid
		WHERE t.relnamespace = quote_ident(current_schema())::regnamespace AND t.relkind = 'r' AND NOT EXISTS (SELECT 1
		FROM pg_constraint c WHERE c.conindid = x.indexrelid) ORDER BY x.indexrelid::regclass::text`
)

// preparePostgres locks the tables and drops foreign keys and indexes, which cost a
// tenth when they are made at the end. Other connections never see the tables without
// them, because all of it is in the transaction.
func preparePostgres(ctx context.Context, tx *sql.Tx, tables []table) (finish []string, err error) {
	names := make([]string, len(tables))
	for i, t := range tables {
		names[i] = t.name
	}
	begin := []string{database.UnhurriedPostgres, `LOCK TABLE ` + strings.Join(names, ", ") +
		` IN ACCESS EXCLUSIVE MODE`}
	for _, statement := range begin {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return nil, err
		}
	}
	for _, query := range []string{sqlForeignPostgres, sqlIndexesPostgres} {
		pairs, err := database.List(ctx, tx, func(r database.Scanner) ([2]string, error) {
			var p [2]string
			return p, r.Scan(&p[0], &p[1])
		}, query)
		if err != nil {
			return nil, err
		}
		for _, p := range pairs {
			if _, err := tx.ExecContext(ctx, p[0]); err != nil {
				return nil, err
			}
			finish = append(finish, p[1])
		}
	}
	slices.Reverse(finish) // indexes before the keys that use them
	return finish, nil
}

// loadPostgres sends the table as one COPY.
func loadPostgres(ctx context.Context, l *loading) error {
	return l.conn.Raw(func(driver any) error {
		c, ok := driver.(*stdlib.Conn)
		if !ok {
			return fmt.Errorf("the driver is %T", driver)
		}
		_, err := c.Conn().CopyFrom(ctx, pgx.Identifier{l.table.name}, l.table.names(), l.rows)
		return err
	})
}
