package directory

import (
	"log/slog"
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

// pauseKey is the directory of a pause. Photos pause separately: people are found without the permission for photos.
type pauseKey struct {
	target
	photos bool
}

// paused returns the failure because of which a query is not made now, nil where there is none.
func (b *broker) paused(q query) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, key := range []pauseKey{{q.target, false}, {q.target, true}} {
		if key.photos && q.kind != queryPhoto {
			continue
		}
		p, ok := b.pauses[key]
		if !ok {
			continue
		}
		if left := p.until.Sub(b.now()); left > 0 {
			e := *p.err
			if e.Trouble == pactius.Throttled {
				e.RetryAfter = left
			}
			return &e
		}
		delete(b.pauses, key)
	}
	return nil
}

// pause begins a pause after a failure, and logs it.
func (b *broker) pause(q query, e *pactius.DirectoryError) {
	var length time.Duration
	switch e.Trouble {
	case pactius.Throttled:
		length = e.RetryAfter
		if length <= 0 {
			length = pauseThrottled
		}
	case pactius.NoPermission, pactius.BadSecret, pactius.NoConnection:
		length = pauseRefused
	case pactius.Away, pactius.Slow:
		length = pauseAway
	default:
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	key := pauseKey{q.target, q.kind == queryPhoto && e.Trouble != pactius.Throttled}
	if _, known := b.pauses[key]; !known {
		b.logger.Warn("the directory is not asked for a while", slog.String("environment", string(q.environment)),
			slog.Duration("for", length), slog.Any("error", e))
	}
	b.pauses[key] = pause{b.now().Add(length), e}
}
