package outbound

import (
	"fmt"
	"net/netip"
)

// A special range holds addresses that no public application has.
type special struct {
	prefix netip.Prefix
	name   string // for the log
	source string
	closed bool // not private: opened only by an allowed network that lies within it, so only by name
}

// specials returns the ranges that are refused unless they are allowed. Sources are the IANA special-purpose address
// registries of RFC 6890, which name the RFC of each range, and manuals of clouds.
func specials() []special {
	return []special{
		{at("0.0.0.0/8"), "this network", "RFC 791, section 3.2", true}, // many systems connect it to this machine
		{at("10.0.0.0/8"), "private", "RFC 1918", false},
		{at("100.64.0.0/10"), "shared by carriers", "RFC 6598", false},
		{at("127.0.0.0/8"), "loopback", "RFC 1122, section 3.2.1.3", false},
		{at("169.254.0.0/16"), "link-local", "RFC 3927", false},
		{at("172.16.0.0/12"), "private", "RFC 1918", false},
		{at("192.0.0.0/24"), "protocol assignments", "RFC 6890, section 2.1", true},
		{at("192.0.2.0/24"), "documentation", "RFC 5737", true},
		{at("192.31.196.0/24"), "AS112", "RFC 7535", true},
		{at("192.52.193.0/24"), "AMT", "RFC 7450", true},
		{at("192.88.99.0/24"), "6to4 relays", "RFC 7526", true},
		{at("192.168.0.0/16"), "private", "RFC 1918", false},
		{at("192.175.48.0/24"), "AS112", "RFC 7534", true},
		{at("198.18.0.0/15"), "benchmarks", "RFC 2544", true},
		{at("198.51.100.0/24"), "documentation", "RFC 5737", true},
		{at("203.0.113.0/24"), "documentation", "RFC 5737", true},
		{at("224.0.0.0/4"), "multicast", "RFC 5771", true},
		{at("240.0.0.0/4"), "reserved, with the broadcast address", "RFC 1112, section 4", true},

		// Only 2000::/3 is used for public addresses (RFC 4291, section 2.4). The three ranges are all others: with
		// ::, ::1, ::/96, 64:ff9b::/96 and 64:ff9b:1::/48, fc00::/7, fe80::/10, fec0::/10 and ff00::/8.
		{at("::/3"), "not public", "IANA IPv6 address space", false},
		{at("4000::/2"), "not public", "IANA IPv6 address space", false},
		{at("8000::/1"), "not public", "IANA IPv6 address space", false},
		{at("::/128"), "unspecified", "RFC 4291, section 2.5.2", true},
		{at("::1/128"), "loopback", "RFC 4291, section 2.5.3", false},
		{at("fc00::/7"), "private", "RFC 4193", false},
		{at("fe80::/10"), "link-local", "RFC 4291, section 2.5.6", false},
		{at("fec0::/10"), "site-local", "RFC 3879", false},
		{at("ff00::/8"), "multicast", "RFC 4291, section 2.7", true},
		{at("2001::/23"), "protocol assignments, with Teredo", "RFC 2928, RFC 4380", true},
		{at("2001:db8::/32"), "documentation", "RFC 3849", true},
		{at("3fff::/20"), "documentation", "RFC 9637", true},
		{at("2620:4f:8000::/48"), "AS112", "RFC 7534", true},

		// An IPv4 address is within each of these, and a gateway of the network may connect to it.
		{at("::/96"), "IPv4 within IPv6", "RFC 4291, section 2.5.5.1", true},
		{at("::ffff:0:0:0/96"), "IPv4 translated", "RFC 2765, section 2.1", true},
		{nat64(), "NAT64", "RFC 6052, section 2.1", true},
		{at("64:ff9b:1::/48"), "NAT64 of this network", "RFC 8215", true},
		{at("2002::/16"), "6to4", "RFC 3056, section 2", true},

		// Machines in a cloud ask here for their credentials, without proving anything.
		{at("169.254.169.254/32"), "cloud metadata", "Azure, AWS, Google Cloud and others", true},
		{at("169.254.170.2/32"), "cloud metadata", "AWS, IAM roles of ECS tasks", true},
		{at("169.254.170.23/32"), "cloud metadata", "AWS, EKS Pod Identity", true},
		{at("fd00:ec2::254/128"), "cloud metadata", "AWS, instance metadata", true},
		{at("fd00:ec2::23/128"), "cloud metadata", "AWS, EKS Pod Identity", true},
		{at("fd20:ce::254/128"), "cloud metadata", "Google Cloud, metadata server", true},
		{at("100.100.100.200/32"), "cloud metadata", "Alibaba Cloud, instance metadata", true},
		{at("192.0.0.192/32"), "cloud metadata", "Oracle Cloud, instance metadata", true},
		{at("168.63.129.16/32"), "cloud platform", "Azure, WireServer", true}, // a public address, inside only
	}
}

// nat64 is the prefix of gateways to all of IPv4, for networks without it.
func nat64() netip.Prefix { return at("64:ff9b::/96") }

// at returns a prefix of the table.
func at(prefix string) netip.Prefix { return netip.MustParsePrefix(prefix) }

// opens reports whether an allowed network opens a range for an address in it. A closed range is opened by a network
// within it only: a wide network, such as 169.254.0.0/16, does not mean the credentials that its owner forgot.
func (s special) opens(allowed []netip.Prefix, a netip.Addr) bool {
	for _, p := range allowed {
		if p.Contains(a) && (!s.closed || p.Bits() >= s.prefix.Bits()) {
			return true
		}
	}
	return false
}

// check returns why an address may not be called, nil if it may.
func check(allowed []netip.Prefix, a netip.Addr) error {
	// An IPv4-mapped address reaches the IPv4 address in it, and no prefix contains an address with a zone.
	a = a.Unmap().WithZone("")
	if !a.IsValid() {
		return fmt.Errorf("%w: no IP address", errRefused)
	}
	for _, s := range specials() {
		if s.prefix.Contains(a) && !s.opens(allowed, a) {
			return fmt.Errorf("%w: %s is in %s, %s (%s); PACTIUS_ALLOWED_NETWORKS doesn't allow it",
				errRefused, a, s.prefix, s.name, s.source)
		}
	}
	if nat64().Contains(a) { // allowed, but not as a way round to what isn't
		bytes := a.As16()
		return check(allowed, netip.AddrFrom4([4]byte(bytes[12:])))
	}
	return nil
}
