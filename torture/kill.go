package torture

import (
	"context"
	"database/sql"
	"math/rand/v2"
	"os"
	"time"
)

// killPlan says how much is done.
type killPlan struct {
	kills  int
	people int  // at work at the same time
	hurry  bool // ends the leases of mails in the database instead of waiting for them
}

// Between two kills the server works this long: sometimes less than it takes to
// start, never so long that nothing is tried.
const (
	longestLife  = 500 * time.Millisecond
	shortestLife = 40 * time.Millisecond
	stillborn    = 10 // one in so many is killed before it is ready
)

// kill kills the server again and again while people work, and looks after each
// time whether everything is there that was acknowledged.
func kill(ctx context.Context, s *site, plan killPlan) *Line {
	line := &Line{Promise: "Killed at any moment: nothing acknowledged is lost, nobody becomes two users, no mail " +
		"is lost, at most one mail goes out twice per kill", Engine: s.engine()}
	defer clock(line)()
	if err := s.startAll(ctx); err != nil {
		line.failed(err)
		return line
	}
	l, err := startLoad(ctx, s, line, plan.people)
	if err != nil {
		line.failed(err)
		return line
	}
	var restarts []time.Duration
	for n := range plan.kills {
		pause(ctx, shortestLife+rand.N(longestLife))
		took, err := s.killOnce(ctx, n%stillborn == stillborn-1)
		if err != nil {
			line.failed(err)
			break
		}
		restarts = append(restarts, took)
		line.failed(s.look(func(db *sql.DB) error { return l.verify(db, line, false) }))
		if ctx.Err() != nil {
			break
		}
	}
	l.finish()
	s.deliverAll(ctx, line, plan.hurry)
	line.failed(s.look(func(db *sql.DB) error { return l.verify(db, line, true) }))
	s.examine(ctx, line)
	kills := len(restarts)
	if kills < plan.kills {
		line.broken("only %d kills of %d", kills, plan.kills)
	}
	delivered, twice := s.post.totals()
	if twice > kills {
		line.broken("%d mails were delivered twice in %d kills", twice, kills)
	}
	line.figure(
		"%d kills of %d instance(s) under load of %d people; %s; %d mails delivered, %d of them twice", kills,
		len(s.instances), plan.people, l.summary(), delivered, twice,
	)
	line.figure("ready again after %s in the middle, %s at worst", at(restarts, 0.5), at(restarts, 1))
	return line
}

// killOnce kills an instance and starts it again; a stillborn one is killed once
// more while it starts. It gives the time from start to ready.
func (s *site) killOnce(ctx context.Context, stillborn bool) (time.Duration, error) {
	i := s.instances[rand.IntN(len(s.instances))]
	if err := i.end(os.Kill); err != nil {
		return 0, err
	}
	if stillborn {
		if err := i.launch(); err != nil {
			return 0, err
		}
		pause(ctx, rand.N(30*time.Millisecond))
		if err := i.end(os.Kill); err != nil {
			return 0, err
		}
	}
	began := time.Now()
	err := i.start(ctx)
	return time.Since(began), err
}

// Times of delivery.
const (
	leaseTime    = 2 * time.Minute         // of the outbox: a mail in delivery at a kill waits so long
	mailPatience = leaseTime + time.Minute // for the last mail
	mailLook     = 100 * time.Millisecond  // between two looks at the outbox
	sqlEndLeases = `UPDATE mails SET next_at = 1 WHERE state = 'waiting'`
)

// deliverAll waits until no mail waits any more, and then compares the outbox
// with what the mail server has taken.
func (s *site) deliverAll(ctx context.Context, line *Line, hurry bool) {
	end := time.Now().Add(mailPatience)
	before := -1
	for {
		m, err := s.mails()
		if err != nil {
			line.failed(err)
			return
		}
		if m.waiting == 0 {
			s.compare(line, m)
			return
		}
		if time.Now().After(end) || ctx.Err() != nil {
			line.broken("%d mails still wait %s after the end", m.waiting, mailPatience)
			s.compare(line, m)
			return
		}
		if hurry && m.waiting == before { // nothing moves: what is left is leased to the dead
			line.failed(s.look(func(db *sql.DB) error {
				_, err := db.ExecContext(ctx, sqlEndLeases)
				return err
			}))
		}
		before = m.waiting
		pause(ctx, mailLook)
		if hurry {
			pause(ctx, time.Second)
		}
	}
}

// compare holds the outbox against the mail server.
func (s *site) compare(line *Line, m mailState) {
	for _, id := range m.sentUnseen {
		line.broken("mail %s is noted as sent and never arrived", id)
	}
	if m.dead > 0 {
		line.broken("%d mails were given up", m.dead)
	}
	for _, id := range s.post.strangers(m.ids) {
		line.broken("mail %s arrived and is in no outbox", id)
	}
}
