package server

import (
	"context"
	"errors"
	"log/slog"

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
