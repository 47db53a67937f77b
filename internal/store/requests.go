package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/names"
	"github.com/pactius/pactius/internal/nearmiss"
)

const requestColumns = `id, tid, oid, username, name, email, guest, language, vouched_at, message, state, created_at, expires_at, decided_at, decided_kind, decided_user,
	COALESCE((SELECT d.name FROM users d WHERE d.environment_id = r.environment_id AND d.id = r.decided_user), ''), note, user_id, user_created, version`

const (
	sqlRequestByID        = `SELECT ` + requestColumns + ` FROM access_requests r WHERE environment_id = $1 AND id = $2`
	sqlRequestPending     = `SELECT ` + requestColumns + ` FROM access_requests r WHERE environment_id = $1 AND tid = $2 AND oid = $3 AND state = 'pending'`
	sqlRequestLatest      = `SELECT ` + requestColumns + ` FROM access_requests r WHERE environment_id = $1 AND tid = $2 AND oid = $3 ORDER BY id DESC LIMIT 1`
	sqlRequestsByUsername = `SELECT ` + requestColumns + ` FROM access_requests r WHERE environment_id = $1 AND username_key = $2 AND state = 'pending' ORDER BY id DESC`
	sqlRequestsOfUser     = `SELECT ` + requestColumns + ` FROM access_requests r WHERE environment_id = $1 AND user_id = $2 AND user_id <> '' ORDER BY id DESC LIMIT 20`
	sqlRequestsSince      = `SELECT COUNT(*) FROM access_requests WHERE environment_id = $1 AND tid = $2 AND oid = $3 AND created_at > $4`
	sqlInsertRequest      = `INSERT INTO access_requests (environment_id, id, tid, oid, username, username_key, name, email, guest, language, message, state, created_at, expires_at, vouched_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'pending', $12, $13, $14)`
	sqlInsertRequestUnit = `INSERT INTO request_units (environment_id, request_id, unit_id) VALUES ($1, $2, $3)`
	sqlRequestUnits      = `SELECT unit_id FROM request_units WHERE environment_id = $1 AND request_id = $2 ORDER BY unit_id`
	sqlSettleRequest     = `UPDATE access_requests SET state = $4, decided_at = $5, decided_kind = $6, decided_user = $7, note = $8, user_id = $9, user_created = $10,
		undo = $11, version = version + 1 WHERE environment_id = $1 AND id = $2 AND version = $3 AND state = 'pending'`
	sqlReopenRequest = `UPDATE access_requests SET state = 'pending', decided_at = 0, decided_kind = '', decided_user = '', note = '', user_id = '', user_created = 0,
		undo = '', version = version + 1 WHERE environment_id = $1 AND id = $2 AND version = $3 AND state = 'approved'`
	sqlSupersedeRequests = `UPDATE access_requests SET username = $5, username_key = $6 WHERE environment_id = $1 AND username_key = $2 AND state = 'pending' AND NOT (tid = $3 AND oid = $4) AND vouched_at <= $7
		RETURNING environment_id, id, username, name, email`
	sqlRequestUndo        = `SELECT undo FROM access_requests WHERE environment_id = $1 AND id = $2`
	sqlRequestReminded    = `UPDATE access_requests SET reminded_at = $3 WHERE environment_id = $1 AND id = $2 AND state = 'pending' AND reminded_at = 0`
	sqlRequestsExpired    = `SELECT environment_id, id FROM access_requests WHERE state = 'pending' AND expires_at <= $1 ORDER BY expires_at`
	sqlRequestsUnreminded = `SELECT environment_id, id FROM access_requests WHERE state = 'pending' AND reminded_at = 0 AND created_at <= $1 ORDER BY expires_at`
)

func scanRequest(r scanner) (pactius.AccessRequest, error) {
	var q pactius.AccessRequest
	err := r.Scan(&q.ID, &q.Person.TenantID, &q.Person.ObjectID, &q.Person.Username, &q.Person.Name, &q.Person.Email, &q.Person.Guest, &q.Person.Language, stamp{&q.Person.VouchedAt},
		&q.Message, &q.State, stamp{&q.CreatedAt}, stamp{&q.ExpiresAt}, stamp{&q.DecidedAt}, &q.DecidedBy.Kind, &q.DecidedBy.User, &q.DecidedBy.Name,
		&q.Note, &q.UserID, &q.Created, &q.Version)
	return q, err
}

// request reads one request by a query, with its wished units.
func (t *Tx) request(ctx context.Context, query string, args ...any) (pactius.AccessRequest, error) {
	q, err := one(ctx, t, scanRequest, query, append([]any{t.env}, args...)...)
	if err != nil {
		return q, err
	}
	q.DecidedBy.Environment = t.env
	q.Units, err = list(ctx, t, value[pactius.UnitID], sqlRequestUnits, t.env, q.ID)
	return q, err
}

// Request reads an access request.
func (t *Tx) Request(ctx context.Context, id pactius.RequestID) (pactius.AccessRequest, error) {
	return t.request(ctx, sqlRequestByID, id)
}

// PendingRequest finds the pending request of an identity; there is at most one.
func (t *Tx) PendingRequest(ctx context.Context, i pactius.Identity) (pactius.AccessRequest, error) {
	return t.request(ctx, sqlRequestPending, i.TenantID, i.ObjectID)
}

// LatestRequest finds the newest request of an identity, in whichever state.
func (t *Tx) LatestRequest(ctx context.Context, i pactius.Identity) (pactius.AccessRequest, error) {
	return t.request(ctx, sqlRequestLatest, i.TenantID, i.ObjectID)
}

// PendingRequestByUsername finds the newest pending request made under an
// account name. Two identities can share one only after a rename in Microsoft
// 365, and then the name belongs to the later.
func (t *Tx) PendingRequestByUsername(ctx context.Context, username string) (pactius.AccessRequest, error) {
	return t.request(ctx, sqlRequestsByUsername, names.Key(username))
}

// CountRequestsSince counts the requests an identity has sent after a time.
func (t *Tx) CountRequestsSince(ctx context.Context, i pactius.Identity, after time.Time) (int, error) {
	return one(ctx, t, value[int], sqlRequestsSince, t.env, i.TenantID, i.ObjectID, micros(after))
}

// RequestsOfUser reads the requests that led to a user, newest first, without
// their units.
func (t *Tx) RequestsOfUser(ctx context.Context, user pactius.UserID) ([]pactius.AccessRequest, error) {
	return list(ctx, t, scanRequest, sqlRequestsOfUser, t.env, user)
}

// InsertRequest stores a new pending request; ErrTaken if the identity has a
// pending one.
func (t *Tx) InsertRequest(ctx context.Context, q pactius.AccessRequest) error {
	p := q.Person
	_, err := t.exec(ctx, sqlInsertRequest, t.env, q.ID, p.TenantID, p.ObjectID, p.Username, names.Key(p.Username), p.Name, p.Email,
		flag(p.Guest), p.Language, q.Message, micros(q.CreatedAt), micros(q.ExpiresAt), micros(p.VouchedAt))
	if err != nil {
		return err
	}
	for _, u := range q.Units {
		if _, err := t.exec(ctx, sqlInsertRequestUnit, t.env, q.ID, u); err != nil {
			return err
		}
	}
	return t.insertRequestKeys(ctx, q.ID, nearmiss.OfPerson(q.Person))
}

// Undo is what an approval changed beside the request, so that it can be taken back.
type Undo struct {
	Final  bool                              `json:"final,omitempty"`  // it was settled by adding the user and cannot be taken back
	Bound  bool                              `json:"bound,omitempty"`  // the approval bound the identity
	Was    *Label                            `json:"was,omitempty"`    // what the user was called before, which the approval corrected
	Before map[pactius.UnitID]pactius.Access `json:"before,omitempty"` // access before, NoAccess was none
	After  map[pactius.UnitID]pactius.Access `json:"after,omitempty"`
}

// Label is what a user is called.
type Label struct {
	Username string `json:"username"`
	Name     string `json:"name"`
	Email    string `json:"email,omitempty"`
}

// SettleRequest stores the decision of a pending request that was read before;
// ErrStale if it is no longer pending.
func (t *Tx) SettleRequest(ctx context.Context, q pactius.AccessRequest, undo Undo) error {
	text, err := json.Marshal(undo)
	if err != nil {
		return err
	}
	if err := t.exec1(ctx, sqlSettleRequest, t.env, q.ID, q.Version, q.State, micros(q.DecidedAt), q.DecidedBy.Kind, q.DecidedBy.User,
		q.Note, q.UserID, flag(q.Created), string(text)); err != nil {
		return err
	}
	_, err = t.exec(ctx, sqlDeleteRequestKeys, t.env, q.ID)
	return err
}

// RequestUndo reads what SettleRequest was given.
func (t *Tx) RequestUndo(ctx context.Context, id pactius.RequestID) (Undo, error) {
	return one(ctx, t, func(r scanner) (Undo, error) {
		var u Undo
		return u, r.Scan(jsonText{&u})
	}, sqlRequestUndo, t.env, id)
}

// ReopenRequest makes an approved request pending again; ErrStale if it has
// changed since it was read.
func (t *Tx) ReopenRequest(ctx context.Context, q pactius.AccessRequest) error {
	if err := t.exec1(ctx, sqlReopenRequest, t.env, q.ID, q.Version); err != nil {
		return err
	}
	return t.insertRequestKeys(ctx, q.ID, nearmiss.OfPerson(q.Person))
}

// SupersedeRequests gives the pending requests made until a time under an account
// name, by others than its owner at that time, another account name.
func (t *Tx) SupersedeRequests(ctx context.Context, username string, owner pactius.Identity, at time.Time, instead string) error {
	renamed, err := list(ctx, t, scanRequestKeyRow, sqlSupersedeRequests, t.env, names.Key(username), owner.TenantID, owner.ObjectID, instead, names.Key(instead), micros(at))
	if err != nil {
		return err
	}
	for _, v := range renamed {
		if _, err := t.exec(ctx, sqlDeleteRequestKeys, t.env, v.id); err != nil {
			return err
		}
		if err := t.insertRequestKeys(ctx, v.id, v.person); err != nil {
			return err
		}
	}
	return nil
}

// MarkReminded notes that the administrators were reminded; false if that had
// happened or the request is settled.
func (t *Tx) MarkReminded(ctx context.Context, id pactius.RequestID, at time.Time) (bool, error) {
	n, err := t.exec(ctx, sqlRequestReminded, t.env, id, micros(at))
	return n == 1, err
}

// RequestScope bounds which requests a list may show.
type RequestScope struct {
	All   bool             // the whole environment
	Units []pactius.UnitID // else: requests that wish for these units or units beneath
}

func (s RequestScope) begin(b *builder, env pactius.EnvironmentID) {
	if !s.All {
		below(b, env, s.Units)
	}
}

func (s RequestScope) finish(b *builder, env pactius.EnvironmentID) {
	b.add(`r.environment_id = ?`, env)
	if !s.All {
		b.add(` AND EXISTS (SELECT 1 FROM request_units w WHERE w.environment_id = ? AND w.request_id = r.id AND w.unit_id IN (SELECT id FROM below))`, env)
	}
}

// Requests reads one page of requests: pending ones oldest first, others and
// mixed lists newest first. The second result is the cursor of the next page.
func (t *Tx) Requests(ctx context.Context, f pactius.RequestFilter, scope RequestScope) ([]pactius.AccessRequest, string, error) {
	b, err := requestsQuery(t.env, f, scope)
	if err != nil {
		return nil, "", err
	}
	requests, err := list(ctx, t, scanRequest, b.text.String(), b.args...)
	if err != nil {
		return nil, "", err
	}
	next := ""
	if limit := limitOf(f.Limit); len(requests) > limit {
		requests = requests[:limit]
		next = cursor("", string(requests[limit-1].ID))
	}
	return requests, next, t.fillRequestUnits(ctx, requests)
}

func requestsQuery(env pactius.EnvironmentID, f pactius.RequestFilter, scope RequestScope) (*builder, error) {
	direction, compare := ` DESC`, `<`
	if f.State == pactius.Pending {
		direction, compare = ``, `>`
	}
	var b builder
	scope.begin(&b, env)
	b.add(`SELECT ` + requestColumns + ` FROM access_requests r WHERE `)
	scope.finish(&b, env)
	if f.State != "" {
		b.add(` AND state = ?`, f.State)
	}
	if f.Settled {
		b.add(` AND state <> ?`, pactius.Pending)
	}
	if f.After != "" {
		_, id, err := parseCursor(f.After)
		if err != nil {
			return nil, err
		}
		b.add(` AND id `+compare+` ?`, id)
	}
	b.add(` ORDER BY id`+direction+` LIMIT ?`, limitOf(f.Limit)+1)
	return &b, nil
}

func (t *Tx) fillRequestUnits(ctx context.Context, requests []pactius.AccessRequest) error {
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
	var b builder
	b.add(`SELECT request_id, unit_id FROM request_units WHERE environment_id = ? AND request_id IN `, t.env)
	in(&b, ids)
	b.add(` ORDER BY request_id, unit_id`)
	rows, err := list(ctx, t, func(r scanner) (row, error) {
		var v row
		return v, r.Scan(&v.request, &v.unit)
	}, b.text.String(), b.args...)
	for _, r := range rows {
		q := &requests[at[r.request]]
		q.Units = append(q.Units, r.unit)
	}
	return err
}

// CountRequests counts the pending requests of a scope, up to MaxCount+1.
func (t *Tx) CountRequests(ctx context.Context, scope RequestScope) (int, error) {
	var b builder
	scope.begin(&b, t.env)
	b.add(`SELECT COUNT(*) FROM (SELECT 1 FROM access_requests r WHERE `)
	scope.finish(&b, t.env)
	b.add(` AND state = ? LIMIT ?) counted`, pactius.Pending, pactius.MaxCount+1)
	return one(ctx, t, value[int], b.text.String(), b.args...)
}

// DueRequest names a request of some environment that time has come for.
type DueRequest struct {
	Environment pactius.EnvironmentID
	ID          pactius.RequestID
}

func scanDueRequest(r scanner) (DueRequest, error) {
	var d DueRequest
	return d, r.Scan(&d.Environment, &d.ID)
}

// ExpiredRequests finds pending requests of all environments whose time is over.
func (s *Store) ExpiredRequests(ctx context.Context, now time.Time) ([]DueRequest, error) {
	return list(ctx, pool{s.read}, scanDueRequest, sqlRequestsExpired, micros(now))
}

// UnremindedRequests finds pending requests of all environments sent before a
// time whose administrators have not been reminded.
func (s *Store) UnremindedRequests(ctx context.Context, sentBefore time.Time) ([]DueRequest, error) {
	return list(ctx, pool{s.read}, scanDueRequest, sqlRequestsUnreminded, micros(sentBefore))
}
