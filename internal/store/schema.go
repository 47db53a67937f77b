package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/pactius/pactius"
)

// schemaTable notes which schema steps were applied. It belongs to the database
// and not to the deployment in it, so it is never copied.
const schemaTable = "schema_steps"

// table is one table as the program knows it.
type table struct {
	name       string
	columns    []column
	references []reference
}

// column is one column: text, or else an integer of 64 bits.
type column struct {
	name string
	text bool
}

// reference is a foreign key: no row without the one it names, unless a part of it is NULL.
type reference struct {
	columns []string
	table   string
	to      []string
}

// schema is what a complete database consists of.
type schema struct {
	tables  []table  // what is referred to before what refers to it
	objects []string // everything that must be there, as engine.objects names it
}

const (
	sqlColumnsSQLite = `SELECT m.name, c.name, c.type FROM sqlite_schema m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' ORDER BY m.name, c.cid`
	sqlForeignSQLite = `SELECT m.name, f.id, f."from", f."table", f."to" FROM sqlite_schema m JOIN pragma_foreign_key_list(m.name) f WHERE m.type = 'table' ORDER BY m.name, f.id, f.seq`
	// Both list tables with their columns and their number of foreign keys, and indexes.
	sqlObjectsSQLite = `SELECT 'column ' || m.name || '.' || c.name FROM sqlite_schema m JOIN pragma_table_info(m.name) c WHERE m.type = 'table'
		UNION ALL SELECT 'primary key of ' || m.name FROM sqlite_schema m WHERE m.type = 'table' AND EXISTS (SELECT 1 FROM pragma_table_info(m.name) c WHERE c.pk > 0)
		UNION ALL SELECT (SELECT COUNT(DISTINCT f.id) FROM pragma_foreign_key_list(m.name) f) || ' foreign keys of ' || m.name FROM sqlite_schema m WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'
		UNION ALL SELECT 'index ' || name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL`
	sqlObjectsPostgres = `WITH ours AS (SELECT oid, relname FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = current_schema()::regnamespace)
		SELECT 'column ' || t.relname || '.' || a.attname FROM ours t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
		UNION ALL SELECT 'primary key of ' || t.relname FROM ours t JOIN pg_index i ON i.indrelid = t.oid AND i.indisprimary AND i.indisvalid
		UNION ALL SELECT (SELECT COUNT(*) FROM pg_constraint c WHERE c.conrelid = t.oid AND c.contype = 'f' AND c.convalidated) || ' foreign keys of ' || t.relname FROM ours t
		UNION ALL SELECT 'index ' || i.relname FROM ours t JOIN pg_index x ON x.indrelid = t.oid AND x.indisvalid AND NOT x.indisprimary JOIN pg_class i ON i.oid = x.indexrelid`
)

// describe tells what the program's schema consists of. It builds the schema in
// memory and looks at it, so that nothing has to be listed twice.
func describe(ctx context.Context) (schema, error) {
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		return schema{}, err
	}
	defer db.Close()
	db.SetMaxOpenConns(1) // each connection would be a database of its own
	all, err := sqliteEngine.steps()
	if err != nil {
		return schema{}, err
	}
	if _, err := db.ExecContext(ctx, sqlSchemaTable); err != nil {
		return schema{}, fmt.Errorf("build the schema in memory: %w", err)
	}
	for _, s := range all {
		if _, err := db.ExecContext(ctx, s.sql); err != nil {
			return schema{}, fmt.Errorf("build the schema in memory, step %s: %w", s.name, err)
		}
	}
	tables, err := readTables(ctx, pool{db})
	if err != nil {
		return schema{}, err
	}
	objects, err := list(ctx, pool{db}, value[string], sqlObjectsSQLite)
	return schema{tables: inOrder(tables), objects: objects}, err
}

// readTables reads all tables but schemaTable.
func readTables(ctx context.Context, db pool) ([]table, error) {
	type row struct{ table, name, kind string }
	columns, err := list(ctx, db, func(r scanner) (row, error) {
		var v row
		return v, r.Scan(&v.table, &v.name, &v.kind)
	}, sqlColumnsSQLite)
	if err != nil {
		return nil, err
	}
	var tables []table
	for _, c := range columns {
		if c.table == schemaTable {
			continue
		}
		if n := len(tables); n == 0 || tables[n-1].name != c.table {
			tables = append(tables, table{name: c.table})
		}
		last := &tables[len(tables)-1]
		last.columns = append(last.columns, column{c.name, c.kind == "TEXT"})
	}
	return tables, readReferences(ctx, db, tables)
}

// readReferences fills in the foreign keys.
func readReferences(ctx context.Context, db pool, tables []table) error {
	type row struct {
		table    string
		id       int
		from, on string
		to       string
	}
	parts, err := list(ctx, db, func(r scanner) (row, error) {
		var v row
		return v, r.Scan(&v.table, &v.id, &v.from, &v.on, &v.to)
	}, sqlForeignSQLite)
	var before row
	for _, p := range parts {
		t := &tables[slices.IndexFunc(tables, func(t table) bool { return t.name == p.table })]
		if p.table != before.table || p.id != before.id {
			t.references = append(t.references, reference{table: p.on})
		}
		last := &t.references[len(t.references)-1]
		last.columns, last.to = append(last.columns, p.from), append(last.to, p.to)
		before = p
	}
	return err
}

// inOrder puts tables behind those they refer to.
func inOrder(tables []table) []table {
	var sorted []table
	placed := map[string]bool{}
	for len(sorted) < len(tables) {
		n := len(sorted)
		for _, t := range tables {
			waits := slices.ContainsFunc(t.references, func(r reference) bool { return r.table != t.name && !placed[r.table] })
			if !placed[t.name] && !waits {
				placed[t.name] = true
				sorted = append(sorted, t)
			}
		}
		if len(sorted) == n {
			panic("store: tables of the schema refer to each other in a circle")
		}
	}
	return sorted
}

// names lists the columns.
func (t table) names() []string {
	all := make([]string, len(t.columns))
	for i, c := range t.columns {
		all[i] = c.name
	}
	return all
}

// OpenUnchanged opens a database that exists and whose schema is exactly this
// program's, and changes nothing of it; any other is refused.
func OpenUnchanged(ctx context.Context, url string, o Options) (*Store, error) {
	if err := exists(url); err != nil {
		return nil, err
	}
	s, err := connect(url)
	if err != nil {
		return nil, err
	}
	s.now = o.clock()
	if err := s.startUnchanged(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Store) startUnchanged(ctx context.Context) error {
	if err := s.engine.check(ctx, s); err != nil {
		return err
	}
	has, knows, err := s.steps(ctx)
	switch {
	case err != nil:
		return err
	case has == noSchema:
		return pactius.Refuse(pactius.NotFound, pactius.T("The database %s is empty. Check PACTIUS_DATABASE, or begin with: pactius environment add", s.name))
	case has > knows:
		return s.errNewer(has, knows)
	case has < knows:
		return pactius.Refuse(pactius.Unavailable, pactius.T("The database %s was written by an older PACTIUS (schema %d, this program knows %d). Start this program's server once, which upgrades it, or use the older program.", s.name, has, knows))
	}
	return nil
}

// noSchema stands for the number of schema steps of a database without tables.
const noSchema = -1

// steps tells how many schema steps the database has, or noSchema, and how many
// the program knows.
func (s *Store) steps(ctx context.Context) (has, knows int, err error) {
	all, err := s.engine.steps()
	if err != nil {
		return 0, 0, err
	}
	if err := s.checkOurs(ctx); err != nil {
		return 0, 0, err
	}
	tables, err := list(ctx, pool{s.write}, value[string], s.engine.tables)
	if err != nil || len(tables) == 0 {
		return noSchema, len(all), err
	}
	has, err = s.version(ctx)
	return has, len(all), err
}

// errNewer refuses a database whose schema the program does not know.
func (s *Store) errNewer(has, knows int) error {
	return pactius.Refuse(pactius.Unavailable, pactius.T("The database %s was written by a newer PACTIUS (schema %d, this program knows %d). Start the newer program, or restore the copy made before the upgrade.", s.name, has, knows))
}

// clock is Now, or the machine's.
func (o Options) clock() func() time.Time {
	if o.Now == nil {
		return time.Now
	}
	return o.Now
}

// logger is Logger, or one that discards.
func (o Options) logger() *slog.Logger {
	if o.Logger == nil {
		return slog.New(slog.DiscardHandler)
	}
	return o.Logger
}
