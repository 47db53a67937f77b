package storetest

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/store"
)

// engine is a kind of database the store runs on.
type engine struct {
	name    string
	address func(testing.TB) string               // of a new database with the present schema
	empty   func(testing.TB) string               // of a new database without any table
	tables  string                                // lists the names of all tables
	connect func(address string) (*sql.DB, error) // beside the store
}

// engines are all kinds of database. A new one is a new entry here.
func engines() []engine {
	return []engine{{
		name:    "sqlite",
		address: sqliteDatabase,
		empty:   func(t testing.TB) string { return "sqlite:" + filepath.Join(t.TempDir(), "pactius.db") },
		tables:  `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name`,
		connect: Connect,
	}, postgres()}
}

// sqliteTemplate returns the contents of a file with the present schema, which
// it makes once for all tests of a process.
var sqliteTemplate = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "pactius-template-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir) // a temporary folder; what stays is the system's to clear
	file := filepath.Join(dir, "pactius.db")
	if err := migrate("sqlite:" + file); err != nil {
		return nil, err
	}
	return os.ReadFile(file)
})

// sqliteDatabase copies the template and returns the copy's address.
func sqliteDatabase(t testing.TB) string {
	t.Helper()
	contents, err := sqliteTemplate()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "pactius.db")
	if err := os.WriteFile(file, contents, 0o600); err != nil {
		t.Fatal(err)
	}
	return "sqlite:" + file
}

// migrate gives an empty database the present schema.
func migrate(address string) error {
	s, err := store.Open(context.Background(), address, store.Options{})
	if err != nil {
		return err
	}
	return s.Close()
}

// Connect opens a database beside the store, by the address that store.Open takes.
func Connect(address string) (*sql.DB, error) {
	if file, ok := strings.CutPrefix(address, "sqlite:"); ok {
		return sql.Open("sqlite", file+"?_pragma=busy_timeout(5000)")
	}
	return sql.Open("pgx", address)
}

// DB is an open store for a test.
type DB struct {
	*store.Store
	Clock  *Clock
	URL    string  // for store.Open
	Raw    *sql.DB // the database beside the store, to read and to damage
	engine engine

	statements atomic.Int64
}

// Each runs a test of the store on every engine, each on an empty database.
func Each(t *testing.T, fn func(t *testing.T, s *store.Store)) {
	t.Helper()
	EachDB(t, func(t *testing.T, db *DB) { fn(t, db.Store) })
}

// EachDB is Each for tests that look behind the store.
func EachDB(t *testing.T, fn func(t *testing.T, db *DB)) {
	t.Helper()
	for _, e := range engines() {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			fn(t, open(t, e))
		})
	}
}

// EngineVariable names the engine that New opens, for a second run of the rules' tests.
const EngineVariable = "PACTIUS_TEST_ENGINE"

// New opens an empty database for tests of packages above the store: SQLite, or the
// engine that EngineVariable names. It is closed when the test ends.
func New(t testing.TB) *DB {
	t.Helper()
	all := engines()
	i := max(0, slices.IndexFunc(all, func(e engine) bool { return e.name == os.Getenv(EngineVariable) }))
	return open(t, all[i])
}

// On opens an empty database on the engine called sqlite or postgres, for tests
// that need more than one.
func On(t testing.TB, name string) *DB {
	t.Helper()
	return open(t, named(t, name))
}

// Empty returns the address of a new database without any table, on the engine called sqlite or postgres.
func Empty(t testing.TB, name string) string {
	t.Helper()
	return named(t, name).empty(t)
}

func named(t testing.TB, name string) engine {
	t.Helper()
	all := engines()
	i := slices.IndexFunc(all, func(e engine) bool { return e.name == name })
	if i < 0 {
		t.Fatalf("there is no engine %s", name)
	}
	return all[i]
}

func open(t testing.TB, e engine) *DB {
	t.Helper()
	db := &DB{Clock: NewClock(), URL: e.address(t), engine: e}
	db.Store = db.Again(t)
	var err error
	if db.Raw, err = e.connect(db.URL); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Raw.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// Work opens changes and reads of the database, for the rules, on the test's clock.
func (db *DB) Work() *change.DB { return &change.DB{Store: db.Store, Now: db.Clock.Now} }

// Engine is the name of the engine: sqlite or postgres.
func (db *DB) Engine() string { return db.engine.name }

// Again opens the same database once more, as another process would.
func (db *DB) Again(t testing.TB) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), db.URL, store.Options{
		Now: db.Clock.Now, Statement: func(context.Context, string, []any) { db.statements.Add(1) },
	})
	if err != nil {
		t.Fatalf("open %s: %v", db.URL, err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close %s: %v", db.URL, err)
		}
	})
	return s
}

// Statements is how many SQL statements the stores of this database have run so far.
func (db *DB) Statements() int64 { return db.statements.Load() }

// Tables lists the names of all tables.
func (db *DB) Tables(t testing.TB) []string {
	t.Helper()
	return column(t, db.Raw, db.engine.tables)
}

// TB is the part of testing.TB that a property test has too.
type TB interface {
	Helper()
	Fatalf(format string, args ...any)
}

// Dump reads every row of every table as text, in a stable order, so that two
// dumps are equal if, and only if, nothing has changed.
func (db *DB) Dump(t TB) map[string][]string {
	t.Helper()
	dump := map[string][]string{}
	for _, table := range column(t, db.Raw, db.engine.tables) {
		dump[table] = rows(t, db.Raw, `SELECT * FROM `+table)
	}
	return dump
}

// Rows runs a query beside the store and gives each row as text.
func (db *DB) Rows(t TB, query string, args ...any) []string {
	t.Helper()
	return rows(t, db.Raw, query, args...)
}

// Count runs a query for one number beside the store.
func (db *DB) Count(t TB, query string, args ...any) int {
	t.Helper()
	var n int
	if err := db.Raw.QueryRow(query, args...).Scan(&n); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}

// Exec changes the database beside the store.
func (db *DB) Exec(t TB, query string, args ...any) {
	t.Helper()
	if _, err := db.Raw.Exec(query, args...); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

// Break makes every change of a kind (INSERT, UPDATE or DELETE) to a table fail
// from now on, of one environment or, with "", of all.
func (db *DB) Break(t TB, change, table string, env pactius.EnvironmentID) {
	t.Helper()
	row := "old"
	if change == "INSERT" {
		row = "new"
	}
	when := ""
	if env != "" {
		when = `WHEN (` + row + `.environment_id = '` + string(env) + `')`
	}
	trigger := `CREATE TRIGGER broken BEFORE ` + change + ` ON ` + table + ` FOR EACH ROW ` + when
	if db.Engine() == "postgres" {
		db.Exec(t, `CREATE OR REPLACE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql
			AS 'BEGIN RAISE EXCEPTION ''broken''; END'`)
		db.Exec(t, trigger+` EXECUTE FUNCTION broken()`)
		return
	}
	db.Exec(t, trigger+` BEGIN SELECT RAISE(ABORT, 'broken'); END`)
}

func column(t TB, db *sql.DB, query string) []string {
	t.Helper()
	all := rows(t, db, query)
	for i, v := range all {
		all[i] = strings.TrimSuffix(v, "|")
	}
	return all
}

func rows(t TB, db *sql.DB, query string, args ...any) []string {
	t.Helper()
	found, err := db.Query(query, args...)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer func() { _ = found.Close() }() // reading leaves nothing to keep
	columns, err := found.Columns()
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	var all []string
	for found.Next() {
		values := make([]any, len(columns))
		for i := range values {
			values[i] = new(any)
		}
		if err := found.Scan(values...); err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		var b strings.Builder
		for _, v := range values {
			fmt.Fprintf(&b, "%v|", *v.(*any))
		}
		all = append(all, b.String())
	}
	if err := found.Err(); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	slices.Sort(all)
	return all
}

// Lost returns the error of a lost connection, after which a change is tried again.
func Lost(t TB) error {
	t.Helper()
	_, err := store.Open(context.Background(), "postgres://user@127.0.0.1:1/none?sslmode=disable", store.Options{})
	if pactius.KindOf(err) != pactius.KindUnavailable {
		t.Fatalf("no server: %v", err)
	}
	return err
}
