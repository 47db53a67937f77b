package gateway

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/applications"
	"github.com/pactius/pactius/internal/store"
)

// endless is an application whose answers do not end: events, a WebSocket, a download, and one that has not begun.
func endless(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/socket":
		echo(w, r)
		return
	case "/silent":
		<-r.Context().Done()
		return
	case "/events":
		w.Header().Set("Content-Type", "text/event-stream")
		fmt.Fprint(w, "data: x\n\n")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
		return
	case "/upload":
		_, _ = io.Copy(io.Discard, r.Body)
		return
	}
	some := make([]byte, 64<<10)
	for { // more than anything between them keeps
		if _, err := w.Write(some); err != nil {
			return
		}
	}
}

// kinds are requests that stay open.
func kinds() map[string]string {
	return map[string]string{
		"events":                        "GET /events HTTP/1.1",
		"a WebSocket":                   "GET /socket HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket",
		"a download that is not read":   "GET /download HTTP/1.1",
		"an answer that does not begin": "GET /silent HTTP/1.1",
		"an upload that does not end":   "POST /upload HTTP/1.1\r\nContent-Length: 1000000",
	}
}

// openAll opens a request of each kind.
func openAll(t *testing.T, w *world, b *browser, front string, i *instance) map[string]*line {
	t.Helper()
	all := map[string]*line{}
	for name, request := range kinds() {
		l := dial(t, front)
		l.send(b, request)
		all[name] = l
		if strings.Contains(request, "/events") || strings.Contains(request, "/socket") {
			l.answer()
		}
	}
	i.awaitOpen(t, len(all))
	return all
}

// awaitOpen waits until so many requests are open.
func (i *instance) awaitOpen(t testing.TB, want int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for ctx.Err() == nil {
		if all, ended := i.openStreams(); all == want && ended == 0 {
			return
		}
		runtime.Gosched()
	}
	all, ended := i.openStreams()
	t.Fatalf("%d requests are open, %d of them ended, want %d", all, ended, want)
}

// openStreams counts the requests that are open; ended are those that were ended and are about to leave.
func (i *instance) openStreams() (all, ended int) {
	i.door.streams.mu.Lock()
	defer i.door.streams.mu.Unlock()
	for _, h := range i.door.streams.held {
		for one := range h.open {
			all++
			one.mu.Lock()
			if one.ended {
				ended++
			}
			one.mu.Unlock()
		}
	}
	return all, ended
}

// compare compares the sessions with the book, and waits for those that are looked up.
func (i *instance) compare() {
	i.door.checkStreams()
	i.door.streams.workers.Wait()
}

// compareUntil compares until so many requests are open: on a crowded machine a session may not be looked up in time.
func (i *instance) compareUntil(t testing.TB, want int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for ctx.Err() == nil {
		if all, ended := i.openStreams(); all-ended == want {
			break
		}
		i.compare()
		runtime.Gosched()
	}
	i.awaitOpen(t, want)
}

// mustEnd reads until each connection is closed.
func mustEnd(t *testing.T, all map[string]*line) {
	t.Helper()
	for name, l := range all {
		if _, err := io.Copy(io.Discard, l.in); err != nil && strings.Contains(err.Error(), "timeout") {
			t.Errorf("%s is open: %v", name, err)
		}
	}
}

// TestOpenRequestsEndWithTheSession: those of the instance that made the change immediately, those of another one
// after its look.
func TestOpenRequestsEndWithTheSession(t *testing.T) {
	t.Parallel()
	for name, revoke := range revocations() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onEach(t, func(t *testing.T, w *world) {
				b, second := w.proxied(t, endless), w.second(t)
				here := openAll(t, w, b, w.front(t, w.instance), w.instance)
				there := openAll(t, w, b, w.front(t, second), second)
				w.pass(2*time.Second, w.instance, second)
				w.compare()
				second.compare()
				w.awaitOpen(t, len(here))
				revoke(t, w, b)
				select {
				case <-w.door.streams.wake:
				default:
					t.Error("the change wakes no one up")
				}
				w.compareUntil(t, 0)
				mustEnd(t, here)
				second.compare()
				second.awaitOpen(t, len(there))
				w.pass(lookEvery, second)
				second.compareUntil(t, 0)
				mustEnd(t, there)
			})
		})
	}
}

// TestOpenRequestsOfOthersStay.
func TestOpenRequestsOfOthersStay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.proxied(t, endless)
	front := w.front(t, w.instance)
	first := w.session
	w.session = w.signIn(t, w.freja)
	again := w.browser(w.app)
	again.enter("/")
	l, other := dial(t, front), dial(t, front)
	l.send(b, "GET /silent HTTP/1.1")
	other.send(again, "GET /silent HTTP/1.1")
	w.awaitOpen(t, 2)
	w.Update(t, func(tx *store.Tx) error {
		_, err := tx.DeleteSession(applications.TokenHash(first))
		return err
	})
	w.compare()
	w.awaitOpen(t, 1)
	w.grant(t, pactius.AccessWrite) // touches the user, who may open it still
	w.compare()
	w.awaitOpen(t, 1)
	w.grant(t, pactius.AccessNone)
	w.compareUntil(t, 0)
}

// TestOpenRequestsEndWithTime alone: at the end date, for idleness, after a day.
func TestOpenRequestsEndWithTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.proxied(t, endless)
	all := openAll(t, w, b, w.front(t, w.instance), w.instance)
	for left := pactius.SessionIdle - time.Minute; left > 0; left -= time.Minute {
		w.db.Clock.Advance(time.Minute)
		w.door.look(t.Context())
		w.compare()
		w.door.store(t.Context()) // an open request alone is not use
	}
	w.awaitOpen(t, len(all)) // looked up again and again
	w.pass(time.Minute, w.instance)
	w.compareUntil(t, 0)
	mustEnd(t, all)
}

// TestOpenRequestsEndWithoutADatabase before a second has passed since the last look.
func TestOpenRequestsEndWithoutADatabase(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, w *world) {
		b := w.proxied(t, endless)
		second := w.second(t)
		all := openAll(t, w, b, w.front(t, second), second)
		w.pass(2*time.Second, second)
		if err := second.store.Close(); err != nil {
			t.Fatal(err)
		}
		for range 6 { // 600 ms
			w.db.Clock.Advance(streamsEvery)
			second.door.look(t.Context())
			second.compare()
		}
		second.awaitOpen(t, len(all))
		for range 2 {
			w.db.Clock.Advance(streamsEvery)
			second.compare()
		}
		second.awaitOpen(t, 0)
		mustEnd(t, all)
	})
}

// TestAfterAStandstillOpenRequestsHaveAChance: nothing has run for seconds, neither looks nor comparisons.
func TestAfterAStandstillOpenRequestsHaveAChance(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b, second := w.proxied(t, endless), w.second(t)
	all := openAll(t, w, b, w.front(t, second), second)
	for range 3 {
		w.db.Clock.Advance(5 * time.Second)
		second.compare()
		w.db.Clock.Advance(lastChance)
		second.compare()
	}
	second.awaitOpen(t, len(all))
	if err := second.store.Close(); err != nil {
		t.Fatal(err)
	}
	w.db.Clock.Advance(5 * time.Second)
	second.compare()
	second.awaitOpen(t, len(all))
	w.db.Clock.Advance(lastChance)
	second.compareUntil(t, 0)
}

// TestARequestBeginsWithTimeToSpare: an answer that is believed, but not for long enough, is read again.
func TestARequestBeginsWithTimeToSpare(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.proxied(t, endless)
	front := w.front(t, w.instance)
	b.verify()
	w.db.Clock.Advance(believed - 1)
	dial(t, front).send(b, "GET /silent HTTP/1.1")
	w.awaitOpen(t, 1)
	if err := w.store.Close(); err != nil {
		t.Fatal(err)
	}
	w.db.Clock.Advance(doubtedAfter)
	w.compare()
	w.db.Clock.Advance(lastChance)
	w.compare()
	w.awaitOpen(t, 1)
}

// TestWithoutLooksOpenRequestsAreLookedUp, and stay where the database says so.
func TestWithoutLooksOpenRequestsAreLookedUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b, second := w.proxied(t, endless), w.second(t)
	all := openAll(t, w, b, w.front(t, second), second)
	for range 30 {
		w.db.Clock.Advance(streamsEvery)
		second.compare()
	}
	second.awaitOpen(t, len(all))
	w.grant(t, pactius.AccessNone)
	for range 7 {
		w.db.Clock.Advance(streamsEvery)
		second.compare()
	}
	second.awaitOpen(t, 0)
}

// TestAConnectionIsUsedAgain: the end of a session closes open requests, and not the connection of one that is over.
func TestAConnectionIsUsedAgain(t *testing.T) {
	t.Parallel()
	w, b, front := proxiedWorld(t, tell)
	l := dial(t, front)
	for range 3 {
		l.send(b, "GET / HTTP/1.1")
		readArrived(t, l.answer())
		w.awaitOpen(t, 0)
		w.compare()
	}
	w.grant(t, pactius.AccessNone)
	l.send(b, "GET / HTTP/1.1")
	if r := l.answer(); r.StatusCode != http.StatusForbidden {
		t.Errorf("%d", r.StatusCode)
	}
}

// TestASessionHasNoMoreThanItsShare of open requests.
func TestASessionHasNoMoreThanItsShare(t *testing.T) {
	t.Parallel()
	s, h := newStreams(), &home{}
	h.looked.Store(int64(never))
	enter := func(application pactius.ApplicationID) bool {
		return s.enter(&stream{passage: &passage{kept: kept{home: h}, key: passageKey{application: application}}}, "t")
	}
	for n := range maxOpen {
		if !enter("a") {
			t.Fatalf("%d are too many", n)
		}
	}
	if enter("a") || !enter("b") {
		t.Error("not bounded, or not for each alone")
	}
}

// TestAUserHasNoMoreThanTheirShare of open requests, with however many sessions at however many applications.
func TestAUserHasNoMoreThanTheirShare(t *testing.T) {
	t.Parallel()
	s, h := newStreams(), &home{}
	h.looked.Store(int64(never))
	enter := func(user pactius.UserID, n int) (*stream, bool) {
		one := &stream{passage: &passage{kept: kept{home: h}, user: user,
			key: passageKey{application: pactius.ApplicationID(strconv.Itoa(n))}}}
		return one, s.enter(one, "t")
	}
	var all []*stream
	for n := range maxOpenOfUser {
		one, ok := enter("a", n)
		if !ok {
			t.Fatalf("%d are too many", n)
		}
		all = append(all, one)
	}
	if _, ok := enter("a", maxOpenOfUser); ok {
		t.Error("not bounded")
	}
	other, ok := enter("b", 0)
	if !ok {
		t.Error("another user has no share")
	}
	s.leave(all[0])
	again, ok := enter("a", 0)
	if !ok {
		t.Error("what has ended still counts")
	}
	for _, one := range append(all[1:], other, again) {
		s.leave(one)
	}
	if len(s.open)+len(s.held) != 0 {
		t.Errorf("%d users and %d sessions are left", len(s.open), len(s.held))
	}
}

// TestRunEndsOpenRequests: the loop of an instance finds the change of another one, and the end of the server ends what
// is open.
func TestRunEndsOpenRequests(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, w *world) {
		b, second := w.proxied(t, endless), w.second(t)
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { second.door.Run(ctx); close(ended) }()
		front := w.front(t, second)
		all := openAll(t, w, b, front, second)
		w.grant(t, pactius.AccessNone) // on the first
		second.awaitOpen(t, 0)
		mustEnd(t, all)
		w.grant(t, pactius.AccessRead)
		all = openAll(t, w, b, front, second)
		second.door.Leave()
		second.awaitOpen(t, len(all)-2)
		stop()
		<-ended
		second.awaitOpen(t, 0)
		mustEnd(t, all)
	})
}

// TestAThousandStreamsEndTogether, of sessions of their own, and are cheap while they are open.
func TestAThousandStreamsEndTogether(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.proxied(t, endless)
	front := w.front(t, w.instance)
	const sessions, each = 50, 20
	var opened sync.WaitGroup
	lines := make([]*line, 0, sessions*each)
	for range sessions {
		w.session = w.signIn(t, w.freja)
		b := w.browser(w.app)
		b.enter("/")
		b.verify() // all at once would be more than may wait for the database
		for range each {
			l := dial(t, front)
			lines = append(lines, l)
			opened.Go(func() {
				l.send(b, "GET /events HTTP/1.1")
				if r, err := http.ReadResponse(bufio.NewReader(l), nil); err != nil || r.StatusCode != 200 {
					t.Error(r, err)
				}
			})
		}
	}
	opened.Wait()
	w.awaitOpen(t, len(lines))
	before := w.db.Statements()
	w.pass(10*time.Second, w.instance)
	w.compare()
	if n := w.db.Statements() - before; n > 100 {
		t.Errorf("%d statements while nothing changes", n)
	}
	w.Update(t, func(tx *store.Tx) error {
		w.freja.DeactivatedAt = w.db.Clock.Now()
		return tx.UpdateUser(w.freja)
	})
	before = w.db.Statements()
	w.compareUntil(t, 0)
	if n := w.db.Statements() - before; n > 5*sessions {
		t.Errorf("%d statements for %d sessions", n, sessions)
	}
}
