package store

import (
	"context"
	"strings"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/database"
)

var clientSessionTable = newTable("client_sessions", "client_sessions", func(s *pactius.ClientSession) []column {
	return []column{
		{"id", &s.ID, useKey},
		{"application_id", &s.Application, useFixed},
		{"user_id", &s.User, useFixed},
		{"session_hash", &s.Session, useFixed},
		{"created_at", database.Time(&s.CreatedAt), useFixed},
		{"review_at", database.Time(&s.ReviewAt), useFixed},
		{"ended_at", database.Time(&s.EndedAt), useRead},
		{"next_at", database.Time(&s.NextAt), useRead},
		{"attempts", &s.Attempts, useRead},
		{"failed", &s.Failed, useRead},
		{"last_error", &s.LastError, useRead},
	}
})

var clientGrantTable = newTable("client_grants", "g", func(g *pactius.ClientGrant) []column {
	return []column{
		{"id", &g.ID, useKey},
		{"client_session_id", &g.ClientSession, useFixed},
		{"scope", &g.Scope, useFixed},
		{"generation", &g.Generation, useFixed},
		{"rotated_at", database.Time(&g.RotatedAt), useFixed},
		{"created_at", database.Time(&g.CreatedAt), useFixed},
	}
})

const (
	sqlTrimGrants = `DELETE FROM client_grants WHERE environment_id = $1 AND client_session_id = $2 AND id <> $3
		AND id NOT IN (SELECT g.id FROM client_grants g WHERE g.environment_id = $1 AND g.client_session_id = $2
		AND g.id <> $3 ORDER BY g.created_at DESC, g.id DESC LIMIT $4)`
	sqlAdvanceGrant = `UPDATE client_grants SET generation = generation + 1, rotated_at = $4
		WHERE environment_id = $1 AND id = $2 AND generation = $3`
	sqlEndGrant = `DELETE FROM client_grants WHERE environment_id = $1 AND id = $2 RETURNING client_session_id`

	sqlReviewAll = `INSERT INTO client_reviews (environment_id, after_id)
		SELECT id, '' FROM environments WHERE id = $1
		AND EXISTS (SELECT 1 FROM client_sessions WHERE environment_id = $1 AND ended_at = 0)
		ON CONFLICT (environment_id) DO UPDATE SET after_id = ''`
	sqlReviewOn   = `UPDATE client_reviews SET after_id = $2 WHERE environment_id = $1 AND after_id = $3`
	sqlReviewDone = `DELETE FROM client_reviews WHERE environment_id = $1 AND after_id = $2`
	sqlReviewFrom = `SELECT after_id FROM client_reviews WHERE environment_id = $1`

	sqlReviewClient = `UPDATE client_sessions SET review_at = $3 WHERE environment_id = $1 AND id = $2 AND ended_at = 0`
	sqlEndClient    = `UPDATE client_sessions SET ended_at = $3, next_at = $3
		WHERE environment_id = $1 AND id = $2 AND ended_at = 0`
	sqlEndGrants    = `DELETE FROM client_grants WHERE environment_id = $1 AND client_session_id = $2`
	sqlForgetClient = `DELETE FROM client_sessions WHERE environment_id = $1 AND id = $2 AND attempts = $3`

	// Environments with work, by index.
	sqlClientReviews = `SELECT environment_id FROM client_sessions WHERE ended_at = 0 AND review_at <= $1
		UNION SELECT environment_id FROM client_reviews`
	sqlClientsToTell = `SELECT DISTINCT environment_id FROM client_sessions WHERE ended_at > 0 AND next_at <= $1
		AND environment_id > $2 ORDER BY environment_id LIMIT $3`

	clientDue = `WITH due AS MATERIALIZED (SELECT id FROM client_sessions WHERE environment_id = $1
		AND ended_at > 0 AND next_at <= $2 ORDER BY next_at, id LIMIT $4`
	clientClaimed = `) UPDATE client_sessions SET attempts = attempts + 1, next_at = $3
		WHERE environment_id = $1 AND id IN (SELECT id FROM due) RETURNING `
	sqlClientLater = `UPDATE client_sessions SET next_at = $4, last_error = $5, failed = failed + 1
		WHERE environment_id = $1 AND id = $2 AND attempts = $3 AND ended_at > 0`
)

// reviewClients has the client sessions looked at again that changes may have ended.
func (t *Tx) reviewClients(changes []pactius.DoorChange) error {
	if len(changes) == 1 && changes[0].User == "" && changes[0].Session == "" {
		return t.run(sqlReviewAll, t.env)
	}
	var users, sessions []string
	for _, c := range changes {
		if c.User != "" {
			users = append(users, string(c.User))
		} else {
			sessions = append(sessions, c.Session)
		}
	}
	for column, some := range map[string][]string{"user_id": users, "session_hash": sessions} {
		if len(some) == 0 {
			continue
		}
		var q database.Query
		q.Add(`UPDATE client_sessions SET review_at = 0 WHERE environment_id = ? AND ended_at = 0 AND `+column+` IN (`,
			t.env)
		for i, one := range some {
			q.Add(strings.Repeat(", ", min(i, 1))+`?`, one)
		}
		q.Add(`)`)
		if err := t.exec(&q); err != nil {
			return err
		}
	}
	return nil
}

// ClientSessionOf finds the client session that a session of the portal has at an application; ErrNotFound if there is
// none.
func (t *Tx) ClientSessionOf(session string, application pactius.ApplicationID) (pactius.ClientSession, error) {
	return clientSessionTable.one(t, `session_hash = ? AND application_id = ? AND ended_at = 0`, session,
		application)
}

// InsertClientSession stores a new client session; ErrTaken if the session of the portal has one at the application.
func (t *Tx) InsertClientSession(s pactius.ClientSession) error {
	return t.exec(clientSessionTable.insert(t.env, &s))
}

// InsertGrant stores a new grant. The oldest of its client session beyond pactius.MaxClientGrants end; their access
// tokens end with the answers that are kept about them, at the latest.
func (t *Tx) InsertGrant(g pactius.ClientGrant) error {
	if err := t.exec(clientGrantTable.insert(t.env, &g)); err != nil {
		return err
	}
	return t.run(sqlTrimGrants, t.env, g.ClientSession, g.ID, pactius.MaxClientGrants-1)
}

// AdvanceGrant replaces the refresh token of a grant; false if another one has been current meanwhile.
func (t *Tx) AdvanceGrant(id pactius.GrantID, generation int, now time.Time) (bool, error) {
	return t.changed(sqlAdvanceGrant, t.env, id, generation, database.Micros(now))
}

// EndGrant ends a grant; false if there was none.
func (t *Tx) EndGrant(id pactius.GrantID) (bool, error) {
	of, err := list(t, database.Value[pactius.ClientSessionID], sqlEndGrant, t.env, id)
	if err != nil || len(of) == 0 {
		return false, err
	}
	s, err := clientSessionTable.one(t, `id = ?`, of[0])
	t.affectsSession(s.Session)
	return true, err
}

// ClientLook is DoorLook for a grant of an application, with the grant; ErrNotFound if the grant, its client session or
// the session of the portal has ended.
func (t *Tx) ClientLook(id pactius.GrantID, application pactius.ApplicationID) (DoorLook, pactius.ClientGrant, error) {
	var q database.Query
	q.Add(lookColumns+`, `+clientGrantTable.columns+` FROM client_grants g CROSS JOIN client_sessions d`+lookRest+`
		WHERE g.environment_id = ? AND g.id = ? AND d.environment_id = g.environment_id AND d.id = g.client_session_id
		AND d.application_id = ? AND d.ended_at = 0`+lookTies, t.env, id, application)
	var g pactius.ClientGrant
	look, err := t.look(&q, clientGrantTable.into(&g)...)
	return look, g, err
}

// SessionLook is DoorLook for a session of the portal, whether or not it has been at the application; ErrNotFound if
// the session has ended or is a visitor's, or there is no such application.
func (t *Tx) SessionLook(session string, application pactius.ApplicationID) (DoorLook, error) {
	var q database.Query
	q.Add(lookColumns+` FROM (SELECT CAST(? AS TEXT) AS environment_id, CAST(? AS TEXT) AS session_hash,
		CAST(? AS TEXT) AS application_id) d`+lookRest+` WHERE 1 = 1`+lookTies, t.env, session, application)
	return t.look(&q)
}

// ClientsToReview returns client sessions that are to be looked at, the longest due first.
func (t *Tx) ClientsToReview(now time.Time, limit int) ([]pactius.ClientSession, error) {
	return clientSessionTable.all(t, `ended_at = 0 AND review_at <= ? ORDER BY review_at, id LIMIT ?`,
		database.Micros(now), limit)
}

// ReviewFrom returns the client session after which the review of all goes on; ErrNotFound if none is under way.
func (t *Tx) ReviewFrom() (pactius.ClientSessionID, error) {
	return one(t, database.Value[pactius.ClientSessionID], sqlReviewFrom, t.env)
}

// ClientsAfter returns client sessions after one, by ID.
func (t *Tx) ClientsAfter(after pactius.ClientSessionID, limit int) ([]pactius.ClientSession, error) {
	return clientSessionTable.all(t, `id > ? AND ended_at = 0 ORDER BY id LIMIT ?`, after, limit)
}

// ReviewOn notes how far a review of all has come that was at one client session; "" is the end. A review that has
// begun anew meanwhile stays at its beginning.
func (t *Tx) ReviewOn(was, next pactius.ClientSessionID) error {
	if next == "" {
		return t.run(sqlReviewDone, t.env, was)
	}
	return t.run(sqlReviewOn, t.env, next, was)
}

// ReviewClient has a client session looked at again at a time.
func (t *Tx) ReviewClient(id pactius.ClientSessionID, at time.Time) error {
	return t.run(sqlReviewClient, t.env, id, database.Micros(at))
}

// EndClient ends a client session with its grants: the client is to be told.
func (t *Tx) EndClient(id pactius.ClientSessionID, now time.Time) error {
	if err := t.run(sqlEndGrants, t.env, id); err != nil {
		return err
	}
	return t.run(sqlEndClient, t.env, id, database.Micros(now))
}

// ForgetClient deletes a client session: the client knows, or need not. It returns false if another worker holds it.
func (t *Tx) ForgetClient(id pactius.ClientSessionID, attempts int) (bool, error) {
	return t.changed(sqlForgetClient, t.env, id, attempts)
}

// ClientReviews returns the environments with client sessions to be looked at.
func (s *Store) ClientReviews(ctx context.Context, now time.Time) ([]pactius.EnvironmentID, error) {
	return database.List(ctx, s.Reader(), database.Value[pactius.EnvironmentID], sqlClientReviews,
		database.Micros(now))
}

// ClientsToTell returns environments after one, by ID, with clients to be told of the ends of sessions.
func (s *Store) ClientsToTell(ctx context.Context, now time.Time, after pactius.EnvironmentID, limit int) (
	[]pactius.EnvironmentID, error,
) {
	return database.List(ctx, s.Reader(), database.Value[pactius.EnvironmentID], sqlClientsToTell,
		database.Micros(now), after, limit)
}

// ClaimClients takes client sessions whose client is to be told, for the length of a lease.
func (s *Store) ClaimClients(ctx context.Context, env pactius.EnvironmentID, now time.Time, lease time.Duration,
	limit int,
) ([]pactius.ClientSession, error) {
	var claimed []pactius.ClientSession
	err := s.Update(ctx, "", func(t *Tx) (err error) {
		claimed, err = database.List(ctx, t.tx, clientSessionTable.scan,
			clientDue+t.tx.Dialect().SkipLocked+clientClaimed+clientSessionTable.columns, env, database.Micros(now),
			database.Micros(now.Add(lease)), limit)
		return err
	})
	return claimed, err
}

// ClientLater puts off telling a client; false if the claim had been lost.
func (t *Tx) ClientLater(s pactius.ClientSession, next time.Time, why string) (bool, error) {
	return t.changed(sqlClientLater, t.env, s.ID, s.Attempts, database.Micros(next), why)
}
