package directory

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/sync/singleflight"

	"github.com/pactius/pactius"
)

// Limits of queries. Everything is kept in the memory of this instance and may be lost at any time.
const (
	callTimeout = 10 * time.Second // of one query, whether or not a page still waits for it
	answerTime  = 30 * time.Second // an answer is cached this long: as long as it takes to fill in a form
	photoTime   = 10 * time.Minute // photos change rarely
	maxAnswers  = 1000             // cached answers of all environments: some megabytes
	maxQueued   = 32               // queries of one caller under way: a page of photos, and no flood
)

// queryKind is what a query is about.
type queryKind int

const (
	querySearch  queryKind = iota // people by the beginning of a name
	queryNear                     // people who are nearly called so
	queryAccount                  // one account
	queryPhoto
	queryBatch // several account names, or what is nearly called so
	queryKinds
)

// target is the directory that is asked, and the app registration it is asked with.
type target struct {
	environment    pactius.EnvironmentID
	tenant, client string
}

// query is one query to a directory. Equal queries have the same answer.
type query struct {
	target
	kind queryKind
	text string
}

// key returns the query as a key of calls under way.
func (q query) key() string {
	return fmt.Sprintf("%q", []any{q.environment, q.tenant, q.client, q.kind, q.text})
}

// caller is the actor a query is made for.
type caller struct {
	environment pactius.EnvironmentID
	kind        pactius.ActorKind
	user        pactius.UserID
}

// answer is the answer of a directory.
type answer struct {
	accounts []pactius.Account
	each     [][]pactius.Account // of queryBatch
	errs     []error             // of queryBatch: the error of each
	photo    Photo
	notFound error // of the kind pactius.NotFound, which is cached like any answer
	until    time.Time
}

// queue holds the queries of one caller that are under way. They reach the directory one at a time.
type queue struct {
	places chan struct{}     // one value per query
	turn   chan struct{}     // one value: the query that is being answered
	newest [queryKinds]query // made even if its page is gone: the page will come back for the answer
}

// broker makes as few calls as possible: it caches answers, shares calls between callers, gives every caller a queue
// and pauses after failures. Answers carry their own end instead of living in golang-lru's expirable cache, which
// reads the machine's clock and starts a goroutine that cannot be stopped.
type broker struct {
	now     func() time.Time
	logger  *slog.Logger
	answers *lru.Cache[query, answer]
	calls   singleflight.Group

	mu     sync.Mutex
	queues map[caller]*queue
	pauses map[pauseKey]pause
}

func newBroker(now func() time.Time, logger *slog.Logger) *broker {
	answers, _ := lru.New[query, answer](maxAnswers) // fails for a size below one only
	return &broker{
		now: now, logger: logger, answers: answers, queues: map[caller]*queue{}, pauses: map[pauseKey]pause{},
	}
}

// errDropped is the error of a query whose page is gone.
var errDropped = errors.New("no page waits for this answer")

func slow() error { return &pactius.DirectoryError{Trouble: pactius.TroubleSlow} }

// ask returns the answer to a query: a cached one, that of a call under way, or that of a new call. When ctx ends
// first the error is the trouble Slow, and the call goes on. fresh skips the cache.
func (b *broker) ask(
	ctx context.Context, by caller, q query, fresh bool, call func(context.Context) (answer, error),
) (answer, error) {
	for {
		if got, known, err := b.known(q, fresh); known {
			return got, err
		}
		done := b.calls.DoChan(q.key(), func() (any, error) { return b.takeTurn(ctx, by, q, fresh, call) })
		select {
		case r := <-done:
			if errors.Is(r.Err, errDropped) && ctx.Err() == nil {
				continue // the call was another page's
			}
			return r.Val.(answer), r.Err
		case <-ctx.Done():
			if errors.Is(ctx.Err(), context.Canceled) {
				return answer{}, ctx.Err()
			}
			return answer{}, slow()
		}
	}
}

// known returns what is known without a call: the cached answer, or the error of a pause.
func (b *broker) known(q query, fresh bool) (got answer, known bool, err error) {
	if !fresh {
		if got = b.cached(q); !got.until.IsZero() {
			return got, true, got.notFound
		}
	}
	err = b.paused(q)
	return answer{}, err != nil, err
}

// cached returns the cached answer, or the zero answer where there is none.
func (b *broker) cached(q query) answer {
	if got, ok := b.answers.Get(q); ok && b.now().Before(got.until) {
		return got
	}
	return answer{}
}

// takeTurn makes a call when it is the query's turn in the caller's queue. It drops the query when its page is gone
// and the caller has made a newer one of the same kind: that page was left for the next letter.
func (b *broker) takeTurn(
	page context.Context, by caller, q query, fresh bool, call func(context.Context) (answer, error),
) (answer, error) {
	line, leave := b.enter(by, q)
	if line == nil {
		return answer{}, slow()
	}
	defer leave()
	line.turn <- struct{}{}
	defer func() { <-line.turn }()
	if got, known, err := b.known(q, fresh); known {
		return got, err
	}
	b.mu.Lock()
	dropped := page.Err() != nil && line.newest[q.kind] != q
	b.mu.Unlock()
	if dropped {
		return answer{}, errDropped
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(page), callTimeout)
	defer cancel()
	got, err := call(ctx)
	return b.keep(q, got, err)
}

// enter takes a place in the caller's queue, which leave gives back. A full queue is nil.
func (b *broker) enter(by caller, q query) (line *queue, leave func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	line = b.queues[by]
	if line == nil {
		line = &queue{places: make(chan struct{}, maxQueued), turn: make(chan struct{}, 1)}
		b.queues[by] = line
	}
	select {
	case line.places <- struct{}{}:
	default:
		return nil, nil
	}
	line.newest[q.kind] = q
	return line, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		if <-line.places; len(line.places) == 0 {
			delete(b.queues, by)
		}
	}
}

// keep caches an answer, or pauses after a failure. It returns the answer as the callers get it.
func (b *broker) keep(q query, got answer, err error) (answer, error) {
	trouble, failed := errors.AsType[*pactius.DirectoryError](err)
	switch {
	case err == nil:
	case pactius.KindOf(err) == pactius.KindNotFound:
		got.notFound = err
	case failed:
		b.pause(q, trouble)
		return answer{}, err
	case errors.Is(err, context.DeadlineExceeded):
		return answer{}, slow()
	default:
		return answer{}, err
	}
	lasts := answerTime
	if q.kind == queryPhoto {
		lasts = photoTime
	}
	got.until = b.now().Add(lasts)
	b.answers.Add(q, got)
	return got, err
}
