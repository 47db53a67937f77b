package dbtool_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/pactius/pactius/internal/dbtool"
	"github.com/pactius/pactius/internal/store/storetest"
)

func TestACopyThatIsInterruptedLeavesTheTargetEmpty(t *testing.T) {
	t.Parallel()
	interruptions := map[string]func(t *testing.T, to *storetest.DB, cancel func()){
		"cancelled": func(_ *testing.T, _ *storetest.DB, cancel func()) { cancel() },
		"the target's connection is cut": func(t *testing.T, to *storetest.DB, _ func()) {
			to.Exec(t, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()
					AND pid <> pg_backend_pid()`)
		},
	}
	for name, interrupt := range interruptions {
		for _, engine := range []string{"sqlite", "postgres"} {
			for _, early := range []bool{true, false} {
				if engine == "sqlite" && name != "cancelled" {
					continue // there is no connection to cut
				}
				t.Run(fmt.Sprintf("%s on %s, early %t", name, engine, early), func(t *testing.T) {
					t.Parallel()
					from, to := storetest.On(t, "sqlite"), storetest.On(t, engine)
					many(t, from, deployment(t, from), 60_000)
					before := contents(t, to)
					ctx, cancel := context.WithCancel(t.Context())
					defer cancel()
					done := false
					_, err := dbtool.Copy(ctx, from.URL, to.URL,
						dbtool.CopyOptions{Progress: func(c dbtool.CopiedTable) {
							// after the first table, or in the middle of one
							if !done && (early && c.Done || c.Name == "used_states") {
								done = true
								interrupt(t, to, cancel)
							}
						}})
					if err == nil {
						t.Error("the copy reports success")
					}
					same(t, before, contents(t, to))
					copied(t, from, to) // and works at the second attempt
				})
			}
		}
	}
}

// TestACopyThatFailsLeavesNothing: neither a file that was not there, nor a table where there was none.
func TestACopyThatFailsLeavesNothing(t *testing.T) {
	t.Parallel()
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run("a database without tables on "+engine, func(t *testing.T) {
			t.Parallel()
			from, to := storetest.On(t, "sqlite"), storetest.On(t, engine)
			deployment(t, from)
			for table := range to.Dump(t) {
				drop := `DROP TABLE ` + table
				if engine == "postgres" {
					drop += ` CASCADE`
				}
				to.Exec(t, drop)
			}
			interrupted(t, from, to.URL)
			if tables := to.Dump(t); len(tables) > 0 {
				t.Errorf("there are tables: %v", tables)
			}
			copied(t, from, to)
		})
	}
	t.Run("a file that is missing", func(t *testing.T) {
		t.Parallel()
		from, dir := storetest.On(t, "sqlite"), t.TempDir()
		deployment(t, from)
		if err := os.Symlink("real.db", filepath.Join(dir, "link.db")); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"new.db", "link.db"} {
			interrupted(t, from, "sqlite:"+filepath.Join(dir, name))
		}
		if names := names(t, dir); names != "link.db" {
			t.Errorf("the folder has %s", names)
		}
	})
}
