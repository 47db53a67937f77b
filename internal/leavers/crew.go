package leavers

import (
	"context"
	"sync"

	"github.com/pactius/pactius"
)

const (
	dueBatch = 64 // environments in a look for those that are due
	sweepers = 4  // turns that work at a time, in this process; a turn that waits for Microsoft does not

	// started is how many turns of a Crew are under way, most of them waiting for Microsoft. A tenant that never
	// answers takes one for twice the time limit of a call, 20 seconds; then it is put off for longer and longer.
	started = 32
)

// Crew gives due environments their turns. One is for the environments whose last turn ended in trouble and one for
// the others, so that tenants that do not answer keep no other waiting.
type Crew struct {
	rules    *Rules
	troubled bool
	moved    func()
	slots    places // of turns under way
	again    chan struct{}
	turns    sync.WaitGroup

	mu   sync.Mutex
	busy map[pactius.EnvironmentID]bool
}

// NewCrew makes a crew for the environments that are in trouble, or for those that are not. It calls moved after every
// turn.
func (r *Rules) NewCrew(troubled bool, moved func()) *Crew {
	return &Crew{rules: r, troubled: troubled, moved: moved, slots: make(places, started),
		again: make(chan struct{}, 1), busy: map[pactius.EnvironmentID]bool{}}
}

// Start begins a turn for every due environment and returns their number once all have begun. A failure of one does
// not affect the others.
func (c *Crew) Start(ctx context.Context) (int, error) {
	if c.rules.Every == 0 {
		return 0, nil
	}
	due, err := c.rules.DB.Store.DueSweeps(ctx, c.rules.DB.Now(), c.troubled, dueBatch)
	if err != nil {
		return 0, err
	}
	begun := 0
	for _, env := range due {
		if !c.begin(env) {
			continue // it was due before its turn claimed it
		}
		if err := c.slots.enter(ctx); err != nil {
			c.end(env)
			return begun, err
		}
		begun++
		c.turns.Go(func() {
			n := c.rules.turn(ctx, env, false)
			c.slots.leave()
			c.end(env)
			c.moved()
			c.rules.told(ctx, env, n)
			if n != nil && n.report.Outcome == RoundInterrupted {
				c.callAgain()
			}
		})
	}
	return begun, nil
}

// Again signals that a round goes on in another turn, so that Start has work.
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

// places bounds what happens at the same time.
type places chan struct{}

func (p places) enter(ctx context.Context) error {
	select {
	case p <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p places) leave() { <-p }

// away asks Microsoft, during which another turn may work.
func away[T any](n *turn, ask func() (T, error)) (T, error) {
	n.places.leave()
	defer func() { n.places <- struct{}{} }() // which none holds while it waits for Microsoft
	return ask()
}
