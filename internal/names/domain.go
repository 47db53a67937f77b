package names

import (
	"net/netip"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
)

// aLabel begins a domain label that spells other letters in ASCII: xn--mnchen-3ya is münchen (RFC 5890, section
// 2.3.2.1).
const aLabel = "xn--"

// dots are the full stops that separate labels besides the ASCII one (UTS 46, section 2.3).
var dots = strings.NewReplacer("。", ".", "．", ".", "｡", ".")

// domainKey returns the key of a domain in lower case: its labels as A-labels. A label that is none of the DNS stays
// as it is.
func domainKey(domain string) string {
	if plain(domain) {
		return domain
	}
	labels := strings.Split(dots.Replace(domain), ".")
	for i, label := range labels {
		labels[i] = labelKey(label)
	}
	return strings.Join(labels, ".")
}

// WireAddress returns an email address as mail servers take it: the domain as A-labels (RFC 5891, section 3.1), the
// local part as it is. An ASCII domain is taken as it is, whatever its form. It returns false for a domain that cannot
// be in the DNS.
func WireAddress(address string) (string, bool) {
	at := strings.LastIndexByte(address, '@')
	domain := address[at+1:]
	if !beyondASCII(domain) {
		return address, true
	}
	domain, ok := ParseHost(domain)
	return address[:at+1] + domain, ok
}

// NeedsSMTPUTF8 reports whether only mail servers with SMTPUTF8 take an address (RFC 6531, section 3.2): its local part
// goes beyond ASCII.
func NeedsSMTPUTF8(address string) bool {
	return beyondASCII(address[:strings.LastIndexByte(address, '@')+1])
}

func beyondASCII(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf })
}

// labelKey returns the A-label of one label. The U-label between is in lower case again, because the final sigma is
// a letter of its own in a domain and the same as σ in a key.
func labelKey(label string) string {
	if plain(label) {
		return label
	}
	shown, err := idna.Lookup.ToUnicode(label)
	if err != nil || shown == "" {
		return label
	}
	ascii, err := idna.Lookup.ToASCII(lowerCase(shown))
	if err != nil {
		return label
	}
	return ascii
}

// maxHost is the most bytes of a host name (RFC 1035, section 2.3.4, without the root's dot).
const maxHost = 253

// hostName matches a host name (RFC 1123, section 2.1) in lower case.
var hostName = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// ParseHost returns a typed host name as DNS, browsers and Microsoft have it: its labels as A-labels (UTS 46, lookup),
// in lower case, without a dot at the end. It returns an IP address as it is, and false for what is neither, as for
// what browsers read as an address in another spelling: 0x7f.1 is 127.0.0.1.
func ParseHost(s string) (string, bool) {
	s = strings.TrimSuffix(strings.ToLower(dots.Replace(s)), ".")
	if a, err := netip.ParseAddr(s); err == nil {
		return a.String(), a.Zone() == ""
	}
	if !plain(s) {
		ascii, err := idna.Lookup.ToASCII(s)
		if err != nil {
			return "", false
		}
		s = ascii
	}
	return s, len(s) <= maxHost && hostName.MatchString(s) && !endsInNumber(s)
}

// endsInNumber reports whether browsers take a host for an IPv4 address (WHATWG URL, section 3.5).
func endsInNumber(host string) bool {
	last := host[strings.LastIndexByte(host, '.')+1:]
	if hex, ok := strings.CutPrefix(last, "0x"); ok {
		return strings.Trim(hex, "0123456789abcdef") == ""
	}
	return strings.Trim(last, "0123456789") == ""
}

// plain reports whether a text in lower case has no internationalised label.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return !strings.Contains(s, aLabel)
}

// Readable returns a text with every A-label in it as the letters that it stands for. Searching and comparing use it,
// so that both spellings of a domain are found by each other.
func Readable(s string) string {
	if !hasALabel(s) {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		end := strings.IndexFunc(s, func(r rune) bool { return !labelRune(r) })
		switch end {
		case -1:
			end = len(s)
		case 0:
			_, end = utf8.DecodeRuneInString(s)
		}
		b.WriteString(readableLabel(s[:end]))
		s = s[end:]
	}
	return b.String()
}

// readableLabel is Readable of one word.
func readableLabel(word string) string {
	if !hasALabel(word) {
		return word
	}
	shown, err := idna.Lookup.ToUnicode(word)
	if err != nil || shown == "" {
		return word
	}
	return shown
}

// hasALabel reports whether a text contains aLabel, in any case.
func hasALabel(s string) bool {
	for i := 0; i+len(aLabel) <= len(s); i++ {
		if strings.EqualFold(s[i:i+len(aLabel)], aLabel) {
			return true
		}
	}
	return false
}

// labelRune reports whether r can be part of an A-label.
func labelRune(r rune) bool {
	return r == '-' || r < utf8.RuneSelf && alphanumeric(r)
}

// lowerCase returns a text in lower case and normal form C, letter by letter, see Key.
func lowerCase(s string) string { return norm.NFC.String(strings.Map(lower, norm.NFC.String(s))) }
