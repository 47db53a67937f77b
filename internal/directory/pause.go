package directory

import (
	"cmp"
	"time"

	"github.com/pactius/pactius"
)

// Lengths of pauses after a failure.
const (
	pauseThrottled = 10 * time.Second // where Microsoft asks to wait and does not say how long
	pauseRefused   = 10 * time.Second // without permission, or with a bad secret, which may be mended at this moment
	pauseAway      = 3 * time.Second  // so that typing does not wait for a dead line at every letter
)

// pause is a time in which a directory is not asked, and the failure it follows.
type pause struct {
	until time.Time
	err   *pactius.DirectoryError
}

// pauseKey is the directory of a pause. Photos have pauses of their own: people are found without the permission for
// photos.
type pauseKey struct {
	target
	photos bool
}

// paused returns the failure because of which a query is not made now, nil where there is none.
func (b *broker) paused(q query) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	key := pauseKey{q.target, q.kind == queryPhoto}
	p := b.pauses[key]
	left := p.until.Sub(b.now())
	if left <= 0 {
		delete(b.pauses, key)
		return nil
	}
	e := *p.err
	if e.Trouble == pactius.TroubleThrottled {
		e.RetryAfter = left
	}
	return &e
}

// pause begins a pause after a failure, and logs it. A failure of photos pauses photos only, unless Microsoft asks to
// wait.
func (b *broker) pause(q query, e *pactius.DirectoryError) {
	var length time.Duration
	switch e.Trouble {
	case pactius.TroubleThrottled:
		length = cmp.Or(e.RetryAfter, pauseThrottled)
	case pactius.TroubleNoPermission, pactius.TroubleBadSecret, pactius.TroubleNoConnection:
		length = pauseRefused
	case pactius.TroubleAway, pactius.TroubleSlow:
		length = pauseAway
	default:
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	p := pause{b.now().Add(length), e}
	known := true
	for _, photos := range []bool{true, false} {
		key := pauseKey{q.target, photos}
		if !photos && q.kind == queryPhoto && e.Trouble != pactius.TroubleThrottled {
			continue
		}
		if old, ok := b.pauses[key]; !ok || p.until.After(old.until) {
			b.pauses[key], known = p, known && ok
		}
	}
	if !known {
		b.logger.Warn("the directory is not asked for a while", "environment", q.environment, "for", length, "error", e)
	}
}
