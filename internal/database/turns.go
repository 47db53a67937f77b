package database

import (
	"context"
	"sync"

	"github.com/pactius/pactius"
)

// inLine is how many changes of an environment hold a connection to PostgreSQL: one
// that works and one that waits for its lock, so that the server can hand over
// without the client. The others wait without a connection, which readers need.
const inLine = 2

// turns lets changes of an environment wait for a place before they take a
// connection. The zero value is ready.
type turns struct {
	mu    sync.Mutex
	lines map[pactius.EnvironmentID]*line
}

// line has the places of one environment, as long as changes use or await them.
type line struct {
	places chan struct{}
	users  int
}

// wait returns when a place is free, with the function that frees it again, or at
// the end of the context.
func (t *turns) wait(ctx context.Context, env pactius.EnvironmentID) (free func(), err error) {
	t.mu.Lock()
	l := t.lines[env]
	if l == nil {
		l = &line{places: make(chan struct{}, inLine)}
		if t.lines == nil {
			t.lines = map[pactius.EnvironmentID]*line{}
		}
		t.lines[env] = l
	}
	l.users++
	t.mu.Unlock()
	leave := func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if l.users--; l.users == 0 {
			delete(t.lines, env)
		}
	}
	select {
	case l.places <- struct{}{}:
		return func() { <-l.places; leave() }, nil
	case <-ctx.Done():
		leave()
		return nil, ctx.Err()
	}
}
