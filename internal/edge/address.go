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

// parseHop reads one address of X-Forwarded-For; some proxies add a port.
func parseHop(s string) (netip.Addr, bool) {
	if a, err := netip.ParseAddr(strings.Trim(s, "[]")); err == nil {
		return clean(a), true
	}
	ap, err := netip.ParseAddrPort(s)
	return clean(ap.Addr()), err == nil
}

// clean returns the one form of an address: IPv4 as IPv4, without a zone.
func clean(a netip.Addr) netip.Addr { return a.Unmap().WithZone("") }

func within(a netip.Addr, prefixes []netip.Prefix) bool {
	return slices.ContainsFunc(prefixes, func(p netip.Prefix) bool { return p.Contains(a) })
}
