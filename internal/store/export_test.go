package store

import (
	"context"
	"database/sql"
	"strings"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/nearmiss"
)

// Write is the connection that writes, for tests that make it fail.
func (s *Store) Write() *sql.DB { return s.write }

// Read is the pool that reads.
func (s *Store) Read() *sql.DB { return s.read }

// TxOf is the driver's transaction behind a Tx.
func TxOf(t *Tx) *sql.Tx { return t.tx }

// Queued is how many changes of an environment wait for the next group.
func (s *Store) Queued(env pactius.EnvironmentID) int {
	g := s.groupOf(env)
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.queue)
}

// MigrateWith migrates as a program would that knows further steps.
func (s *Store) MigrateWith(ctx context.Context, o Options, further ...string) error {
	all, err := sqliteEngine.steps()
	if err != nil {
		return err
	}
	for _, text := range further {
		all = append(all, step{len(all) + 1, "further", text})
	}
	return s.migrate(ctx, o, all)
}

// Version is the number of schema steps applied.
func (s *Store) Version(ctx context.Context) (int, error) { return s.version(ctx) }

// PlanUsers tells how the engine would answer Users: the page, then the count.
func PlanUsers(ctx context.Context, t *Tx, f pactius.UserFilter, scope UserScope) ([]string, error) {
	where, err := t.userConditions(ctx, f, scope)
	if err != nil {
		return nil, err
	}
	page, err := where.page(t.env, f)
	if err != nil {
		return nil, err
	}
	return t.plan(ctx, page, where.count(t.env))
}

// PlanRequests tells how the engine would answer Requests.
func PlanRequests(ctx context.Context, t *Tx, f pactius.RequestFilter, scope RequestScope) ([]string, error) {
	b, err := requestsQuery(t.env, f, scope)
	if err != nil {
		return nil, err
	}
	return t.plan(ctx, b)
}

// PlanEvents tells how the engine would answer Events.
func PlanEvents(ctx context.Context, t *Tx, f pactius.EventFilter, scope EventScope) ([]string, error) {
	b, err := eventsQuery(t.env, f, scope)
	if err != nil {
		return nil, err
	}
	return t.plan(ctx, b)
}

// Plan tells how the engine would answer a query with parameters of any value.
func Plan(ctx context.Context, t *Tx, query string) ([]string, error) {
	b := &builder{}
	b.text.WriteString(query)
	for n := range strings.Count(query, "$") {
		b.args = append(b.args, n)
	}
	return t.plan(ctx, b)
}

func (t *Tx) plan(ctx context.Context, queries ...*builder) ([]string, error) {
	var all []string
	for _, q := range queries {
		lines, err := list(ctx, t, func(r scanner) (string, error) {
			var id, parent, unused int
			var detail string
			return detail, r.Scan(&id, &parent, &unused, &detail)
		}, "EXPLAIN QUERY PLAN "+q.text.String(), q.args...)
		if err != nil {
			return nil, err
		}
		all = append(all, lines...)
	}
	return all, nil
}

// PlanSimilar tells how the engine would answer the look-ups and counts of near misses.
func PlanSimilar(ctx context.Context, t *Tx, l nearmiss.Lookup, engine string) ([]string, error) {
	queries := []*builder{waitingKeys.lookUp(t.env, l, t.engine.among), userKeys.lookUp(t.env, l, t.engine.among), usersAmong(t.env, []string{"a", "b"}, ""), countWords(t.env, []string{"a"})}
	if engine == "sqlite" {
		return t.plan(ctx, queries...)
	}
	var all []string
	for _, q := range queries {
		lines, err := list(ctx, t, value[string], "EXPLAIN "+q.text.String(), q.args...)
		if err != nil {
			return nil, err
		}
		all = append(all, lines...)
	}
	return all, nil
}

// FillKeys is what the schema step of near misses does for those who were here before.
func (s *Store) FillKeys(ctx context.Context) error {
	return s.change(ctx, func(tx *sql.Tx) error { return fillKeys(ctx, tx) })
}
