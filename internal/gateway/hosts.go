package gateway

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/edge"
	"github.com/pactius/pactius/internal/environments"
)

const (
	// maxHosts bounds the hosts that are remembered. Strangers can send any.
	maxHosts = 4096

	// hostTime bounds the search for a host. It is less than the second that probes of load balancers wait: without
	// a database they get their answer still.
	hostTime = 500 * time.Millisecond
)

// hosts remembers which hosts belong to applications that PACTIUS itself is the proxy of. What it says leads requests
// the right way and admits no one.
type hosts struct {
	doubts atomic.Int64 // counts the times that all were doubted

	mu  sync.RWMutex
	all map[string]*knownHost // by host as clients spell it
}

// knownHost is what was found out about a host.
type knownHost struct {
	proxied bool
	read    atomic.Int64 // when the search for it began
	reading atomic.Bool
}

func (h *hosts) find(host string) *knownHost {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.all[host]
}

func (h *hosts) keep(host string, k *knownHost) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for some := range h.all {
		if len(h.all) < maxHosts {
			break
		}
		delete(h.all, some)
	}
	h.all[host] = k
}

// doubt has all hosts searched for again.
func (h *hosts) doubt() {
	h.doubts.Add(1)
	h.mu.RLock()
	defer h.mu.RUnlock()
	for _, k := range h.all {
		k.read.Store(int64(never))
	}
}

// Proxied reports whether a request belongs to an application that PACTIUS itself is the proxy of: all paths of its
// host do. What was found a second ago is used meanwhile, and longer while the database does not answer.
func (g *Gateway) Proxied(r *http.Request) bool {
	host := g.askedHost(r)
	if host == "" || len(host) > maxHostShown {
		return false
	}
	at := g.since(g.Now())
	known := g.hosts.find(host)
	if known != nil && (at-time.Duration(known.read.Load()) < believed || known.reading.Swap(true)) {
		return known.proxied
	}
	found, doubts := &knownHost{}, g.hosts.doubts.Load()
	var err error
	if found.proxied, err = g.findHost(r.Context(), host); err != nil && known != nil {
		found.proxied = known.proxied
	}
	if found.read.Store(int64(at)); doubts != g.hosts.doubts.Load() {
		found.read.Store(int64(never)) // a change came meanwhile
	}
	g.hosts.keep(host, found)
	return found.proxied
}

// askedHost returns the host of a request, or the one that a trusted proxy names for it.
func (g *Gateway) askedHost(r *http.Request) string {
	if edge.FromTrusted(r, g.TrustedProxies) {
		if host, twice := once(r.Header, "X-Forwarded-Host"); host != "" && !twice {
			return host
		}
	}
	return r.Host
}

// findHost searches for a host. With another port it is another host, and with another scheme the same. It goes on when
// the client hangs up: others wait for the same host.
func (g *Gateway) findHost(ctx context.Context, host string) (bool, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), hostTime)
	defer cancel()
	origins, err := g.Rules.ProxiedAt(ctx, environments.CleanHost(host))
	if pactius.KindOf(err) == pactius.KindNotFound {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc([]string{"https", "http"}, func(scheme string) bool {
		o, ok := canonical(scheme, host)
		return ok && slices.Contains(origins, o)
	}), nil
}
