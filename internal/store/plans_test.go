package store_test

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
)

// growing are the tables that grow with a company, and how statements call them.
var growing = []string{"users", "user_words", "memberships", "access_requests", "request_units", "request_scopes",
	"request_words",
	"unit_above", "events", "mails", "sessions", "user_keys", "request_keys",
	"u", "w", "m", "r", "a", "e", "l"}

// asked is a statement that a list has run.
type asked struct {
	query string
	args  []any
}

// lists calls every list with every combination of filters, orders and searches that a page can ask for, for an
// administrator of the root, of a part of the tree and of a leaf.
func lists(c *crowd, run func(name string, list func(*store.Tx) error)) {
	scopes := map[string][]pactius.UnitID{"root": nil, "part": c.units[:2], "leaf": c.units[11:]}
	for at, units := range scopes {
		users := store.UserScope{All: units == nil, Units: units, Today: c.today}
		for _, f := range userFilters(c) {
			name := fmt.Sprintf("%s: users %+v", at, f)
			run(name, func(tx *store.Tx) error { _, err := tx.Users(f, users); return err })
			run(name+" to sort", func(tx *store.Tx) error { return sorted(tx, f, users) })
		}
		run(at+": open tasks", func(tx *store.Tx) error { _, err := tx.OpenTasks(c.users[0].ID, users, 3); return err })
		requests := store.RequestScope{All: units == nil, Units: units}
		for _, typed := range typedTexts {
			run(at+": users found by "+typed, func(tx *store.Tx) error {
				_, err := tx.FindUsers(typed, users, 5)
				return err
			})
			run(at+": requests found by "+typed, func(tx *store.Tx) error {
				_, err := tx.FindRequests(typed, requests, 5)
				return err
			})
		}
		run(at+": number of requests", func(tx *store.Tx) error { _, err := tx.CountRequests(requests); return err })
		for _, f := range []pactius.RequestFilter{{}, {Settled: true}, {State: pactius.StatePending},
			{State: pactius.StateDeclined}} {
			for _, f.After = range []string{"", store.Cursor("1", "a")} {
				for _, f.Search = range []string{"", "user0042", "nordhavn", "anna nordhavn"} {
					run(fmt.Sprintf("%s: requests %+v", at, f), func(tx *store.Tx) error {
						_, err := tx.Requests(f, requests)
						return err
					})
				}
			}
		}
		user := c.users[slices.IndexFunc(c.users, func(u pactius.User) bool { return len(c.in[u.ID]) == 1 })].ID
		run(at+": what stands beside a user", func(tx *store.Tx) error {
			_, err := tx.Beside(pactius.User{ID: user, Username: "user0042@nordhavn.example"})
			return err
		})
		run(at+": how long requests were pending", func(tx *store.Tx) error {
			_, _, err := tx.DecisionTimes(storetest.Start, storetest.Start)
			return err
		})
		run(at+": units of a user", func(tx *store.Tx) error { _, err := tx.Reach(user); return err })
		events := store.EventScope{All: units == nil, Units: units}
		for _, f := range eventFilters(c) {
			run(fmt.Sprintf("%s: events %+v", at, f), func(tx *store.Tx) error {
				_, err := tx.Events(f, events)
				return err
			})
		}
	}
}

// watched opens a database once more, and notes the statements that run there.
func watched(t *testing.T, db *storetest.DB) (*store.Store, *[]asked) {
	t.Helper()
	ran := new([]asked)
	s, err := store.Open(t.Context(), db.URL, store.Options{Now: db.Clock.Now,
		Statement: func(_ context.Context, query string, args []any) {
			*ran = append(*ran, asked{query, slices.Clone(args)})
		}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s, ran
}

// sorted reads a list by status.
func sorted(tx *store.Tx, f pactius.UserFilter, scope store.UserScope) error {
	f.Sort, f.After = pactius.SortStatus, ""
	list, err := tx.UsersToSort(f, scope)
	if err != nil || list.Page != nil {
		return err
	}
	if _, err = tx.StatusOf(list.Users, scope.Today); err != nil {
		return err
	}
	_, err = tx.Sorted(list, f)
	return err
}

func userFilters(c *crowd) []pactius.UserFilter {
	var all []pactius.UserFilter
	for _, f := range []pactius.UserFilter{{}, {Status: pactius.StatusInvited}, {Status: pactius.StatusActive},
		{Status: pactius.StatusEnded}, {Status: pactius.StatusDeactivated}, {Unassigned: true}, {Gone: true},
		{Unit: c.units[0]}, {Unit: c.units[11], Status: pactius.StatusActive}} {
		for _, f.Search = range []string{"", "user0042", "nordhavn", "nordhavn example", "anna nordhavn"} {
			for _, f.Sort = range []pactius.UserSort{pactius.SortName, pactius.SortNewest, pactius.SortSeen} {
				all = append(all, f)
			}
			f.After = store.Cursor("1", "a")
			all = append(all, f)
			f.After = ""
		}
	}
	return all
}

func eventFilters(c *crowd) []pactius.EventFilter {
	var all []pactius.EventFilter
	now := storetest.Start
	for _, f := range []pactius.EventFilter{{}, {Quiet: true}, {Kind: pactius.UserAdded}, {Kind: pactius.UserSignedIn},
		{Kind: "user."}, {Kind: "user.", Quiet: true}} {
		for _, f.User = range []pactius.UserID{"", c.users[0].ID} {
			for _, f.Unit = range []pactius.UnitID{"", c.units[0]} {
				all = append(all, f)
				f.From, f.To, f.After = now.AddDate(0, -1, 0), now.AddDate(0, 1, 0), store.Cursor("", "z")
				f.Also = []pactius.UserID{c.users[1].ID}
				all = append(all, f)
			}
		}
	}
	return all
}

// TestListsAreAnsweredByIndexes runs every list and reads the engine's plans of all statements that it has run, with
// their values: none may look at every row of a table that grows with the company, and a list that is walked in its
// order may not be sorted.
func TestListsAreAnsweredByIndexes(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		c := gather(t, db)
		if db.Engine() != "sqlite" { // which plans without statistics
			if _, err := db.Raw.ExecContext(t.Context(), `ANALYZE`); err != nil {
				t.Fatal(err)
			}
		}
		s, ran := watched(t, db)
		seen := map[string]bool{}
		lists(c, func(name string, list func(*store.Tx) error) {
			for _, b := range []store.Bounds{{}, store.TightBounds} { // the second takes all ways
				*ran = nil
				store.SetBounds(s, b)
				if err := s.View(t.Context(), c.Env, list); err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				for _, a := range *ran {
					if seen[a.query] {
						continue
					}
					seen[a.query] = true
					checkPlan(t, db, name, a)
				}
			}
		})
		if len(seen) < 150 {
			t.Errorf("only %d statements were looked at", len(seen))
		}
	})
}

// boundless matches the line of a plan that reads all that an environment has in a table; a walk does, until it ends.
var boundless = regexp.MustCompile(`^SEARCH (\w+) USING .*\(environment_id=\?\)$`)

// wide are statements that read all that an environment has in a table, and why they may.
var wide = map[string]string{
	"former_usernames": "renaming is rare, and few have former names",
	"sweep_findings":   "findings are as many as have left Microsoft 365 since the last sweep",
	"sweep_seen":       "emptied in parts",
	"sweeps":           "one row", "s.tenant_id": "one row", "connect_links": "a few links",
	"FROM mails mails WHERE mails.environment_id = $1 AND 1 = 1": "for one email at the command line",
	"state = 'dead'":               "an index of those only",
	"FROM relinks":                 "the users of a move, for the days in which it can be undone",
	"FROM incidents":               "erasing a person; incidents end after days",
	"DELETE FROM request_scopes":   "a unit is moved: all pending requests",
	"COUNT(*) FROM units":          "adding a unit: at most pactius.MaxUnits in an index",
	"GROUP BY unit_id":             "the tree at the command line",
	"1 = 1 ORDER BY u.order_key":   "the tree at the command line",
	"(SELECT u.id FROM units u":    "ends at a few",
	"parent_id IS NULL":            "an index of roots",
	"ORDER BY last_sign_in_at":     "ends at the first, but for the invited",
	"DELETE FROM sessions WHERE":   "erasing a person",
	"AND oid <> '' AND tid <> $2":  "another tenant is connected",
	"u.deactivated_at = 0 AND NOT": "doctor, and the sweep at the command line",
	"m.environment_id = $1 AND m.access = 3 AND u.deactivated_at = 0": "an index of administrators only",
	"FROM applications":             "at most pactius.MaxApplications",
	"FROM application_origins":      "as applications",
	"FROM signing_keys":             "three at most",
	"FROM logos":                    "one row",
	"client_reviews":                "one row",
	"ended_at > 0 AND next_at > $2": "after a clock was ahead",
	"old_secret_until > $2":         "after a clock was ahead",
	"token_hash FROM sessions WHERE environment_id = $1 AND expires_at": "after a clock was ahead",
	"FROM retention t": "one row", "UPDATE retention": "one row",
	"LIMIT $2) counted": "ends at a bound, a multiple of the users who left",
}

// TestNoStatementReadsAWholeEnvironment reads SQLite's plans of all statements.
func TestNoStatementReadsAWholeEnvironment(t *testing.T) {
	t.Parallel()
	db := storetest.On(t, "sqlite")
	g := db.Ground(t, "a.example")
	for name, text := range statements(t, db) {
		if strings.Contains(text, "SAVEPOINT") || slices.ContainsFunc(slices.Collect(maps.Keys(wide)),
			func(piece string) bool { return strings.Contains(text, piece) }) {
			continue
		}
		g.View(t, func(tx *store.Tx) error {
			lines, err := store.Plan(tx, text)
			for _, line := range lines {
				if found := boundless.FindStringSubmatch(line); found != nil && !walks(text, found[1]) {
					t.Errorf("%s: %s\n%s", name, line, text)
				}
			}
			return err
		})
	}
}

// TestTrimmingReadsAnIndex of what is old, in every environment.
func TestTrimmingReadsAnIndex(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		for query, args := range store.RetentionQueries() {
			checkPlan(t, db, "trimming", asked{query, args})
		}
	})
}

// walks reports whether a statement goes through a table in an order and ends at a limit.
func walks(text, alias string) bool {
	order := `ORDER BY ` + alias + `.`
	_, after, found := strings.Cut(text, order)
	return found && strings.Contains(after, " LIMIT ")
}

func checkPlan(t *testing.T, db *storetest.DB, name string, a asked) {
	t.Helper()
	lines := explain(t, db, a)
	for _, line := range lines {
		if scanned := scannedTable(line); slices.Contains(growing, scanned) {
			t.Errorf("%s reads all of %s\n%s\n%s", name, scanned, a.query, strings.Join(lines, "\n"))
		}
		dead := strings.Contains(line, "mails_dead") // an index of those only
		if found := boundless.FindStringSubmatch(line); found != nil && !dead && !walks(a.query, found[1]) {
			t.Errorf("%s: %s\n%s\n%s", name, line, a.query, strings.Join(lines, "\n"))
		}
		walked := strings.HasPrefix(a.query, "SELECT u.") && strings.Contains(a.query, " FROM users u WHERE")
		if walked && (strings.Contains(line, "TEMP B-TREE FOR ORDER") || strings.HasPrefix(line, "  ->  Sort")) {
			t.Errorf("%s sorts instead of walking\n%s\n%s", name, a.query, strings.Join(lines, "\n"))
		}
	}
}

// scannedTable returns the table that a line of a plan reads as a whole, "" for none.
func scannedTable(line string) string {
	line = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(line), "->"))
	for _, scan := range []string{"SCAN ", "Seq Scan on ", "Parallel Seq Scan on "} {
		if rest, ok := strings.CutPrefix(line, scan); ok {
			return strings.Fields(rest)[0]
		}
	}
	return ""
}

// explain returns the plan of a statement. PostgreSQL reads and sorts small tables as a whole unless it is told not to.
func explain(t *testing.T, db *storetest.DB, a asked) []string {
	t.Helper()
	conn, err := db.Raw.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	explain := "EXPLAIN QUERY PLAN "
	if db.Engine() != "sqlite" {
		explain = "EXPLAIN "
		for _, setting := range []string{`SET enable_seqscan = off`, `SET enable_bitmapscan = off`,
			`SET enable_sort = off`} {
			if _, err := conn.ExecContext(t.Context(), setting); err != nil {
				t.Fatal(err)
			}
		}
	}
	rows, err := conn.QueryContext(t.Context(), explain+a.query, a.args...)
	if err != nil {
		t.Fatalf("%s: %v", a.query, err)
	}
	defer rows.Close()
	var lines []string
	for rows.Next() {
		var line string
		into := []any{&line}
		if explain != "EXPLAIN " {
			into = []any{new(int), new(int), new(int), &line}
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, line)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return lines
}
