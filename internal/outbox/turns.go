package outbox

import (
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/crew"
	"github.com/pactius/pactius/internal/store"
)

// DefaultWorkers is how many emails are sent at the same time: 30 a second to a mail
// server that takes 0.3 seconds for each, of one environment alone.
const DefaultWorkers = 24

// Limits of turns.
const (
	turnsAhead  = 32                     // environments read together
	turnTime    = 250 * time.Millisecond // that a turn lasts, so that the next environment's is soon
	turnMost    = 16                     // emails of a turn, however quick the mail server
	oldTurn     = 4                      // every so many turns begin with emails that were put off
	longestWait = 2 * time.Hour          // of the queue; mail servers demand an hour at most
)

// turns says which environment's emails are sent next. The environments take turns, and
// share the workers.
type turns struct {
	share crew.Share

	mu    sync.Mutex
	ahead []pactius.EnvironmentID // next ones, from a look at the database
	after pactius.EnvironmentID   // the look went on from here
	given int                     // turns so far
	queue store.MailQueue
}

// take returns the next environment that may occupy a worker, and occupies it.
func (t *turns) take(workers int) (pactius.EnvironmentID, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i, env := range t.ahead {
		if t.share.Take(env, workers) {
			t.ahead = t.ahead[i+1:] // those before it have their workers
			return env, true
		}
	}
	t.ahead = nil
	return "", false
}

// lookAnew forgets the environments that were read ahead.
func (t *turns) lookAnew() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ahead = nil
}

// oldOnes reports whether it is time for the emails that were put off, however many others there are.
func (t *turns) oldOnes() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.given++
	return t.given%oldTurn == 0
}

func (t *turns) remember(q store.MailQueue) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.queue = q
}

func (t *turns) putOff() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.queue.PutOff()
}

func (t *turns) goOn() { t.remember(store.MailQueue{}) }

// look reads whose turns are next, in a circle. It reports whether there are any.
func (d *Deliverer) look(ctx context.Context) (bool, error) {
	t := &d.turns
	t.mu.Lock()
	after := t.after
	t.mu.Unlock()
	found, err := d.DB.Store.DueTurns(ctx, d.DB.Now(), after, turnsAhead)
	if err == nil && after != "" && len(found) < turnsAhead {
		var rest []pactius.EnvironmentID
		rest, err = d.DB.Store.DueTurns(ctx, d.DB.Now(), "", turnsAhead-len(found))
		found = append(found, rest...)
	}
	if err != nil {
		return false, fmt.Errorf("look for mails: %w", err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ahead = found; len(found) > 0 {
		t.after = found[len(found)-1]
	}
	return len(found) > 0, nil
}

// DeliverDue gives the next environment a turn and returns the number of emails that it
// tried; call it again until that is 0. An email is sent at least once: if the process
// dies between the server's answer and storing it, the email is sent again with the same
// Message-ID.
func (d *Deliverer) DeliverDue(ctx context.Context) (int, error) {
	env, probe, err := d.next(ctx)
	if err != nil || env == "" {
		return 0, err
	}
	defer d.turns.share.Free(env)
	return d.turn(ctx, env, probe)
}

// next returns the environment whose turn it is, and occupies a worker for it. It returns
// "" if there is none, or none that may occupy another worker.
func (d *Deliverer) next(ctx context.Context) (env pactius.EnvironmentID, probe bool, err error) {
	q, err := d.DB.Store.MailQueue(ctx)
	if err != nil {
		return "", false, fmt.Errorf("read the mail queue: %w", err)
	}
	d.turns.remember(q)
	// A time further away than a server can demand is from before the clock was set back.
	if wait := q.Until.Sub(d.DB.Now()); q.PutOff() && wait > 0 && wait <= longestWait {
		return "", false, d.expire(ctx, q)
	}
	if q.PutOff() {
		d.turns.lookAnew() // the one email of the probe must be there
	}
	env, ok := d.turns.take(d.workers())
	if !ok {
		if found, err := d.look(ctx); err != nil || !found {
			return "", false, err
		}
		env, ok = d.turns.take(d.workers())
	}
	if !ok || !q.PutOff() {
		return env, false, nil
	}
	mine, err := d.probe(ctx, q)
	if err != nil || !mine {
		d.turns.share.Free(env)
		return "", false, err
	}
	return env, true, nil
}

// turn claims emails of an environment and delivers them.
func (d *Deliverer) turn(ctx context.Context, env pactius.EnvironmentID, probe bool) (int, error) {
	most := d.pace.emails()
	if probe || d.PerMinute > 0 {
		most = 1
	}
	if err := d.pace.wait(ctx, d.PerMinute); err != nil {
		return 0, nil // the process stops
	}
	now := d.DB.Now()
	claim := d.DB.Store.ClaimMails
	if d.turns.oldOnes() {
		claim = d.DB.Store.ClaimPutOff
	}
	claimed, err := claim(ctx, env, now, lease, most)
	if err != nil {
		return 0, fmt.Errorf("claim mails: %w", err)
	}
	return len(claimed), d.deliverAll(ctx, claimed, now.Add(lease))
}

func (d *Deliverer) workers() int {
	if d.Workers <= 0 {
		return DefaultWorkers
	}
	return d.Workers
}

// pace measures how long the mail server takes for an email, and keeps to PerMinute.
type pace struct {
	mu      sync.Mutex
	average time.Duration
	limiter *rate.Limiter
}

// note notes how long an email took.
func (p *pace) note(took time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.average = (3*p.average + took) / 4
}

// emails returns how many emails a turn has: as many as fit in turnTime.
func (p *pace) emails() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.average <= 0 {
		return 1 // nothing is known yet
	}
	return int(min(turnMost, max(1, turnTime/p.average)))
}

// wait waits until another email may be sent.
func (p *pace) wait(ctx context.Context, perMinute int) error {
	if perMinute <= 0 {
		return nil
	}
	p.mu.Lock()
	if p.limiter == nil {
		p.limiter = rate.NewLimiter(rate.Limit(float64(perMinute)/time.Minute.Seconds()), 1)
	}
	limiter := p.limiter
	p.mu.Unlock()
	return limiter.Wait(ctx)
}
