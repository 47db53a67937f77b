package torture

import (
	"context"
	"database/sql"
	"errors"
	"math/rand/v2"
	"os"
	"time"
)

// Between two kills the server works this long: sometimes less than it takes to
// start, never so long that nothing is tried.
const (
	longestLife  = 500 * time.Millisecond
	shortestLife = 40 * time.Millisecond
	stillborn    = 10 // one in so many is killed before it is ready
)

// kill kills the server again and again while people work, and looks after each
// time whether everything is there that was acknowledged.
func kill(ctx context.Context, r *run, v *verdict) error {
	s, err := r.newSite(ctx, v, r.instances())
	if err != nil {
		return err
	}
	defer s.close()
	l, err := startLoad(ctx, s, r.people)
	if err != nil {
		return err
	}
	var restarts []time.Duration
	for n := range r.kills {
		pause(ctx, shortestLife+rand.N(longestLife))
		took, err := s.killOnce(ctx, n%stillborn == stillborn-1)
		if err != nil {
			v.failed(err)
			break
		}
		restarts = append(restarts, took)
		l.check(false)
	}
	l.end(ctx, r.hurry)
	kills := len(restarts)
	if kills < r.kills {
		v.broken("only %d kills of %d", kills, r.kills)
	}
	delivered, twice := s.post.totals()
	if most := kills * underWay; twice > most {
		v.broken("%d mails were delivered twice in %d kills, more than were being sent", twice, kills)
	}
	v.figure("%d kills of %d instance(s) under load of %d people; %s; %d mails delivered, %d of them twice", kills,
		len(s.instances), r.people, l.summary(), delivered, twice)
	v.figure("ready again after %s in the middle, %s at worst", at(restarts, 0.5), at(restarts, 1))
	return nil
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
	return time.Since(began), errors.Join(err, ctx.Err())
}

// Times of delivery.
const (
	leaseTime    = 2 * time.Minute         // of the outbox: an email in delivery at a kill waits so long
	mailPatience = leaseTime + time.Minute // for the last mail
	mailLook     = 100 * time.Millisecond  // between two looks at the outbox
	hurriedLook  = mailLook + time.Second  // the same where leases are ended
	sqlEndLeases = `UPDATE mails SET next_at = 1 WHERE state = 'waiting'`
)

// deliverAll waits until no mail waits any more, and then compares the outbox
// with what the mail server has taken. In a hurry it ends the leases of emails in
// the database instead of waiting for them.
func (s *site) deliverAll(ctx context.Context, hurry bool) {
	end, look := time.Now().Add(mailPatience), mailLook
	if hurry {
		look = hurriedLook
	}
	for before := -1; ; pause(ctx, look) {
		m, err := s.mails()
		if err != nil {
			s.failed(err)
			return
		}
		late := time.Now().After(end) || ctx.Err() != nil
		if m.waiting > 0 && late {
			s.broken("%d mails still wait %s after the end", m.waiting, mailPatience)
		}
		if m.waiting == 0 || late {
			s.compare(m)
			return
		}
		if hurry && m.waiting == before { // nothing moves: what is left is leased to the dead
			s.failed(s.look(func(db *sql.DB) error {
				_, err := db.ExecContext(ctx, sqlEndLeases)
				return err
			}))
		}
		before = m.waiting
	}
}

// compare holds the outbox against the mail server.
func (s *site) compare(m mailState) {
	for _, id := range m.sentUnseen {
		s.broken("mail %s is noted as sent and never arrived", id)
	}
	if m.dead > 0 {
		s.broken("%d mails were given up", m.dead)
	}
	for _, id := range s.post.strangers(m.ids) {
		s.broken("mail %s arrived and is in no outbox", id)
	}
}
