package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"time"

	"github.com/pactius/pactius/internal/database"
)

const (
	countAgain = ` ON CONFLICT (environment_id, key, day) DO UPDATE SET n = daily_counts.n + excluded.n
		RETURNING key, n`
	sqlCounted = `SELECT COALESCE(SUM(n), 0) FROM daily_counts
		WHERE environment_id = $1 AND key = $2 AND day = $3`
	sqlSweepDailyCounts = `DELETE FROM daily_counts WHERE day < $1`
)

// dayOf numbers the day of a time in UTC.
func dayOf(t time.Time) int64 { return t.Unix() / int64((24 * time.Hour).Seconds()) }

// countKey is the stored form of what is counted.
func countKey(what string) string {
	sum := sha256.Sum256([]byte(what))
	return hex.EncodeToString(sum[:])
}

// CountToday counts each of the things once more on the day of a time, in UTC, and returns how often each has happened
// on that day, this time included. One that stands twice is counted twice.
func (t *Tx) CountToday(at time.Time, what ...string) ([]int, error) {
	if len(what) == 0 {
		return nil, nil
	}
	keys, times := make([]string, len(what)), map[string]int{}
	for i, w := range what {
		keys[i] = countKey(w)
		times[keys[i]]++
	}
	var q database.Query
	q.Add(`INSERT INTO daily_counts (environment_id, key, day, n) VALUES `)
	for i, key := range slices.Sorted(maps.Keys(times)) { // one order: no two wait for each other
		if i > 0 {
			q.Add(`, `)
		}
		q.Add(`(?, ?, ?, ?)`, t.env, key, dayOf(at), times[key])
	}
	q.Add(countAgain)
	counted := make(map[string]int, len(times))
	_, err := listBy(t, func(r database.Scanner) (int, error) {
		var key string
		var n int
		err := r.Scan(&key, &n)
		counted[key] = n
		return n, err
	}, &q)
	all := make([]int, len(what))
	for i, key := range keys {
		all[i] = counted[key]
	}
	return all, err
}

// CountedToday tells how often something has happened on the day of a time.
func (t *Tx) CountedToday(at time.Time, what string) (int, error) {
	return one(t, database.Value[int], sqlCounted, t.env, countKey(what), dayOf(at))
}

// SweepDailyCounts deletes the counts of all environments from before the day of a time.
func (s *Store) SweepDailyCounts(ctx context.Context, now time.Time) error {
	return s.Update(ctx, "", func(tx *Tx) error { return tx.run(sqlSweepDailyCounts, dayOf(now)) })
}
