package gateway

import (
	"bufio"
	"context"
	"errors"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/pactius/pactius"
)

const (
	// streamsEvery is how often the sessions with open requests are compared with the book.
	streamsEvery = 100 * time.Millisecond

	// closedAfter is how long a request stays open after the last moment at which its session was good for certain.
	// With two rounds to spare it is closed within the second for which answers are believed.
	closedAfter = believed - 2*streamsEvery

	// doubtedAfter is when a session is looked up, because no look at changes has confirmed it. What is left of
	// closedAfter is for the answer; before, a look may be a little late.
	doubtedAfter = closedAfter - lookEvery

	// lastChance is how long a session that was not confirmed in time has to be looked up before its requests end: on a
	// machine that stood still, the looks at changes and the comparison are late together.
	lastChance = 2 * streamsEvery

	// reviewers is how many sessions are looked up at the same time. After a change of a whole environment that is
	// all of them; pages must have their turns meanwhile.
	reviewers = 8

	// maxOpen bounds the open requests of one session at one application. Browsers have a hundred at most; each costs
	// files and memory that all applications share.
	maxOpen = 2048

	// maxOpenOfUser bounds those of one user, who can have many sessions, at every application: twice what several
	// browsers have that are busy at many applications.
	maxOpenOfUser = 2 * maxOpen
)

// streams are the requests that the built-in proxy has let through and that have not ended: a WebSocket or a download
// can outlive the session that it began with. All of a session at an application are looked at together.
type streams struct {
	wake    chan struct{} // has a token when something has changed
	workers sync.WaitGroup

	mu   sync.Mutex
	held map[passageKey]*held
	open map[pactius.UserID]int // requests
	due  []*held                // to be looked up
	busy int                    // workers
}

// held is a session with open requests at an application. The token is that of the requests, which are kept too.
type held struct {
	key       passageKey
	place     place
	token     string
	confirmed time.Duration // the session was good then
	asked     time.Duration // since then it is to be looked up, if that is after confirmed
	queued    bool          // is looked up or waits for it
	open      map[*stream]struct{}
}

func newStreams() *streams {
	return &streams{wake: make(chan struct{}, 1), held: map[passageKey]*held{},
		open: map[pactius.UserID]int{}}
}

// wakeUp has the sessions compared with the book immediately. It does not wait.
func (s *streams) wakeUp() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// enter notes a request that was let through. It reports false where the session or its user has too many.
func (s *streams) enter(one *stream, token string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open[one.passage.user] >= maxOpenOfUser {
		return false
	}
	h := s.held[one.passage.key]
	if h == nil {
		h = &held{key: one.passage.key, place: one.place, token: token, asked: never, open: map[*stream]struct{}{}}
		s.held[h.key] = h
	}
	if len(h.open) >= maxOpen {
		return false
	}
	h.confirmed = max(h.confirmed, one.passage.confirmed())
	h.open[one] = struct{}{}
	s.open[one.passage.user]++
	one.held = h
	return true
}

// leave forgets a request that has ended.
func (s *streams) leave(one *stream) {
	if one.held == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(one.held.open, one)
	if s.open[one.passage.user]--; s.open[one.passage.user] == 0 {
		delete(s.open, one.passage.user)
	}
	if len(one.held.open) == 0 && s.held[one.held.key] == one.held {
		delete(s.held, one.held.key)
	}
}

// watchStreams compares the sessions with open requests with the book until the context ends, and then ends all.
func (g *Gateway) watchStreams(ctx context.Context) {
	ticker := time.NewTicker(streamsEvery)
	defer ticker.Stop()
	defer g.EndStreams(func(*stream) bool { return true })
	defer g.streams.workers.Wait()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		case <-g.streams.wake:
		}
		g.checkStreams()
	}
}

// checkStreams ends the requests of sessions that were not confirmed in time, and has those looked up that the book has
// no answer about any more: a change has touched them, or their time is over.
func (g *Gateway) checkStreams() {
	s, now := g.streams, g.Now()
	at := g.since(now)
	var over []*stream
	s.mu.Lock()
	for key, h := range s.held {
		p := g.book.passage(&key)
		stands := p != nil && now.Before(p.ends)
		if p != nil {
			h.confirmed = max(h.confirmed, min(p.confirmed(), g.since(p.ends)))
		}
		age := at - h.confirmed
		if stands && age < doubtedAfter {
			continue
		}
		if h.asked <= h.confirmed {
			h.asked = at
		}
		switch {
		case age >= closedAfter && at-h.asked >= lastChance:
			over = h.all(over)
		case !h.queued:
			h.queued = true
			s.due = append(s.due, h)
		}
	}
	for ; s.busy < min(reviewers, len(s.due)); s.busy++ {
		s.workers.Go(g.reviewDue)
	}
	s.mu.Unlock()
	if len(over) > 0 && g.warnings.due("streams", true, now) {
		g.Logger.Warn("open requests to applications were ended, because it could not be found out in time whether " +
			"their sessions are still good; look at the database and the load of this machine")
	}
	end(over)
}

// reviewDue looks up the sessions that are due, one after the other.
func (g *Gateway) reviewDue() {
	s := g.streams
	for {
		s.mu.Lock()
		if len(s.due) == 0 {
			s.busy--
			s.mu.Unlock()
			return
		}
		h := s.due[0]
		s.due = s.due[1:]
		s.mu.Unlock()
		end(g.review(h))
	}
}

// review looks up a session and returns the requests that are over with it. An open request alone does not keep a
// session from ending for idleness.
func (g *Gateway) review(h *held) []*stream {
	ctx, cancel := context.WithTimeout(context.Background(), closedAfter)
	defer cancel()
	p, err := g.readPassage(ctx, h.place, h.key, h.token, g.Now())
	g.streams.mu.Lock()
	defer g.streams.mu.Unlock()
	h.queued = false
	switch {
	case err == nil:
		h.confirmed = max(h.confirmed, p.read)
	case isRefusal(err):
		return h.all(nil)
	}
	return nil // without an answer checkStreams ends them in time
}

// all appends the open requests to others. The caller holds the lock.
func (h *held) all(to []*stream) []*stream {
	for one := range h.open {
		to = append(to, one)
	}
	return to
}

func end(over []*stream) {
	for _, one := range over {
		one.end()
	}
}

// EndStreams ends the open requests that which chooses.
func (g *Gateway) EndStreams(which func(*stream) bool) {
	var all []*stream
	g.streams.mu.Lock()
	for _, h := range g.streams.held {
		all = h.all(all)
	}
	g.streams.mu.Unlock()
	end(slices.DeleteFunc(all, func(one *stream) bool { return !which(one) }))
}

// Leave ends the requests that would not end by themselves, when the server stops: browsers connect again, elsewhere.
func (g *Gateway) Leave() { g.EndStreams((*stream).isEndless) }

// stream is a request on its way to an application, and its answer. Its connection can be closed from outside.
type stream struct {
	http.ResponseWriter
	place
	*passage         // nil: a preflight, which has no identity
	token    *minted // nil with passage
	via      string
	held     *held
	cancel   context.CancelCauseFunc
	body     *body // of the request; nil without one

	mu      sync.Mutex
	conn    net.Conn // after a switch of protocols
	events  bool     // the answer is a stream of events
	ended   bool     // from outside
	settled bool     // the request is over
}

// errEnded is why a request has ended whose session is not good any more.
var errEnded = errors.New("the session has ended")

// end closes the connections to both sides, also where one of them waits for the other.
func (s *stream) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.settled || s.ended {
		return
	}
	s.ended = true
	s.cancel(errEnded)
	if s.conn != nil {
		_ = s.conn.Close()
		return
	}
	over := time.Unix(1, 0)
	control := http.NewResponseController(s.ResponseWriter)
	_ = errors.Join(control.SetReadDeadline(over), control.SetWriteDeadline(over)) // recorders in tests have none
}

// settle notes that the request is over: its connection may be that of the next one.
func (s *stream) settle() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settled = true
}

func (s *stream) isEndless() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.conn != nil || s.events
}

// Unwrap serves http.ResponseController.
func (s *stream) Unwrap() http.ResponseWriter { return s.ResponseWriter }

// Hijack hands over the connection for another protocol, and keeps it to close it.
func (s *stream) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return nil, nil, errEnded
	}
	c, buffered, err := http.NewResponseController(s.ResponseWriter).Hijack()
	s.conn = c
	return c, buffered, err
}
