package store

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/database"
	"github.com/pactius/pactius/internal/id"
)

// Retention says what an environment no longer has. The zero Retention is of one that has everything.
type Retention struct {
	EventsNext      pactius.EventID // events until this one were looked at
	EventsBefore    time.Time       // events of before were trimmed, but for those that rules still read
	EventsDiscarded bool            // the latest of them are in no archive
	RequestsBefore  time.Time       // requests that were settled before were deleted
	Lease           string          // of the server that trims events, until LeaseUntil; "" is none
	LeaseUntil      time.Time
}

var retentionTable = newTable("retention", "t", func(r *Retention) []column {
	return []column{
		{"events_next", &r.EventsNext, useChanging},
		{"events_before", database.Time(&r.EventsBefore), useChanging},
		{"events_discarded", database.Bool(&r.EventsDiscarded), useChanging},
		{"requests_before", database.Time(&r.RequestsBefore), useFixed},
		{"lease", &r.Lease, useChanging},
		{"lease_until", database.Time(&r.LeaseUntil), useChanging},
	}
})

const (
	// A lease further ahead than a new one was taken by a clock that was ahead.
	sqlClaimRetention = `UPDATE retention SET lease = $2, lease_until = $4
		WHERE environment_id = $1 AND (lease_until <= $3 OR lease_until > $4)`
	sqlRequestsTrimmed = `INSERT INTO retention (environment_id, requests_before) VALUES ($1, $2)
		ON CONFLICT (environment_id) DO UPDATE SET requests_before = excluded.requests_before
		WHERE retention.requests_before < excluded.requests_before`

	// One look into an index for each environment: PostgreSQL could read all events to join what stands in EXISTS. An
	// event in the future was written by a clock that was ahead: what has come since is not behind it.
	sqlEventsToTrim = `SELECT n.id FROM environments n LEFT JOIN retention t ON t.environment_id = n.id
		WHERE n.id > $1 AND (SELECT e.id FROM events e WHERE e.environment_id = n.id AND e.id < $2
			AND e.id > CASE WHEN t.events_next < $2 THEN t.events_next ELSE '' END ORDER BY e.id LIMIT 1) IS NOT NULL
		ORDER BY n.id LIMIT $3`
	sqlRequestsToTrim = `SELECT n.id FROM environments n
		WHERE n.id > $1 AND (SELECT r.id FROM access_requests r WHERE r.environment_id = n.id
			AND r.state <> 'pending' AND r.decided_at <= $2 ORDER BY r.decided_at, r.id LIMIT 1) IS NOT NULL
		ORDER BY n.id LIMIT $3`

	sqlDeleteRequest = `DELETE FROM access_requests WHERE environment_id = $1 AND id = $2 AND state <> 'pending'`
	sqlForgetSender  = `UPDATE events SET detail = $3, address = $4 WHERE environment_id = $1 AND id = $2`
)

// EventsToTrim returns environments with events of before a time that were not looked at, in the order of their IDs
// and after one of them, "" from the beginning.
func (s *Store) EventsToTrim(
	ctx context.Context, before time.Time, after pactius.EnvironmentID, limit int,
) ([]pactius.EnvironmentID, error) {
	return database.List(ctx, s.Reader(), database.Value[pactius.EnvironmentID], sqlEventsToTrim, after,
		id.Floor(before), limit)
}

// RequestsToTrim returns environments with requests that were settled until a time, as EventsToTrim does.
func (s *Store) RequestsToTrim(
	ctx context.Context, until time.Time, after pactius.EnvironmentID, limit int,
) ([]pactius.EnvironmentID, error) {
	return database.List(ctx, s.Reader(), database.Value[pactius.EnvironmentID], sqlRequestsToTrim, after,
		database.Micros(until), limit)
}

// Retention reads what the environment no longer has.
func (t *Tx) Retention() (Retention, error) {
	r, err := retentionTable.one(t, "")
	if errors.Is(err, ErrNotFound) {
		err = nil
	}
	return r, err
}

// ClaimRetention takes the lease until a time; false if another server has it.
func (t *Tx) ClaimRetention(lease string, now, until time.Time) (bool, error) {
	q := retentionTable.insert(t.env, &Retention{})
	q.Add(` ON CONFLICT DO NOTHING`)
	if err := t.exec(q); err != nil {
		return false, err
	}
	return t.changed(sqlClaimRetention, t.env, lease, database.Micros(now), database.Micros(until))
}

// SaveRetention stores what was trimmed of the events, and the lease; ErrStale if the lease does not hold.
func (t *Tx) SaveRetention(lease string, r Retention) error {
	q := retentionTable.update(t.env, &r)
	q.Add(` AND lease = ?`, lease)
	return t.execOne(q)
}

// OldEvents are events that are old enough to be trimmed.
type OldEvents struct {
	Trim []pactius.Event // oldest first, without those that rules still read
	Next pactius.EventID // the last that was looked at
	More bool            // there may be others after Next
}

// OldEvents looks at events from after one until before a time, at most so many. What rules read of a user (see
// pactius.LastingEvents) stays while the user is here, and goes with the event that tells of the user's end.
func (t *Tx) OldEvents(after pactius.EventID, before time.Time, limit int) (OldEvents, error) {
	end := pactius.EventID(id.Floor(before))
	if after >= end { // the clock was ahead
		after = ""
	}
	batch, err := eventTable.all(t, `e.id > ? AND e.id < ? ORDER BY e.id LIMIT ?`, after, end, limit)
	if err != nil || len(batch) == 0 {
		return OldEvents{Next: after}, err
	}
	old := OldEvents{Next: batch[len(batch)-1].ID, More: len(batch) == limit}
	here, err := t.stillHere(batch)
	if err != nil {
		return old, err
	}
	for _, e := range batch {
		switch {
		case here[e.User] && slices.Contains(pactius.LastingEvents, e.Kind):
			continue
		case !here[e.User] && (e.Kind == pactius.UserRemoved || e.Kind == pactius.UserErased):
			kept, err := eventTable.all(t, `e.user_id = ? AND e.user_id <> '' AND e.id <= ? ORDER BY e.id`, e.User,
				after)
			if err != nil {
				return old, err
			}
			old.Trim = append(old.Trim, kept...)
		}
		old.Trim = append(old.Trim, e)
	}
	return old, nil
}

// stillHere finds which of the users that events are about are here, or were merged into one who is.
func (t *Tx) stillHere(events []pactius.Event) (map[pactius.UserID]bool, error) {
	var users []pactius.UserID
	for _, e := range events {
		if e.User != "" {
			users = append(users, e.User)
		}
	}
	slices.Sort(users)
	of, in := jsonList(slices.Compact(users)), t.tx.Dialect().InJSON
	var q database.Query
	q.Add(`SELECT u.id FROM users u WHERE u.environment_id = ? AND u.id `+in, t.env, of)
	q.Add(` UNION ALL SELECT g.id FROM merged_users g WHERE g.environment_id = ? AND g.id `+in, t.env, of)
	found, err := listBy(t, database.Value[pactius.UserID], &q)
	here := map[pactius.UserID]bool{}
	for _, u := range found {
		here[u] = true
	}
	return here, err
}

// TrimEvents deletes events.
func (t *Tx) TrimEvents(ids []pactius.EventID) error {
	var q database.Query
	q.Add(`DELETE FROM events WHERE environment_id = ? AND id `+t.tx.Dialect().InJSON, t.env, jsonList(ids))
	return t.exec(&q)
}

// TrimRequests deletes requests that were settled until a time, at most so many, and counts them. In the activity log,
// the note of the decision and the address of the sender go with them.
func (t *Tx) TrimRequests(until time.Time, limit int) (int, error) {
	old, err := requestTable.all(t, `r.state <> 'pending' AND r.decided_at <= ? ORDER BY r.decided_at, r.id LIMIT ?`,
		database.Micros(until), limit)
	if err != nil || len(old) == 0 {
		return 0, err
	}
	for _, q := range old {
		if err := t.forgetSender(q.ID); err != nil {
			return 0, err
		}
		if err := t.run(sqlDeleteRequest, t.env, q.ID); err != nil {
			return 0, err
		}
	}
	last := old[len(old)-1].DecidedAt.Add(time.Microsecond)
	return len(old), t.run(sqlRequestsTrimmed, t.env, database.Micros(last))
}

// forgetSender removes from the events of a request what only it can be found by in an erasure.
func (t *Tx) forgetSender(request pactius.RequestID) error {
	events, err := eventTable.all(t, `e.request_id = ? AND e.request_id <> ''`, request)
	if err != nil {
		return err
	}
	for _, e := range events {
		_, noted := e.Detail[pactius.DetailNote]
		visited := e.Actor.Kind == pactius.ActorVisitor && e.Actor.Address != ""
		if !noted && !visited {
			continue
		}
		delete(e.Detail, pactius.DetailNote)
		if visited {
			e.Actor.Address = ""
		}
		if err := t.run(sqlForgetSender, t.env, e.ID, database.JSON(&e.Detail), e.Actor.Address); err != nil {
			return err
		}
	}
	return nil
}
