package web

import (
	"log/slog"
	"sync"

	"golang.org/x/time/rate"
)

// Host names without an environment are logged once each, to show which name a proxy sends instead of the one that
// people open. Every client can send names, so there are some at once and then one in ten minutes: invented ones
// neither fill the log nor keep a proxy's name out of it for good.
const (
	unknownHostBurst, unknownHostRate = 20, 1.0 / 600

	// maxUnknownHosts is how many logged names are remembered. Then all are forgotten, and logged once more.
	maxUnknownHosts = 1000

	// maxHostShown bounds a logged host name in bytes: names of the DNS have at most 253, and a port follows.
	maxHostShown = 260
)

// unknownHosts are the host names without an environment that were logged.
type unknownHosts struct {
	mu     sync.Mutex
	logged map[string]bool
	tokens *rate.Limiter
}

func newUnknownHosts() unknownHosts {
	return unknownHosts{logged: map[string]bool{}, tokens: rate.NewLimiter(unknownHostRate, unknownHostBurst)}
}

// logUnknownHost logs the host name of a request that no environment has.
func (s *Site) logUnknownHost(v *visit) {
	host := v.r.Host[:min(len(v.r.Host), maxHostShown)]
	u := &s.unknown
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.logged[host] || !u.tokens.AllowN(s.Now(), 1) {
		return
	}
	if len(u.logged) >= maxUnknownHosts {
		clear(u.logged)
	}
	u.logged[host] = true
	s.Logger.LogAttrs(v.r.Context(), slog.LevelWarn, "no environment has the host name of a request; if people opened "+
		"another address, make the proxy pass their Host header", slog.String("host", host),
		slog.String("request", v.reference))
}
