package store

import (
	"context"
	"errors"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/database"
)

var sweepTable = newTable("sweeps", "s", func(s *Sweep) []column {
	return []column{
		{"tenant_id", &s.TenantID, useChanging},
		{"cursor", &s.Cursor, useChanging},
		{"phase", &s.Phase, useChanging},
		{"whole", database.Bool(&s.Whole), useChanging},
		{"next", &s.Next, useChanging},
		{"due_at", database.Time(&s.DueAt), useChanging},
		{"lease", &s.Lease, useChanging},
		{"started_at", database.Time(&s.StartedAt), useChanging},
		{"finished_at", database.Time(&s.FinishedAt), useChanging},
		{"held_at", database.Time(&s.HeldAt), useChanging},
		{"trouble", &s.Trouble, useChanging},
		{"trouble_at", database.Time(&s.TroubleAt), useChanging},
	}
})

const (
	sqlClaimSweep = `UPDATE sweeps SET lease = $2, due_at = $4
		WHERE environment_id = $1 AND (due_at <= $3 OR lease = '' AND $5 = 1)`
	// 10,000 environments are read in a few milliseconds; a new one needs no row in sweeps.
	sqlDueSweeps = `SELECT n.id FROM environments n LEFT JOIN sweeps s ON s.environment_id = n.id
		WHERE n.tenant_id <> '' AND COALESCE(s.due_at, 0) <= $1
			AND CASE WHEN COALESCE(s.trouble, '') = '' THEN 0 ELSE 1 END = $2
		ORDER BY COALESCE(s.due_at, 0), n.id LIMIT $3`

	sqlForget = `DELETE FROM sweep_seen WHERE environment_id = $1 AND user_id <= COALESCE(
		(SELECT user_id FROM sweep_seen WHERE environment_id = $1 ORDER BY user_id LIMIT 1 OFFSET $2),
		(SELECT MAX(user_id) FROM sweep_seen WHERE environment_id = $1))`
	// The users first, so that each is looked up and the marks are not read through.
	sqlUnseen = `SELECT batch.id, CASE WHEN batch.tid = $2 AND batch.oid <> '' AND batch.account_state <> 'deleted'
			AND s.user_id IS NULL THEN 1 ELSE 0 END
		FROM (SELECT id, tid, oid, account_state FROM users
			WHERE environment_id = $1 AND id > $3 ORDER BY id LIMIT $4) batch
		LEFT JOIN sweep_seen s ON s.environment_id = $1 AND s.user_id = batch.id ORDER BY batch.id`
)

// Sweep is the state of the sweep of an environment's directory; package leavers
// defines the phases.
type Sweep struct {
	TenantID   string // of Cursor and Next
	Cursor     string // of the next round; "" reads all accounts
	Phase      string // of the present round; "" is between rounds
	Whole      bool   // the present round reads all accounts
	Next       string // the phase continues here
	DueAt      time.Time
	Lease      string // of the worker until DueAt; "" is none
	StartedAt  time.Time
	FinishedAt time.Time
	HeldAt     time.Time // zero: not held
	Trouble    pactius.Trouble
	TroubleAt  time.Time // since when there is trouble
}

// DueSweeps lists the connected environments due for a sweep, the longest due first: those in trouble, or the others.
func (s *Store) DueSweeps(
	ctx context.Context, now time.Time, troubled bool, limit int,
) ([]pactius.EnvironmentID, error) {
	return database.List(ctx, s.Reader(), database.Value[pactius.EnvironmentID], sqlDueSweeps, database.Micros(now),
		database.Flag(troubled), limit)
}

// Sweep reads the state of the sweep, the zero Sweep where there was none yet.
func (t *Tx) Sweep() (Sweep, error) {
	s, err := sweepTable.one(t, "")
	if errors.Is(err, ErrNotFound) {
		err = nil
	}
	return s, err
}

// ClaimSweep claims the sweep until a time if it is due or, with early, no worker holds
// it. It reports whether it could.
func (t *Tx) ClaimSweep(lease string, now, until time.Time, early bool) (bool, error) {
	q := sweepTable.insert(t.env, &Sweep{})
	q.Add(` ON CONFLICT DO NOTHING`)
	if err := t.exec(q); err != nil {
		return false, err
	}
	return t.changed(sqlClaimSweep, t.env, lease, database.Micros(now), database.Micros(until),
		database.Flag(early))
}

// SaveSweep stores the state of the sweep; ErrStale if lease, as read before, does not
// hold it.
func (t *Tx) SaveSweep(lease string, s Sweep) error {
	q := sweepTable.update(t.env, &s)
	q.Add(` AND lease = ?`, lease)
	return t.execOne(q)
}

// chunk is the length of every list in a statement, filled up with the last value, so
// that there is one statement and not a hundred.
const chunk = 100

// chunks cuts values into lists of exactly chunk values.
func chunks[T any](values []T, do func([]T) error) error {
	for len(values) > 0 {
		n := min(chunk, len(values))
		full := make([]T, chunk)
		for i := range full {
			full[i] = values[min(i, n-1)]
		}
		if err := do(full); err != nil {
			return err
		}
		values = values[n:]
	}
	return nil
}

// UsersByObjectID finds the users linked to accounts of a tenant.
func (t *Tx) UsersByObjectID(tenant string, objectIDs []string) ([]pactius.User, error) {
	var users []pactius.User
	err := chunks(objectIDs, func(some []string) error {
		q := userTable.query(t.env, `u.tid = ? AND u.oid <> '' AND u.oid IN `, tenant)
		database.In(q, some)
		found, err := userTable.list(t, q)
		users = append(users, found...)
		return err
	})
	return users, err
}

// SeeUsers marks users whose account was in a whole round.
func (t *Tx) SeeUsers(users []pactius.UserID) error {
	return chunks(users, func(some []pactius.UserID) error {
		var q database.Query
		for _, u := range some {
			addRow(&q, `INSERT INTO sweep_seen (environment_id, user_id) VALUES `, t.env, u)
		}
		q.Add(` ON CONFLICT DO NOTHING`)
		return t.exec(&q)
	})
}

// ForgetSeen removes about a number of the marks of SeeUsers and counts them.
func (t *Tx) ForgetSeen(some int) (int, error) {
	n, err := t.tx.Exec(sqlForget, t.env, some-1)
	return int(n), err
}

// UnseenUsers reads a batch of users by ID, after one of them. It lists those linked to
// accounts of a tenant that are neither marked by SeeUsers nor known to be deleted. next
// is the user to continue after, "" at the end.
func (t *Tx) UnseenUsers(
	tenant string, after pactius.UserID, some int,
) (unseen []pactius.UserID, next pactius.UserID, err error) {
	type row struct {
		user   pactius.UserID
		unseen bool
	}
	rows, err := list(t, func(r database.Scanner) (row, error) {
		var v row
		return v, r.Scan(&v.user, &v.unseen)
	}, sqlUnseen, t.env, tenant, after, some)
	for _, r := range rows {
		if r.unseen {
			unseen = append(unseen, r.user)
		}
	}
	if len(rows) == some && some > 0 {
		next = rows[some-1].user
	}
	return unseen, next, err
}
