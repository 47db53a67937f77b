package database

import (
	"context"
	"time"
)

// MigrateWith migrates as a program would that knows further steps.
func (db *DB) MigrateWith(ctx context.Context, further ...string) error {
	all := db.steps
	for _, text := range further {
		all = append(all[:len(all):len(all)], Step{Number: len(all) + 1, Name: "further", SQL: text})
	}
	return db.migrate(ctx, all)
}

// CopyBefore copies the database before an upgrade to a step.
func (db *DB) CopyBefore(ctx context.Context, number int) error { return db.copyBefore(ctx, number) }

// Version is the number of schema steps applied.
func (db *DB) Version(ctx context.Context) (int, error) { return db.version(ctx) }

// SetPatience changes how long a writer waits for another process.
func (db *DB) SetPatience(d time.Duration) { db.patience = d }
