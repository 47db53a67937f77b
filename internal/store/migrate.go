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
	"path/filepath"
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
func (s *Store) migrate(ctx context.Context, o Options, all []step) error {
	if err := s.checkOurs(ctx); err != nil {
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
		if err := s.copyBefore(ctx, version+1, o); err != nil {
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
	var ours, tables int
	if err := s.write.QueryRowContext(ctx, sqlForeignTables).Scan(&ours, &tables); err != nil {
		return translate(fmt.Errorf("look into %s: %w", s.path, err))
	}
	if ours == 0 && tables > 0 {
		return pactius.Refuse(pactius.Invalid, pactius.T("%s is the database of another program. Name a file of PACTIUS, or one that does not exist yet.", s.path))
	}
	return nil
}

const sqlForeignTables = `SELECT COUNT(*) FILTER (WHERE name = 'schema_steps'), COUNT(*) FROM sqlite_master WHERE type = 'table'`

// copyBefore copies the database beside itself before an upgrade. The copy has
// a name of its own even when another process upgrades in the same second.
func (s *Store) copyBefore(ctx context.Context, number int, o Options) error {
	base := fmt.Sprintf("%s.before-%d-%s", s.path, number, o.Now().UTC().Format("20060102T150405"))
	name := base
	err := s.Backup(ctx, name)
	for i := 2; pactius.KindOf(err) == pactius.Conflict && i <= maxCopies; i++ {
		name = fmt.Sprintf("%s-%d", base, i)
		err = s.Backup(ctx, name)
	}
	if err != nil {
		return fmt.Errorf("copy the database before the upgrade: %w", err)
	}
	o.Logger.InfoContext(ctx, "database copied before the upgrade", "copy", name)
	return nil
}

// maxCopies is how many processes may upgrade in one second: more are a loop
// of a supervisor, which must not fill the disk.
const maxCopies = 10

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
// exist yet. It reads through a connection of its own, so everything else goes
// on, writing too; the copy holds what was committed when it began.
func (s *Store) Backup(ctx context.Context, file string) error {
	file, err := filepath.Abs(file) // SQLite would read "file:..." as a URL
	if err != nil {
		return fmt.Errorf("find the place of the copy: %w", err)
	}
	// SQLite fills an empty file: made here, it is private from the first byte.
	f, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE|os.O_EXCL, filePermissions)
	switch {
	case errors.Is(err, fs.ErrExist):
		return pactius.Refuse(pactius.Conflict, pactius.T("%s exists already. Name a file that does not exist yet.", file))
	case err != nil:
		return &pactius.Error{Kind: pactius.Invalid, Err: err, Message: pactius.T("The copy %s cannot be written. Check that the folder exists and can be written to.", file)}
	}
	err = s.copyTo(ctx, file)
	if err == nil {
		err = f.Sync() // a backup that is reported must survive the loss of power
	}
	err = errors.Join(err, f.Close())
	if err != nil {
		err = errors.Join(err, os.Remove(file))
	}
	return err
}

// copyTo fills an empty file with a copy of the database.
func (s *Store) copyTo(ctx context.Context, file string) error {
	db, err := sql.Open("sqlite", dsn(s.path, ""))
	if err != nil {
		return fmt.Errorf("open %s: %w", s.path, err)
	}
	_, err = db.ExecContext(ctx, sqlBackup, file)
	if err != nil {
		err = translate(fmt.Errorf("write the copy %s: %w", file, err))
	}
	return errors.Join(err, db.Close())
}

const sqlBackup = `VACUUM INTO $1`
