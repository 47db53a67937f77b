package database

import (
	"context"

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
