package nearmiss

import (
	"strings"

	"github.com/pactius/pactius/internal/names"
)

// address is a parsed account name or email address.
type address struct {
	whole   string // folded; of a guest the own address; "" is none
	parts   []token
	letters string // of the local part, transliterated, without separators and final digits
	folded  string // the same as letters, but only folded
	written string // the local part with separators and digits
	digits  string // at the end of the local part
	hyphens int    // in the local part, as in double names
	domain  domain
	guest   bool // a guest's account name, see names.GuestMark
}

func readAddress(s string) (address, bool) {
	s = strings.ReplaceAll(fold(names.Readable(s)), " ", "")
	var a address
	if own, _, found := strings.Cut(s, names.GuestMark); found {
		a.guest = true
		s = own
		if i := strings.LastIndexByte(own, '_'); i > 0 && !strings.Contains(own, "@") {
			s = own[:i] + "@" + own[i+1:]
		}
	}
	a.whole = s
	local := s
	if i := strings.LastIndexByte(s, '@'); i >= 0 {
		local = s[:i]
		a.domain = readDomain(s[i+1:])
	}
	local, _, _ = strings.Cut(local, "+") // without the tag
	a.written = local
	for w := range strings.FieldsFuncSeq(local, func(r rune) bool { return !wordRune(r) }) {
		a.folded += w
		if len(a.parts) < maxTokens {
			a.parts = append(a.parts, newToken(w))
		}
	}
	a.hyphens = strings.Count(local, "-")
	end := len(strings.TrimRight(a.folded, "0123456789"))
	a.folded, a.digits = a.folded[:end], strings.TrimLeft(a.folded[end:], "0")
	a.letters = transliterated(a.folded)
	if n := len(a.parts); n > 0 && a.digits != "" {
		if last := strings.TrimRight(a.parts[n-1].fold, "0123456789"); last == "" {
			a.parts = a.parts[:n-1]
		} else {
			a.parts[n-1] = newToken(last)
		}
	}
	return a, a.folded != "" || a.digits != ""
}

// domain is the part of an address after the "@".
type domain struct {
	name  string
	brand string // the organisation's own label: nordhavn of it.nordhavn.co.uk and nordhavn.onmicrosoft.com
	open  bool   // gives addresses to everyone
}

func readDomain(s string) domain {
	d := domain{name: strings.Trim(s, "."), open: openDomains[s]}
	d.name = strings.TrimSuffix(d.name, ".onmicrosoft.com")
	labels := strings.Split(d.name, ".")
	n := len(labels) - 1
	if n >= 2 && len(labels[n]) <= 2 && secondLevel[labels[n-1]] {
		n--
	}
	if d.name != strings.Trim(s, ".") { // the tenant's name
		n = len(labels)
	}
	for _, l := range labels[:max(1, n)] {
		if len(l) >= len(d.brand) {
			d.brand = l // the longest: labels before it are departments
		}
	}
	d.name = strings.Trim(s, ".")
	return d
}

// kinship is how closely two domains are related, the closest last.
type kinship int

const (
	foreign kinship = iota // nothing in common
	sibling                // another domain of the same organisation, or a mistyped one
	same
)

// minBrand is the shortest label that is compared as part of another.
const minBrand = 5

func (d domain) kinship(e domain) kinship {
	switch {
	case d.name == e.name:
		return same
	case d.name == "" || e.name == "":
		return sibling // written without a domain
	case d.open || e.open:
		if d.open && e.open || !closeWords(d.name, e.name, 1) {
			return foreign
		}
		return sibling
	case d.brand == e.brand:
		return sibling
	case strings.HasSuffix(d.name, "."+e.name), strings.HasSuffix(e.name, "."+d.name):
		return sibling
	case closeWords(d.brand, e.brand, 1) && min(len(d.brand), len(e.brand)) >= minBrand-1:
		return sibling
	case closeWords(d.brand, e.brand, 2) && min(len(d.brand), len(e.brand)) >= minBrand+2:
		return sibling
	case d.contains(e) || e.contains(d):
		return sibling
	}
	return foreign
}

// contains reports whether another organisation's label is part of this one:
// nordhavn and nordhavn-group.
func (d domain) contains(e domain) bool {
	joined := strings.NewReplacer("-", "")
	return len(e.brand) >= minBrand && strings.Contains(joined.Replace(d.brand), joined.Replace(e.brand))
}

// mistyped reports whether two domains differ by a typing mistake, not as two
// domains of one organisation do.
func (d domain) mistyped(e domain) bool { return d.brand != e.brand && closeWords(d.name, e.name, 2) }
