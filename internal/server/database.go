package server

import (
	"context"
	"errors"
	"log/slog"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/config"
	"github.com/pactius/pactius/internal/store"
)

// Flaw is one thing that Check found in the database.
type Flaw = store.Finding

// Check looks at everything that must be true of the database of a
// configuration. It changes nothing and works beside a running server; see
// store.Store.Check.
func Check(ctx context.Context, cfg config.Config) ([]Flaw, error) {
	s, err := store.OpenUnchanged(ctx, cfg.Database.Address(), store.Options{})
	if err != nil {
		return nil, err
	}
	found, err := s.Check(ctx)
	return found, errors.Join(err, s.Close())
}

// Copied and CopiedTable tell what Copy has done.
type (
	Copied      = store.Copied
	CopiedTable = store.CopiedTable
)

// CopyOptions say how Copy works.
type CopyOptions struct {
	DryRun   bool              // only look whether it could be done, and count
	Progress func(CopiedTable) // called now and then
	Logger   *slog.Logger
}

// Copy copies a whole deployment from one database to another, all or nothing;
// see store.Copy.
func Copy(ctx context.Context, from, to config.Database, o CopyOptions) (Copied, error) {
	return store.Copy(ctx, from.Address(), to.Address(), store.CopyOptions{
		Options: store.Options{Logger: o.Logger}, DryRun: o.DryRun, Progress: o.Progress,
	})
}

// Restored and FlawedBackupError tell what Restore has done, or why not.
type (
	Restored          = store.Restored
	FlawedBackupError = store.FlawedError
)

// RestoreOptions say how Restore works.
type RestoreOptions struct {
	Despite bool // put the backup in place although the check finds something wrong
	Stopped bool // nobody has the present database open; it is too damaged to ask
	Logger  *slog.Logger
}

// Restore puts a backup in the place of the database of a configuration, which
// must be a SQLite file that nobody has open; see store.Restore.
func Restore(ctx context.Context, cfg config.Config, backup string, o RestoreOptions) (Restored, error) {
	if cfg.Database.Engine != config.EngineSQLite {
		return Restored{}, pactius.Refuse(pactius.Invalid, pactius.T("A PostgreSQL database is restored with its own tools into a new, empty database, for example: pg_restore --exit-on-error --no-owner --dbname=pactius_new %s. Then run pactius check on it; see docs/operations.md.", backup))
	}
	return store.Restore(ctx, backup, cfg.Database.Path, store.RestoreOptions{Options: store.Options{Logger: o.Logger}, Despite: o.Despite, Stopped: o.Stopped})
}
