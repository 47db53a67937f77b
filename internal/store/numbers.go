package store

import (
	"context"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/database"
)

const (
	sqlNumbersWaiting  = `SELECT COUNT(*), COALESCE(MIN(created_at), 0) FROM mails WHERE state = 'waiting'`
	sqlNumbersDead     = `SELECT COUNT(*) FROM mails WHERE state = 'dead'`
	sqlNumbersSessions = `SELECT COUNT(user_id), COUNT(*) - COUNT(user_id) FROM sessions WHERE expires_at > $1
		AND seen_at > $2`
)

// Numbers is what there is at one moment, in all environments together.
type Numbers struct {
	MailsWaiting    int
	MailsDead       int
	OldestMail      time.Time // when the oldest waiting email was put in; zero when none waits
	NextMail        time.Time // see Store.NextMail; it may be over
	QueuePutOff     bool      // no email is sent, see MailQueue
	UserSessions    int
	VisitorSessions int // of people who are not let in yet
}

// Numbers counts what there is. It reads as many rows as there are sessions, so
// callers keep the answer for some seconds.
func (s *Store) Numbers(ctx context.Context, now time.Time) (Numbers, error) {
	n, err := database.One(ctx, s.Reader(), func(r database.Scanner) (Numbers, error) {
		var n Numbers
		return n, r.Scan(&n.MailsWaiting, database.Time(&n.OldestMail))
	}, sqlNumbersWaiting)
	if err != nil {
		return n, err
	}
	if n.NextMail, err = s.NextMail(ctx); err != nil {
		return n, err
	}
	queue, err := s.MailQueue(ctx)
	if n.QueuePutOff = queue.PutOff(); err != nil {
		return n, err
	}
	if n.MailsDead, err = database.One(ctx, s.Reader(), database.Value[int], sqlNumbersDead); err != nil {
		return n, err
	}
	sessions, err := database.One(ctx, s.Reader(), func(r database.Scanner) ([2]int, error) {
		var both [2]int
		return both, r.Scan(&both[0], &both[1])
	}, sqlNumbersSessions, database.Micros(now), database.Micros(now.Add(-pactius.SessionIdle)))
	n.UserSessions, n.VisitorSessions = sessions[0], sessions[1]
	return n, err
}
