package directory

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/pactius/pactius"
)

// Bounds of asking. Everything here is kept in this instance's memory and may
// be lost at any time.
const (
	callLimit    = 10 * time.Second // a question nobody waits for any more ends then at the latest
	answerTime   = 30 * time.Second // an answer is remembered this long: as long as one fills in a form
	photoTime    = 10 * time.Minute // pictures change rarely
	maxAnswers   = 1000             // answers remembered, in all environments: some megabytes
	maxInLine    = 32               // questions of one person that wait: a page of pictures, and no flood
	throttleRest = 10 * time.Second // where Microsoft asks to wait and does not say for how long
	refusedRest  = 10 * time.Second // without permission, or with a bad secret: short, since somebody may be mending it
	awayRest     = 3 * time.Second  // so that typing does not wait for a dead line at every letter
)

// kind is what a question is about.
type kind int

const (
	searching kind = iota // people by what was typed
	looking               // one account
	picturing             // a photo
	kinds
)

// place is whose directory, asked with what.
type place struct {
	environment    pactius.EnvironmentID
	tenant, client string
}

// question is one question to a directory; equal ones have the same answer.
type question struct {
	place
	kind kind
	text string
}

// person is who asks.
type person struct {
	environment pactius.EnvironmentID
	kind        pactius.ActorKind
	user        pactius.UserID
}

// answer is what the directory said.
type answer struct {
	accounts []pactius.Account
	photo    Photo
	nobody   error // of the kind pactius.NotFound: an answer too
	until    time.Time
}

// call is a question that is being asked.
type call struct {
	done    chan struct{}
	waiting int // pages that wait for it
	answer  answer
	err     error
}

// lane is where the questions of one person take turns.
type lane struct {
	turn   chan struct{} // holds one: whose turn it is
	calls  int           // how many are in it; the lane goes with the last
	newest [kinds]*call  // asked even if nobody waits any more: the page will come back for the answer
}

// rest is a time in which a directory is not asked.
type rest struct {
	until time.Time
	err   *pactius.DirectoryError
}

// resting is what a rest is for: without permission for photos, people are
// still found.
type resting struct {
	place
	photos bool
}

// asker asks as little as possible: it remembers, shares, and takes turns.
type asker struct {
	now    func() time.Time
	logger *slog.Logger

	mu      sync.Mutex
	answers map[question]answer
	order   []question // of answers, oldest first
	calls   map[question]*call
	lanes   map[person]*lane
	rests   map[resting]rest
}

func newAsker(now func() time.Time, logger *slog.Logger) *asker {
	return &asker{now: now, logger: logger, answers: map[question]answer{}, calls: map[question]*call{}, lanes: map[person]*lane{}, rests: map[resting]rest{}}
}

// ask gives the answer to a question: the one remembered, that of a call under
// way, or a new one in the person's turn. When ctx ends first the error is the
// trouble Slow, and the call goes on. fresh asks although an answer is remembered.
func (a *asker) ask(ctx context.Context, who person, q question, fresh bool, run func(context.Context) (answer, error)) (answer, error) {
	a.mu.Lock()
	got, ok := a.answers[q]
	if ok && !fresh && a.now().Before(got.until) {
		a.mu.Unlock()
		return got, got.nobody
	}
	if err := a.rest(q); err != nil {
		a.mu.Unlock()
		return answer{}, err
	}
	c := a.calls[q]
	if c == nil {
		if c = a.begin(ctx, who, q, run); c == nil {
			a.mu.Unlock()
			return answer{}, slow()
		}
	}
	c.waiting++
	a.mu.Unlock()

	defer func() {
		a.mu.Lock()
		c.waiting--
		a.mu.Unlock()
	}()
	select {
	case <-c.done:
		return c.answer, c.err
	case <-ctx.Done():
		if errors.Is(ctx.Err(), context.Canceled) {
			return answer{}, ctx.Err()
		}
		return answer{}, slow()
	}
}

func slow() error { return &pactius.DirectoryError{Trouble: pactius.Slow} }

// begin puts a new call into the person's lane; nil where the lane is full.
func (a *asker) begin(ctx context.Context, who person, q question, run func(context.Context) (answer, error)) *call {
	l := a.lanes[who]
	if l == nil {
		l = &lane{turn: make(chan struct{}, 1)}
		a.lanes[who] = l
	}
	if l.calls >= maxInLine {
		return nil
	}
	c := &call{done: make(chan struct{})}
	l.calls++
	l.newest[q.kind] = c
	a.calls[q] = c
	go a.takeTurn(context.WithoutCancel(ctx), who, l, q, c, run)
	return c
}

// takeTurn waits for the person's turn and asks, if the answer is still wanted.
func (a *asker) takeTurn(ctx context.Context, who person, l *lane, q question, c *call, run func(context.Context) (answer, error)) {
	l.turn <- struct{}{}
	wanted := a.wanted(l, q, c)
	if wanted {
		ctx, cancel := context.WithTimeout(ctx, callLimit)
		c.answer, c.err = run(ctx)
		cancel()
	}
	a.mu.Lock()
	if wanted {
		a.keep(q, c)
	}
	if a.calls[q] == c {
		delete(a.calls, q)
	}
	if l.calls--; l.calls == 0 {
		delete(a.lanes, who)
	}
	a.mu.Unlock()
	close(c.done)
	<-l.turn
}

// wanted reports whether a call whose turn has come is to be made. One that is
// not is joined by nobody from here on.
func (a *asker) wanted(l *lane, q question, c *call) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if c.err = a.rest(q); c.err != nil {
		return false
	}
	if c.waiting == 0 && l.newest[q.kind] != c {
		c.err = context.Canceled
		delete(a.calls, q)
		return false
	}
	return true
}

// keep remembers an answer, or what a failure means for the questions to come.
func (a *asker) keep(q question, c *call) {
	e, failed := errors.AsType[*pactius.DirectoryError](c.err)
	switch {
	case c.err == nil:
	case pactius.KindOf(c.err) == pactius.NotFound:
		c.answer.nobody = c.err
	case failed:
		a.takeRest(q, e)
		return
	case errors.Is(c.err, context.DeadlineExceeded):
		c.err = slow()
		return
	default:
		return
	}
	lasts := answerTime
	if q.kind == picturing {
		lasts = photoTime
	}
	c.answer.until = a.now().Add(lasts)
	if _, known := a.answers[q]; !known {
		a.order = append(a.order, q)
	}
	a.answers[q] = c.answer
	for len(a.order) > maxAnswers || (len(a.order) > 0 && !a.now().Before(a.answers[a.order[0]].until)) {
		delete(a.answers, a.order[0])
		a.order = a.order[1:]
	}
}

// rest is the reason not to ask now, nil where there is none.
func (a *asker) rest(q question) error {
	for _, key := range []resting{{q.place, false}, {q.place, true}} {
		if key.photos && q.kind != picturing {
			continue
		}
		r, ok := a.rests[key]
		if !ok {
			continue
		}
		if left := r.until.Sub(a.now()); left > 0 {
			e := *r.err
			if e.Trouble == pactius.Throttled {
				e.RetryAfter = left
			}
			return &e
		}
		delete(a.rests, key)
	}
	return nil
}

// takeRest lets a directory that failed alone for a while, and says so in the log.
func (a *asker) takeRest(q question, e *pactius.DirectoryError) {
	var long time.Duration
	switch e.Trouble {
	case pactius.Throttled:
		long = e.RetryAfter
		if long <= 0 {
			long = throttleRest
		}
	case pactius.NoPermission, pactius.BadSecret, pactius.NoConnection:
		long = refusedRest
	case pactius.Away, pactius.Slow:
		long = awayRest
	default:
		return
	}
	key := resting{q.place, q.kind == picturing && e.Trouble != pactius.Throttled}
	if _, known := a.rests[key]; !known {
		a.logger.Warn("the directory is not asked for a while", slog.String("environment", string(q.environment)),
			slog.Duration("for", long), slog.Any("error", e))
	}
	a.rests[key] = rest{a.now().Add(long), e}
}

// recall is the answer that is remembered, the zero one where there is none.
func (a *asker) recall(q question) answer {
	a.mu.Lock()
	defer a.mu.Unlock()
	if got, ok := a.answers[q]; ok && a.now().Before(got.until) {
		return got
	}
	return answer{}
}
