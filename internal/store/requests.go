package store

import (
	"cmp"
	"context"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/database"
	"github.com/pactius/pactius/internal/names"
	"github.com/pactius/pactius/internal/nearmiss"
)

var requestTable = newTable("access_requests", "r", func(q *pactius.AccessRequest) []column {
	p := &q.Person
	return []column{
		{"id", &q.ID, useKey},
		{"tid", &p.TenantID, useFixed},
		{"oid", &p.ObjectID, useFixed},
		{"username", &p.Username, useFixed},
		{"username_key", derived(func() any { return requestKey(q) }), useOnce},
		{"name", &p.Name, useFixed},
		{"email", &p.Email, useFixed},
		{"guest", database.Bool(&p.Guest), useFixed},
		{"language", &p.Language, useFixed},
		{"vouched_at", database.Time(&p.VouchedAt), useFixed},
		{"message", &q.Message, useFixed},
		{"state", &q.State, useChanging},
		{"created_at", database.Time(&q.CreatedAt), useFixed},
		{"expires_at", database.Time(&q.ExpiresAt), useFixed},
		{"decided_at", database.Time(&q.DecidedAt), useChanging},
		{"decided_kind", &q.DecidedBy.Kind, useChanging},
		{"decided_user", &q.DecidedBy.User, useChanging},
		{decidedName, &q.DecidedBy.Name, useComputed},
		{"note", &q.Note, useChanging},
		{"user_id", &q.UserID, useChanging},
		{"user_created", database.Bool(&q.Created), useChanging},
		{"proposed_user", &q.Proposal.User, useChanging},
		{"proposed_by", &q.Proposal.By, useChanging},
		{"proposed_at", database.Time(&q.Proposal.At), useChanging},
		{"version", &q.Version, useVersion},
	}
})

const (
	decidedName = `COALESCE(
		(SELECT d.name FROM users d WHERE d.environment_id = r.environment_id AND d.id = r.decided_user), '')`

	sqlInsertRequestUnit = `INSERT INTO request_units (environment_id, request_id, unit_id) VALUES ($1, $2, $3)`
	sqlRequestUnits      = `SELECT unit_id FROM request_units WHERE environment_id = $1 AND request_id = $2
		ORDER BY unit_id`
	sqlSupersedeRequests = `UPDATE access_requests SET username = $5, username_key = $6
		WHERE environment_id = $1 AND username_key = $2 AND state = 'pending' AND NOT (tid = $3 AND oid = $4)
		AND vouched_at <= $7 RETURNING environment_id, id, username, name, email`
	sqlRenameRequest = `UPDATE access_requests SET username = $4, username_key = $5, vouched_at = $6
		WHERE environment_id = $1 AND tid = $2 AND oid = $3 AND state = 'pending' AND vouched_at < $6
		RETURNING environment_id, id, username, name, email`
	sqlRequestLanguage = `UPDATE access_requests SET language = $4
		WHERE environment_id = $1 AND tid = $2 AND oid = $3 AND state = 'pending'`
	sqlInsertRequestScopes = `INSERT INTO request_scopes (environment_id, unit_id, request_id)
		SELECT DISTINCT w.environment_id, a.above_id, w.request_id FROM request_units w CROSS JOIN unit_above a
		WHERE w.environment_id = $1 AND w.request_id = $2 AND a.environment_id = $1 AND a.unit_id = w.unit_id`
	sqlDeleteRequestScopes    = `DELETE FROM request_scopes WHERE environment_id = $1 AND request_id = $2`
	sqlDeleteAllRequestScopes = `DELETE FROM request_scopes WHERE environment_id = $1`
	sqlInsertAllRequestScopes = `INSERT INTO request_scopes (environment_id, unit_id, request_id)
		SELECT DISTINCT r.environment_id, a.above_id, r.id
		FROM access_requests r CROSS JOIN request_units w CROSS JOIN unit_above a
		WHERE r.environment_id = $1 AND r.state = 'pending' AND w.environment_id = $1 AND w.request_id = r.id
		AND a.environment_id = $1 AND a.unit_id = w.unit_id`
	sqlRequestUndo     = `SELECT undo FROM access_requests WHERE environment_id = $1 AND id = $2`
	sqlRequestReminded = `UPDATE access_requests SET reminded_at = $3
		WHERE environment_id = $1 AND id = $2 AND state = 'pending' AND reminded_at = 0`
	sqlRequestsExpired = `SELECT environment_id, id FROM access_requests
		WHERE state = 'pending' AND expires_at <= $1 ORDER BY expires_at`
	sqlRequestsUnreminded = `SELECT environment_id, id FROM access_requests
		WHERE state = 'pending' AND reminded_at = 0 AND created_at <= $1 ORDER BY expires_at`
	// Of each of two periods the latest settled requests are looked at; those that no one decided are left out.
	sqlDecisionTimes = `SELECT 0, x.decided_at - x.created_at FROM (SELECT decided_at, created_at, state
			FROM access_requests WHERE environment_id = $1 AND state <> 'pending' AND decided_at > $3
			ORDER BY decided_at DESC, id DESC LIMIT 100) x WHERE x.state IN ('approved', 'declined')
		UNION ALL SELECT 1, y.decided_at - y.created_at FROM (SELECT decided_at, created_at, state
			FROM access_requests WHERE environment_id = $1 AND state <> 'pending' AND decided_at > $2
			AND decided_at <= $3 ORDER BY decided_at DESC, id DESC LIMIT 100) y
			WHERE y.state IN ('approved', 'declined')`
	sqlRequestsSince = `SELECT COUNT(*) FROM access_requests
		WHERE environment_id = $1 AND tid = $2 AND oid = $3 AND created_at > $4`
)

// requestKey returns the key of the account name that a request is found by. That of a user has none: the user is
// known, whatever becomes of the name.
func requestKey(q *pactius.AccessRequest) string {
	if q.FromUser() {
		return UsernameKey("", q.Person.Identity)
	}
	return UsernameKey(q.Person.Username, q.Person.Identity)
}

// request reads one request that meets a condition, with its requested units.
func (t *Tx) request(condition string, args ...any) (pactius.AccessRequest, error) {
	q, err := requestTable.one(t, condition, args...)
	if err != nil {
		return q, err
	}
	q.DecidedBy.Environment = t.env
	q.Units, err = list(t, database.Value[pactius.UnitID], sqlRequestUnits, t.env, q.ID)
	return q, err
}

// requestWithUnits is request for a condition that only one row can meet.
func (t *Tx) requestWithUnits(condition string, args ...any) (pactius.AccessRequest, error) {
	var q database.Query
	q.Add(`SELECT `+requestTable.columns+`, w.unit_id FROM access_requests r
		LEFT JOIN request_units w ON w.environment_id = r.environment_id AND w.request_id = r.id
		WHERE r.environment_id = ?`, t.env)
	q.Add(` AND `+condition+` ORDER BY w.unit_id`, args...)
	var units []pactius.UnitID
	rows, err := listBy(t, func(r database.Scanner) (pactius.AccessRequest, error) {
		var row pactius.AccessRequest
		var unit pactius.UnitID
		err := r.Scan(append(requestTable.into(&row), database.Null(&unit))...)
		if unit != "" {
			units = append(units, unit)
		}
		return row, err
	}, &q)
	if err != nil || len(rows) == 0 {
		return pactius.AccessRequest{}, cmp.Or(err, error(ErrNotFound))
	}
	rows[0].DecidedBy.Environment, rows[0].Units = t.env, units
	return rows[0], nil
}

// Request reads an access request.
func (t *Tx) Request(id pactius.RequestID) (pactius.AccessRequest, error) {
	return t.requestWithUnits(`r.id = ?`, id)
}

// RequestsByID reads several requests at once, without those that do not exist.
func (t *Tx) RequestsByID(ids []pactius.RequestID) ([]pactius.AccessRequest, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	requests, err := requestTable.all(t, `r.id `+t.tx.Dialect().InJSON, jsonList(ids))
	if err != nil {
		return nil, err
	}
	return requests, t.fillRequestUnits(requests)
}

// PendingRequest finds the pending request of an identity; there is at most one.
func (t *Tx) PendingRequest(i pactius.Identity) (pactius.AccessRequest, error) {
	return t.requestWithUnits(`r.tid = ? AND r.oid = ? AND r.state = 'pending'`, i.TenantID, i.ObjectID)
}

// LatestRequest finds the newest request of an identity, in any state.
func (t *Tx) LatestRequest(i pactius.Identity) (pactius.AccessRequest, error) {
	return t.request(`r.tid = ? AND r.oid = ? ORDER BY r.id DESC LIMIT 1`, i.TenantID, i.ObjectID)
}

// PendingRequestByUsername finds the newest pending request made under an account
// name. Two identities can share one only after a rename in Microsoft 365, and
// then the name belongs to the later.
func (t *Tx) PendingRequestByUsername(username string) (pactius.AccessRequest, error) {
	condition, keys := named(`r.username_key`, username)
	return t.request(condition+` AND r.state = 'pending' ORDER BY r.id DESC LIMIT 1`, keys...)
}

// CountRequestsSince counts the requests an identity has sent after a time.
func (t *Tx) CountRequestsSince(i pactius.Identity, after time.Time) (int, error) {
	return one(t, database.Value[int], sqlRequestsSince,
		t.env, i.TenantID, i.ObjectID, database.Micros(after))
}

// RequestsOfUser reads the latest requests that led to a user or are from one, newest
// first, without their units.
func (t *Tx) RequestsOfUser(user pactius.UserID) ([]pactius.AccessRequest, error) {
	return requestTable.all(t, `r.user_id = ? AND r.user_id <> '' ORDER BY r.id DESC LIMIT 20`, user)
}

// InsertRequest stores a new pending request; ErrTaken if the identity has a
// pending one.
func (t *Tx) InsertRequest(q pactius.AccessRequest) error {
	q.State = pactius.StatePending
	if err := t.exec(requestTable.insert(t.env, &q)); err != nil {
		return err
	}
	for _, u := range q.Units {
		if err := t.run(sqlInsertRequestUnit, t.env, q.ID, u); err != nil {
			return err
		}
	}
	if err := t.insertRequestWords(q.ID, q.Person); err != nil {
		return err
	}
	return t.startWaiting(q)
}

// startWaiting stores what a pending request is found by. A user's is not compared with people to be added.
func (t *Tx) startWaiting(q pactius.AccessRequest) error {
	if err := t.beginProfile(q.Person.Identity, dueAsSender); err != nil {
		return err
	}
	if err := t.run(sqlInsertRequestScopes, t.env, q.ID); err != nil || q.FromUser() {
		return err
	}
	return t.insertRequestKeys(q.ID, nearmiss.OfPerson(q.Person))
}

// stopWaiting removes what a pending request is found by.
func (t *Tx) stopWaiting(id pactius.RequestID) error {
	if err := t.run(sqlDeleteRequestScopes, t.env, id); err != nil {
		return err
	}
	return t.run(sqlDeleteRequestKeys, t.env, id)
}

// replaceRequestScopes stores anew which units' administrators can decide which pending requests, after a unit was
// moved.
func (t *Tx) replaceRequestScopes() error {
	if err := t.run(sqlDeleteAllRequestScopes, t.env); err != nil {
		return err
	}
	return t.run(sqlInsertAllRequestScopes, t.env)
}

// Undo holds the changes of an approval beside the request, so that it can be taken back.
type Undo struct {
	Final  bool                              `json:"final,omitempty"`  // settled by adding the user: cannot be undone
	More   bool                              `json:"more,omitempty"`   // a user asked for more access
	Linked bool                              `json:"bound,omitempty"`  // the approval linked the identity
	Was    *Label                            `json:"was,omitempty"`    // before, where the approval corrected it
	From   *Account                          `json:"from,omitempty"`   // before, where the approval replaced it
	Before map[pactius.UnitID]pactius.Access `json:"before,omitempty"` // access before, NoAccess was none
	After  map[pactius.UnitID]pactius.Access `json:"after,omitempty"`
}

// Account holds what is stored of a user's linked account.
type Account struct {
	pactius.Identity
	State         pactius.AccountState `json:"state,omitempty"`
	StateAt       time.Time            `json:"state_at"`
	SweptOut      bool                 `json:"swept_out,omitempty"`
	DeactivatedAt time.Time            `json:"deactivated_at"`
	LastSignInAt  time.Time            `json:"last_sign_in_at"`
}

// Label holds the names of a user.
type Label struct {
	Username string `json:"username"`
	Name     string `json:"name"`
	Email    string `json:"email,omitempty"`
}

// SettleRequest stores the decision of a pending request that was read before;
// ErrStale if it is no longer pending.
func (t *Tx) SettleRequest(q pactius.AccessRequest, undo Undo) error {
	update := requestTable.update(t.env, &q, column{"undo", database.JSON(&undo), useChanging})
	update.Add(` AND state = 'pending'`)
	if err := t.execOne(update); err != nil {
		return err
	}
	t.leavesProfile(q.Person.Identity)
	return t.stopWaiting(q.ID)
}

// RequestUndo reads what SettleRequest was given.
func (t *Tx) RequestUndo(id pactius.RequestID) (Undo, error) {
	return one(t, func(r database.Scanner) (Undo, error) {
		var u Undo
		return u, r.Scan(database.JSON(&u))
	}, sqlRequestUndo, t.env, id)
}

// ReopenRequest makes an approved request pending again; from is the user who sent
// it, if one did. ErrStale if it has changed since it was read.
func (t *Tx) ReopenRequest(q pactius.AccessRequest, from pactius.UserID) error {
	none := ""
	again := pactius.AccessRequest{ID: q.ID, Version: q.Version, State: pactius.StatePending, UserID: from,
		Person: q.Person}
	update := requestTable.update(t.env, &again, column{"undo", &none, useChanging})
	update.Add(` AND state = 'approved'`)
	if err := t.execOne(update); err != nil {
		return err
	}
	return t.startWaiting(again)
}

// SupersedeRequests gives the pending requests made until a time under an account
// name, by others than its owner at that time, another account name.
func (t *Tx) SupersedeRequests(
	username string, owner pactius.Identity, at time.Time, instead string,
) error {
	return t.rekey(sqlSupersedeRequests, t.env,
		names.Key(username), owner.TenantID, owner.ObjectID, instead, names.Key(instead), database.Micros(at))
}

// RenameRequest gives the pending request of an identity, made until a time, the
// account name that Microsoft has vouched for at that time.
func (t *Tx) RenameRequest(username string, owner pactius.Identity, at time.Time) error {
	return t.rekey(sqlRenameRequest, t.env, owner.TenantID, owner.ObjectID, username, names.Key(username),
		database.Micros(at))
}

// SetRequestLanguage keeps the language of the emails about the pending request of an identity, version unchanged.
func (t *Tx) SetRequestLanguage(owner pactius.Identity, language string) error {
	return t.run(sqlRequestLanguage, t.env, owner.TenantID, owner.ObjectID, language)
}

// rekey runs an UPDATE of pending requests and stores their keys and words anew.
func (t *Tx) rekey(update string, args ...any) error {
	renamed, err := list(t, scanRequestKeyRow, update, args...)
	if err != nil {
		return err
	}
	for _, v := range renamed {
		if err := t.run(sqlDeleteRequestKeys, t.env, v.id); err != nil {
			return err
		}
		if err := t.insertRequestKeys(v.id, v.person); err != nil {
			return err
		}
		if err := t.run(sqlDeleteRequestWords, t.env, v.id); err != nil {
			return err
		}
		p := pactius.Person{Username: v.person.Username, Name: v.person.Name}
		if err := t.insertRequestWords(v.id, p); err != nil {
			return err
		}
	}
	return nil
}

// StoreProposal stores the proposal of a pending request that was read before;
// ErrStale if it has changed.
func (t *Tx) StoreProposal(q pactius.AccessRequest) error {
	update := requestTable.update(t.env, &q)
	update.Add(` AND state = 'pending'`)
	return t.execOne(update)
}

// ProposedRequests reads the pending requests that are proposed to be from a user.
func (t *Tx) ProposedRequests(user pactius.UserID) ([]pactius.AccessRequest, error) {
	return requestTable.all(t, `r.proposed_user = ? AND r.proposed_user <> '' AND r.state = 'pending' ORDER BY r.id`,
		user)
}

// MarkReminded notes that the administrators were reminded; false if that had
// happened or the request is settled.
func (t *Tx) MarkReminded(id pactius.RequestID, at time.Time) (bool, error) {
	return t.changed(sqlRequestReminded, t.env, id, database.Micros(at))
}

func (t *Tx) fillRequestUnits(requests []pactius.AccessRequest) error {
	at := make(map[pactius.RequestID]int, len(requests))
	ids := make([]pactius.RequestID, len(requests))
	for i, q := range requests {
		at[q.ID], ids[i] = i, q.ID
		requests[i].DecidedBy.Environment = t.env
	}
	type row struct {
		request pactius.RequestID
		unit    pactius.UnitID
	}
	var b database.Query
	b.Add(`SELECT request_id, unit_id FROM request_units WHERE environment_id = ? AND request_id IN `, t.env)
	database.In(&b, ids)
	b.Add(` ORDER BY request_id, unit_id`)
	rows, err := listBy(t, func(r database.Scanner) (row, error) {
		var v row
		return v, r.Scan(&v.request, &v.unit)
	}, &b)
	for _, r := range rows {
		q := &requests[at[r.request]]
		q.Units = append(q.Units, r.unit)
	}
	return err
}

// CountRequests counts the pending requests of a scope, up to MaxCount+1.
func (t *Tx) CountRequests(scope RequestScope) (int, error) {
	return within(t, func() (int, error) {
		if scope.All {
			return only(t.countUpTo(pactius.MaxCount+1, clause{`SELECT 1 FROM access_requests r
				WHERE r.environment_id = ? AND r.state = 'pending'`, []any{t.env}}))
		}
		// Without the concatenation SQLite reads all scopes in the order of requests.
		return only(t.countDistinctUpTo(pactius.MaxCount+1, `id`, clause{`SELECT s.request_id || '' AS id
			FROM request_scopes s WHERE s.environment_id = ? AND s.unit_id ` + t.tx.Dialect().InJSON,
			[]any{t.env, jsonList(scope.Units)}}))
	})
}

// DueRequest names a request of some environment that is due.
type DueRequest struct {
	Environment pactius.EnvironmentID
	ID          pactius.RequestID
}

func scanDueRequest(r database.Scanner) (DueRequest, error) {
	var d DueRequest
	return d, r.Scan(&d.Environment, &d.ID)
}

// ExpiredRequests finds the pending requests of all environments that have expired.
func (s *Store) ExpiredRequests(ctx context.Context, now time.Time) ([]DueRequest, error) {
	return database.List(ctx, s.Reader(), scanDueRequest, sqlRequestsExpired, database.Micros(now))
}

// UnremindedRequests finds pending requests of all environments sent before a
// time whose administrators have not been reminded.
func (s *Store) UnremindedRequests(ctx context.Context, sentBefore time.Time) ([]DueRequest, error) {
	return database.List(ctx, s.Reader(), scanDueRequest, sqlRequestsUnreminded, database.Micros(sentBefore))
}

// DecisionTimes reads how long requests were pending that were approved or declined since a time, and from another time
// until then: of the latest hundred that were settled in each.
func (t *Tx) DecisionTimes(from, since time.Time) (before, latest []time.Duration, err error) {
	_, err = list(t, func(r database.Scanner) (int, error) {
		var earlier int
		var micros int64
		err := r.Scan(&earlier, &micros)
		if d := time.Duration(micros) * time.Microsecond; earlier == 0 {
			latest = append(latest, d)
		} else {
			before = append(before, d)
		}
		return 0, err
	}, sqlDecisionTimes, t.env, database.Micros(from), database.Micros(since))
	return before, latest, err
}
