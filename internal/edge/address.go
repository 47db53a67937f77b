package edge

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// clientAddress returns the address of the client: the peer of the connection or, if
// that is a trusted proxy, the nearest address in X-Forwarded-For that is not one. It
// reads from right to left, because a client can write everything left of the first
// untrusted address.
func clientAddress(r *http.Request, trusted []netip.Prefix) netip.Addr {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	address := clean(peer.Addr())
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		if !within(address, trusted) {
			break
		}
		next, ok := parseHop(strings.TrimSpace(hop))
		if !ok {
			break // unreadable: the proxy is the last known address
		}
		address = next
	}
	return address
}

// Client returns the address that a request counts as coming from: see Identify.
func Client(r *http.Request, trusted []netip.Prefix) netip.Addr { return clientAddress(r, trusted) }

// FromTrusted reports whether the peer of a request is a trusted proxy, whose forwarding headers count.
func FromTrusted(r *http.Request, trusted []netip.Prefix) bool {
	if len(trusted) == 0 {
		return false
	}
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && within(clean(peer.Addr()), trusted)
}

// parseHop reads one address of X-Forwarded-For; some proxies add a port.
func parseHop(s string) (netip.Addr, bool) {
	if a, err := netip.ParseAddr(strings.Trim(s, "[]")); err == nil {
		return clean(a), true
	}
	ap, err := netip.ParseAddrPort(s)
	return clean(ap.Addr()), err == nil
}

// forwarding are the headers in which proxies name the client: X-Forwarded-For and what is sent beside or instead of
// it, Forwarded (RFC 7239) and Via (RFC 9110, section 7.6.3).
var forwarding = []string{"X-Forwarded-For", "Forwarded", "Via", "X-Real-Ip", "X-Forwarded-Proto", "X-Forwarded-Host"}

func isForwarded(r *http.Request) bool {
	return slices.ContainsFunc(forwarding, func(name string) bool { return len(r.Header.Values(name)) > 0 })
}

func isLocal(r *http.Request) bool {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && clean(peer.Addr()).IsLoopback() && !isForwarded(r)
}

// UnknownProxy returns the peer of a request that came through a proxy which is not trusted, so that all its clients
// have one address. Only a peer in a private network counts: on the Internet every client can send the headers.
func UnknownProxy(r *http.Request, trusted []netip.Prefix) (netip.Addr, bool) {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || !isForwarded(r) {
		return netip.Addr{}, false
	}
	a := clean(peer.Addr())
	return a, (a.IsLoopback() || a.IsPrivate() || a.IsLinkLocalUnicast()) && !within(a, trusted)
}

// clean returns the one form of an address: IPv4 as IPv4, without a zone.
func clean(a netip.Addr) netip.Addr { return a.Unmap().WithZone("") }

func within(a netip.Addr, prefixes []netip.Prefix) bool {
	return slices.ContainsFunc(prefixes, func(p netip.Prefix) bool { return p.Contains(a) })
}
