package store

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/pactius/pactius"
)

//go:embed migrations
var migrations embed.FS

// step is one numbered change of the schema.
type step struct {
	number int
	name   string
	sql    string
}

// fills are what steps do in Go, after their SQL, in the same transaction.
var fills = map[string]func(context.Context, *sql.Tx) error{keyStep: fillKeys}

// migrationsFolder is where the steps are in the program.
const migrationsFolder = "migrations"

// steps reads the steps, in order, without gaps, in the engine's dialect.
func (e *engine) steps() ([]step, error) {
	entries, err := fs.ReadDir(migrations, migrationsFolder)
	if err != nil {
		return nil, err
	}
	var all []step
	for _, entry := range entries {
		digits, _, _ := strings.Cut(entry.Name(), "_")
		number, err := strconv.Atoi(digits)
		if err != nil {
			return nil, fmt.Errorf("migration %s has no number: %w", entry.Name(), err)
		}
		text, err := fs.ReadFile(migrations, path.Join(migrationsFolder, entry.Name()))
		if err != nil {
			return nil, err
		}
		all = append(all, step{number, entry.Name(), e.schema(string(text))})
	}
	slices.SortFunc(all, func(a, b step) int { return a.number - b.number })
	for i, s := range all {
		if s.number != i+1 {
			return nil, fmt.Errorf("migration %d is missing", i+1)
		}
	}
	return all, nil
}

const (
	sqlSchemaTable   = `CREATE TABLE IF NOT EXISTS schema_steps (number BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL, applied_at BIGINT NOT NULL)`
	sqlSchemaVersion = `SELECT COALESCE(MAX(number), 0) FROM schema_steps`
	sqlSchemaNote    = `INSERT INTO schema_steps (number, name, applied_at) VALUES ($1, $2, $3)`
)

// migrate brings the schema up to date, each step in a transaction of its own.
func (s *Store) migrate(ctx context.Context, o Options, all []step) error {
	if err := s.checkOurs(ctx); err != nil {
		return err
	}
	if err := s.change(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, s.engine.schema(sqlSchemaTable))
		return err
	}); err != nil {
		return fmt.Errorf("prepare the schema: %w", err)
	}
	version, err := s.version(ctx)
	if err != nil {
		return err
	}
	switch {
	case version > len(all):
		return s.errNewer(version, len(all))
	case version == len(all):
		return nil
	case version > 0:
		if err := s.engine.upgrade(s, ctx, version+1, o); err != nil {
			return err
		}
	}
	for _, step := range all[version:] {
		if err := s.apply(ctx, step, o); err != nil {
			return err
		}
		o.Logger.InfoContext(ctx, "schema step applied", "step", step.name)
	}
	return nil
}

// checkOurs refuses a database that belongs to another program, before anything
// is written into it.
func (s *Store) checkOurs(ctx context.Context) error {
	tables, err := list(ctx, pool{s.write}, value[string], s.engine.tables)
	if err != nil {
		return fmt.Errorf("look into %s: %w", s.name, err)
	}
	if len(tables) > 0 && !slices.Contains(tables, "schema_steps") {
		return pactius.Refuse(pactius.Invalid, pactius.T("%s is the database of another program. Name one of PACTIUS, or one that is empty.", s.name))
	}
	return nil
}

func (s *Store) version(ctx context.Context) (int, error) {
	var v int
	err := s.write.QueryRowContext(ctx, sqlSchemaVersion).Scan(&v)
	return v, translate(err)
}

// apply runs a step unless another process was first.
func (s *Store) apply(ctx context.Context, step step, o Options) error {
	err := s.change(ctx, func(tx *sql.Tx) error {
		var version int
		if err := tx.QueryRowContext(ctx, sqlSchemaVersion).Scan(&version); err != nil || version >= step.number {
			return err
		}
		if _, err := tx.ExecContext(ctx, step.sql); err != nil {
			return err
		}
		if fill := fills[step.name]; fill != nil {
			if err := fill(ctx, tx); err != nil {
				return err
			}
		}
		_, err := tx.ExecContext(ctx, sqlSchemaNote, step.number, step.name, o.Now().UnixMicro())
		return err
	})
	if err != nil {
		return fmt.Errorf("schema step %s: %w", step.name, err)
	}
	return nil
}

// change runs a change of the schema in a transaction, one process at a time.
func (s *Store) change(ctx context.Context, fn func(*sql.Tx) error) error {
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return translate(err)
	}
	defer func() { _ = tx.Rollback() }() // after Commit this does nothing
	if s.engine.schemaLock != "" {
		if _, err := tx.ExecContext(ctx, s.engine.schemaLock); err != nil {
			return translate(err)
		}
	}
	if err := fn(tx); err != nil {
		return translate(err)
	}
	return translate(tx.Commit())
}
