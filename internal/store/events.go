package store

import (
	"slices"
	"strings"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/database"
	"github.com/pactius/pactius/internal/id"
)

var eventTable = newTable("events", "e", func(e *pactius.Event) []column {
	return []column{
		{"id", &e.ID, useFixed},
		{"at", database.Time(&e.At), useFixed},
		{"kind", &e.Kind, useFixed},
		{"actor_kind", &e.Actor.Kind, useFixed},
		{"actor_user", &e.Actor.User, useFixed},
		{"reason", &e.Actor.Reason, useFixed},
		{"user_id", &e.User, useFixed},
		{"request_id", &e.Request, useFixed},
		{"unit_id", &e.Unit, useFixed},
		{"facts", database.JSON(&e.Facts), useFixed},
		{"detail", database.JSON(&e.Detail), useFixed},
		{"address", &e.Actor.Address, useFixed},
		{actorName, &e.Actor.Name, useComputed},
	}
})

const (
	actorName = `COALESCE(
		(SELECT a.name FROM users a WHERE a.environment_id = e.environment_id AND a.id = e.actor_user), '')`
	// sqlEventKinds finds the kinds between two texts that events have, one step of the index each.
	sqlEventKinds = `WITH RECURSIVE kinds (kind) AS (
			SELECT MIN(kind) FROM events WHERE environment_id = $1 AND kind >= $2 AND kind < $3
			UNION ALL
			SELECT (SELECT MIN(e.kind) FROM events e WHERE e.environment_id = $1 AND e.kind > k.kind AND e.kind < $3)
			FROM kinds k WHERE k.kind IS NOT NULL)
		SELECT kind FROM kinds WHERE kind IS NOT NULL`
	sqlCountEvent = `INSERT INTO event_days (environment_id, day, kind, n) VALUES ($1, $2, $3, $4)
		ON CONFLICT (environment_id, day, kind) DO UPDATE SET n = event_days.n + excluded.n`
	sqlEventDays = `SELECT day, kind, n FROM event_days WHERE environment_id = $1 AND day > $2 AND day <= $3`
)

// InsertEvents appends events. Only package change calls it.
func (t *Tx) InsertEvents(events ...pactius.Event) error {
	err := eventTable.insertAll(t, events)
	if err == nil {
		t.tx.AfterCommit(func() {
			for _, e := range events {
				t.store.happened(e)
			}
		})
	}
	return err
}

// LatestIdentityChange reads the newest event by which a user other than but changed the user's account name or email
// address, after but last changed the user's business units.
func (t *Tx) LatestIdentityChange(user, but pactius.UserID) (pactius.Event, error) {
	return eventTable.one(t, `e.user_id = ? AND e.user_id <> '' AND e.kind = 'user.changed' AND e.actor_kind = 'user'
		AND e.actor_user <> ? AND (e.facts LIKE '%username%' OR e.facts LIKE '%email%')
		AND e.id > COALESCE((SELECT MAX(a.id) FROM events a WHERE a.environment_id = e.environment_id
			AND a.user_id = ? AND a.user_id <> '' AND a.actor_user = ? AND a.kind = 'user.units_assigned'), '')
		ORDER BY e.id DESC LIMIT 1`, user, but, user, but)
}

// EventScope bounds which events a list may show.
type EventScope struct {
	All   bool             // the whole environment
	Units []pactius.UnitID // else: events about these units, their sub-units and the members of both
	About []pactius.UserID // and about these users
}

// idTolerance is how far the time in an event's ID may be from the event's: until they became equal, the ID was made
// while the change ran.
const idTolerance = time.Minute

// Events reads one page of events, newest first. IDs are UUIDv7, so their
// order is the order of time.
func (t *Tx) Events(f pactius.EventFilter, scope EventScope) (pactius.EventPage, error) {
	return within(t, func() (pactius.EventPage, error) { return t.listEvents(f, scope) })
}

func (t *Tx) listEvents(f pactius.EventFilter, scope EventScope) (pactius.EventPage, error) {
	var page pactius.EventPage
	l, err := t.eventList(f, scope)
	if err != nil || len(l.ranges) == 0 && l.units.sql == "" {
		return page, err
	}
	limit := limitOf(f.Limit)
	end := ""
	if len(l.checks) > 0 {
		if end, err = oneBy(t, database.Value[string], l.ahead()); err != nil {
			return page, err
		}
	}
	page.Events, err = l.read(t, end, limit+1)
	if len(page.Events) > limit {
		page.Events = page.Events[:limit]
		page.Next = cursor("", string(page.Events[limit-1].ID))
	} else if end != "" {
		page.Next, page.Cut = cursor("", end), true
	}
	return page, err
}

// eventList is a filtered list of events: those of some ranges of indexes that meet all checks.
type eventList struct {
	env     pactius.EnvironmentID
	visited int      // see bounds
	ranges  []clause // an event is in one of them; each is an index in the order of ID
	checks  []clause
	units   clause   // instead of ranges: all events about each of these units
	users   clause   // and of these users
	each    int      // of each of these, events that are looked at to meet the checks
	quiet   string   // the condition of the indexes without sign-ins, "" for all events
	bounds  []clause // of the ID, and of the time near them
}

// eventList chooses the indexes by which events are found.
func (t *Tx) eventList(f pactius.EventFilter, scope EventScope) (*eventList, error) {
	l := &eventList{env: t.env, visited: t.store.bounds.visited}
	if quietly(f) {
		l.quiet = notSignIn
	}
	if f.Unit != "" { // the rule has checked that it lies in the scope
		scope = EventScope{Units: []pactius.UnitID{f.Unit}}
	}
	if !f.From.IsZero() {
		l.bound(`e.at >= ? AND e.id >= ?`, database.Micros(f.From), id.Floor(f.From.Add(-idTolerance)))
	}
	if !f.To.IsZero() {
		l.bound(`e.at < ? AND e.id < ?`, database.Micros(f.To), id.Floor(f.To.Add(idTolerance)))
	}
	if f.After != "" {
		_, after, err := parseCursor(f.After)
		if err != nil {
			return nil, err
		}
		l.bound(`e.id < ?`, after)
	}
	if !scope.All && f.User == "" {
		if few, err := t.bySubjects(l, scope); few || err != nil {
			l.checkKind(f.Kind)
			return l, err
		}
	}
	if !scope.All {
		l.checkScope(t, scope)
	}
	return l, t.rangeEvents(l, f)
}

// rangeEvents chooses the ranges of a list that is not found by its subjects.
func (t *Tx) rangeEvents(l *eventList, f pactius.EventFilter) error {
	prefix, group := nounOf(f.Kind)
	switch {
	case f.User != "":
		for _, user := range append([]pactius.UserID{f.User}, f.Also...) {
			l.of(`e.user_id = ? AND e.user_id <> ''`, user)
			l.of(`e.actor_user = ? AND e.actor_user <> ''`, user)
		}
		l.checkKind(f.Kind)
	case group:
		kinds, err := list(t, database.Value[pactius.EventKind], sqlEventKinds, t.env, prefix+".", prefix+"/")
		if err != nil {
			return err
		}
		for _, kind := range kinds {
			if l.quiet == "" || !slices.Contains(pactius.SignInEvents, kind) {
				l.ranges = append(l.ranges, clause{`e.kind = ?`, []any{kind}})
			}
		}
	case f.Kind != "":
		l.ranges = append(l.ranges, clause{`e.kind = ?`, []any{f.Kind}})
	default:
		l.of("")
	}
	return nil
}

// nounOf returns the noun of all kinds that a filter names with "noun.", false for a single kind.
func nounOf(kind pactius.EventKind) (noun string, group bool) {
	return strings.CutSuffix(string(kind), ".")
}

// checkKind adds the condition on the kind where the index is not to be by kind.
func (l *eventList) checkKind(kind pactius.EventKind) {
	if noun, group := nounOf(kind); group {
		l.check(`e.kind || '' >= ? AND e.kind || '' < ?`, noun+".", noun+"/") // "/" follows "." in ASCII
	} else if kind != "" {
		l.check(`e.kind || '' = ?`, kind)
	}
}

// notSignIn is the condition of the indexes of events without sign-ins, written as there.
var notSignIn = func() string {
	var terms []string
	for _, kind := range pactius.SignInEvents {
		terms = append(terms, `e.kind <> '`+string(kind)+`'`)
	}
	return strings.Join(terms, ` AND `)
}()

// quietly reports whether a filter finds no sign-ins, because it leaves them out or is for other kinds.
func quietly(f pactius.EventFilter) bool {
	if f.Quiet || f.Kind == "" {
		return f.Quiet && !slices.Contains(pactius.SignInEvents, f.Kind)
	}
	return !slices.ContainsFunc(pactius.SignInEvents, func(kind pactius.EventKind) bool {
		_, group := nounOf(f.Kind)
		return kind == f.Kind || group && strings.HasPrefix(string(kind), string(f.Kind))
	})
}

// bySubjects finds a list by the members and units of its scope, if they are so few that the events of each can be
// found.
func (t *Tx) bySubjects(l *eventList, scope EventScope) (bool, error) {
	units, users := scope.subjects(t)
	all := clause{units.sql + ` UNION ALL ` + users.sql, slices.Concat(units.args, users.args)}
	n, err := only(t.countUpTo(t.store.bounds.subjects+1, all))
	if err != nil || n > t.store.bounds.subjects {
		return false, err
	}
	l.units, l.users, l.each = units, users, max(1, t.store.bounds.keys/max(1, n))
	return true, nil
}

// checkScope adds the condition that an event is in a scope.
func (l *eventList) checkScope(t *Tx, scope EventScope) {
	in, units := t.tx.Dialect().InJSON, jsonList(scope.Units)
	l.check(`(EXISTS (SELECT 1 FROM unit_above a
			WHERE a.environment_id = ? AND a.unit_id = e.unit_id AND a.above_id `+in+`)
		OR e.user_id <> '' AND e.user_id `+in+`
		OR EXISTS (SELECT 1 FROM memberships m CROSS JOIN unit_above a
			WHERE m.environment_id = ? AND m.user_id = e.user_id AND a.environment_id = ?
			AND a.unit_id = m.unit_id AND a.above_id `+in+`))`,
		t.env, units, jsonList(scope.About), t.env, t.env, units)
}

// subjects select the units of a scope, and its members, some more than once, with the other users it is about.
func (s EventScope) subjects(t *Tx) (units, users clause) {
	in, below := t.tx.Dialect().InJSON, jsonList(s.Units)
	units = clause{`SELECT a.unit_id AS id FROM unit_above a WHERE a.environment_id = ? AND a.above_id ` + in,
		[]any{t.env, below}}
	users = clause{`SELECT m.user_id AS id FROM unit_above a CROSS JOIN memberships m
			WHERE m.environment_id = ? AND m.unit_id = a.unit_id AND a.environment_id = ? AND a.above_id ` + in + `
		UNION ALL SELECT u.id FROM users u WHERE u.environment_id = ? AND u.id ` + in,
		[]any{t.env, t.env, below, t.env, jsonList(s.About)}}
	return units, users
}

// of adds a range of an index that has a form without sign-ins.
func (l *eventList) of(sql string, args ...any) {
	if l.quiet != "" && sql != "" {
		sql += ` AND `
	}
	l.ranges = append(l.ranges, clause{sql + l.quiet, args})
}

func (l *eventList) bound(sql string, args ...any) { l.bounds = append(l.bounds, clause{sql, args}) }

func (l *eventList) check(sql string, args ...any) { l.checks = append(l.checks, clause{sql, args}) }

// page writes the query of the IDs of the newest events of a list that are not older than one.
func (l *eventList) page(q *database.Query, end string, limit int) {
	q.Add(`SELECT found.id FROM (`)
	if len(l.ranges) == 0 {
		l.latest(q, `unit_id`, l.units, end, limit)
		q.Add(` UNION ALL `) // behind UNION, SQLite 3.5x takes GROUP BY for ascending
		l.latest(q, `user_id`, l.users, end, limit)
	}
	l.union(q, func(r clause) {
		q.Add(`SELECT e.id FROM events e WHERE `)
		l.where(q, r)
		if end != "" {
			q.Add(` AND e.id >= ?`, end)
		}
		for _, c := range l.checks {
			q.Add(` AND `+c.sql, c.args...)
		}
		q.Add(` ORDER BY e.id DESC`)
		q.Limit(limit)
	})
	q.Add(`) found GROUP BY found.id ORDER BY found.id DESC`)
	q.Limit(limit)
}

// read reads the events of a page. Those of many subjects are found first: PostgreSQL would look for them among all in
// the order of their IDs.
func (l *eventList) read(t *Tx, end string, limit int) ([]pactius.Event, error) {
	if len(l.ranges) > 0 {
		q := eventTable.query(t.env, `e.id IN (`)
		l.page(q, end, limit)
		q.Add(`) ORDER BY e.id DESC`)
		return eventTable.list(t, q)
	}
	var q database.Query
	l.page(&q, end, limit)
	ids, err := listBy(t, database.Value[pactius.EventID], &q)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	return eventTable.all(t, `e.id `+t.tx.Dialect().InJSON+` ORDER BY e.id DESC`, jsonList(ids))
}

// about is the range of the events of a subject s, by a column.
func (l *eventList) about(column string) clause {
	of := clause{sql: `e.` + column + ` = s.id AND e.` + column + ` <> ''`}
	if l.quiet != "" {
		of.sql += ` AND ` + l.quiet
	}
	return of
}

// distinct writes the subjects, each once.
func distinct(q *database.Query, subjects clause) {
	q.Add(`(SELECT DISTINCT f.id || '' AS id FROM (`) // else SQLite may read all units for their order
	q.Add(subjects.sql, subjects.args...)
	q.Add(`) f) s`)
}

// latest writes the query of the newest events of each subject: as many as a page can show, or, where they must meet
// checks, those that are not older than one.
func (l *eventList) latest(q *database.Query, column string, subjects clause, end string, limit int) {
	of := l.about(column)
	q.Add(`SELECT e.id FROM `)
	distinct(q, subjects)
	q.Add(` CROSS JOIN events e WHERE `)
	l.where(q, of)
	if len(l.checks) > 0 {
		q.Add(` AND e.id >= ?`, end)
		for _, c := range l.checks {
			q.Add(` AND `+c.sql, c.args...)
		}
		return
	}
	q.Add(` AND e.id >= COALESCE((SELECT e.id FROM events e WHERE `)
	l.where(q, of)
	q.Add(` ORDER BY e.id DESC LIMIT 1`)
	q.Offset(limit - 1)
	q.Add(`), '')`)
}

// ahead writes the query of the ID until which all ranges are looked through, or all subjects: that where the first of
// them reaches its bound, or the empty one if none does.
func (l *eventList) ahead() *database.Query {
	var q database.Query
	q.Add(`SELECT COALESCE(MAX(id), '') FROM (`)
	if len(l.ranges) == 0 {
		l.furthest(&q, `unit_id`, l.units)
		q.Add(` UNION ALL `)
		l.furthest(&q, `user_id`, l.users)
	}
	l.union(&q, func(r clause) {
		q.Add(`SELECT e.id FROM events e WHERE `)
		l.where(&q, r)
		q.Add(` ORDER BY e.id DESC LIMIT 1`)
		q.Offset(l.visited / len(l.ranges))
	})
	q.Add(`) ends`)
	return &q
}

// furthest writes the query of the last event of each subject that is looked at.
func (l *eventList) furthest(q *database.Query, column string, subjects clause) {
	q.Add(`SELECT (SELECT e.id FROM events e WHERE `)
	l.where(q, l.about(column))
	q.Add(` ORDER BY e.id DESC LIMIT 1`)
	q.Offset(l.each)
	q.Add(`) AS id FROM `)
	distinct(q, subjects)
}

// union writes a query of each range and joins them.
func (l *eventList) union(q *database.Query, part func(clause)) {
	for i, r := range l.ranges {
		if i > 0 {
			q.Add(` UNION ALL `)
		}
		q.Add(`SELECT id FROM (`)
		part(r)
		q.Add(`) part`)
	}
}

// where writes the conditions that an index answers.
func (l *eventList) where(q *database.Query, r clause) {
	q.Add(`e.environment_id = ?`, l.env)
	if r.sql != "" {
		q.Add(` AND `+r.sql, r.args...)
	}
	for _, c := range l.bounds {
		q.Add(` AND `+c.sql, c.args...)
	}
}

// CountEvents adds to the number of events of a kind on a day of the environment.
func (t *Tx) CountEvents(day pactius.Date, kind pactius.EventKind, n int) error {
	return t.run(sqlCountEvent, t.env, day, kind, n)
}

// EventDays reads how many events there were on each of the days that end with one, of the kinds that are counted.
func (t *Tx) EventDays(last pactius.Date, days int) (map[pactius.EventKind][]int, error) {
	all := map[pactius.EventKind][]int{}
	for _, kind := range pactius.CountedEvents {
		all[kind] = make([]int, days)
	}
	before := pactius.Date(last.Time(time.UTC).AddDate(0, 0, -days).Format(pactius.DateLayout))
	_, err := list(t, func(r database.Scanner) (int, error) {
		var day pactius.Date
		var kind pactius.EventKind
		var n int
		err := r.Scan(&day, &kind, &n)
		if i := days - 1 - last.DaysAfter(day); i >= 0 && i < days && all[kind] != nil {
			all[kind][i] = n
		}
		return n, err
	}, sqlEventDays, t.env, before, last)
	return all, err
}
