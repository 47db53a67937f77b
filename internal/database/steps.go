package database

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"github.com/pactius/pactius"
)

// Step is one numbered change of the schema.
type Step struct {
	Number int
	Name   string
	SQL    string // in the words of SQLite; translated for other engines

	// Fill runs after SQL, in the same transaction. nil does nothing.
	Fill func(*Tx) error
}

// sum is the SHA-256 hash of the step's text, as the table of steps notes it.
func (s Step) sum() string {
	sum := sha256.Sum256([]byte(s.SQL))
	return hex.EncodeToString(sum[:])
}

// ReadSteps reads the steps from a folder of files named NUMBER_NAME.sql. They are
// returned in order; a gap is an error.
func ReadSteps(folder fs.FS) ([]Step, error) {
	entries, err := fs.ReadDir(folder, ".")
	if err != nil {
		return nil, err
	}
	var all []Step
	for _, entry := range entries {
		digits, _, _ := strings.Cut(entry.Name(), "_")
		number, err := strconv.Atoi(digits)
		if err != nil {
			return nil, fmt.Errorf("migration %s has no number: %w", entry.Name(), err)
		}
		text, err := fs.ReadFile(folder, entry.Name())
		if err != nil {
			return nil, err
		}
		all = append(all, Step{Number: number, Name: entry.Name(), SQL: string(text)})
	}
	slices.SortFunc(all, func(a, b Step) int { return a.Number - b.Number })
	for i, s := range all {
		if s.Number != i+1 {
			return nil, fmt.Errorf("migration %d is missing", i+1)
		}
	}
	return all, nil
}

// notedStep is a row of the table of steps; sum is "" where no hash was noted.
type notedStep struct {
	number    int
	name, sum string
}

// noted returns the steps that the database has, in order, and whether the table has room for their hashes.
func (db *DB) noted(ctx context.Context, q Queryer) (all []notedStep, summed bool, err error) {
	columns, err := List(ctx, q, Value[string], db.engine.schemaColumns)
	if err != nil {
		return nil, false, err
	}
	summed = slices.Contains(columns, SumColumn)
	query := sqlSchemaNames
	if summed {
		query = sqlSchemaSteps
	}
	all, err = List(ctx, q, func(r Scanner) (notedStep, error) {
		var n notedStep
		return n, r.Scan(&n.number, &n.name, &n.sum)
	}, query)
	return all, summed, err
}

// checkSteps refuses steps that a newer program or another build has applied.
func (db *DB) checkSteps(noted []notedStep, all []Step) error {
	var foreign []string
	for _, n := range noted {
		switch {
		case n.number > len(all):
			return db.errNewer(noted[len(noted)-1].number, len(all))
		case n.number < 1: // never one of ours
		case n.sum == "" && n.name != all[n.number-1].Name, n.sum != "" && n.sum != all[n.number-1].sum():
			foreign = append(foreign, n.name)
		}
	}
	if len(foreign) > 0 {
		return &ForeignStepsError{Steps: foreign, database: db.name}
	}
	return nil
}

// ForeignStepsError refuses a database with schema steps that differ from this program's steps of the same numbers:
// another build has made it, or somebody has changed it.
type ForeignStepsError struct {
	Steps    []string // their names
	database string
}

// Error returns the message in English.
func (e *ForeignStepsError) Error() string { return e.Unwrap().Error() }

// Unwrap returns the refusal as a *pactius.Error.
func (e *ForeignStepsError) Unwrap() error {
	return pactius.Refuse(pactius.KindUnavailable,
		pactius.T("The database %s belongs to another build of PACTIUS: its schema step %s differs from the one of "+
			"this version. Nothing was changed. Use that build, or restore a backup that this version can read.",
			e.database, e.Steps[0]))
}
