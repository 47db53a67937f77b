package store

import (
	"context"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/database"
)

const sessionColumns = `id, COALESCE(user_id, ''), tid, oid, username, name, email, language, guest, agent, address, created_at, seen_at, expires_at`

const (
	sqlSessionByToken = `SELECT ` + sessionColumns + ` FROM sessions WHERE environment_id = $1 AND token_hash = $2`
	sqlSessionsOfUser = `SELECT ` + sessionColumns + ` FROM sessions WHERE environment_id = $1 AND user_id = $2 AND expires_at > $3 AND seen_at > $4 ORDER BY seen_at DESC, id`
	sqlInsertSession  = `INSERT INTO sessions (environment_id, token_hash, id, user_id, tid, oid, username, name, email, language, guest, agent, address, created_at, seen_at, expires_at)
		VALUES ($1, $2, $3, NULLIF($4, ''), $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`
	sqlSeeSession     = `UPDATE sessions SET seen_at = $3 WHERE environment_id = $1 AND token_hash = $2 AND seen_at < $3`
	sqlDeleteSession  = `DELETE FROM sessions WHERE environment_id = $1 AND token_hash = $2`
	sqlDeleteSessions = `DELETE FROM sessions WHERE environment_id = $1 AND user_id = $2`
	sqlTrimSessions   = `DELETE FROM sessions WHERE environment_id = $1 AND user_id = $2 AND token_hash NOT IN
		(SELECT token_hash FROM sessions WHERE environment_id = $1 AND user_id = $2 ORDER BY seen_at DESC, id DESC LIMIT $3)`
	sqlSweepSessions   = `DELETE FROM sessions WHERE expires_at <= $1`
	sqlUseState        = `INSERT INTO used_states (environment_id, state_hash, expires_at) VALUES ($1, $2, $3)`
	sqlSweepUsedStates = `DELETE FROM used_states WHERE expires_at <= $1`
)

func scanSession(r database.Scanner) (pactius.Session, error) {
	var s pactius.Session
	p := &s.Person
	err := r.Scan(&s.ID, &s.UserID, &p.TenantID, &p.ObjectID, &p.Username, &p.Name, &p.Email, &p.Language, &p.Guest,
		&s.Agent, &s.Address, database.Time(&s.CreatedAt), database.Time(&s.SeenAt), database.Time(&s.ExpiresAt))
	p.VouchedAt = s.CreatedAt
	return s, err
}

// Session finds a session by the hash of its token; whether its time is over
// is for the caller to say.
func (t *Tx) Session(ctx context.Context, tokenHash string) (pactius.Session, error) {
	return database.One(ctx, t.tx, scanSession, sqlSessionByToken, t.env, tokenHash)
}

// Sessions lists a user's sessions that have not ended, seen last first.
func (t *Tx) Sessions(ctx context.Context, user pactius.UserID, now time.Time) ([]pactius.Session, error) {
	return database.List(ctx, t.tx, scanSession, sqlSessionsOfUser, t.env, user, database.Micros(now), database.Micros(now.Add(-pactius.SessionIdle)))
}

// InsertSession stores a new session under the hash of its token.
func (t *Tx) InsertSession(ctx context.Context, tokenHash string, s pactius.Session) error {
	p := s.Person
	_, err := t.tx.Exec(ctx, sqlInsertSession, t.env, tokenHash, s.ID, s.UserID, p.TenantID, p.ObjectID, p.Username, p.Name, p.Email, p.Language,
		database.Flag(p.Guest), s.Agent, s.Address, database.Micros(s.CreatedAt), database.Micros(s.SeenAt), database.Micros(s.ExpiresAt))
	return err
}

// SeeSession notes that the session is in use.
func (t *Tx) SeeSession(ctx context.Context, tokenHash string, at time.Time) error {
	_, err := t.tx.Exec(ctx, sqlSeeSession, t.env, tokenHash, database.Micros(at))
	return err
}

// DeleteSession ends a session; false if there was none.
func (t *Tx) DeleteSession(ctx context.Context, tokenHash string) (bool, error) {
	n, err := t.tx.Exec(ctx, sqlDeleteSession, t.env, tokenHash)
	return n > 0, err
}

// DeleteSessions ends all sessions of a user and counts them.
func (t *Tx) DeleteSessions(ctx context.Context, user pactius.UserID) (int, error) {
	n, err := t.tx.Exec(ctx, sqlDeleteSessions, t.env, user)
	return int(n), err
}

// TrimSessions keeps so many sessions of a user, those seen last, and ends the rest.
func (t *Tx) TrimSessions(ctx context.Context, user pactius.UserID, keep int) error {
	_, err := t.tx.Exec(ctx, sqlTrimSessions, t.env, user, keep)
	return err
}

// UseState notes that a sign-in's state has come back; ErrTaken if it had
// before. The note is kept until expires, when the state itself is too old.
func (t *Tx) UseState(ctx context.Context, stateHash string, expires time.Time) error {
	_, err := t.tx.Exec(ctx, sqlUseState, t.env, stateHash, database.Micros(expires))
	return err
}

// Sweep removes what is over in all environments: ended sessions, used states
// and links for connecting.
func (s *Store) Sweep(ctx context.Context, now time.Time) error {
	return s.Update(ctx, "", func(tx *Tx) error {
		if _, err := tx.tx.Exec(ctx, sqlSweepSessions, database.Micros(now)); err != nil {
			return err
		}
		if _, err := tx.tx.Exec(ctx, sqlSweepUsedStates, database.Micros(now)); err != nil {
			return err
		}
		_, err := tx.tx.Exec(ctx, sqlSweepConnectLinks, database.Micros(now))
		return err
	})
}
