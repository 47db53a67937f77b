package edge

import (
	"math"
	"net/netip"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	"golang.org/x/time/rate"
)

// Limits are the options of NewLimiter. All fields are required.
type Limits struct {
	Rate    rate.Limit       // per second in the long run
	Burst   int              // most at the same time
	Entries int              // most keys in memory; the least recently used one is dropped
	Now     func() time.Time // the clock
}

// Limiter limits the rate of something per key, with a token bucket for each. It is safe
// for concurrent use and its memory is limited. It counts in one process: every instance
// allows the whole rate.
type Limiter struct {
	limits Limits
	idle   time.Duration // after which a bucket is full again and can be forgotten

	mu      sync.Mutex
	buckets *simplelru.LRU[string, *bucket]
}

type bucket struct {
	tokens *rate.Limiter
	used   time.Time
}

// NewLimiter returns a Limiter.
func NewLimiter(l Limits) *Limiter {
	idle := time.Duration(math.MaxInt64)
	if seconds := float64(l.Burst) / float64(l.Rate); seconds < idle.Seconds() {
		idle = time.Duration(seconds * float64(time.Second))
	}
	buckets, _ := simplelru.NewLRU[string, *bucket](l.Entries, nil) // fails for a size below one only
	return &Limiter{limits: l, idle: idle, buckets: buckets}
}

// Allow takes a token from the key's bucket. If there is none, it returns false and the
// time until there is one.
func (l *Limiter) Allow(key string) (bool, time.Duration) {
	now := l.limits.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.forget(now)
	tokens := l.bucket(key, now).tokens
	reservation := tokens.ReserveN(now, 1)
	if !reservation.OK() {
		return false, l.idle
	}
	if wait := reservation.DelayFrom(now); wait > 0 {
		reservation.CancelAt(now)
		return false, wait
	}
	return true, 0
}

// bucket returns the key's bucket, or a new, full one.
func (l *Limiter) bucket(key string, now time.Time) *bucket {
	b, ok := l.buckets.Get(key)
	if !ok {
		b = &bucket{tokens: rate.NewLimiter(l.limits.Rate, l.limits.Burst)}
		l.buckets.Add(key, b)
	}
	b.used = now
	return b
}

// forget drops buckets that are full again. Two per call are enough, because a call adds
// at most one.
func (l *Limiter) forget(now time.Time) {
	for range 2 {
		if _, oldest, ok := l.buckets.GetOldest(); !ok || now.Sub(oldest.used) < l.idle {
			return
		}
		l.buckets.RemoveOldest()
	}
}

// ipv6Network is the length of the prefix that identifies one customer: providers assign
// at least a /64, and its owner can use any address in it.
const ipv6Network = 64

// AddressKey returns the key of an address for a Limiter: the address for IPv4, its /64
// for IPv6.
func AddressKey(a netip.Addr) string {
	a = clean(a)
	if a.Is6() {
		p, err := a.Prefix(ipv6Network)
		if err == nil {
			return p.String()
		}
	}
	return a.String()
}
