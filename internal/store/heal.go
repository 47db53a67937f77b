package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/database"
)

const (
	// FarAhead is longer than any pause and lease of work in the background, and than a session: directories are
	// compared once a day at least, and a session lasts a day. An hour of it is for clocks that differ.
	FarAhead = 25 * time.Hour

	// ProfileAhead is the same for profiles, which are read once a week and up to a day later.
	ProfileAhead = 9 * 24 * time.Hour

	// requestAhead and linkAhead are the same for the ends of requests and of the links for connecting, which last for
	// 30 days and for 7.
	requestAhead = pactius.RequestLifetime + time.Hour
	linkAhead    = 8 * 24 * time.Hour
)

// healing makes due what was planned while a clock was ahead.
type healing struct {
	kind  Healed
	ahead time.Duration // beyond it no healthy row is due
	find  string        // the environments with rows that are due after $1
	heal  string        // changes the rows of environment $1 that are due after $2; $3 is now. "" ends the sessions
}

// Healed is a kind of rows that HealDue has found due later than any pause. It is a label of a metric.
type Healed string

// The kinds of rows.
const (
	HealedEmails   Healed = "emails"
	HealedQueue    Healed = "queue" // the pause of all emails
	HealedSweeps   Healed = "sweeps"
	HealedProfiles Healed = "profiles"
	HealedReviews  Healed = "client_reviews"
	HealedSignOuts Healed = "client_sign_outs"
	HealedSecrets  Healed = "client_secrets" // former ones, which are still valid
	HealedRequests Healed = "requests"
	HealedLinks    Healed = "connect_links"
	HealedSessions Healed = "sessions" // they end: people sign in again
)

const (
	sqlAheadMails = `SELECT DISTINCT environment_id FROM mails WHERE state = 'waiting' AND next_at > $1`
	sqlHealMails  = `UPDATE mails SET next_at = $3, created_at = CASE WHEN created_at > $3 THEN $3 ELSE created_at END,
		asked_at = CASE WHEN asked_at > $3 THEN $3 ELSE asked_at END
		WHERE environment_id = $1 AND state = 'waiting' AND next_at > $2`
	sqlAheadQueue = `SELECT '' FROM mail_queue WHERE until > $1`
	sqlHealQueue  = `UPDATE mail_queue SET until = $3, since = CASE WHEN since > $3 THEN $3 ELSE since END
		WHERE CAST($1 AS TEXT) = '' AND until > $2`
	sqlAheadSweeps   = `SELECT environment_id FROM sweeps WHERE due_at > $1`
	sqlHealSweeps    = `UPDATE sweeps SET due_at = $3, lease = '' WHERE environment_id = $1 AND due_at > $2`
	sqlAheadProfiles = `SELECT n.id FROM environments n WHERE n.tenant_id <> '' AND EXISTS (SELECT 1 FROM profiles p
		WHERE p.environment_id = n.id AND p.tid = n.tenant_id AND p.due_at > $1)`
	sqlHealProfiles = `UPDATE profiles SET due_at = $3 WHERE environment_id = $1
		AND tid = (SELECT tenant_id FROM environments WHERE id = $1) AND due_at > $2`
	sqlAheadReviews = `SELECT DISTINCT environment_id FROM client_sessions WHERE ended_at = 0 AND review_at > $1`
	sqlHealReviews  = `UPDATE client_sessions SET review_at = $3
		WHERE environment_id = $1 AND ended_at = 0 AND review_at > $2`
	sqlAheadSignOuts = `SELECT DISTINCT environment_id FROM client_sessions WHERE ended_at > 0 AND next_at > $1`
	sqlHealSignOuts  = `UPDATE client_sessions SET next_at = $3,
		ended_at = CASE WHEN ended_at > $3 THEN $3 ELSE ended_at END
		WHERE environment_id = $1 AND ended_at > 0 AND next_at > $2`
	sqlAheadSecrets = `SELECT DISTINCT environment_id FROM applications WHERE old_secret_until > $1`
	sqlHealSecrets  = `UPDATE applications SET old_secret_until = $3
		WHERE environment_id = $1 AND old_secret_until > $2`
	sqlAheadRequests = `SELECT DISTINCT environment_id FROM access_requests WHERE state = 'pending' AND expires_at > $1`
	sqlHealRequests  = `UPDATE access_requests SET expires_at = expires_at - created_at + $3, created_at = $3
		WHERE environment_id = $1 AND state = 'pending' AND expires_at > $2`
	sqlAheadLinks = `SELECT DISTINCT environment_id FROM connect_links WHERE expires_at > $1`
	sqlHealLinks  = `UPDATE connect_links SET expires_at = expires_at - created_at + $3, created_at = $3
		WHERE environment_id = $1 AND expires_at > $2`
	sqlAheadSessions  = `SELECT DISTINCT environment_id FROM sessions WHERE expires_at > $1`
	sqlSessionsBeyond = `SELECT token_hash FROM sessions WHERE environment_id = $1 AND expires_at > $2`
)

var healings = []healing{
	{HealedEmails, FarAhead, sqlAheadMails, sqlHealMails},
	{HealedQueue, FarAhead, sqlAheadQueue, sqlHealQueue},
	{HealedSweeps, FarAhead, sqlAheadSweeps, sqlHealSweeps},
	{HealedProfiles, ProfileAhead, sqlAheadProfiles, sqlHealProfiles},
	{HealedReviews, FarAhead, sqlAheadReviews, sqlHealReviews},
	{HealedSignOuts, FarAhead, sqlAheadSignOuts, sqlHealSignOuts},
	{HealedSecrets, FarAhead, sqlAheadSecrets, sqlHealSecrets},
	{HealedRequests, requestAhead, sqlAheadRequests, sqlHealRequests},
	{HealedLinks, linkAhead, sqlAheadLinks, sqlHealLinks},
	{HealedSessions, FarAhead, sqlAheadSessions, ""},
}

// HealedKinds returns all kinds.
func HealedKinds() []Healed {
	all := make([]Healed, len(healings))
	for i, h := range healings {
		all[i] = h.kind
	}
	return all
}

// HealDue finds, by index, what was planned while a clock was ahead: due times, leases and ends later than any pause.
// It makes them due now, lets requests and links end after their whole time, and ends sessions, in a transaction per
// environment. told is called with the number of rows after each. Call it only with a clock that can be believed: for
// one that is behind everything is far ahead.
func (s *Store) HealDue(ctx context.Context, now time.Time, told func(kind Healed, rows int)) error {
	var failed error
	for _, h := range healings {
		limit := now.Add(h.ahead)
		envs, err := database.List(ctx, s.Reader(), database.Value[pactius.EnvironmentID], h.find,
			database.Micros(limit))
		failed = errors.Join(failed, err)
		for _, env := range envs {
			rows := 0
			err := s.Update(ctx, env, func(tx *Tx) (err error) {
				rows, err = h.run(tx, now, limit)
				return err
			})
			if err != nil {
				failed = errors.Join(failed, fmt.Errorf("make %s of %q due: %w", h.kind, env, err))
			} else if rows > 0 { // else another instance was first
				told(h.kind, rows)
			}
		}
	}
	return failed
}

// run changes the rows of the transaction's environment that are due after a limit, and counts them.
func (h healing) run(tx *Tx, now, limit time.Time) (int, error) {
	if h.heal != "" {
		n, err := tx.tx.Exec(h.heal, tx.env, database.Micros(limit), database.Micros(now))
		if h.kind == HealedEmails {
			tx.wakeMail()
		}
		return int(n), err
	}
	hashes, err := list(tx, database.Value[string], sqlSessionsBeyond, tx.env, database.Micros(limit))
	for _, hash := range hashes {
		if _, err := tx.DeleteSession(hash); err != nil { // the door is told
			return 0, err
		}
	}
	return len(hashes), err
}
