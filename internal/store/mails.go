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
		{"next_at", database.Time(&m.NextAt), useFixed},
		{"last_error", &m.LastError, useRead},
		{"created_at", database.Time(&m.CreatedAt), useFixed},
		{"sent_at", database.Time(&m.SentAt), useRead},
	}
})

const (
	// Pieces of one query: what skips locked rows stands between the two.
	claimDueMails = `UPDATE mails SET attempts = attempts + 1, next_at = $2 WHERE (environment_id, id) IN (
		SELECT environment_id, id FROM mails WHERE state = 'waiting' AND next_at <= $1 ORDER BY next_at, id LIMIT $3`
	claimedMails = `) RETURNING environment_id, `

	// claimed is the mail of a worker that still holds its claim.
	claimed      = ` WHERE environment_id = $1 AND id = $2 AND attempts = $3 AND state = 'waiting'`
	sqlMailSent  = `UPDATE mails SET state = 'sent', sent_at = $4, last_error = '', data = ''` + claimed
	sqlMailLater = `UPDATE mails SET next_at = $4, last_error = $5` + claimed
	sqlMailBack  = `UPDATE mails SET next_at = $4` + claimed
	sqlMailDead  = `UPDATE mails SET state = 'dead', last_error = $4` + claimed
	sqlMailAgain = `UPDATE mails SET state = 'waiting', next_at = $3 WHERE environment_id = $1 AND id = $2
		AND state = 'dead'`
	sqlCountDead  = `SELECT COUNT(*) FROM mails WHERE environment_id = $1 AND state = 'dead'`
	sqlNextMail   = `SELECT COALESCE(MIN(next_at), 0) FROM mails WHERE state = 'waiting'`
	sqlSweepMails = `DELETE FROM mails WHERE state = 'sent' AND sent_at <= $1`
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

// ClaimedMail is a mail that one worker may send now. The claim ends with its
// lease; Attempts fences a worker that comes too late.
type ClaimedMail struct {
	Environment pactius.EnvironmentID
	pactius.Mail
}

// ClaimMails takes mails of all environments that are due, for the length of a
// lease, in the order in which they were put in.
func (s *Store) ClaimMails(ctx context.Context, now time.Time, lease time.Duration, limit int) ([]ClaimedMail, error) {
	var mails []ClaimedMail
	err := s.Update(ctx, "", func(tx *Tx) (err error) {
		query := claimDueMails + tx.tx.Dialect().SkipLocked + claimedMails + mailTable.columns
		mails, err = database.List(ctx, tx.tx, func(r database.Scanner) (ClaimedMail, error) {
			var c ClaimedMail
			return c, r.Scan(append([]any{&c.Environment}, mailTable.into(&c.Mail)...)...)
		}, query, database.Micros(now), database.Micros(now.Add(lease)), limit)
		slices.SortFunc(mails, func(a, b ClaimedMail) int { // RETURNING has no order
			return strings.Compare(string(a.ID), string(b.ID))
		})
		return err
	})
	return mails, err
}

// MailSent notes that a claimed mail was accepted by the mail server and
// forgets its contents; false if the claim had been lost.
func (t *Tx) MailSent(m pactius.Mail, at time.Time) (bool, error) {
	return t.changed(sqlMailSent, t.env, m.ID, m.Attempts, database.Micros(at))
}

// MailLater puts a claimed mail off; false if the claim had been lost.
func (t *Tx) MailLater(m pactius.Mail, next time.Time, why string) (bool, error) {
	return t.changed(sqlMailLater, t.env, m.ID, m.Attempts, database.Micros(next), why)
}

// MailBack hands a claimed mail back unsent: it is due at once, here and
// elsewhere; false if the claim had been lost.
func (t *Tx) MailBack(m pactius.Mail, now time.Time) (bool, error) {
	n, err := t.tx.Exec(sqlMailBack, t.env, m.ID, m.Attempts, database.Micros(now))
	if n == 1 {
		t.wakeMail()
	}
	return n == 1, err
}

// MailDead gives a claimed mail up; false if the claim had been lost.
func (t *Tx) MailDead(m pactius.Mail, why string) (bool, error) {
	return t.changed(sqlMailDead, t.env, m.ID, m.Attempts, why)
}

// MailAgain makes a dead mail waiting again; ErrStale if it is not dead. The
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

// DeadMails lists the mails that were given up, newest first.
func (t *Tx) DeadMails() ([]pactius.Mail, error) {
	return mailTable.all(t, `state = 'dead' ORDER BY id DESC LIMIT ?`, pactius.PageSize)
}

// CountDeadMails counts the mails that were given up.
func (t *Tx) CountDeadMails() (int, error) {
	return one(t, database.Value[int], sqlCountDead, t.env)
}

// NextMail tells when the next mail of any environment is due, the zero time
// when none waits.
func (s *Store) NextMail(ctx context.Context) (time.Time, error) {
	return database.One(ctx, s.Reader(), func(r database.Scanner) (time.Time, error) {
		var at time.Time
		return at, r.Scan(database.Time(&at))
	}, sqlNextMail)
}

// SweepMails deletes the emails of all environments sent until a time.
func (s *Store) SweepMails(ctx context.Context, until time.Time) error {
	return s.sweep(ctx, until, sqlSweepMails)
}
