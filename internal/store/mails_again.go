package store

import (
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/database"
)

const sqlDeadSpan = `SELECT COUNT(*), COALESCE(MIN(created_at), 0) FROM mails
	WHERE environment_id = $1 AND state = 'dead'`

// UnsentMails lists emails that were not sent, newest first: those in a state, or for ""
// those given up and those that wait. before continues a list after one of its emails,
// "" begins it.
func (t *Tx) UnsentMails(state pactius.MailState, before pactius.MailID, limit int) ([]pactius.Mail, error) {
	condition := `state <> 'sent'`
	switch state { // as text, because the index of dead emails is found by it
	case pactius.MailDead:
		condition = `state = 'dead'`
	case pactius.MailWaiting:
		condition = `state = 'waiting'`
	}
	if before == "" {
		return mailTable.all(t, condition+` ORDER BY id DESC LIMIT ?`, limit)
	}
	return mailTable.all(t, condition+` AND id < ? ORDER BY id DESC LIMIT ?`, before, limit)
}

// DeadMailsAfter lists emails that were given up, oldest first and after one of them,
// "" from the beginning.
func (t *Tx) DeadMailsAfter(after pactius.MailID, limit int) ([]pactius.Mail, error) {
	return mailTable.all(t, `state = 'dead' AND id > ? ORDER BY id LIMIT ?`, after, limit)
}

// DeadSpan counts the emails that were given up and returns when the oldest was
// written, the zero time where there is none.
func (t *Tx) DeadSpan() (int, time.Time, error) {
	type span struct {
		n      int
		oldest time.Time
	}
	s, err := one(t, func(r database.Scanner) (span, error) {
		var v span
		return v, r.Scan(&v.n, database.Time(&v.oldest))
	}, sqlDeadSpan, t.env)
	return s.n, s.oldest, err
}

// MailsAgain makes those of the emails that were given up due at a time and leaves the
// others. The attempts go on counting, as with MailAgain.
func (t *Tx) MailsAgain(ids []pactius.MailID, at time.Time) error {
	err := chunks(ids, func(some []pactius.MailID) error {
		var q database.Query
		q.Add(`UPDATE mails SET state = 'waiting', next_at = ?, asked_at = ?
			WHERE environment_id = ? AND state = 'dead' AND id IN `, database.Micros(at), database.Micros(at), t.env)
		database.In(&q, some)
		return t.exec(&q)
	})
	if err == nil && len(ids) > 0 {
		t.wakeMail()
	}
	return err
}
