package dbtool

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"sync"

	"github.com/pactius/pactius/internal/database"
	"github.com/pactius/pactius/internal/store"
)

// table is a table of the schema.
type table struct {
	name       string
	columns    []column
	references []reference
}

// column is a column of a table.
type column struct {
	name string
	text bool // else an integer of 64 bits
}

// reference is a foreign key; a row with NULL in it refers to none.
type reference struct {
	columns []string
	table   string
	to      []string
}

// schema is the content of a complete database.
type schema struct {
	tables  []table  // each after those it refers to
	objects []string // all parts, as from engine.objects
}

const (
	sqlColumnsSQLite = `SELECT m.name, c.name, c.type FROM sqlite_schema m JOIN pragma_table_info(m.name) c
		WHERE m.type = 'table' ORDER BY m.name, c.cid`
	sqlForeignSQLite = `SELECT m.name, f.id, f."from", f."table", f."to" FROM sqlite_schema m
			JOIN pragma_foreign_key_list(m.name) f WHERE m.type = 'table' ORDER BY m.name, f.id, f.seq`
	// Both list columns, primary keys, numbers of foreign keys, and indexes.
	sqlObjectsSQLite = `SELECT 'column ' || m.name || '.' || c.name FROM sqlite_schema m
			JOIN pragma_table_info(m.name) c WHERE m.type = 'table'
		UNION ALL SELECT 'primary key of ' || m.name FROM sqlite_schema m WHERE m.type = 'table' AND EXISTS (SELECT 1
		FROM pragma_table_info(m.name) c WHERE c.pk > 0)
		UNION ALL SELECT (SELECT COUNT(DISTINCT f.id) FROM pragma_foreign_key_list(m.name) f) || ' foreign keys of '
		|| m.name FROM sqlite_schema m WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'
		UNION ALL SELECT 'index ' || name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL`
	sqlObjectsPostgres = `WITH ours AS (SELECT oid, relname FROM pg_class WHERE relkind IN ('r', 'p')
		AND relnamespace = quote_ident(current_schema())::regnamespace)
		SELECT 'column ' || t.relname || '.' || a.attname FROM ours t JOIN pg_attribute a ON a.attrelid = t.oid
		AND a.attnum > 0 AND NOT a.attisdropped
		UNION ALL SELECT 'primary key of ' || t.relname FROM ours t JOIN pg_index i ON i.indrelid = t.oid
		AND i.indisprimary AND i.indisvalid
		UNION ALL SELECT (SELECT COUNT(*) FROM pg_constraint c WHERE c.conrelid = t.oid AND c.contype = 'f'
		AND c.convalidated) || ' foreign keys of ' || t.relname FROM ours t
		UNION ALL SELECT 'index ' || i.relname FROM ours t JOIN pg_index x ON x.indrelid = t.oid AND x.indisvalid
		AND NOT x.indisprimary JOIN pg_class i ON i.oid = x.indexrelid`
)

// describe returns the program's schema, which it reads once from a database in memory.
var describe = sync.OnceValues(func() (schema, error) {
	ctx := context.Background()
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		return schema{}, err
	}
	defer db.Close()
	db.SetMaxOpenConns(1) // each connection would be a database of its own
	all, err := store.Steps()
	if err != nil {
		return schema{}, err
	}
	if _, err := db.ExecContext(ctx, database.SQLSchemaTable); err != nil {
		return schema{}, fmt.Errorf("build the schema in memory: %w", err)
	}
	for _, s := range all {
		if _, err := db.ExecContext(ctx, s.SQL); err != nil {
			return schema{}, fmt.Errorf("build the schema in memory, step %s: %w", s.Name, err)
		}
	}
	tables, err := readTables(ctx, db)
	if err != nil {
		return schema{}, err
	}
	objects, err := database.List(ctx, db, database.Value[string], sqlObjectsSQLite)
	objects = slices.DeleteFunc(objects, func(name string) bool { return name == sums })
	return schema{tables: inOrder(tables), objects: objects}, err
})

// sums is a part of the schema that the server completes a database with: see database.SumColumn.
const sums = "column " + database.SchemaTable + "." + database.SumColumn

// readTables reads all tables but database.SchemaTable.
func readTables(ctx context.Context, db database.Queryer) ([]table, error) {
	type row struct{ table, name, kind string }
	columns, err := database.List(ctx, db, func(r database.Scanner) (row, error) {
		var v row
		return v, r.Scan(&v.table, &v.name, &v.kind)
	}, sqlColumnsSQLite)
	if err != nil {
		return nil, err
	}
	var tables []table
	for _, c := range columns {
		if c.table == database.SchemaTable {
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
func readReferences(ctx context.Context, db database.Queryer, tables []table) error {
	type row struct {
		table    string
		id       int
		from, on string
		to       string
	}
	parts, err := database.List(ctx, db, func(r database.Scanner) (row, error) {
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

// inOrder sorts tables after those they refer to.
func inOrder(tables []table) []table {
	var sorted []table
	placed := map[string]bool{}
	for len(sorted) < len(tables) {
		n := len(sorted)
		for _, t := range tables {
			waits := slices.ContainsFunc(t.references,
				func(r reference) bool { return r.table != t.name && !placed[r.table] })
			if !placed[t.name] && !waits {
				placed[t.name] = true
				sorted = append(sorted, t)
			}
		}
		if len(sorted) == n {
			panic("dbtool: tables of the schema refer to each other in a circle")
		}
	}
	return sorted
}

// names returns the names of the columns.
func (t table) names() []string {
	all := make([]string, len(t.columns))
	for i, c := range t.columns {
		all[i] = c.name
	}
	return all
}
