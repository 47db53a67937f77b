package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"
)

func main() {
	users := flag.Int("users", 10_000, "users in the environment")
	rounds := flag.Int("rounds", 60, "measurements of each page")
	postgres := flag.String("postgres", "", "address of an empty PostgreSQL database to measure admissions on too")
	near := flag.Int("near", 0, "measure near misses among so many invited users, and nothing else")
	flag.Parse()
	if *near > 0 {
		if err := runNear(context.Background(), os.Stdout, *near, *postgres); err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			os.Exit(1)
		}
		return
	}
	if err := run(context.Background(), os.Stdout, *users, *rounds, *postgres); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// run measures everything once.
func run(ctx context.Context, out io.Writer, users, rounds int, postgres string) error {
	dir, err := os.MkdirTemp("", "pactius-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) // a temporary folder; what stays is the system's to clear
	if err := measurePages(ctx, out, dir, users, rounds); err != nil {
		return err
	}
	if err := measureAdmissions(ctx, out, "SQLite", sqlite(dir, "admissions.db")); err != nil || postgres == "" {
		return err
	}
	return measureAdmissions(ctx, out, "PostgreSQL", postgres)
}

// runNear measures near misses on SQLite and, where there is an address, on PostgreSQL.
func runNear(ctx context.Context, out io.Writer, invited int, postgres string) error {
	dir, err := os.MkdirTemp("", "pactius-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) // a temporary folder; what stays is the system's to clear
	if err := measureNearMisses(ctx, out, "SQLite", sqlite(dir, "near.db"), invited); err != nil || postgres == "" {
		return err
	}
	return measureNearMisses(ctx, out, "PostgreSQL", postgres, invited)
}

// times are durations of one thing measured several times.
type times []time.Duration

// at gives the duration that a share of the measurements stays under.
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
