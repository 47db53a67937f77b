package dbtool

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/database"
)

// Flaw is one thing that Check found.
type Flaw struct {
	Warning     bool                  // somebody should look; else the database is wrong
	Check       string                // what was looked at, such as "business units"
	Environment pactius.EnvironmentID // "" where it is about the whole database
	Subject     string                // ID of the row; "" where it is about no single one
	Detail      string                // what is wrong with it
}

// maxFlaws is how many flaws of one check are listed; the others
// are counted. Damage that reaches further has one cause.
const maxFlaws = 50

// overdueAfter is how long something due may wait before Check warns: longer
// than any pause of the jobs, and than a restart.
const overdueAfter = time.Hour

// Check looks at everything that must be true of the database at an address,
// whatever has happened to it: that the file is whole, the schema complete, every
// reference leads somewhere, and the law "created once" holds in every row. It
// reads one snapshot, changes nothing, works beside running servers and holds one
// row, or one environment's tree, at a time. An error means that it could not look.
//
// No flaw found is the promise that holds after every crash. A warning tells of
// something that may be right but should be looked at, such as mail that no server
// sends.
func Check(ctx context.Context, address string, o Options) ([]Flaw, error) {
	db, err := openUnchanged(ctx, address, o)
	if err != nil {
		return nil, err
	}
	found, err := check(ctx, db, o.clock())
	return found, errors.Join(err, db.Close())
}

func check(ctx context.Context, db *database.DB, now time.Time) ([]Flaw, error) {
	known, err := describe(ctx)
	if err != nil {
		return nil, err
	}
	c, file := newChecking(db, now), newChecking(db, now)
	var fileErr error
	var wg sync.WaitGroup
	wg.Go(func() { fileErr = db.Snapshot(ctx, file.within(ctx, file.integrity)) }) // as long as all the rest takes
	err = db.Snapshot(ctx, c.within(ctx, func(ctx context.Context) error { return c.all(ctx, known) }))
	wg.Wait()
	if fileErr == nil && len(file.flaws) > 0 {
		return file.flaws, nil // what cannot be read whole cannot be judged
	}
	if err := cmp.Or(fileErr, err); err != nil {
		return nil, fmt.Errorf("check %s: %w", db.Name(), err)
	}
	return c.flaws, nil
}

func newChecking(db *database.DB, now time.Time) *checking {
	return &checking{engine: engineOf(db), now: now, counts: map[Flaw]int{}}
}

// within lets a check read in a transaction.
func (c *checking) within(ctx context.Context, look func(context.Context) error) func(*sql.Tx) error {
	return func(tx *sql.Tx) error {
		c.tx = tx
		return look(ctx)
	}
}

// checking is a check under way.
type checking struct {
	engine engine
	now    time.Time
	tx     *sql.Tx
	flaws  []Flaw
	counts map[Flaw]int // by check and kind alone
}

func (c *checking) all(ctx context.Context, known schema) error {
	if complete, err := c.objects(ctx, known); err != nil || !complete {
		return err
	}
	if err := c.references(ctx, known); err != nil {
		return err
	}
	for _, q := range queries {
		if err := c.run(ctx, q.name, q.warning, q.query); err != nil {
			return err
		}
	}
	before := database.Micros(c.now.Add(-overdueAfter))
	for _, q := range overdue {
		if err := c.run(ctx, q.name, true, q.query, before); err != nil {
			return err
		}
	}
	for _, walk := range []func(context.Context) error{c.users, c.requests, c.keys, c.trees} {
		if err := walk(ctx); err != nil {
			return err
		}
	}
	c.summarise()
	return nil
}

// add notes a flaw, up to maxFlaws of a check.
func (c *checking) add(f Flaw) {
	of := Flaw{Check: f.Check, Warning: f.Warning}
	if c.counts[of]++; c.counts[of] <= maxFlaws {
		c.flaws = append(c.flaws, f)
	}
}

// summarise counts what add left out.
func (c *checking) summarise() {
	var more []Flaw
	for of, n := range c.counts {
		if n > maxFlaws {
			of.Detail = fmt.Sprintf("and %d more", n-maxFlaws)
			more = append(more, of)
		}
	}
	slices.SortFunc(more, func(a, b Flaw) int { return strings.Compare(a.Check+a.Detail, b.Check+b.Detail) })
	c.flaws = append(c.flaws, more...)
}

// run notes every row of a query that gives environment, subject and detail.
func (c *checking) run(ctx context.Context, name string, warning bool, query string, args ...any) error {
	return c.each(ctx, name, query, func(r database.Scanner) error {
		f := Flaw{Check: name, Warning: warning}
		if err := r.Scan(&f.Environment, &f.Subject, &f.Detail); err != nil {
			return err
		}
		c.add(f)
		return nil
	}, args...)
}

// each runs a query and looks at one row after the other.
func (c *checking) each(ctx context.Context, name, query string, look func(database.Scanner) error, args ...any) error {
	rows, err := c.tx.QueryContext(ctx, query, args...)
	if err != nil {
		return database.Translate(fmt.Errorf("look at %s: %w", name, err))
	}
	defer rows.Close()
	for rows.Next() {
		if err := look(rows); err != nil {
			return database.Translate(fmt.Errorf("look at %s: %w", name, err))
		}
	}
	if err := rows.Err(); err != nil {
		return database.Translate(fmt.Errorf("look at %s: %w", name, err))
	}
	return nil
}

const sqlIntegritySQLite = `PRAGMA integrity_check(50)` // as many as maxFlaws

// theFile is the check that the storage itself is whole.
const theFile = "the file"

// integrity asks SQLite whether the file is whole: pages, indexes, constraints.
// PostgreSQL has nothing like it without an extension.
func (c *checking) integrity(ctx context.Context) error {
	if c.engine.integrity == "" {
		return nil
	}
	return c.each(ctx, theFile, c.engine.integrity, func(r database.Scanner) error {
		line, err := database.Value[string](r)
		if err == nil && line != "ok" {
			c.add(Flaw{Check: theFile, Detail: line})
		}
		return err
	})
}

// objects looks whether the schema is complete. A database that was restored
// badly lacks indexes or constraints and works, until one person is two. It
// reports whether all columns are there, which the other checks read.
func (c *checking) objects(ctx context.Context, known schema) (bool, error) {
	there := map[string]bool{}
	err := c.each(ctx, "the schema", c.engine.objects, func(r database.Scanner) error {
		name, err := database.Value[string](r)
		there[name] = true
		return err
	})
	complete := err == nil
	for _, name := range known.objects {
		if !there[name] && err == nil {
			c.add(Flaw{Check: "the schema", Subject: name, Detail: "is missing"})
			complete = complete && !strings.HasPrefix(name, "column ")
		}
	}
	return complete, err
}

// references looks for rows that name a row which does not exist, also where
// the engine was told not to care.
func (c *checking) references(ctx context.Context, known schema) error {
	for _, t := range known.tables {
		for _, r := range t.references {
			if err := c.run(ctx, "references", false, orphans(t, r)); err != nil {
				return err
			}
		}
	}
	return nil
}

// orphans finds the rows of a table whose reference leads nowhere.
func orphans(t table, r reference) string {
	subject := t.columns[1].name
	if slices.Contains(t.names(), "id") {
		subject = "id"
	}
	var there, given []string
	for i, column := range r.columns {
		there = append(there, `p.`+r.to[i]+` = c.`+column)
		given = append(given, `c.`+column+` IS NOT NULL`)
	}
	return `SELECT c.environment_id, c.` + subject + `, 'in ` + t.name + `: names a row of ` + r.table +
		` that does not exist, by ` + r.columns[len(r.columns)-1] + `' FROM ` + t.name +
		` c WHERE ` + strings.Join(given, ` AND `) + ` AND NOT EXISTS (SELECT 1 FROM ` + r.table + ` p WHERE ` +
		strings.Join(there, ` AND `) + `)`
}
