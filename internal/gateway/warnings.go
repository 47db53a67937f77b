package gateway

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	warnEvery = time.Minute

	// strangeBurst and strangeRate bound the warnings about what does not exist.
	strangeBurst, strangeRate = 20, 1.0 / 60

	// maxHostShown bounds a logged host name in bytes, as package web does.
	maxHostShown = 260
)

// warnings keep the log readable.
type warnings struct {
	mu      sync.Mutex
	last    map[string]time.Time
	strange *rate.Limiter
}

func newWarnings() warnings {
	return warnings{last: map[string]time.Time{}, strange: rate.NewLimiter(strangeRate, strangeBurst)}
}

// due reports whether a warning is to be logged. Those about what is known have a line each.
func (w *warnings) due(key string, known bool, now time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !known {
		return w.strange.AllowN(now, 1)
	}
	if last, ok := w.last[key]; ok && now.Sub(last) < warnEvery {
		return false
	}
	if len(w.last) >= maxFronts {
		clear(w.last)
	}
	w.last[key] = now
	return true
}
