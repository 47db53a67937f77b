package store

import (
	"context"
	"database/sql"
	"sync/atomic"
	"time"

	"github.com/pactius/pactius"
)

const (
	sqlNumbersWaiting  = `SELECT COUNT(*), COALESCE(MIN(created_at), 0), COALESCE(MIN(next_at), 0) FROM mails WHERE state = 'waiting'`
	sqlNumbersDead     = `SELECT COUNT(*) FROM mails WHERE state = 'dead'`
	sqlNumbersSessions = `SELECT COUNT(user_id), COUNT(*) - COUNT(user_id) FROM sessions WHERE expires_at > $1 AND seen_at > $2`
)

// Numbers is what there is at one moment, in all environments together.
type Numbers struct {
	MailsWaiting    int
	MailsDead       int
	OldestMail      time.Time // when the oldest waiting mail was put in; zero when none waits
	NextMail        time.Time // when the next mail is due, which may be over; zero when none waits
	UserSessions    int
	VisitorSessions int // of people who are not let in yet
}

// Numbers counts what there is. It reads as many rows as there are sessions, so
// callers keep the answer for some seconds.
func (s *Store) Numbers(ctx context.Context, now time.Time) (Numbers, error) {
	n, err := one(ctx, pool{s.read}, func(r scanner) (Numbers, error) {
		var n Numbers
		return n, r.Scan(&n.MailsWaiting, stamp{&n.OldestMail}, stamp{&n.NextMail})
	}, sqlNumbersWaiting)
	if err != nil {
		return n, err
	}
	if n.MailsDead, err = one(ctx, pool{s.read}, value[int], sqlNumbersDead); err != nil {
		return n, err
	}
	sessions, err := one(ctx, pool{s.read}, func(r scanner) ([2]int, error) {
		var both [2]int
		return both, r.Scan(&both[0], &both[1])
	}, sqlNumbersSessions, micros(now), micros(now.Add(-pactius.SessionIdle)))
	n.UserSessions, n.VisitorSessions = sessions[0], sessions[1]
	return n, err
}

// SchemaCurrent reports whether the database has every schema step that this
// program knows. It has more while a newer PACTIUS is being rolled out beside it.
func (s *Store) SchemaCurrent(ctx context.Context) (bool, error) {
	all, err := s.engine.steps()
	if err != nil {
		return false, err
	}
	has, err := one(ctx, pool{s.read}, value[int], sqlSchemaVersion)
	return has >= len(all), err
}

// commits counts what was committed since the start.
type commits struct{ changes, commits atomic.Int64 }

// committed is called once for every commit with the changes in it.
func (s *Store) committed(all ...outcome) {
	s.done.commits.Add(1)
	mailed := false
	for _, o := range all {
		if o.err != nil {
			continue // refused, and undone before the commit
		}
		s.done.changes.Add(1)
		mailed = mailed || o.mailed
		if s.happened == nil {
			continue
		}
		for _, e := range o.events {
			s.happened(e)
		}
	}
	if mailed {
		s.wake()
	}
}

// Commits returns how many changes were committed since the start, and in how
// many commits: on SQLite, changes that arrive together share one.
func (s *Store) Commits() (changes, commits int64) {
	return s.done.changes.Load(), s.done.commits.Load()
}

// Pool is what the connections to the database are doing.
type Pool struct {
	Name         string // "read" and "write" of SQLite, "all" of PostgreSQL
	Open, InUse  int
	Limit        int
	Waits        int64         // for a connection, since the start
	WaitDuration time.Duration // of all waits together
}

// Pools returns the state of the connections.
func (s *Store) Pools() []Pool {
	describe := func(name string, db *sql.DB) Pool {
		st := db.Stats()
		return Pool{Name: name, Open: st.OpenConnections, InUse: st.InUse, Limit: st.MaxOpenConnections, Waits: st.WaitCount, WaitDuration: st.WaitDuration}
	}
	if s.read == s.write {
		return []Pool{describe("all", s.write)}
	}
	return []Pool{describe("read", s.read), describe("write", s.write)}
}
