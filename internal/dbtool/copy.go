package dbtool

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/database"
)

// CopyOptions are the options of Copy. The zero value works.
type CopyOptions struct {
	Options
	DryRun   bool              // only verify that it is possible, and count
	Progress func(CopiedTable) // called now and then, and when a table is Done; may be nil
}

// CopiedTable is the progress of a table.
type CopiedTable struct {
	Name string
	Rows int64  // copied so far; of a dry run: to be copied
	Sum  string // checksum of all rows; "" until Done and in a dry run
	Done bool   // written, read back and found equal
}

// Copied is the result of Copy.
type Copied struct {
	From, To string // the names of the databases, without passwords
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

// Copy copies a deployment from one database to another of either engine. It reads one
// snapshot and writes one transaction: afterwards the target has all rows, read back
// and found equal, or none. A target that did not exist, or had no tables, is so again after
// a failure. The source must have this program's schema, the target no
// rows. Later changes of the source are not copied, so no server should use it.
func Copy(ctx context.Context, from, to string, o CopyOptions) (Copied, error) {
	if o.Progress == nil {
		o.Progress = func(CopiedTable) {}
	}
	known, err := describe()
	if err != nil {
		return Copied{}, err
	}
	source, err := openUnchanged(ctx, from, o.Options)
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
	if err := c.makeFile(); err != nil {
		return Copied{}, err
	}
	done, err := c.fillTarget(ctx, to)
	if err != nil && c.made {
		removeDatabase(c.targetName)
	}
	return done, err
}

// copying is the state of Copy.
type copying struct {
	known          schema
	source, target *database.DB
	targetName     string
	empty          bool // the target has no tables
	missing, made  bool // the target is a SQLite file that did not exist; that this copy has made
	o              CopyOptions
}

// choose verifies that the target is another database and empty, and changes nothing.
func (c *copying) choose(ctx context.Context, to string) error {
	if path, ok := strings.CutPrefix(to, "sqlite:"); ok && !database.FileExists(path) {
		c.missing = true
		var err error
		if c.targetName, err = database.ResolvePlace(path); err != nil {
			return err
		}
		return database.CheckPlace(path)
	}
	options, err := c.o.database()
	if err != nil {
		return err
	}
	options.Reading = true
	target, err := database.Connect(ctx, to, options)
	if err != nil {
		return fmt.Errorf("open the database to copy to: %w", err)
	}
	defer target.Close()
	c.targetName = target.Name()
	if c.source.Engine() == target.Engine() &&
		(c.source.Name() == target.Name() || sameFile(c.source.Name(), target.Name())) {
		return pactius.Refuse(pactius.KindInvalid,
			pactius.T("%s would be copied onto itself. Specify another database.", target.Name()))
	}
	if c.empty, err = target.CheckUsable(ctx); err != nil || c.empty {
		return err
	}
	return c.refuseFilled(ctx, target.Writer(), target)
}

// makeFile makes a target that is missing, so that it is certain who has made it.
func (c *copying) makeFile() error {
	if !c.missing {
		return nil
	}
	f, err := os.OpenFile(c.targetName, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil // opening the target says what is wrong
	}
	c.made = true
	return f.Close()
}

// fillTarget brings the schema of the target up to date and fills it. If it fails, it drops the tables that it made.
func (c *copying) fillTarget(ctx context.Context, to string) (done Copied, err error) {
	options, err := c.o.database()
	if err == nil {
		c.target, err = database.Connect(ctx, to, options)
	}
	if err != nil {
		return Copied{}, fmt.Errorf("open the database to copy to: %w", err)
	}
	defer c.target.Close()
	if err = c.target.Migrate(ctx); err != nil {
		err = fmt.Errorf("open the database to copy to: %w", err)
	} else {
		done, err = c.run(ctx)
	}
	if err != nil && c.empty {
		err = errors.Join(err, c.dropTables(ctx))
	}
	return done, err
}

// dropTime limits how long an interrupted copy tries to drop the tables that it made: they are empty, so that only a
// server that has gone takes longer.
const dropTime = 20 * time.Second

// dropTables drops the program's tables from the target, unless there are rows in any.
func (c *copying) dropTables(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), dropTime)
	defer cancel()
	tx, err := c.target.Writer().BeginTx(ctx, nil)
	if err != nil {
		return database.Translate(fmt.Errorf("remove the empty tables from %s: %w", c.target.Name(), err))
	}
	defer func() { _ = tx.Rollback() }() // after Commit this does nothing
	if err := c.refuseFilled(ctx, tx, c.target); err != nil {
		return err // the commit was done, although its answer was lost
	}
	drop := []string{`DROP TABLE IF EXISTS ` + database.SchemaTable}
	for _, t := range slices.Backward(c.known.tables) { // before those that they refer to
		drop = append(drop, `DROP TABLE IF EXISTS `+t.name)
	}
	for _, statement := range drop {
		if _, err = tx.ExecContext(ctx, statement); err != nil {
			break
		}
	}
	if err == nil {
		err = tx.Commit()
	}
	if err != nil {
		return database.Translate(fmt.Errorf("remove the empty tables from %s: %w", c.target.Name(), err))
	}
	return nil
}

// refuseFilled refuses a target with rows in any table of any schema.
func (c *copying) refuseFilled(ctx context.Context, q database.Queryer, target *database.DB) error {
	tables, err := target.Tables(ctx, q)
	if err != nil {
		return fmt.Errorf("look into %s: %w", target.Name(), err)
	}
	for _, t := range tables {
		if t == database.SchemaTable {
			continue
		}
		rows, err := database.List(ctx, q, database.Value[int], `SELECT 1 FROM `+t+` LIMIT 1`)
		if err != nil {
			return fmt.Errorf("look into %s of %s: %w", t, target.Name(), err)
		}
		if len(rows) > 0 {
			return pactius.Refuse(pactius.KindConflict,
				pactius.T("The database %s isn't empty: there are rows in %s. Copy to an empty one; nothing was "+
					"changed.", target.Name(), t))
		}
	}
	return nil
}

// count is the dry run.
func (c *copying) count(ctx context.Context) (Copied, error) {
	done := Copied{From: c.source.Name(), To: c.targetName}
	err := c.source.Snapshot(ctx, func(tx *sql.Tx) error {
		for _, t := range c.known.tables {
			n, err := database.One(ctx, tx, database.Value[int64], `SELECT COUNT(*) FROM `+t.name)
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
	done := Copied{From: c.source.Name(), To: c.target.Name()}
	err := c.source.Snapshot(ctx, func(from *sql.Tx) error {
		conn, err := c.target.Writer().Conn(ctx)
		if err != nil {
			return database.Translate(fmt.Errorf("connect to %s: %w", c.target.Name(), err))
		}
		defer conn.Close()
		to, err := conn.BeginTx(ctx, nil)
		if err != nil {
			return database.Translate(fmt.Errorf("begin writing to %s: %w", c.target.Name(), err))
		}
		defer func() { _ = to.Rollback() }() // after Commit this does nothing
		if done.Tables, err = c.fill(ctx, from, conn, to); err != nil {
			return err
		}
		if err := to.Commit(); err != nil {
			return database.Unsure(database.Translate(fmt.Errorf("commit to %s: %w", c.target.Name(), err)))
		}
		return nil
	})
	if errors.Is(err, database.ErrInUse) || errors.Is(err, database.ErrTaken) {
		err = &pactius.Error{Kind: pactius.KindConflict, Err: err,
			Message: pactius.T("The source contains rows that its own rules don't allow, so nothing was copied. Find " +
				"them with: pactius check")}
	}
	return done, err
}

// fill copies all tables within one transaction.
func (c *copying) fill(ctx context.Context, from *sql.Tx, conn *sql.Conn, to *sql.Tx) ([]CopiedTable, error) {
	finish, err := engineOf(c.target).prepare(ctx, to, c.known.tables)
	if err != nil {
		return nil, database.Translate(fmt.Errorf("prepare %s: %w", c.target.Name(), err))
	}
	if err := c.refuseFilled(ctx, to, c.target); err != nil { // again: prepare keeps others out
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
			return nil, database.Translate(fmt.Errorf("complete %s: %w", c.target.Name(), err))
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
	err = engineOf(c.target).load(ctx, &loading{table: t, rows: source, conn: conn, tx: to})
	if err := errors.Join(source.Err(), database.Translate(err)); err != nil {
		return CopiedTable{}, fmt.Errorf("copy %s: %w", t.name, err)
	}
	if engineOf(c.target).refresh != "" {
		if _, err := to.ExecContext(ctx, engineOf(c.target).refresh+t.name); err != nil {
			return CopiedTable{}, database.Translate(fmt.Errorf("analyse %s: %w", t.name, err))
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
		return CopiedTable{}, pactius.Refuse(pactius.KindConflict,
			pactius.T("The data that arrived in %s isn't the same as the data that was sent (%d rows with the "+
				"checksum %s, not %d with %s). Nothing was kept; look for triggers or rules in the target.",
				t.name, copied.n, copied.sum.String(), source.n, source.sum.String()))
	}
	done := CopiedTable{Name: t.name, Rows: copied.n, Sum: copied.sum.String(), Done: true}
	c.o.Progress(done)
	return done, nil
}

// sameFile reports whether two paths lead to one file.
func sameFile(a, b string) bool {
	one, err := os.Stat(a)
	if err != nil {
		return false
	}
	other, err := os.Stat(b)
	return err == nil && os.SameFile(one, other)
}
