package edge

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// clientAddress finds who really asks: the peer of the connection or, as far as
// that is a trusted proxy, the nearest address in X-Forwarded-For that is not
// one. Read from right to left, because everything left of the first untrusted
// address is what a client may have written itself.
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
			break // the proxy wrote nothing we can read: it is the last one known
		}
		address = next
	}
	return address
}

// parseHop reads one address of X-Forwarded-For, which some proxies write with
// a port.
func parseHop(s string) (netip.Addr, bool) {
	if a, err := netip.ParseAddr(strings.Trim(s, "[]")); err == nil {
		return clean(a), true
	}
	ap, err := netip.ParseAddrPort(s)
	return clean(ap.Addr()), err == nil
}

// clean makes one form of every address: IPv4 as IPv4, without a zone.
func clean(a netip.Addr) netip.Addr { return a.Unmap().WithZone("") }

func within(a netip.Addr, prefixes []netip.Prefix) bool {
	return slices.ContainsFunc(prefixes, func(p netip.Prefix) bool { return p.Contains(a) })
}
