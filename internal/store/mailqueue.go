package store

import (
	"context"
	"errors"
	"time"

	"github.com/pactius/pactius/internal/database"
)

// MailQueue says since when and why no email is sent at all. The zero MailQueue means
// that emails are sent.
type MailQueue struct {
	Since    time.Time
	Until    time.Time // of the next attempt
	Failures int       // attempts that have failed in a row
	Code     int       // the mail server's reply code, 0 where it gave none
	Status   string    // its enhanced status code, "" where it gave none
	Reason   string    // for Support and administrators
}

// PutOff reports whether no email is sent.
func (q MailQueue) PutOff() bool { return !q.Since.IsZero() }

const (
	sqlMailQueue    = `SELECT since, until, failures, code, status, reason FROM mail_queue WHERE id = 1`
	sqlPutMailQueue = `INSERT INTO mail_queue (id, since, until, failures, code, status, reason)
		VALUES (1, $1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO NOTHING`
	sqlChangeMailQueue = `UPDATE mail_queue SET since = $1, until = $2, failures = $3, code = $4, status = $5,
		reason = $6 WHERE id = 1 AND until = $7`
	sqlResumeMailQueue = `DELETE FROM mail_queue WHERE id = 1`
)

func (q *MailQueue) into() []any {
	return []any{database.Time(&q.Since), database.Time(&q.Until), &q.Failures, &q.Code, &q.Status, &q.Reason}
}

func (q *MailQueue) values() []any {
	return []any{database.Micros(q.Since), database.Micros(q.Until), q.Failures, q.Code, q.Status, q.Reason}
}

func scanMailQueue(r database.Scanner) (MailQueue, error) {
	var q MailQueue
	return q, r.Scan(q.into()...)
}

// MailQueue reads why no email is sent.
func (s *Store) MailQueue(ctx context.Context) (MailQueue, error) {
	q, err := database.One(ctx, s.Reader(), scanMailQueue, sqlMailQueue)
	if errors.Is(err, ErrNotFound) {
		err = nil
	}
	return q, err
}

// MailQueue reads why no email is sent, of this environment nor of another.
func (t *Tx) MailQueue() (MailQueue, error) {
	q, err := one(t, scanMailQueue, sqlMailQueue)
	if errors.Is(err, ErrNotFound) {
		err = nil
	}
	return q, err
}

// PutMailQueueOff stops the delivery of all emails, of all instances; false if it was
// stopped already.
func (s *Store) PutMailQueueOff(ctx context.Context, q MailQueue) (first bool, err error) {
	err = s.Update(ctx, "", func(tx *Tx) error {
		first, err = tx.changed(sqlPutMailQueue, q.values()...)
		return err
	})
	return first, err
}

// ChangeMailQueue replaces the reason or the time of the next attempt, unless another
// instance was first: then it returns false.
func (s *Store) ChangeMailQueue(ctx context.Context, old, q MailQueue) (held bool, err error) {
	err = s.Update(ctx, "", func(tx *Tx) error {
		held, err = tx.changed(sqlChangeMailQueue, append(q.values(), database.Micros(old.Until))...)
		return err
	})
	return held, err
}

// ResumeMailQueue lets all instances send again; false if they did already.
func (s *Store) ResumeMailQueue(ctx context.Context) (first bool, err error) {
	err = s.Update(ctx, "", func(tx *Tx) error {
		first, err = tx.changed(sqlResumeMailQueue)
		if first {
			tx.wakeMail()
		}
		return err
	})
	return first, err
}
