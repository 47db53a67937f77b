package store

import (
	"slices"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/database"
)

var findingTable = newTable("sweep_findings", "f", func(f *pactius.AccountFinding) []column {
	return []column{
		{"user_id", &f.User, useKey},
		{"state", &f.State, useFixed},
		{"found_at", database.Time(&f.FoundAt), useFixed},
		{"decision", &f.Decision, useRead},
		{"done_at", database.Time(&f.DoneAt), useRead},
		{"outcome", &f.Outcome, useRead},
	}
})

const (
	// A repeated finding keeps its decision while it waits. An account that was not found stays missing since then,
	// until something is known of it.
	replaceFinding = ` ON CONFLICT (environment_id, user_id) DO UPDATE SET
		decision = CASE WHEN sweep_findings.state = excluded.state AND sweep_findings.done_at = 0
			THEN sweep_findings.decision ELSE '' END,
		state = CASE WHEN ` + stillMissing + ` THEN 'missing' ELSE excluded.state END,
		found_at = CASE WHEN ` + stillMissing + ` THEN sweep_findings.found_at ELSE excluded.found_at END,
		done_at = 0, outcome = '', told = 0`
	stillMissing = `sweep_findings.state = 'missing' AND sweep_findings.done_at = 0
		AND excluded.state IN ('unknown', 'missing')`
	sqlUnsettled = `SELECT COUNT(*) FROM sweep_findings
		WHERE environment_id = $1 AND done_at = 0 AND state IN ('unknown', 'missing')`
	sqlFindingDone = `UPDATE sweep_findings SET done_at = $3, outcome = $4
		WHERE environment_id = $1 AND user_id = $2 AND done_at = 0`
	undecided = ` f.environment_id = $1 AND f.done_at = 0 AND f.decision = '' AND f.state IN ('disabled', 'deleted')`
	// A user who has signed in since is not gone.
	unproved = ` FROM sweep_findings f JOIN users u ON u.environment_id = f.environment_id AND u.id = f.user_id
		WHERE` + undecided + ` AND u.last_sign_in_at <= f.found_at`
	sqlLeaving = `SELECT COUNT(*)` + unproved + ` AND u.deactivated_at = 0`
	sqlWaiting = `SELECT COUNT(*), COALESCE(MAX(f.found_at), 0)` + unproved
	sqlLeft    = `SELECT COUNT(*) FROM sweep_findings f
		WHERE f.environment_id = $1 AND f.done_at > $2 AND f.decision = ''
		AND f.outcome IN ('deactivated', 'marked', 'last_administrator')`
	sqlDecide   = `UPDATE sweep_findings AS f SET decision = $2 WHERE` + undecided + ` AND f.found_at <= $3`
	sqlTell     = `UPDATE sweep_findings SET told = 1 WHERE environment_id = $1 AND done_at <> 0 AND told = 0`
	sqlOutcomes = `SELECT outcome, COUNT(*) FROM sweep_findings
		WHERE environment_id = $1 AND done_at <> 0 AND told = 0 GROUP BY outcome`
	sqlForgets = `DELETE FROM sweep_findings
		WHERE environment_id = $1 AND done_at <> 0 AND told = 1 AND done_at <= $2`
	sqlInside = `SELECT COUNT(*) FROM
		(SELECT 1 FROM users u WHERE u.environment_id = $1 AND u.deactivated_at = 0 AND ` + linkCounts + `
		LIMIT $2) counted`
	sqlDropAll = `DELETE FROM sweep_findings WHERE environment_id = $1 AND done_at = 0`
)

// PutFinding stores a finding in place of the user's previous one.
func (t *Tx) PutFinding(f pactius.AccountFinding) error {
	q := findingTable.insert(t.env, &f)
	q.Add(replaceFinding)
	return t.exec(q)
}

// DropFindings removes the waiting findings about users.
func (t *Tx) DropFindings(users []pactius.UserID) error {
	return chunks(users, func(some []pactius.UserID) error {
		var b database.Query
		b.Add(`DELETE FROM sweep_findings WHERE environment_id = ? AND done_at = 0 AND user_id IN `, t.env)
		database.In(&b, some)
		return t.exec(&b)
	})
}

// DropAllFindings removes all waiting findings.
func (t *Tx) DropAllFindings() error {
	return t.run(sqlDropAll, t.env)
}

// UnsureFindings lists the findings about accounts that must be queried: those that were missing already, once they
// have been since a time.
func (t *Tx) UnsureFindings(missingSince time.Time, limit int) ([]pactius.AccountFinding, error) {
	return findingTable.all(t, `f.done_at = 0 AND (f.state = 'unknown' OR f.state = 'missing' AND f.found_at <= ?)
		ORDER BY f.user_id LIMIT ?`, database.Micros(missingSince), limit)
}

// CountUnsettled counts the findings about accounts that must be queried, now or later.
func (t *Tx) CountUnsettled() (int, error) {
	return one(t, database.Value[int], sqlUnsettled, t.env)
}

// DueFindings lists the findings to be carried out, by user ID and after one of them:
// about returned users, those with a decision and, if left is true, all leavers.
func (t *Tx) DueFindings(after pactius.UserID, left bool, limit int) ([]pactius.AccountFinding, error) {
	return findingTable.all(t, `f.done_at = 0 AND f.user_id > ? AND
		(f.state = '' OR f.state IN ('disabled', 'deleted') AND (f.decision <> '' OR ? = 1))
		ORDER BY f.user_id LIMIT ?`, after, database.Flag(left), limit)
}

// FindingDone stores the outcome of a finding.
func (t *Tx) FindingDone(user pactius.UserID, at time.Time, outcome pactius.Leaving) error {
	return t.tx.ExecOne(sqlFindingDone, t.env, user, database.Micros(at), outcome)
}

// CountLeavers counts the users who would lose access by the waiting findings, and
// those who have lost it since a time without a decision.
func (t *Tx) CountLeavers(since time.Time) (leaving, left int, err error) {
	if leaving, err = one(t, database.Value[int], sqlLeaving, t.env); err != nil {
		return 0, 0, err
	}
	left, err = one(t, database.Value[int], sqlLeft, t.env, database.Micros(since))
	return leaving, left, err
}

// CountInside counts the users who are neither deactivated nor cut off, up to a number.
func (t *Tx) CountInside(most int) (int, error) {
	return one(t, database.Value[int], sqlInside, t.env, most)
}

// CountWaiting counts the leavers that wait for a decision and returns the time of the
// last finding.
func (t *Tx) CountWaiting() (int, time.Time, error) {
	var last time.Time
	n, err := one(t, func(r database.Scanner) (int, error) {
		var n int
		return n, r.Scan(&n, database.Time(&last))
	}, sqlWaiting, t.env)
	return n, last, err
}

// DecideFindings stores a decision about the waiting findings until a time, and counts
// them.
func (t *Tx) DecideFindings(d pactius.SweepDecision, until time.Time) (int, error) {
	n, err := t.tx.Exec(sqlDecide, t.env, d, database.Micros(until))
	return int(n), err
}

// WaitingLeavers lists the leavers that wait for a decision, by name, after the cursor
// of the page before.
func (t *Tx) WaitingLeavers(after string, limit int) ([]pactius.Leaver, string, error) {
	return t.leavers(`f.decision = '' AND f.done_at = 0 AND f.state IN ('disabled', 'deleted')
		AND u.last_sign_in_at <= f.found_at`, after, limit)
}

// UntoldLeavers lists, by name, the users of carried out findings that no email reported
// yet.
func (t *Tx) UntoldLeavers(limit int) ([]pactius.Leaver, error) {
	all, _, err := t.leavers(`f.done_at <> 0 AND f.told = 0`, "", limit)
	return all, err
}

func (t *Tx) leavers(which, after string, limit int) ([]pactius.Leaver, string, error) {
	var b database.Query
	b.Add(`SELECT `+userTable.columns+`, `+findingTable.columns+`, u.name_key FROM sweep_findings f CROSS JOIN users u
		WHERE u.environment_id = f.environment_id AND u.id = f.user_id AND f.environment_id = ? AND `+which, t.env)
	if after != "" {
		key, id, err := parseCursor(after)
		if err != nil {
			return nil, "", err
		}
		b.Add(` AND (u.name_key, u.id) > (?, ?)`, key, id)
	}
	limit = limitOf(limit)
	b.Add(` ORDER BY u.name_key, u.id LIMIT ?`, limit+1)
	var keys []string
	all, err := listBy(t, func(r database.Scanner) (pactius.Leaver, error) {
		var l pactius.Leaver
		var key string
		err := r.Scan(slices.Concat(userTable.into(&l.User), findingTable.into(&l.Finding), []any{&key})...)
		keys = append(keys, key)
		return l, err
	}, &b)
	if err != nil || len(all) <= limit {
		return all, "", err
	}
	return all[:limit], cursor(keys[limit-1], string(all[limit-1].ID)), nil
}

// UntoldOutcomes counts the carried out findings that no email reported yet, by outcome.
func (t *Tx) UntoldOutcomes() (map[pactius.Leaving]int, error) {
	return counts[pactius.Leaving](t, sqlOutcomes, t.env)
}

// TellFindings marks all carried out findings as reported.
func (t *Tx) TellFindings() error {
	return t.run(sqlTell, t.env)
}

// ForgetFindings removes the findings carried out until a time, and reported.
func (t *Tx) ForgetFindings(until time.Time) error {
	return t.run(sqlForgets, t.env, database.Micros(until))
}
