package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/pactius/pactius"
)

// CopyOptions say how Copy works. The zero value works.
type CopyOptions struct {
	Options
	DryRun   bool              // only look whether it could be done, and count
	Progress func(CopiedTable) // called now and then, Done when a table is finished; nil tells nobody
}

// CopiedTable tells how far a table is.
type CopiedTable struct {
	Name string
	Rows int64  // copied so far; of a dry run: to be copied
	Sum  string // of all rows, in any order; "" until Done and in a dry run
	Done bool   // read, written, read again and found equal
}

// Copied is the result of Copy.
type Copied struct {
	From, To string // the databases, for people: without passwords
	Tables   []CopiedTable
}

// Rows counts the rows of all tables.
func (c Copied) Rows() int64 {
	var n int64
	for _, t := range c.Tables {
		n += t.Rows
	}
	return n
}

// Copy copies a whole deployment from one database to another, of whichever
// engines. It reads one snapshot and writes one transaction: either all of it
// is there afterwards, read back and found equal, or nothing. The source must
// have this program's schema; the target must hold nothing but, at most, that
// schema. Changes made to the source after the start are not in the copy, so
// nobody should serve from it.
func Copy(ctx context.Context, from, to string, o CopyOptions) (Copied, error) {
	if o.Progress == nil {
		o.Progress = func(CopiedTable) {}
	}
	known, err := describe(ctx)
	if err != nil {
		return Copied{}, err
	}
	source, err := OpenUnchanged(ctx, from, o.Options)
	if err != nil {
		return Copied{}, fmt.Errorf("open the database to copy from: %w", err)
	}
	defer source.Close()
	c := copying{known: known, source: source, o: o}
	if err := c.choose(ctx, to); err != nil {
		return Copied{}, err
	}
	if o.DryRun {
		return c.count(ctx)
	}
	target, err := Open(ctx, to, o.Options)
	if err != nil {
		return Copied{}, fmt.Errorf("open the database to copy to: %w", err)
	}
	defer target.Close()
	c.target = target
	return c.run(ctx)
}

// copying is a copy under way.
type copying struct {
	known          schema
	source, target *Store
	targetName     string
	o              CopyOptions
}

// choose makes sure that the target is another database, and empty, before
// anything is changed there.
func (c *copying) choose(ctx context.Context, to string) error {
	if path, ok := strings.CutPrefix(to, "sqlite:"); ok && !fileExists(path) {
		c.targetName = path
		return checkPlace(path)
	}
	target, err := connect(to)
	if err != nil {
		return err
	}
	defer target.Close()
	c.targetName = target.name
	if c.source.engine == target.engine && (c.source.name == target.name || sameFile(c.source.name, target.name)) {
		return pactius.Refuse(pactius.Invalid, pactius.T("%s would be copied onto itself. Name another database.", target.name))
	}
	if err := target.engine.check(ctx, target); err != nil {
		return fmt.Errorf("open the database to copy to: %w", err)
	}
	has, knows, err := target.steps(ctx)
	switch {
	case err != nil || has == noSchema:
		return err
	case has > knows:
		return target.errNewer(has, knows)
	}
	return c.refuseFilled(ctx, pool{target.write}, target)
}

// refuseFilled refuses a target that holds rows in any table of whatever schema.
func (c *copying) refuseFilled(ctx context.Context, q queryer, target *Store) error {
	tables, err := list(ctx, q, value[string], target.engine.tables)
	if err != nil {
		return fmt.Errorf("look into %s: %w", target.name, err)
	}
	for _, t := range tables {
		if t == schemaTable {
			continue
		}
		rows, err := list(ctx, q, value[int], `SELECT 1 FROM `+t+` LIMIT 1`)
		if err != nil {
			return fmt.Errorf("look into %s of %s: %w", t, target.name, err)
		}
		if len(rows) > 0 {
			return pactius.Refuse(pactius.Conflict, pactius.T("The database %s is not empty: there are rows in %s. Copy into one that is empty; nothing was changed.", target.name, t))
		}
	}
	return nil
}

// count is the dry run.
func (c *copying) count(ctx context.Context) (Copied, error) {
	done := Copied{From: c.source.name, To: c.targetName}
	err := c.source.snapshot(ctx, func(tx *sql.Tx) error {
		for _, t := range c.known.tables {
			n, err := one(ctx, within{tx}, value[int64], `SELECT COUNT(*) FROM `+t.name)
			if err != nil {
				return fmt.Errorf("count %s: %w", t.name, err)
			}
			done.Tables = append(done.Tables, CopiedTable{Name: t.name, Rows: n})
		}
		return nil
	})
	return done, err
}

func (c *copying) run(ctx context.Context) (Copied, error) {
	done := Copied{From: c.source.name, To: c.target.name}
	err := c.source.snapshot(ctx, func(from *sql.Tx) error {
		conn, err := c.target.write.Conn(ctx)
		if err != nil {
			return translate(fmt.Errorf("connect to %s: %w", c.target.name, err))
		}
		defer conn.Close()
		to, err := conn.BeginTx(ctx, nil)
		if err != nil {
			return translate(fmt.Errorf("begin writing to %s: %w", c.target.name, err))
		}
		defer func() { _ = to.Rollback() }() // after Commit this does nothing
		if done.Tables, err = c.fill(ctx, from, conn, to); err != nil {
			return err
		}
		if err := to.Commit(); err != nil {
			return unsure(translate(fmt.Errorf("commit to %s: %w", c.target.name, err)))
		}
		return nil
	})
	if errors.Is(err, ErrInUse) || errors.Is(err, ErrTaken) {
		err = &pactius.Error{Kind: pactius.Conflict, Err: err, Message: pactius.T("There are rows in the source that its own rules forbid, so nothing was copied. Find them with: pactius check")}
	}
	return done, err
}

// fill copies all tables within one transaction.
func (c *copying) fill(ctx context.Context, from *sql.Tx, conn *sql.Conn, to *sql.Tx) ([]CopiedTable, error) {
	finish, err := c.target.engine.prepare(ctx, to, c.known.tables)
	if err != nil {
		return nil, translate(fmt.Errorf("prepare %s: %w", c.target.name, err))
	}
	if err := c.refuseFilled(ctx, within{to}, c.target); err != nil { // nobody else can fill it any more
		return nil, err
	}
	var all []CopiedTable
	for _, t := range c.known.tables {
		one, err := c.table(ctx, from, conn, to, t)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	for _, statement := range finish {
		if _, err := to.ExecContext(ctx, statement); err != nil {
			return nil, translate(fmt.Errorf("complete %s: %w", c.target.name, err))
		}
	}
	return all, nil
}

// table copies one table and reads it back.
func (c *copying) table(ctx context.Context, from *sql.Tx, conn *sql.Conn, to *sql.Tx, t table) (CopiedTable, error) {
	source, err := readTable(ctx, from, t)
	if err != nil {
		return CopiedTable{}, fmt.Errorf("read %s: %w", t.name, err)
	}
	defer source.close()
	source.progress = func(n int64) { c.o.Progress(CopiedTable{Name: t.name, Rows: n}) }
	err = c.target.engine.load(ctx, &loading{table: t, rows: source, conn: conn, tx: to})
	if err := errors.Join(source.Err(), translate(err)); err != nil {
		return CopiedTable{}, fmt.Errorf("copy %s: %w", t.name, err)
	}
	if c.target.engine.refresh != "" {
		if _, err := to.ExecContext(ctx, c.target.engine.refresh+t.name); err != nil {
			return CopiedTable{}, translate(fmt.Errorf("analyse %s: %w", t.name, err))
		}
	}
	copied, err := readTable(ctx, to, t)
	if err != nil {
		return CopiedTable{}, fmt.Errorf("read %s back: %w", t.name, err)
	}
	defer copied.close()
	for copied.Next() {
	}
	if err := copied.Err(); err != nil {
		return CopiedTable{}, fmt.Errorf("read %s back: %w", t.name, err)
	}
	if copied.n != source.n || copied.sum != source.sum {
		return CopiedTable{}, pactius.Refuse(pactius.Conflict, pactius.T("What arrived in %s does not equal what was sent (%d rows with the checksum %s, not %d with %s). Nothing was kept; look for triggers or rules in the target.",
			t.name, copied.n, copied.sum.String(), source.n, source.sum.String()))
	}
	done := CopiedTable{Name: t.name, Rows: copied.n, Sum: copied.sum.String(), Done: true}
	c.o.Progress(done)
	return done, nil
}

// snapshot runs fn in a transaction that reads one moment's state for as long
// as it takes.
func (s *Store) snapshot(ctx context.Context, fn func(*sql.Tx) error) error {
	tx, err := s.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true, Isolation: s.engine.snapshot})
	if err != nil {
		return translate(fmt.Errorf("begin reading %s: %w", s.name, err))
	}
	defer func() { _ = tx.Rollback() }() // reading leaves nothing to keep
	if s.engine.unhurried != "" {
		if _, err := tx.ExecContext(ctx, s.engine.unhurried); err != nil {
			return translate(fmt.Errorf("begin reading %s: %w", s.name, err))
		}
	}
	return fn(tx)
}

// within reads in a transaction of no environment.
type within struct{ tx *sql.Tx }

func (w within) query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return w.tx.QueryContext(ctx, query, args...)
}

// exists refuses the address of a SQLite file that is not there, which would be
// made by opening it.
func exists(address string) error {
	path, ok := strings.CutPrefix(address, "sqlite:")
	if !ok || path == "" || fileExists(path) {
		return nil
	}
	return pactius.Refuse(pactius.NotFound, pactius.T("There is no database %s. Check the path.", path))
}

func fileExists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

// sameFile tells whether two paths lead to one file.
func sameFile(a, b string) bool {
	one, err := os.Stat(a)
	if err != nil {
		return false
	}
	other, err := os.Stat(b)
	return err == nil && os.SameFile(one, other)
}

// checkPlace refuses a path whose folder does not exist.
func checkPlace(path string) error {
	dir := filepath.Dir(path)
	info, err := os.Stat(dir)
	if err == nil && info.IsDir() {
		return nil
	}
	return &pactius.Error{Kind: pactius.Invalid, Err: err,
		Message: pactius.T("The folder %s for the database does not exist. Create it, or name another with PACTIUS_DATABASE.", dir)}
}
