package outbound

import (
	"net/netip"
	"testing"
)

// TestWhichAddressesMayBeCalled: each address without permission, and with the networks beside it.
func TestWhichAddressesMayBeCalled(t *testing.T) {
	t.Parallel()
	const everything = "0.0.0.0/0 and ::/0"
	cases := []struct {
		address string
		public  bool
		opens   []string // networks that open it
		not     []string // networks with the address in them, or that look like it, that don't
	}{
		{address: "93.184.215.14", public: true},
		{address: "2606:2800:21f:cb07:6820:80da:af6b:8b2c", public: true},
		{address: "::ffff:93.184.215.14", public: true},
		{address: "172.15.255.255", public: true},
		{address: "172.32.0.0", public: true},
		{address: "100.63.255.255", public: true},
		{address: "2001:200::1", public: true}, // the first after 2001::/23

		{address: "10.1.2.3", opens: []string{"10.0.0.0/8", "10.1.2.3/32", everything}, not: []string{"10.1.2.4/32"}},
		{address: "::ffff:10.1.2.3", opens: []string{"10.0.0.0/8"}, not: []string{"::ffff:0:0/96"}},
		{address: "172.16.0.1", opens: []string{"172.16.0.0/12"}},
		{address: "192.168.255.255", opens: []string{"192.168.0.0/16"}},
		{address: "100.64.0.1", opens: []string{"100.64.0.0/10"}},
		{address: "127.0.0.1", opens: []string{"127.0.0.0/8"}, not: []string{"127.0.0.2/32", "::1/128"}},
		{address: "127.255.255.255", opens: []string{"127.0.0.0/8"}, not: []string{"127.0.0.1/32"}},
		{address: "::1", opens: []string{"::1/128"}, not: []string{"127.0.0.0/8", "::/0"}},
		{address: "fd12:3456::1", opens: []string{"fc00::/7", "fd12:3456::/32", everything}},
		{address: "fe80::1%eth0", opens: []string{"fe80::/10"}},
		{address: "fec0::1", opens: []string{"fec0::/10"}},

		{address: "0.0.0.0", opens: []string{"0.0.0.0/8"}, not: []string{everything, "0.0.0.0/7"}},
		{address: "0.1.2.3", opens: []string{"0.1.0.0/16"}, not: []string{everything}},
		{address: "::", opens: []string{"::/128"}, not: []string{everything, "::/96"}},
		{address: "224.0.0.1", opens: []string{"224.0.0.0/4"}, not: []string{everything, "192.0.0.0/2"}},
		{address: "ff02::1", opens: []string{"ff00::/8"}, not: []string{everything}},
		{address: "255.255.255.255", opens: []string{"255.255.255.255/32"}, not: []string{everything}},
		{address: "192.0.2.1", opens: []string{"192.0.2.0/24"}, not: []string{everything}},
		{address: "198.18.0.1", opens: []string{"198.18.0.0/15"}, not: []string{everything}},
		{address: "198.51.100.1", not: []string{everything}},
		{address: "203.0.113.1", not: []string{everything}},
		{address: "192.0.0.8", not: []string{everything}},
		{address: "192.88.99.1", not: []string{everything}},
		{address: "2001:db8::1", not: []string{everything}},
		{address: "3fff::1", not: []string{everything}},
		{address: "100::1", not: []string{"127.0.0.0/8"}},
		{address: "5f00::1", not: []string{"127.0.0.0/8"}},

		{address: "::127.0.0.1", opens: []string{"::/96"}, not: []string{everything, "127.0.0.0/8"}},
		{address: "::ffff:0:7f00:1", not: []string{everything, "127.0.0.0/8"}},
		{address: "64:ff9b::93.184.215.14", opens: []string{"64:ff9b::/96"}, not: []string{everything}},
		{address: "64:ff9b::127.0.0.1", not: []string{"64:ff9b::/96", "127.0.0.0/8", everything}},
		{address: "64:ff9b::169.254.169.254", not: []string{"64:ff9b::/96", everything}},
		{address: "64:ff9b:1::1", opens: []string{"64:ff9b:1::/48"}, not: []string{everything}},
		{address: "2002:7f00:1::1", opens: []string{"2002::/16"}, not: []string{everything, "127.0.0.0/8"}},
		{address: "2001:0:7f00:1::1", opens: []string{"2001::/32"}, not: []string{everything}},

		{address: "169.254.1.1", opens: []string{"169.254.0.0/16"}},
		{address: "169.254.169.254", opens: []string{"169.254.169.254/32"},
			not: []string{everything, "169.254.0.0/16", "169.254.169.254/31"}},
		{address: "::ffff:169.254.169.254", not: []string{everything, "169.254.0.0/16"}},
		{address: "169.254.170.2", not: []string{"169.254.0.0/16"}},
		{address: "fd00:ec2::254", opens: []string{"fd00:ec2::254/128"}, not: []string{everything, "fc00::/7"}},
		{address: "100.100.100.200", not: []string{"100.64.0.0/10"}},
		{address: "192.0.0.192", not: []string{"192.0.0.0/24"}},
		{address: "168.63.129.16", not: []string{everything}},
	}
	for _, c := range cases {
		t.Run(c.address, func(t *testing.T) {
			t.Parallel()
			a := netip.MustParseAddr(c.address)
			if err := check(nil, a); (err == nil) != c.public {
				t.Errorf("without permission: %v, want public = %t", err, c.public)
			}
			for _, network := range c.opens {
				if err := check(networks(network, everything), a); err != nil {
					t.Errorf("with %s: %v", network, err)
				}
			}
			for _, network := range c.not {
				if err := check(networks(network, everything), a); err == nil {
					t.Errorf("with %s it may be called", network)
				}
			}
		})
	}
}

func networks(s, everything string) []netip.Prefix {
	if s == everything {
		return []netip.Prefix{at("0.0.0.0/0"), at("::/0")}
	}
	return []netip.Prefix{at(s)}
}

// FuzzAddress compares the table with what the standard library knows, for every form of an address.
func FuzzAddress(f *testing.F) {
	for _, s := range specials() {
		f.Add(s.prefix.Addr().AsSlice())
	}
	f.Add([]byte{8, 8, 8, 8})
	f.Fuzz(func(t *testing.T, bytes []byte) {
		a, ok := netip.AddrFromSlice(bytes)
		if !ok {
			return
		}
		plain := a.Unmap()
		bad := plain.IsPrivate() || plain.IsLoopback() || plain.IsMulticast() || plain.IsUnspecified() ||
			plain.IsLinkLocalUnicast() || !plain.IsGlobalUnicast()
		if bad && check(nil, a) == nil {
			t.Errorf("%s may be called", a)
		}
		if (check(nil, a) == nil) != (check(nil, plain) == nil) {
			t.Errorf("%s and %s are judged differently", a, plain)
		}
		if plain.Is4() {
			for _, prefix := range []string{"::", "::ffff:0:", "64:ff9b::"} {
				v4 := plain.As4()
				inside := netip.MustParseAddr(prefix + "0:0").As16()
				copy(inside[12:], v4[:])
				if check(nil, netip.AddrFrom16(inside)) == nil {
					t.Errorf("%s within %s may be called", plain, prefix)
				}
			}
		}
	})
}
