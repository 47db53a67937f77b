package edge

import (
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// clock is a clock that the test moves.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.at }

func (c *clock) pass(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.at = c.at.Add(d) }

func TestLimiterAllowsABurstAndThenTheRate(t *testing.T) {
	t.Parallel()
	c := &clock{at: fixed()}
	l := NewLimiter(Limits{Rate: 0.5, Burst: 3, Entries: 10, Now: c.now})
	for i := range 3 {
		if ok, _ := l.Allow("a"); !ok {
			t.Fatalf("number %d of the burst is refused", i+1)
		}
	}
	if ok, wait := l.Allow("a"); ok || wait != 2*time.Second {
		t.Errorf("after the burst: %v, %v, want refused for 2s", ok, wait)
	}
	if ok, _ := l.Allow("b"); !ok {
		t.Error("another key is refused")
	}
	c.pass(2 * time.Second)
	if ok, _ := l.Allow("a"); !ok {
		t.Error("refused, though a token has come")
	}
	if ok, _ := l.Allow("a"); ok {
		t.Error("a refused attempt cost or gained a token")
	}
}

func TestLimiterForgets(t *testing.T) {
	t.Parallel()
	c := &clock{at: fixed()}
	l := NewLimiter(Limits{Rate: 1, Burst: 2, Entries: 100, Now: c.now})
	for i := range 1000 {
		l.Allow(fmt.Sprint(i))
	}
	if got := l.buckets.Len(); got != 100 {
		t.Errorf("%d keys are remembered, want at most 100", got)
	}
	c.pass(time.Hour)
	for range 60 {
		l.Allow("the only one")
	}
	if got := l.buckets.Len(); got != 1 {
		t.Errorf("%d keys are remembered after an idle hour, want 1", got)
	}
}

func TestLimiterCountsExactlyUnderConcurrency(t *testing.T) {
	t.Parallel()
	l := NewLimiter(Limits{Rate: 1, Burst: 50, Entries: 10, Now: fixed})
	var allowed atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				if ok, _ := l.Allow("a"); ok {
					allowed.Add(1)
				}
			}
		})
	}
	wg.Wait()
	if got := allowed.Load(); got != 50 {
		t.Errorf("%d are allowed, want 50", got)
	}
}

func TestAddressKey(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, a, b string }{
		{"IPv6 addresses of one network are one key", "2001:db8:1:2:3::4", "2001:db8:1:2:ffff::1"},
		{"IPv4 in IPv6 is the IPv4 address", "::ffff:192.0.2.1", "192.0.2.1"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got, want := AddressKey(netip.MustParseAddr(c.a)), AddressKey(netip.MustParseAddr(c.b)); got != want {
				t.Errorf("AddressKey(%s) = %s, AddressKey(%s) = %s", c.a, got, c.b, want)
			}
		})
	}
	if AddressKey(netip.MustParseAddr("192.0.2.1")) == AddressKey(netip.MustParseAddr("192.0.2.2")) {
		t.Error("two IPv4 addresses share a key")
	}
	_ = AddressKey(netip.Addr{}) // no address is a key too
}
