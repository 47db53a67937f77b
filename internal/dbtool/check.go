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

// Flaw is a finding of Check.
type Flaw struct {
	Warning     bool                  // possibly correct, but to be looked at
	Check       string                // the kind of check, such as "business units"
	Environment pactius.EnvironmentID // "" for the whole database
	Subject     string                // ID of the row; "" for no single one
	Detail      string
}

// maxFlaws is the number of flaws listed per check; the others are counted.
const maxFlaws = 50

// overdueAfter is how long work may be due before Check warns: longer than any pause
// of the jobs, and than a restart.
const overdueAfter = time.Hour

// Check verifies the database at an address: the file is intact, the schema complete,
// every reference leads to a row, and all rows are consistent, above all "created
// once". It reads one snapshot, changes nothing, works beside running servers and
// holds one row, or one environment's tree, in memory. An error means that it could
// not read. After a crash there must be no flaw except warnings.
func Check(ctx context.Context, address string, o Options) ([]Flaw, error) {
	db, err := openUnchanged(ctx, address, o)
	if foreign, ok := errors.AsType[*database.ForeignStepsError](err); ok {
		return foreignSteps(foreign), nil // the other checks need this program's columns
	}
	if err != nil {
		return nil, err
	}
	found, err := check(ctx, db, o.clock())
	return found, errors.Join(err, db.Close())
}

// theSchema is the check of tables, columns, keys and indexes, and of the steps that made them.
const theSchema = "the schema"

// foreignSteps returns the flaws of a database of another build.
func foreignSteps(e *database.ForeignStepsError) []Flaw {
	var flaws []Flaw
	for _, step := range e.Steps {
		flaws = append(flaws, Flaw{Check: theSchema, Subject: step, Detail: "differs from the step of this version"})
	}
	return flaws
}

func check(ctx context.Context, db *database.DB, now time.Time) ([]Flaw, error) {
	known, err := describe()
	if err != nil {
		return nil, err
	}
	c, file := newChecking(db, now), newChecking(db, now)
	var fileErr error
	var wg sync.WaitGroup
	wg.Go(func() { fileErr = db.Snapshot(ctx, file.within(ctx, file.integrity)) }) // takes as long as the rest
	err = db.Snapshot(ctx, c.within(ctx, func(ctx context.Context) error { return c.all(ctx, known) }))
	wg.Wait()
	if fileErr == nil && len(file.flaws) > 0 {
		return file.flaws, nil // the other checks need an intact file
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
	for _, walk := range []func(context.Context) error{c.users, c.requests, c.keys, c.trees, c.zones} {
		if err := walk(ctx); err != nil {
			return err
		}
	}
	c.summarise()
	return nil
}

// add adds a flaw, up to maxFlaws of a check.
func (c *checking) add(f Flaw) {
	of := Flaw{Check: f.Check, Warning: f.Warning}
	if c.counts[of]++; c.counts[of] <= maxFlaws {
		c.flaws = append(c.flaws, f)
	}
}

// summarise adds the numbers of the flaws that add left out.
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

// run adds every row of a query for environment, subject and detail as a flaw.
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

// each runs a query and calls look for each row.
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

// theFile is the check of the storage.
const theFile = "the file"

// integrity lets SQLite verify pages, indexes and constraints. PostgreSQL has no
// equivalent without an extension.
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

// objects verifies that the schema is complete: a badly restored database works
// without its unique indexes until a person is created twice. It reports whether all
// columns exist, which the other checks read.
func (c *checking) objects(ctx context.Context, known schema) (bool, error) {
	there := map[string]bool{}
	err := c.each(ctx, theSchema, c.engine.objects, func(r database.Scanner) error {
		name, err := database.Value[string](r)
		there[name] = true
		return err
	})
	complete := err == nil
	for _, name := range known.objects {
		if !there[name] && err == nil {
			c.add(Flaw{Check: theSchema, Subject: name, Detail: "is missing"})
			complete = complete && !strings.HasPrefix(name, "column ")
		}
	}
	return complete, err
}

// references finds rows that refer to a missing row, also where the engine does not
// enforce it.
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

// orphans returns the query for the rows of a table that refer to a missing row.
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
