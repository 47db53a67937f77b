package database

import (
	"context"
	"time"

	"github.com/pactius/pactius"
)

// Queued is how many changes of an environment wait for the next group.
func (db *DB) Queued(env pactius.EnvironmentID) int {
	g := db.groupOf(env)
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.queue)
}

// MigrateWith migrates as a program would that knows further steps.
func (db *DB) MigrateWith(ctx context.Context, further ...string) error {
	all := db.steps
	for _, text := range further {
		all = append(all[:len(all):len(all)], Step{Number: len(all) + 1, Name: "further", SQL: text})
	}
	return db.migrate(ctx, all)
}

// Version is the number of schema steps applied.
func (db *DB) Version(ctx context.Context) (int, error) { return db.version(ctx) }

// SetPatience changes how long a writer waits for another process.
func (db *DB) SetPatience(d time.Duration) { db.patience = d }

// UpdateAlone is Update without sharing the commit with other changes.
func (db *DB) UpdateAlone(ctx context.Context, env pactius.EnvironmentID, fn func(*Tx) error) error {
	return db.update(ctx, env, fn)
}

// Hurried reports whether the group of the transaction, if any, was told to commit
// early.
func (t *Tx) Hurried() bool { return t.batch == nil || t.batch.hurry.Load() }

// Undone reports whether a change that ended with an error is tried again.
func Undone(err error) bool { return undone(err) }
