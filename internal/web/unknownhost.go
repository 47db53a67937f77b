package web

import (
	"log/slog"
	"sync"
)

const (
	// maxUnknownHosts is how many host names without an environment are logged, each once: enough for a proxy's
	// mistakes. Every client can send names, which must not fill the log.
	maxUnknownHosts = 20

	// maxHostShown bounds a logged host name in bytes: names of the DNS have at most 253, and a port follows.
	maxHostShown = 260
)

// unknownHosts are the host names without an environment that were logged.
type unknownHosts struct {
	mu     sync.Mutex
	logged map[string]bool
}

// first reports whether a host is to be logged, and whether it is the last one.
func (u *unknownHosts) first(host string) (first, last bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.logged[host] || len(u.logged) >= maxUnknownHosts {
		return false, false
	}
	if u.logged == nil {
		u.logged = make(map[string]bool)
	}
	u.logged[host] = true
	return true, len(u.logged) == maxUnknownHosts
}

// logUnknownHost logs the host name of a request that no environment has, once per name: it shows which name a proxy
// sends instead of the one that people open.
func (s *Site) logUnknownHost(v *visit) {
	host := v.r.Host[:min(len(v.r.Host), maxHostShown)]
	first, last := s.unknown.first(host)
	if !first {
		return
	}
	s.Logger.LogAttrs(v.r.Context(), slog.LevelWarn, "no environment has the host name of a request; if people opened "+
		"another address, make the proxy pass their Host header", slog.String("host", host),
		slog.String("request", v.reference))
	if last {
		s.Logger.LogAttrs(v.r.Context(), slog.LevelWarn, "further unknown host names are not logged",
			slog.Int("logged", maxUnknownHosts))
	}
}
