package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
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

// steps reads the steps of an engine, in order, without gaps.
func steps(engine string) ([]step, error) {
	dir := path.Join("migrations", engine)
	entries, err := fs.ReadDir(migrations, dir)
	if err != nil {
		return nil, err
	}
	var all []step
	for _, e := range entries {
		digits, _, _ := strings.Cut(e.Name(), "_")
		number, err := strconv.Atoi(digits)
		if err != nil {
			return nil, fmt.Errorf("migration %s has no number: %w", e.Name(), err)
		}
		text, err := fs.ReadFile(migrations, path.Join(dir, e.Name()))
		if err != nil {
			return nil, err
		}
		all = append(all, step{number, e.Name(), string(text)})
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
func (s *Store) migrate(ctx context.Context, o Options) error {
	all, err := steps("sqlite")
	if err != nil {
		return err
	}
	if _, err := s.write.ExecContext(ctx, sqlSchemaTable); err != nil {
		return translate(fmt.Errorf("prepare the schema: %w", err))
	}
	version, err := s.version(ctx)
	if err != nil {
		return err
	}
	switch {
	case version > len(all):
		return pactius.Refuse(pactius.Unavailable, pactius.T("The database %s was written by a newer PACTIUS (schema %d, this program knows %d). Start the newer program, or restore the copy made before the upgrade.", s.path, version, len(all)))
	case version == len(all):
		return nil
	case version > 0:
		copyName := fmt.Sprintf("%s.before-%d-%s", s.path, version+1, o.Now().UTC().Format("20060102T150405"))
		if err := s.Backup(ctx, copyName); err != nil {
			return fmt.Errorf("copy the database before the upgrade: %w", err)
		}
		o.Logger.InfoContext(ctx, "database copied before the upgrade", "copy", copyName)
	}
	for _, step := range all[version:] {
		if err := s.apply(ctx, step, o); err != nil {
			return err
		}
		o.Logger.InfoContext(ctx, "schema step applied", "step", step.name)
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
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return translate(fmt.Errorf("begin schema step %s: %w", step.name, err))
	}
	defer func() { _ = tx.Rollback() }() // after Commit this does nothing
	var version int
	if err := tx.QueryRowContext(ctx, sqlSchemaVersion).Scan(&version); err != nil {
		return translate(err)
	}
	if version >= step.number {
		return nil
	}
	if _, err := tx.ExecContext(ctx, step.sql); err != nil {
		return translate(fmt.Errorf("schema step %s: %w", step.name, err))
	}
	if _, err := tx.ExecContext(ctx, sqlSchemaNote, step.number, step.name, o.Now().UnixMicro()); err != nil {
		return translate(err)
	}
	return translate(tx.Commit())
}

// Backup writes a consistent copy of the database to a file that must not
// exist yet, while everything goes on.
func (s *Store) Backup(ctx context.Context, file string) error {
	if _, err := os.Lstat(file); !errors.Is(err, fs.ErrNotExist) {
		return pactius.Refuse(pactius.Conflict, pactius.T("%s exists already. Name a file that does not exist yet.", file))
	}
	conn, err := s.write.Conn(ctx)
	if err != nil {
		return translate(err)
	}
	defer conn.Close()
	_, err = conn.ExecContext(ctx, sqlBackup, file)
	if err != nil {
		if rmErr := os.Remove(file); rmErr != nil && !errors.Is(rmErr, fs.ErrNotExist) {
			err = errors.Join(err, rmErr)
		}
		return translate(fmt.Errorf("write the copy %s: %w", file, err))
	}
	return os.Chmod(file, 0o600) // as private as the original should be
}

const sqlBackup = `VACUUM INTO $1`

var _ queryer = (*sql.Tx)(nil)
