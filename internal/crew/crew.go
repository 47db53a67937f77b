package crew

import (
	"context"
	"sync"

	"github.com/pactius/pactius"
)

// Started is how many turns of a Crew are under way, most of them waiting for Microsoft. A tenant that never answers
// takes one for twice the time limit of a call, 20 seconds; then its work puts it off for longer and longer.
const Started = 32

// Work is what a Crew does.
type Work struct {
	Due   func(context.Context) ([]pactius.EnvironmentID, error)     // the longest due first
	Turn  func(context.Context, pactius.EnvironmentID) (goesOn bool) // goesOn: another turn is due already
	Moved func()                                                     // called after every turn
}

// Crew gives due environments their turns.
type Crew struct {
	work  Work
	slots chan struct{} // of turns under way
	again chan struct{}
	turns sync.WaitGroup

	mu   sync.Mutex
	busy map[pactius.EnvironmentID]bool
}

// New makes a crew.
func New(w Work) *Crew {
	return &Crew{work: w, slots: make(chan struct{}, Started), again: make(chan struct{}, 1),
		busy: map[pactius.EnvironmentID]bool{}}
}

// Start begins a turn for every due environment and returns their number once all have begun. A failure of one does
// not affect the others.
func (c *Crew) Start(ctx context.Context) (int, error) {
	due, err := c.work.Due(ctx)
	if err != nil {
		return 0, err
	}
	begun := 0
	for _, env := range due {
		if !c.begin(env) {
			continue // it was due before its turn claimed it
		}
		select {
		case c.slots <- struct{}{}:
		case <-ctx.Done():
			c.end(env)
			return begun, ctx.Err()
		}
		begun++
		c.turns.Go(func() {
			goesOn := c.work.Turn(ctx, env)
			<-c.slots
			c.end(env)
			c.work.Moved()
			if goesOn {
				c.callAgain()
			}
		})
	}
	return begun, nil
}

// Again signals that work goes on in another turn, so that Start has work.
func (c *Crew) Again() <-chan struct{} { return c.again }

func (c *Crew) callAgain() {
	select {
	case c.again <- struct{}{}:
	default: // there is an unread signal already
	}
}

// Wait returns when no turn is under way.
func (c *Crew) Wait() { c.turns.Wait() }

// Idle reports whether no turn is under way.
func (c *Crew) Idle() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.busy) == 0
}

// begin notes a turn, unless there is one already.
func (c *Crew) begin(env pactius.EnvironmentID) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.busy[env] {
		return false
	}
	c.busy[env] = true
	return true
}

func (c *Crew) end(env pactius.EnvironmentID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.busy, env)
}
