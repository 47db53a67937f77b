package store

import (
	"context"
	"time"

	"github.com/pactius/pactius/internal/database"
	"github.com/pactius/pactius/internal/id"
)

const (
	sqlNewestEvent = `SELECT COALESCE(MAX((SELECT e.at FROM events e WHERE e.environment_id = n.id
		ORDER BY e.id DESC LIMIT 1)), 0) FROM environments n`
	sqlNewestEventBefore = `SELECT COALESCE(MAX((SELECT e.at FROM events e WHERE e.environment_id = n.id AND e.id < $1
		ORDER BY e.id DESC LIMIT 1)), 0) FROM environments n`
)

// KnownTimes returns what the database knows of the time: the newest event of all environments, and the newest that is
// older than that by settle, which is surer: a clock that was wrong for less than settle has recorded none like it.
// Where there is no older one, both are the same; zero if there is no event.
func (s *Store) KnownTimes(ctx context.Context, settle time.Duration) (newest, sure time.Time, err error) {
	scan := func(r database.Scanner) (time.Time, error) {
		var at time.Time
		return at, r.Scan(database.Time(&at))
	}
	newest, err = database.One(ctx, s.Reader(), scan, sqlNewestEvent)
	if err != nil || newest.IsZero() {
		return newest, newest, err
	}
	sure, err = database.One(ctx, s.Reader(), scan, sqlNewestEventBefore, id.Floor(newest.Add(-settle)))
	if sure.IsZero() {
		sure = newest
	}
	return newest, sure, err
}
