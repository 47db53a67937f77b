package store

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/database"
)

var mailTable = newTable("mails", "mails", func(m *pactius.Mail) []column {
	return []column{
		{"id", &m.ID, useFixed},
		{"kind", &m.Kind, useFixed},
		{"data", database.Bytes(&m.Data), useFixed},
		{"to_address", &m.To, useFixed},
		{"to_name", &m.ToName, useFixed},
		{"language", &m.Language, useFixed},
		{"state", &m.State, useFixed},
		{"attempts", &m.Attempts, useRead},
		{"failed", &m.Failed, useRead},
		{"next_at", database.Time(&m.NextAt), useFixed},
		{"last_error", &m.LastError, useRead},
		{"created_at", database.Time(&m.CreatedAt), useFixed},
		{"asked_at", database.Time(&m.AskedAt), useRead},
		{"sent_at", database.Time(&m.SentAt), useRead},
	}
})

const (
	// Pieces of two queries: what skips locked rows stands before the last.
	claimMails = `WITH due AS MATERIALIZED (
			SELECT id FROM mails WHERE environment_id = $4 AND state = 'waiting' AND next_at <= $1 AND `
	fresh        = `failed = 0 ORDER BY next_at, id LIMIT $3`
	putOff       = `failed > 0 ORDER BY next_at, id LIMIT $3`
	claimedMails = `) UPDATE mails SET attempts = attempts + 1, next_at = $2
		WHERE environment_id = $4 AND id IN (SELECT id FROM due) RETURNING environment_id, `

	// sqlDueTurns jumps by index from one environment with waiting emails to the next.
	sqlDueTurns = `WITH RECURSIVE turns (env) AS (
			SELECT (SELECT MIN(environment_id) FROM mails WHERE state = 'waiting' AND environment_id > $1)
			UNION ALL
			SELECT (SELECT MIN(environment_id) FROM mails WHERE state = 'waiting' AND environment_id > turns.env)
			FROM turns WHERE env IS NOT NULL)
		SELECT env FROM turns WHERE env IS NOT NULL AND EXISTS (SELECT 1 FROM mails WHERE environment_id = env
			AND state = 'waiting' AND next_at <= $2) LIMIT $3`

	// claimed is the email of a worker that still holds its claim.
	claimed      = ` WHERE environment_id = $1 AND id = $2 AND attempts = $3 AND state = 'waiting'`
	sqlMailSent  = `UPDATE mails SET state = 'sent', sent_at = $4, last_error = '', data = ''` + claimed
	sqlMailLater = `UPDATE mails SET next_at = $4, last_error = $5, failed = failed + 1` + claimed
	sqlMailBack  = `UPDATE mails SET next_at = $4` + claimed
	sqlMailDead  = `UPDATE mails SET state = 'dead', last_error = $4` + claimed
	sqlMailAgain = `UPDATE mails SET state = 'waiting', next_at = $3, asked_at = $3 WHERE environment_id = $1
		AND id = $2
		AND state = 'dead'`
	sqlCountDead = `SELECT COUNT(*) FROM mails WHERE environment_id = $1 AND state = 'dead'`
	sqlNextMail  = `SELECT COALESCE(CASE WHEN n.at < q.until THEN q.until ELSE n.at END, 0) FROM (SELECT (SELECT
		MIN(next_at) FROM mails WHERE state = 'waiting') AS at) n LEFT JOIN mail_queue q ON q.id = 1`
	sqlSweepMails = `DELETE FROM mails WHERE (environment_id, id) IN (SELECT environment_id, id FROM mails
		WHERE state = 'sent' AND sent_at <= $1 ORDER BY sent_at LIMIT ` + sweepBatch + `)`
)

// Enqueue puts emails into the outbox, due immediately. They are sent if, and only
// if, the transaction commits.
func (t *Tx) Enqueue(mails ...pactius.Mail) error {
	if len(mails) == 0 {
		return nil
	}
	for i := range mails {
		mails[i].State, mails[i].NextAt = pactius.MailWaiting, mails[i].CreatedAt
	}
	err := mailTable.insertAll(t, mails)
	if err == nil {
		t.wakeMail()
	}
	return err
}

// ClaimedMail is an email that one worker may send now. The claim ends with its
// lease; Attempts fences a worker that comes too late.
type ClaimedMail struct {
	Environment pactius.EnvironmentID
	pactius.Mail
}

func scanClaimed(r database.Scanner) (ClaimedMail, error) {
	var c ClaimedMail
	return c, r.Scan(append([]any{&c.Environment}, mailTable.into(&c.Mail)...)...)
}

// DueTurns returns environments with emails that are due, in the order of their IDs and
// after one of them, "" from the beginning.
func (s *Store) DueTurns(ctx context.Context, now time.Time, after pactius.EnvironmentID, limit int) (
	[]pactius.EnvironmentID, error,
) {
	return database.List(ctx, s.Reader(), database.Value[pactius.EnvironmentID], sqlDueTurns, after,
		database.Micros(now), limit)
}

// ClaimMails takes emails of an environment that are due, for the length of a lease, in
// the order in which they were put in. Those that never failed come before those that
// were put off.
func (s *Store) ClaimMails(ctx context.Context, env pactius.EnvironmentID, now time.Time, lease time.Duration,
	limit int,
) ([]ClaimedMail, error) {
	return s.claim(ctx, env, now, lease, limit, fresh, putOff)
}

// ClaimPutOff is ClaimMails with those first that were put off.
func (s *Store) ClaimPutOff(ctx context.Context, env pactius.EnvironmentID, now time.Time, lease time.Duration,
	limit int,
) ([]ClaimedMail, error) {
	return s.claim(ctx, env, now, lease, limit, putOff, fresh)
}

func (s *Store) claim(ctx context.Context, env pactius.EnvironmentID, now time.Time, lease time.Duration, limit int,
	order ...string,
) ([]ClaimedMail, error) {
	var mails []ClaimedMail
	err := s.Update(ctx, "", func(tx *Tx) (err error) {
		for _, which := range order {
			query := claimMails + which + tx.tx.Dialect().SkipLocked + claimedMails + mailTable.columns
			mails, err = database.List(ctx, tx.tx, scanClaimed, query, database.Micros(now),
				database.Micros(now.Add(lease)), limit, env)
			if err != nil || len(mails) > 0 {
				break
			}
		}
		slices.SortFunc(mails, func(a, b ClaimedMail) int { // RETURNING has no order
			return strings.Compare(string(a.ID), string(b.ID))
		})
		return err
	})
	return mails, err
}

// MailSent notes that a claimed email was accepted by the mail server and forgets its
// contents; false if the claim had been lost. It takes no turn of the environment, so
// that an environment with many emails does not hold up its own pages.
func (s *Store) MailSent(ctx context.Context, c ClaimedMail, at time.Time) (held bool, err error) {
	err = s.Update(ctx, "", func(tx *Tx) error {
		held, err = tx.changed(sqlMailSent, c.Environment, c.ID, c.Attempts, database.Micros(at))
		return err
	})
	return held, err
}

// MailBack hands a claimed email back unsent: it is due at a time, here and elsewhere; false
// if the claim had been lost.
func (s *Store) MailBack(ctx context.Context, c ClaimedMail, at time.Time) (held bool, err error) {
	err = s.Update(ctx, "", func(tx *Tx) error {
		held, err = tx.changed(sqlMailBack, c.Environment, c.ID, c.Attempts, database.Micros(at))
		if held {
			tx.wakeMail()
		}
		return err
	})
	return held, err
}

// MailLater puts a claimed email off, because sending it has failed; false if the claim
// had been lost.
func (t *Tx) MailLater(m pactius.Mail, next time.Time, why string) (bool, error) {
	return t.changed(sqlMailLater, t.env, m.ID, m.Attempts, database.Micros(next), why)
}

// MailDead gives a claimed email up; false if the claim had been lost.
func (t *Tx) MailDead(m pactius.Mail, why string) (bool, error) {
	return t.changed(sqlMailDead, t.env, m.ID, m.Attempts, why)
}

// MailAgain makes a dead email waiting again; ErrStale if it is not dead. The
// attempts go on counting: starting anew would let a worker whose lease ran out
// long ago pass for the one that holds the claim.
func (t *Tx) MailAgain(id pactius.MailID, now time.Time) error {
	err := t.tx.ExecOne(sqlMailAgain, t.env, id, database.Micros(now))
	if err == nil {
		t.wakeMail()
	}
	return err
}

// MailByID reads an email.
func (t *Tx) MailByID(id pactius.MailID) (pactius.Mail, error) {
	return mailTable.one(t, `id = ?`, id)
}

// DeadMails lists the emails that were given up, newest first.
func (t *Tx) DeadMails() ([]pactius.Mail, error) {
	return mailTable.all(t, `state = 'dead' ORDER BY id DESC LIMIT ?`, pactius.PageSize)
}

// CountDeadMails counts the emails that were given up.
func (t *Tx) CountDeadMails() (int, error) {
	return one(t, database.Value[int], sqlCountDead, t.env)
}

// MailsFrom returns emails of all environments that are due, and that were stored or sent
// again until a time. Those that a worker holds are not due; these are not claimed.
func (s *Store) MailsFrom(ctx context.Context, now, until time.Time, limit int) ([]ClaimedMail, error) {
	query := `SELECT environment_id, ` + mailTable.columns + ` FROM mails WHERE state = 'waiting' AND created_at <= $1
		AND asked_at <= $1 AND next_at <= $3
		ORDER BY environment_id, id LIMIT $2`
	return database.List(ctx, s.Reader(), scanClaimed, query, database.Micros(until), limit, database.Micros(now))
}

// NextMail returns when the next email of any environment is due, and the queue is not put
// off; the zero time when none waits.
func (s *Store) NextMail(ctx context.Context) (time.Time, error) {
	return database.One(ctx, s.Reader(), func(r database.Scanner) (time.Time, error) {
		var at time.Time
		return at, r.Scan(database.Time(&at))
	}, sqlNextMail)
}

// SweepMails deletes emails of all environments sent until a time, at most sweepBatch.
func (s *Store) SweepMails(ctx context.Context, until time.Time) error {
	return s.sweep(ctx, until, sqlSweepMails)
}
