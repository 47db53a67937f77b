package names

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"github.com/pactius/pactius"
)

// ParseOrigin returns a typed origin in canonical form. The error names the field. Browsers keep the cookie of an
// application only for https, so other schemes are refused but on this very machine.
func ParseOrigin(field, s string) (pactius.Origin, error) {
	refuse := func(t pactius.Text) (pactius.Origin, error) { return "", pactius.RefuseField(field, t) }
	s = strings.TrimSuffix(Visible(s), "/")
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http"):
		return refuse(pactius.T("Enter the address as https:// and the host name, for example " +
			"https://contracts.nordhavn.example."))
	case strings.Contains(u.Host, "*"):
		return refuse(pactius.T("Enter each of the application's host names. A wildcard would include hosts that " +
			"don't belong to the application."))
	case u.User != nil || u.Path != "" || strings.ContainsAny(s, "?#"):
		return refuse(pactius.T("Enter only https://, the host name and, if needed, the port. An application needs " +
			"entire host names, because paths can't be separated safely."))
	}
	host, ok := ParseHost(u.Hostname())
	if !ok {
		return refuse(pactius.T("%s isn't a valid host name.", u.Hostname()))
	}
	if u.Scheme == "http" && !IsThisMachine(host) {
		return refuse(pactius.T("Use https. Browsers keep an application's sign-in only over encrypted connections; " +
			"http works only on this machine (localhost)."))
	}
	if u.Port() == "" && !strings.HasSuffix(u.Host, ":") {
		return NewOrigin(u.Scheme, host, ""), nil
	}
	port, err := strconv.ParseUint(u.Port(), 10, 16)
	if err != nil || port == 0 {
		return refuse(pactius.T("The port must be a number from 1 to 65535."))
	}
	return NewOrigin(u.Scheme, host, strconv.FormatUint(port, 10)), nil
}

// NewOrigin joins the parts of an origin in canonical form; the host must be canonical already.
func NewOrigin(scheme, host, port string) pactius.Origin {
	if strings.Contains(host, ":") { // an IPv6 address
		host = "[" + host + "]"
	}
	if port != "" && (scheme != "https" || port != "443") && (scheme != "http" || port != "80") {
		host += ":" + port
	}
	return pactius.Origin(scheme + "://" + host)
}

// IsThisMachine reports whether a host in the form of ParseHost always is this machine (RFC 6761, section 6.3).
func IsThisMachine(host string) bool {
	if a, err := netip.ParseAddr(host); err == nil {
		return a.IsLoopback()
	}
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}
