package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/pactius/pactius/internal/store/storetest"
)

// options say what one run measures, and how much of it.
type options struct {
	users          int  // in the environment
	rounds         int  // measurements of each page
	admissions     int  // users added in each measurement of admissions
	near           int  // invited users for near misses; 0 measures pages and admissions instead
	admissionsOnly bool // no pages
	waiting        int  // emails of one customer while others' are timed; 0 measures something else

	data     string // folder of invented companies
	seed     uint64
	makeOnly bool // make the company, and measure nothing

	patience time.Duration // for an email of the others
	slow     time.Duration // that a slow mail server takes for each email
}

func main() {
	var o options
	flag.IntVar(&o.users, "users", 10_000, "users in the environment")
	flag.IntVar(&o.rounds, "rounds", 60, "measurements of each page")
	flag.IntVar(&o.admissions, "each", 2000, "users added in each measurement of admissions")
	flag.BoolVar(&o.admissionsOnly, "admissions", false, "measure admissions, and nothing else")
	flag.IntVar(&o.near, "near", 0, "measure near misses among so many invited users, and nothing else")
	flag.IntVar(&o.waiting, "neighbours", 0, "measure emails while so many of another customer wait, and nothing else")
	flag.DurationVar(&o.patience, "patience", 30*time.Second, "with -neighbours: the longest wait for an email")
	flag.DurationVar(&o.slow, "slow", 300*time.Millisecond,
		"with -neighbours: what a slow mail server takes for an email")
	flag.StringVar(&o.data, "data", "", "the folder in which invented companies are kept for later runs")
	flag.Uint64Var(&o.seed, "seed", 1, "from which companies are invented")
	flag.BoolVar(&o.makeOnly, "make-only", false, "make the company in -data, and measure nothing")
	flag.Parse()
	if err := run(context.Background(), os.Stdout, o); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// run measures once and prints the tables.
func run(ctx context.Context, out io.Writer, o options) error {
	dir, err := os.MkdirTemp("", "pactius-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) // a temporary folder; what stays is the system's to clear
	if o.makeOnly {
		return makeData(ctx, out, o)
	}
	if o.waiting > 0 {
		return measureNeighbours(ctx, out, dir, o)
	}
	measure := func(engine, database string) error { return measureAdmissions(ctx, out, engine, database, o) }
	if o.near > 0 {
		measure = func(engine, database string) error { return measureNearMisses(ctx, out, engine, database, o.near) }
	} else if !o.admissionsOnly {
		if err := measurePages(ctx, out, dir, o.users, o.rounds); err != nil {
			return err
		}
	}
	if err := measure("SQLite", sqlite(dir, "durable.db")); err != nil {
		return err
	}
	return onPostgres(ctx, out, measure)
}

// onPostgres measures on a PostgreSQL server with its default, durable
// settings, which it starts and ends. Without the server's programs it says so.
// Only autovacuum comes every second instead of every minute: it gathers the
// statistics by which statements are planned, and tables that were empty when the
// connection first used them are otherwise read as a whole until then.
func onPostgres(ctx context.Context, out io.Writer, measure func(engine, database string) error) error {
	cluster, err := storetest.StartCluster("autovacuum_naptime=1s")
	if errors.Is(err, storetest.ErrNoPostgres) {
		fmt.Fprintln(out, "Not measured:", err)
		return nil
	} else if err != nil {
		return err
	}
	database, err := cluster.NewDatabase(ctx)
	if err == nil {
		err = measure("PostgreSQL", database)
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

// makeData makes the invented company, or finds it, and tells where it is.
func makeData(ctx context.Context, out io.Writer, o options) error {
	began := time.Now()
	d, err := dataFor(ctx, o.data, o.seed, o.users, func(what string, n int) {
		fmt.Fprintf(out, "%6.1fs %s %d\n", time.Since(began).Seconds(), what, n)
	})
	if err == nil {
		fmt.Fprintf(out, "%s: %d users, %d units, %d requests, %d events, made in %s\n", d.file(), d.Users, d.Units,
			d.Requests, d.Events, d.Took.Round(time.Millisecond))
	}
	return err
}
