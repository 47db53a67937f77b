package dbtool_test

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	process "os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/pactius/pactius/internal/database"
	"github.com/pactius/pactius/internal/dbtool"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
)

// keep writes the rows of a deployment of the present schema to testdata, before a further schema step is added.
var keep = flag.Bool("keep", false, "write testdata/schema-NUMBER.json for the present schema")

// row is a row of a table, by column.
type row struct {
	Table  string
	Values map[string]any
}

func allSteps(t testing.TB) []database.Step {
	t.Helper()
	steps, err := store.Steps()
	if err != nil {
		t.Fatal(err)
	}
	return steps
}

// rowsOf reads all rows but those of the table of steps.
func rowsOf(t testing.TB, db *storetest.DB) []row {
	t.Helper()
	var all []row
	for _, table := range db.Tables(t) {
		if table == database.SchemaTable {
			continue
		}
		found, err := db.Raw.Query(`SELECT * FROM ` + table)
		if err != nil {
			t.Fatal(err)
		}
		columns, err := found.Columns()
		if err != nil {
			t.Fatal(err)
		}
		for found.Next() {
			values := make([]any, len(columns))
			for i := range values {
				values[i] = new(any)
			}
			if err := found.Scan(values...); err != nil {
				t.Fatal(err)
			}
			r := row{table, map[string]any{}}
			for i, c := range columns {
				r.Values[c] = *values[i].(*any)
			}
			all = append(all, r)
		}
		if err := errors.Join(found.Err(), found.Close()); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// present are the rows of a deployment of this program.
func present(t *testing.T) []row {
	t.Helper()
	db := storetest.On(t, "sqlite")
	deployment(t, db)
	return rowsOf(t, db)
}

// kept are the rows of a deployment that the program of an earlier schema has made.
func kept(t *testing.T, file string) []row {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all []row
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		var r row
		d := json.NewDecoder(strings.NewReader(lines.Text()))
		d.UseNumber()
		if err := d.Decode(&r); err != nil {
			t.Fatal(err)
		}
		for c, v := range r.Values {
			if n, ok := v.(json.Number); ok {
				if r.Values[c], err = n.Int64(); err != nil {
					t.Fatal(err)
				}
			}
		}
		all = append(all, r)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// ofSchema makes a database of an earlier schema, with the rows for which it has tables and columns, at least one in
// each table, and returns its address.
func ofSchema(t *testing.T, engine string, number int, rows []row) string {
	t.Helper()
	address := storetest.Empty(t, engine)
	db, err := database.Open(t.Context(), address, database.Options{Steps: allSteps(t)[:number]})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := fill(t.Context(), db, rows); err != nil {
		t.Fatal(err)
	}
	tables, err := db.Tables(t.Context(), db.Reader())
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range tables {
		if !slices.ContainsFunc(rows, func(r row) bool { return r.Table == table }) && table != database.SchemaTable {
			t.Errorf("there is no row for %s", table)
		}
	}
	return address
}

// fill inserts rows, as far as there are tables and columns for them. References are not looked at meanwhile.
func fill(ctx context.Context, db *database.DB, rows []row) error {
	conn, err := db.Writer().Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	off, on := `PRAGMA foreign_keys = OFF`, `PRAGMA foreign_keys = ON`
	if db.Engine() == database.Postgres {
		off, on = `SET session_replication_role = replica`, `SET session_replication_role = origin`
	}
	if _, err := conn.ExecContext(ctx, off); err != nil {
		return err
	}
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	columns := map[string][]string{}
	tables, err := db.Tables(ctx, tx)
	if err != nil {
		return err
	}
	for _, r := range rows {
		if !slices.Contains(tables, r.Table) {
			continue
		}
		if columns[r.Table] == nil {
			if columns[r.Table], err = columnsOf(ctx, tx, r.Table); err != nil {
				return err
			}
		}
		if err := insert(ctx, tx, r, columns[r.Table]); err != nil {
			return fmt.Errorf("%s: %w", r.Table, err)
		}
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	_, err = conn.ExecContext(ctx, on)
	return err
}

func columnsOf(ctx context.Context, tx *sql.Tx, table string) ([]string, error) {
	found, err := tx.QueryContext(ctx, `SELECT * FROM `+table+` LIMIT 0`)
	if err != nil {
		return nil, err
	}
	defer found.Close()
	return found.Columns()
}

func insert(ctx context.Context, tx *sql.Tx, r row, columns []string) error {
	var names, places []string
	var values []any
	for _, c := range columns {
		if v, ok := r.Values[c]; ok {
			values = append(values, v)
			names, places = append(names, c), append(places, "$"+strconv.Itoa(len(values)))
		}
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO `+r.Table+` (`+strings.Join(names, ", ")+`) VALUES (`+
		strings.Join(places, ", ")+`)`, values...)
	return err
}

// TestEverySchemaIsUpgraded starts this program on a database of each earlier schema. Its rows are those that the
// program of that time has written or, where they were not kept, those of a deployment of today as far as there is
// room for them.
func TestEverySchemaIsUpgraded(t *testing.T) {
	t.Parallel()
	today, newest := present(t), len(allSteps(t))
	if *keep {
		write(t, keptIn(newest), today)
	}
	type of struct {
		name   string
		number int
		rows   []row
	}
	var all []of
	for number := 1; number < newest; number++ {
		s := of{fmt.Sprintf("schema %d with rows of today", number), number, today}
		if file := keptIn(number); database.FileExists(file) {
			s.name, s.rows = fmt.Sprintf("schema %d", number), kept(t, file)
		}
		all = append(all, s)
	}
	for _, engine := range []string{"sqlite", "postgres"} {
		for _, s := range all {
			t.Run(s.name+" on "+engine, func(t *testing.T) {
				t.Parallel()
				address := ofSchema(t, engine, s.number, s.rows)
				db, err := store.Open(t.Context(), address, store.Options{})
				if err != nil {
					t.Fatal(err)
				}
				if err := db.Close(); err != nil {
					t.Error(err)
				}
				sound(t, address)
			})
		}
	}
}

// sound checks a database, of which only the clock may say something.
func sound(t *testing.T, address string) {
	t.Helper()
	flaws, err := dbtool.Check(t.Context(), address, dbtool.Options{Now: storetest.NewClock().Now})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range flaws {
		t.Errorf("%+v", f)
	}
}

// keptIn is the file for the rows of a deployment with a schema.
func keptIn(number int) string {
	return filepath.Join("testdata", fmt.Sprintf("schema-%d.json", number))
}

func write(t *testing.T, file string, rows []row) {
	t.Helper()
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	e := json.NewEncoder(f)
	e.SetEscapeHTML(false)
	for _, r := range rows {
		if err := e.Encode(r); err != nil {
			t.Fatal(err)
		}
	}
}

// The environment of a process that upgrades a database and ends on the way.
const (
	upgradeOf = "PACTIUS_TEST_UPGRADE" // the address
	endsAfter = "PACTIUS_TEST_ENDS"    // the number of the step, negative for within the step
	endedThen = 7                      // the exit code
)

// TestMain lets the test's own executable be a process that is killed while it upgrades.
func TestMain(m *testing.M) {
	if address := os.Getenv(upgradeOf); address != "" {
		number, err := strconv.Atoi(os.Getenv(endsAfter))
		if err == nil {
			err = upgradeAndEnd(address, number)
		}
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// upgradeAndEnd ends the process after a step or, if the number is negative, within it: all its statements were run,
// and its transaction is open.
func upgradeAndEnd(address string, number int) error {
	steps, err := store.Steps()
	if err != nil {
		return err
	}
	logger := slog.New(slog.DiscardHandler)
	if number > 0 {
		logger = slog.New(endAfter{step: steps[number-1].Name})
	} else {
		within := &steps[-number-1]
		fill := within.Fill
		within.Fill = func(tx *database.Tx) error {
			if fill != nil {
				if err := fill(tx); err != nil {
					return err
				}
			}
			os.Exit(endedThen)
			return nil
		}
	}
	_, err = database.Open(context.Background(), address, database.Options{Steps: steps, Logger: logger})
	return errors.Join(err, errors.New("the upgrade came to its end"))
}

// endAfter is a log that ends the process when a step was applied.
type endAfter struct {
	slog.Handler
	step string
}

func (endAfter) Enabled(context.Context, slog.Level) bool { return true }

func (e endAfter) Handle(_ context.Context, r slog.Record) error {
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "step" && a.Value.String() == e.step {
			os.Exit(endedThen)
		}
		return true
	})
	return nil
}

// TestAnUpgradeThatIsKilledIsCompleted ends a process within each step and after each step; the next one goes on.
func TestAnUpgradeThatIsKilledIsCompleted(t *testing.T) {
	t.Parallel()
	rows := present(t)
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			address := ofSchema(t, engine, 1, rows)
			newest := len(allSteps(t))
			for number := 2; number <= newest; number++ {
				for _, end := range []int{-number, number} {
					cmd := process.Command(os.Args[0])
					cmd.Env = append(os.Environ(), upgradeOf+"="+address, endsAfter+"="+strconv.Itoa(end))
					out, err := cmd.CombinedOutput()
					if cmd.ProcessState.ExitCode() != endedThen {
						t.Fatalf("step %d: %v\n%s", end, err, out)
					}
				}
			}
			db, err := store.Open(t.Context(), address, store.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if err := db.Close(); err != nil {
				t.Error(err)
			}
			sound(t, address)
			if file, ok := strings.CutPrefix(address, "sqlite:"); ok {
				copies, err := filepath.Glob(file + ".*")
				if err != nil || len(copies) != newest-1 { // one before each step that a process began with
					t.Errorf("%d copies, %v, want %d: %v", len(copies), err, newest-1, copies)
				}
			}
		})
	}
}

// TestADatabaseOfBeforeHashesIsSound checks one that no server of this version was started on, and that it stays so.
func TestADatabaseOfBeforeHashesIsSound(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		db.Exec(t, `ALTER TABLE schema_steps DROP COLUMN sha256`)
		before := db.Dump(t)
		sound(t, db.URL)
		same(t, before, db.Dump(t))
	})
}
