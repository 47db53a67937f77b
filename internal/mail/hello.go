package mail

import (
	"net/netip"
	"net/url"

	"github.com/pactius/pactius/internal/names"
)

// HelloName returns the name for EHLO of a deployment with a public URL: its host without
// the port, as A-labels, or as address literal (RFC 5321 sections 4.1.1.1, 4.1.3 and
// 4.1.4). Servers refuse the bare names that machines and containers give themselves. It
// is "" for no URL.
func HelloName(public *url.URL) string {
	if public == nil {
		return ""
	}
	host := public.Hostname()
	if address, err := netip.ParseAddr(host); err == nil {
		address = address.Unmap().WithZone("")
		if address.Is6() {
			return "[IPv6:" + address.String() + "]"
		}
		return "[" + address.String() + "]"
	}
	name, _ := names.ParseHost(host)
	return name
}
