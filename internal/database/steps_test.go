package database_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/database"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
)

func TestEveryStepIsNotedWithItsHash(t *testing.T) {
	t.Parallel()
	var want []string
	for _, s := range stepsOf(t) {
		want = append(want, fmt.Sprintf("%d|%s|%x|", s.Number, s.Name, sha256.Sum256([]byte(s.SQL))))
	}
	slices.Sort(want)
	for name, before := range map[string]string{
		"a new database":                     `SELECT 1`,
		"one of before there were hashes":    `ALTER TABLE schema_steps DROP COLUMN sha256`,
		"one in which some steps have none":  `UPDATE schema_steps SET sha256 = '' WHERE number > 3`,
		"one with a row that is no step yet": `INSERT INTO schema_steps (number, name, applied_at) VALUES (0, 'x', 0)`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
				db.Exec(t, before)
				unchanged(t, db) // is not completed by a command that changes nothing
				db.Again(t)
				got := db.Rows(t, `SELECT number, name, sha256 FROM schema_steps WHERE number > 0`)
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			})
		})
	}
}

// unchanged opens the database as a command does that changes nothing.
func unchanged(t *testing.T, db *storetest.DB) {
	t.Helper()
	before := db.Dump(t)
	d, err := database.OpenUnchanged(t.Context(), db.URL, database.Options{Steps: stepsOf(t)})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(before, db.Dump(t)); diff != "" {
		t.Errorf("the database was changed:\n%s", diff)
	}
}

func TestTheDatabaseOfAnotherBuildIsRefused(t *testing.T) {
	t.Parallel()
	renamed := `UPDATE schema_steps SET sha256 = '', name = '0021_other.sql' WHERE number = 21`
	for name, test := range map[string]struct {
		changes []string
		step    string
	}{
		"another text":   {[]string{`UPDATE schema_steps SET sha256 = 'abc' WHERE number = 21`}, "0021_clients.sql"},
		"another name":   {[]string{renamed}, "0021_other.sql"},
		"without hashes": {[]string{renamed, `ALTER TABLE schema_steps DROP COLUMN sha256`}, "0021_other.sql"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
				for _, change := range test.changes {
					db.Exec(t, change)
				}
				before := db.Dump(t)
				options := database.Options{Steps: stepsOf(t)}
				_, starts := store.Open(t.Context(), db.URL, store.Options{})
				_, reads := database.OpenUnchanged(t.Context(), db.URL, options)
				d, err := database.Connect(t.Context(), db.URL, options)
				if err != nil {
					t.Fatal(err)
				}
				_, looks := d.CheckUsable(t.Context())
				for how, err := range map[string]error{"Open": starts, "OpenUnchanged": reads, "CheckUsable": looks} {
					foreign, ok := errors.AsType[*database.ForeignStepsError](err)
					if !ok || pactius.KindOf(err) != pactius.KindUnavailable ||
						!cmp.Equal(foreign.Steps, []string{test.step}) || !strings.Contains(err.Error(), test.step) {
						t.Errorf("%s: %v, want a refusal that names %s", how, err, test.step)
					}
				}
				if err := d.Close(); err != nil {
					t.Error(err)
				}
				if diff := cmp.Diff(before, db.Dump(t)); diff != "" {
					t.Errorf("the refused database was changed:\n%s", diff)
				}
			})
		})
	}
}

func stepsOf(t *testing.T) []database.Step {
	t.Helper()
	all, err := store.Steps()
	if err != nil {
		t.Fatal(err)
	}
	return all
}
