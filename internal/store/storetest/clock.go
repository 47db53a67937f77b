package storetest

import (
	"sync"
	"time"
)

// Start is the moment at which a Clock begins: a Monday morning in the past, so
// that identifiers, which carry the machine's time, come after it.
var Start = time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC)

// Clock stands still until it is advanced. It is safe for concurrent use.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock makes a clock that shows Start.
func NewClock() *Clock { return &Clock{now: Start} }

// Now is the time the clock shows.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the clock.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}
