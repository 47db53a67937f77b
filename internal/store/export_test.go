package store

import (
	"context"
	"strings"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/database"
	"github.com/pactius/pactius/internal/nearmiss"
)

// TxOf is the transaction of package database behind a Tx.
func TxOf(t *Tx) *database.Tx { return t.tx }

// StrangerLine is the line of those who ask for applications that were not found before.
const StrangerLine = strangerLine

// LookOf reads the profile of a person.
func LookOf(t *Tx, i pactius.Identity) (Look, error) {
	return profileTable.one(t, `p.tid = ? AND p.oid = ?`, i.TenantID, i.ObjectID)
}

// Bounds are the bounds of lists.
type Bounds = bounds

// TightBounds make every list with more than a handful of rows take its longest way.
var TightBounds = bounds{rare: 5, glance: 7, gathered: 9, keys: 250, walked: 60, visited: 30, subjects: 2, sample: 10}

// SetBounds sets the bounds of lists; zero ones are the usual.
func SetBounds(s *Store, b Bounds) {
	if s.bounds = b; b == (Bounds{}) {
		s.bounds = usualBounds
	}
}

// Cursor makes a cursor.
func Cursor(key, id string) string { return cursor(key, id) }

// Plan tells how the engine would answer a query with parameters of any value.
func Plan(t *Tx, query string) ([]string, error) {
	var args []any
	for n := range strings.Count(query, "$") {
		args = append(args, n)
	}
	return t.explain(query, args...)
}

func (t *Tx) plan(queries ...*database.Query) ([]string, error) {
	var all []string
	for _, q := range queries {
		lines, err := t.explain(q.Text(), q.Args()...)
		if err != nil {
			return nil, err
		}
		all = append(all, lines...)
	}
	return all, nil
}

func (t *Tx) explain(query string, args ...any) ([]string, error) {
	return list(t, func(r database.Scanner) (string, error) {
		var id, parent, unused int
		var detail string
		return detail, r.Scan(&id, &parent, &unused, &detail)
	}, "EXPLAIN QUERY PLAN "+query, args...)
}

// PlanSimilar tells how the engine would answer the look-ups and counts of near misses.
func PlanSimilar(t *Tx, l nearmiss.Lookup, engine string) ([]string, error) {
	queries := []*database.Query{waitingKeys.lookUp(t.env, l, t.tx.Dialect().InJSON),
		userKeys.lookUp(t.env, l, t.tx.Dialect().InJSON), usersAmong(t.env, []string{"a", "b"}, ""),
		countWords(t.env, []string{"a"})}
	if engine == "sqlite" {
		return t.plan(queries...)
	}
	var all []string
	for _, q := range queries {
		lines, err := list(t, database.Value[string], "EXPLAIN "+q.Text(), q.Args()...)
		if err != nil {
			return nil, err
		}
		all = append(all, lines...)
	}
	return all, nil
}

// FillAccountNames is what the schema step of account names does with rows of before.
func (s *Store) FillAccountNames(ctx context.Context) error {
	return s.DB.Update(ctx, "", fillAccountNames)
}

// FillLists is what the schema step of the lists does with rows of before.
func (s *Store) FillLists(ctx context.Context) error { return s.DB.Update(ctx, "", fillLists) }

// FillRequestWords is what the schema step of the search for requests does with requests of before.
func (s *Store) FillRequestWords(ctx context.Context) error {
	return s.DB.Update(ctx, "", fillRequestWords)
}

// FillUnits is what the schema step of the search for units does with units of before.
func (s *Store) FillUnits(ctx context.Context) error { return s.DB.Update(ctx, "", fillUnits) }

// FillKeys is what the schema step of near misses does for users and requests
// that were there before.
func (s *Store) FillKeys(ctx context.Context) error {
	return s.DB.Update(ctx, "", func(tx *database.Tx) error { return fillKeys(tx) })
}

// FillNameOrder is what the schema step of the order of names does with users of before.
func (s *Store) FillNameOrder(ctx context.Context) error { return s.DB.Update(ctx, "", fillNameOrder) }

// BoundColumns lists, for each table with a column list, the columns in it.
func BoundColumns() map[string][]string {
	all := map[string][]string{}
	bound(all, applicationTable)
	bound(all, clientGrantTable)
	bound(all, clientSessionTable)
	bound(all, doorSessionTable)
	bound(all, environmentTable)
	bound(all, eventTable)
	bound(all, findingTable)
	bound(all, formerTable)
	bound(all, incidentTable)
	bound(all, linkTable)
	bound(all, mailTable)
	bound(all, membershipTable)
	bound(all, profileTable)
	bound(all, relinkTable)
	bound(all, mergedTable)
	bound(all, requestTable)
	bound(all, retentionTable)
	bound(all, savedFilterTable)
	bound(all, sessionTable)
	bound(all, signingKeyTable)
	bound(all, sweepTable)
	bound(all, unitTable)
	bound(all, userTable)
	return all
}

func bound[T any](all map[string][]string, tb *table[T]) {
	all[tb.name] = append(all[tb.name], tb.scope)
	for _, c := range tb.bind(new(T)) {
		all[tb.name] = append(all[tb.name], c.name)
	}
}

// Unit reads a unit.
func (t *Tx) Unit(id pactius.UnitID) (pactius.Unit, error) { return unitTable.one(t, `u.id = ?`, id) }

// MailQueries are the statements of a turn of delivery, each with its parameters.
func MailQueries(t *Tx, now int64) map[string][]any {
	claim := []any{now, now + 1, 10, t.env}
	queries := map[string][]any{sqlDueTurns: {"", now, 32}}
	for _, which := range []string{fresh, putOff} {
		queries[claimMails+which+t.tx.Dialect().SkipLocked+claimedMails+"id"] = claim
	}
	return queries
}

// RetentionQueries are the statements that look for what is no longer kept, each with its parameters.
func RetentionQueries() map[string][]any {
	return map[string][]any{sqlEventsToTrim: {"", "0", 10}, sqlRequestsToTrim: {"", int64(1), 10}}
}

// SetPatience changes how long a list may take.
func (s *Store) SetPatience(d time.Duration) { s.patience = d }

// Affects reports whether a transaction makes instances look at sessions of applications again.
func Affects(tx *Tx) bool {
	a := tx.affected
	return a.all || len(a.sessions)+len(a.users) > 0
}
