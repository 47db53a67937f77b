package store_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/pactius/pactius/internal/database"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
)

// TestTheNextEmailIsFoundByIndex plans the statements of delivery over environments with
// thousands of emails that are due, leased, or put off.
func TestTheNextEmailIsFoundByIndex(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		first := db.Ground(t, "a.example")
		now := database.Micros(db.Clock.Now())
		for i, g := range []*storetest.Ground{first, db.Ground(t, "b.example"), db.Ground(t, "c.example")} {
			db.Exec(t, fmt.Sprintf(`INSERT INTO mails (environment_id, id, kind, data, to_address, to_name, language,
				state, next_at, created_at, failed) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n
				WHERE i < 5000) SELECT '%s', 'm' || CAST(%d + i AS TEXT), 'k', '', '', '', '', 'waiting',
				%d + CAST(i - 2500 AS BIGINT) * 1000000, 0, i %% 2 FROM n`, g.Env, i*10_000, now))
		}
		explain := "EXPLAIN QUERY PLAN "
		if db.Engine() == database.Postgres {
			explain = "EXPLAIN "
			db.Exec(t, `ANALYZE mails`)
		}
		var queries map[string][]any
		first.View(t, func(tx *store.Tx) error { queries = store.MailQueries(tx, now); return nil })
		for query, args := range queries {
			rows, err := db.Raw.QueryContext(t.Context(), explain+query, args...)
			if err != nil {
				t.Fatalf("%s: %v", query, err)
			}
			var plan []string
			for rows.Next() {
				line, parts := make([]any, 1), make([]any, 1)
				if columns, _ := rows.Columns(); len(columns) == 4 {
					line, parts = make([]any, 4), make([]any, 4)
				}
				for i := range parts {
					line[i] = &parts[i]
				}
				if err := rows.Scan(line...); err != nil {
					t.Fatal(err)
				}
				plan = append(plan, fmt.Sprint(parts[len(parts)-1]))
			}
			if err := rows.Close(); err != nil {
				t.Fatal(err)
			}
			text := strings.Join(plan, "\n")
			for _, bad := range []string{"SCAN mails", "Seq Scan on mails", "USE TEMP B-TREE", "Sort"} {
				if strings.Contains(text, bad) {
					t.Errorf("%q in the plan of\n%s\n%s", bad, query, text)
				}
			}
		}
	})
}
