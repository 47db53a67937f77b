package store

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/database"
)

var sessionTable = newTable("sessions", "s", func(s *pactius.Session) []column {
	p := &s.Person
	return []column{
		{"id", &s.ID, useFixed},
		{"user_id", database.Null(&s.UserID), useFixed},
		{"tid", &p.TenantID, useFixed},
		{"oid", &p.ObjectID, useFixed},
		{"username", &p.Username, useFixed},
		{"name", &p.Name, useFixed},
		{"email", &p.Email, useFixed},
		{"language", &p.Language, useFixed},
		{"guest", database.Bool(&p.Guest), useFixed},
		{"agent", &s.Agent, useFixed},
		{"address", &s.Address, useFixed},
		{"created_at", database.Time(&s.CreatedAt), useFixed},
		{"seen_at", database.Time(&s.SeenAt), useFixed},
		{"expires_at", database.Time(&s.ExpiresAt), useFixed},
		{"auth_at", database.Time(&s.AuthAt), useFixed},
		{"s.created_at", database.Time(&p.VouchedAt), useComputed}, // Microsoft vouched at the sign-in
	}
})

const (
	sqlSeeSession = `UPDATE sessions SET seen_at = $3 WHERE environment_id = $1 AND token_hash = $2
		AND seen_at < $3`
	sqlDeleteSession   = `DELETE FROM sessions WHERE environment_id = $1 AND token_hash = $2`
	sqlDeleteSessionOf = `DELETE FROM sessions WHERE environment_id = $1 AND user_id = $2 AND id = $3`

	// The sessions that the same person had as a visitor could be exchanged for a user's.
	sqlDeleteSessions = `DELETE FROM sessions WHERE environment_id = $1 AND id <> $3 AND token_hash IN (
			SELECT token_hash FROM sessions WHERE environment_id = $1 AND user_id = $2
			UNION ALL
			SELECT s.token_hash FROM users u CROSS JOIN sessions s
			WHERE u.environment_id = $1 AND u.id = $2 AND u.oid <> ''
			AND s.environment_id = $1 AND s.user_id IS NULL AND s.tid = u.tid AND s.oid = u.oid)
		RETURNING COALESCE(user_id, '')`
	sqlTrimSessions = `DELETE FROM sessions WHERE environment_id = $1 AND user_id = $2 AND token_hash NOT IN
		(SELECT token_hash FROM sessions WHERE environment_id = $1 AND user_id = $2 ORDER BY seen_at DESC, id DESC
		LIMIT $3)`
	sqlTrimVisits = `DELETE FROM sessions WHERE environment_id = $1 AND user_id IS NULL AND tid = $2 AND oid = $3
		AND token_hash NOT IN (SELECT token_hash FROM sessions WHERE environment_id = $1 AND user_id IS NULL
		AND tid = $2 AND oid = $3 ORDER BY seen_at DESC, id DESC LIMIT $4)`
	sqlSweepSessions   = `DELETE FROM sessions WHERE expires_at <= $1`
	sqlUseState        = `INSERT INTO used_states (environment_id, state_hash, expires_at) VALUES ($1, $2, $3)`
	sqlSweepUsedStates = `DELETE FROM used_states WHERE expires_at <= $1`
)

// Session finds a session by the hash of its token, also one that has expired.
func (t *Tx) Session(tokenHash string) (pactius.Session, error) {
	return sessionTable.one(t, `s.token_hash = ?`, tokenHash)
}

// SessionUser finds a session by the hash of its token, with its user; a visitor's
// has none. The session may have expired.
func (t *Tx) SessionUser(tokenHash string) (pactius.Session, pactius.User, error) {
	var q database.Query
	q.Add(`SELECT `+sessionTable.columns+`, `+userTable.columns+` FROM sessions s
		JOIN users u ON u.environment_id = s.environment_id AND u.id = s.user_id
		WHERE s.environment_id = ? AND s.token_hash = ?`, t.env, tokenHash)
	var u pactius.User
	s, err := oneBy(t, func(r database.Scanner) (pactius.Session, error) {
		var s pactius.Session
		return s, r.Scan(append(sessionTable.into(&s), userTable.into(&u)...)...)
	}, &q)
	if errors.Is(err, ErrNotFound) {
		s, err = t.Session(tokenHash) // a visitor's, if any
	}
	return s, u, err
}

// Sessions lists a user's sessions that have not ended, seen last first.
func (t *Tx) Sessions(user pactius.UserID, now time.Time) ([]pactius.Session, error) {
	return sessionTable.all(t, `s.user_id = ? AND s.expires_at > ? AND s.seen_at > ?
		ORDER BY s.seen_at DESC, s.id`,
		user, database.Micros(now), database.Micros(now.Add(-pactius.SessionIdle)))
}

// InsertSession stores a new session under the hash of its token.
func (t *Tx) InsertSession(tokenHash string, s pactius.Session) error {
	return t.exec(sessionTable.insert(t.env, &s, column{"token_hash", &tokenHash, useKey}))
}

// SeeSession notes that the session is in use.
func (t *Tx) SeeSession(tokenHash string, at time.Time) error {
	return t.run(sqlSeeSession, t.env, tokenHash, database.Micros(at))
}

// DeleteSession ends a session; false if there was none.
func (t *Tx) DeleteSession(tokenHash string) (bool, error) {
	t.affectsSession(tokenHash)
	n, err := t.tx.Exec(sqlDeleteSession, t.env, tokenHash)
	return n > 0, err
}

// DeleteSessions ends all sessions of a user and counts them. Sessions of the same
// person as a visitor end too and are not counted.
func (t *Tx) DeleteSessions(user pactius.UserID) (int, error) { return t.DeleteOtherSessions(user, "") }

// DeleteOtherSessions is DeleteSessions without one session, which stays.
func (t *Tx) DeleteOtherSessions(user pactius.UserID, but pactius.SessionID) (int, error) {
	t.affectsUser(user)
	ended, err := list(t, database.Value[pactius.UserID], sqlDeleteSessions, t.env, user, but)
	return len(slices.DeleteFunc(ended, func(of pactius.UserID) bool { return of == "" })), err
}

// DeleteSessionOf ends one session, if it is the user's, and counts it.
func (t *Tx) DeleteSessionOf(user pactius.UserID, id pactius.SessionID) (int, error) {
	t.affectsUser(user)
	n, err := t.tx.Exec(sqlDeleteSessionOf, t.env, user, id)
	return int(n), err
}

// TrimSessions keeps so many sessions of a user, those seen last, and ends the rest.
func (t *Tx) TrimSessions(user pactius.UserID, keep int) error {
	n, err := t.tx.Exec(sqlTrimSessions, t.env, user, keep)
	if n > 0 {
		t.affectsUser(user)
	}
	return err
}

// TrimVisits is TrimSessions for the sessions of a person without a user.
func (t *Tx) TrimVisits(person pactius.Identity, keep int) error {
	return t.run(sqlTrimVisits, t.env, person.TenantID, person.ObjectID, keep)
}

// UseState notes that a sign-in's state has come back; ErrTaken if it had
// before. The note is kept until expires, when the state itself is too old.
func (t *Tx) UseState(stateHash string, expires time.Time) error {
	return t.run(sqlUseState, t.env, stateHash, database.Micros(expires))
}

// Sweep deletes the expired sessions, used states and links for connecting of all
// environments.
func (s *Store) Sweep(ctx context.Context, now time.Time) error {
	return s.sweep(ctx, now, sqlSweepSessions, sqlSweepUsedStates, sqlSweepConnectLinks)
}
