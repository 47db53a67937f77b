package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/pactius/pactius/internal/store/storetest"
)

// withPostgres calls fn with the address of an empty database of a PostgreSQL server with its default, durable
// settings, which it starts and ends. Without the server's programs the error is storetest.ErrNoPostgres.
// Only autovacuum comes every second instead of every minute: it gathers the
// statistics by which statements are planned, and tables that were empty when the
// connection first used them are otherwise read as a whole until then.
func withPostgres(ctx context.Context, fn func(database string) error) error {
	cluster, err := storetest.StartCluster("autovacuum_naptime=1s")
	if err != nil {
		return err
	}
	database, err := cluster.NewDatabase(ctx)
	if err == nil {
		err = fn(database)
	}
	return errors.Join(err, cluster.Close())
}

// times are durations of one thing measured several times.
type times []time.Duration

// at returns the duration that a share of the measurements stays under.
func (t times) at(share float64) time.Duration {
	sorted := slices.Sorted(slices.Values(t))
	return sorted[min(len(sorted)-1, int(share*float64(len(sorted))))]
}

// measure runs fn n times after a warm-up.
func measure(n int, fn func() error) (times, error) {
	all := make(times, 0, n)
	for i := range n + n/10 + 1 {
		start := time.Now()
		if err := fn(); err != nil {
			return nil, err
		}
		if i > n/10 {
			all = append(all, time.Since(start))
		}
	}
	return all, nil
}

func milliseconds(d time.Duration) string { return fmt.Sprintf("%.2f", d.Seconds()*1000) }

// sqlite is the address of a database in the folder.
func sqlite(dir, name string) string { return "sqlite:" + filepath.Join(dir, name) }
