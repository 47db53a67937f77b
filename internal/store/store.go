package store

import (
	"context"
	"embed"
	"io/fs"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/database"
)

// Store is an open database with its statements. It is safe for concurrent use.
type Store struct {
	*database.DB
	mail     *database.Notice
	happened func(pactius.Event) // as in Options, never nil
	bounds   bounds              // of lists; tests have tighter ones
	hosts    sync.Map            // environment IDs by host, as last seen: they tell whose turn it is
	atDoors  sync.Map            // environment IDs by application and by origin, likewise
	patience time.Duration       // with a list: listPatience
	now      func() time.Time

	doorChanged func([]pactius.DoorChange) // see WatchDoor, never nil
}

// Tx is a transaction in one environment. It must not be used after the
// function it was given to has returned, nor by two goroutines at once.
type Tx struct {
	tx    *database.Tx
	env   pactius.EnvironmentID
	store *Store

	affected affected
	left     []pactius.Identity // see leavesProfile
}

// Options are what Open needs beside the address. The zero value works.
type Options struct {
	Logger *slog.Logger     // nil discards
	Now    func() time.Time // nil is time.Now; dates the copy made before an upgrade and changes for the door

	// Happened is called with every event once its change is durable. It must be
	// quick and safe for concurrent use; nil is not called.
	Happened func(pactius.Event)

	// Reading opens a database that exists and has this program's schema, and changes nothing of it: see
	// database.OpenUnchanged.
	Reading bool

	// Statement is called before each statement of a transaction, for tests and
	// measurements; nil is not called.
	Statement func(ctx context.Context, query string, args []any)
}

// Errors that rules test with errors.Is.
var (
	// ErrNotFound: there is no such row in this environment.
	ErrNotFound = database.ErrNotFound
	// ErrStale: the row has changed since it was read.
	ErrStale = database.ErrStale
	// ErrTaken: a unique index has refused a second row.
	ErrTaken = database.ErrTaken
	// ErrInUse: other rows depend on the row.
	ErrInUse = database.ErrInUse
)

// Open opens the database at a URL of the form sqlite:PATH or
// postgres://USER:PASSWORD@HOST/DATABASE and brings its schema up to date, unless it
// is only read; see database.Open.
func Open(ctx context.Context, url string, o Options) (*Store, error) {
	steps, err := Steps()
	if err != nil {
		return nil, err
	}
	open := database.Open
	if o.Reading {
		open = database.OpenUnchanged
	}
	db, err := open(ctx, url, database.Options{
		Steps: steps, Logger: o.Logger, Now: o.Now, Statement: o.Statement,
	})
	if err != nil {
		return nil, err
	}
	s := &Store{DB: db, mail: db.NewNotice("pactius_mail"), happened: o.Happened, bounds: usualBounds,
		patience: listPatience, now: o.Now, doorChanged: func([]pactius.DoorChange) {}}
	if s.now == nil {
		s.now = time.Now
	}
	if s.happened == nil {
		s.happened = func(pactius.Event) {}
	}
	return s, nil
}

//go:embed migrations
var migrations embed.FS

// Steps are the schema steps, in order.
func Steps() ([]database.Step, error) {
	folder, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	steps, err := database.ReadSteps(folder)
	for i := range steps {
		switch steps[i].Name {
		case keyStep:
			steps[i].Fill = fillKeys
		case accountNameStep:
			steps[i].Fill = fillAccountNames
		case listStep:
			steps[i].Fill = fillLists
		case unitSearchStep:
			steps[i].Fill = fillUnits
		case requestStep:
			steps[i].Fill = fillRequestWords
		case nameOrderStep:
			steps[i].Fill = fillNameOrder
		}
	}
	return steps, err
}

// View runs fn in a read-only transaction on a consistent snapshot.
func (s *Store) View(ctx context.Context, env pactius.EnvironmentID, fn func(*Tx) error) error {
	return s.DB.View(ctx, env, func(tx *database.Tx) error { return fn(&Tx{tx: tx, env: env, store: s}) })
}

// Glance is View for what finds a few rows by their keys: see database.DB.Glance.
func (s *Store) Glance(ctx context.Context, env pactius.EnvironmentID, fn func(*Tx) error) error {
	return s.DB.Glance(ctx, env, func(tx *database.Tx) error { return fn(&Tx{tx: tx, env: env, store: s}) })
}

// Update runs fn in a transaction that writes. If fn returns an error nothing is
// changed; otherwise all of it is durable when Update returns. fn may run several
// times: see database.DB.Update.
func (s *Store) Update(ctx context.Context, env pactius.EnvironmentID, fn func(*Tx) error) error {
	return s.DB.Update(ctx, env, func(tx *database.Tx) error {
		t := &Tx{tx: tx, env: env, store: s}
		if err := fn(t); err != nil {
			return err
		}
		if err := t.dropProfiles(); err != nil {
			return err
		}
		if err := t.writeAffected(s.now()); err != nil {
			return err
		}
		if changes := t.affected.written; len(changes) > 0 {
			tx.AfterCommit(func() { s.doorChanged(changes) })
		}
		return nil
	})
}

// MailArrived signals after a committed change has put mail into the outbox.
// One signal may stand for several changes.
func (s *Store) MailArrived() <-chan struct{} { return s.mail.Received() }

// Share tells the other instances on a PostgreSQL database of mail in the outbox,
// and MailArrived of theirs, until the context ends. On SQLite it returns.
func (s *Store) Share(ctx context.Context, logger *slog.Logger) { s.mail.Share(ctx, logger) }

// wakeMail signals mail in the outbox once the transaction is durable.
func (t *Tx) wakeMail() { t.tx.AfterCommit(t.store.mail.Send) }

// listPatience is how long a list, a search or a count may take. Each is made to take a small part of that (see
// usualBounds); what takes longer is given up before the person gives up, and before it delays others.
const listPatience = 3 * time.Second

// countUpTo counts the rows that each query selects, as far as a bound, all in one statement.
func (t *Tx) countUpTo(most int, from ...clause) ([]int, error) {
	counts, err := t.countRows(most, `1`, from)
	n := make([]int, len(counts))
	for i, c := range counts {
		n[i] = c.rows
	}
	return n, err
}

// only is the count of a single query.
func only(n []int, err error) (int, error) {
	if err != nil {
		return 0, err
	}
	return n[0], nil
}

// countDistinctUpTo counts the different values of a column that each query selects, as far as a bound, all in one
// statement. It looks at a few more rows than that first: PostgreSQL reads all rows before it returns the first of
// different values.
func (t *Tx) countDistinctUpTo(most int, column string, from ...clause) ([]int, error) {
	few := most + most/4 + 1
	counts, err := t.countRows(few, column, from)
	if err != nil {
		return nil, err
	}
	n := make([]int, len(from))
	for i, c := range counts {
		if c.values < most && c.rows == few { // many rows have the same value
			all, err := t.countRows(0, column, from[i:i+1])
			if err != nil {
				return nil, err
			}
			c = all[0]
		}
		n[i] = min(c.values, most)
	}
	return n, nil
}

// counted are the rows of a query, and the different values of a column among them.
type counted struct{ values, rows int }

// countRows counts the rows of queries and the different values of a column, among the first few rows of each; few 0
// stands for all rows.
func (t *Tx) countRows(few int, column string, from []clause) ([]counted, error) {
	counts := make([]counted, len(from))
	if len(from) == 0 {
		return counts, nil
	}
	var q database.Query
	for i, c := range from {
		if i > 0 {
			q.Add(` UNION ALL `)
		}
		q.Add(`SELECT ` + strconv.Itoa(i) + `, `)
		if column == `1` {
			q.Add(`COUNT(*), COUNT(*) FROM (SELECT 1 FROM (`)
		} else {
			q.Add(`COUNT(DISTINCT g.` + column + `), COUNT(*) FROM (SELECT ` + column + ` FROM (`)
		}
		q.Add(c.sql, c.args...)
		q.Add(`) f`)
		if few > 0 {
			q.Limit(few)
		}
		q.Add(`) g`)
	}
	_, err := listBy(t, func(r database.Scanner) (struct{}, error) {
		var i int
		var c counted
		err := r.Scan(&i, &c.values, &c.rows)
		counts[i] = c
		return struct{}{}, err
	}, &q)
	return counts, err
}

// within runs what reads a list. Its error after listPatience is a refusal that says so.
func within[T any](t *Tx, read func() (T, error)) (result T, err error) {
	err = t.tx.Within(t.store.patience, func() error {
		result, err = read()
		return err
	})
	return result, err
}

// Optional turns ErrNotFound into nil.
func Optional[T any](v T, err error) (*T, error) { return database.Optional(v, err) }

// limitOf bounds the size of a page.
func limitOf(n int) int {
	if n <= 0 {
		return pactius.PageSize
	}
	return min(n, pactius.MaxPageSize)
}

// Context is the context that the transaction runs under.
func (t *Tx) Context() context.Context { return t.tx.Context() }

// run runs a statement that returns no rows.
func (t *Tx) run(statement string, args ...any) error {
	_, err := t.tx.Exec(statement, args...)
	return err
}

// changed runs a statement and reports whether it has changed one row.
func (t *Tx) changed(statement string, args ...any) (bool, error) {
	n, err := t.tx.Exec(statement, args...)
	return n == 1, err
}

// sweepBatch bounds what a change deletes of what settings say is no longer kept: a lower setting may meet millions.
const sweepBatch = `10000`

// sweep runs statements that delete the rows of all environments until a time.
func (s *Store) sweep(ctx context.Context, until time.Time, statements ...string) error {
	return s.Update(ctx, "", func(tx *Tx) error {
		for _, statement := range statements {
			if err := tx.run(statement, database.Micros(until)); err != nil {
				return err
			}
		}
		return nil
	})
}

// list reads all rows of a query.
func list[Row any](t *Tx, scan func(database.Scanner) (Row, error), query string, args ...any) ([]Row, error) {
	return database.List(t.Context(), t.tx, scan, query, args...)
}

// one reads the single row of a query; ErrNotFound if there is none.
func one[Row any](t *Tx, scan func(database.Scanner) (Row, error), query string, args ...any) (Row, error) {
	return database.One(t.Context(), t.tx, scan, query, args...)
}

// listBy is list of a query that was put together.
func listBy[Row any](t *Tx, scan func(database.Scanner) (Row, error), q *database.Query) ([]Row, error) {
	return list(t, scan, q.Text(), q.Args()...)
}

// oneBy is one of a query that was put together.
func oneBy[Row any](t *Tx, scan func(database.Scanner) (Row, error), q *database.Query) (Row, error) {
	return one(t, scan, q.Text(), q.Args()...)
}
