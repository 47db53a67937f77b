package corpus

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/pactius/pactius/internal/nearmiss"
)

// employee is an invented person with a right account.
type employee struct {
	nearmiss.Person
	given, middle, family string
	culture               *culture
	site                  site
	scheme                string
}

// maker makes people of a world.
type maker struct {
	*rand.Rand
	world World
	taken map[string]bool // account names and email addresses, squeezed
	tail  float64         // share of rare family names
}

// zipf picks from a list, the first most often: the tenth a quarter as often.
func (m *maker) zipf(all []string) string {
	total := 0.0
	for i := range all {
		total += weightOf(i)
	}
	at := m.Float64() * total
	for i, s := range all {
		if at -= weightOf(i); at <= 0 {
			return s
		}
	}
	return all[len(all)-1]
}

func weightOf(rank int) float64 { return 1 / (float64(rank) + 3) }

func pick[T any](m *maker, all []T) T { return all[m.IntN(len(all))] }

func (m *maker) chance(p float64) bool { return m.Float64() < p }

// shares of the cultures in a company, Danish first.
var shares = []float64{0.30, 0.18, 0.14, 0.12, 0.12, 0.06, 0.08}

func (m *maker) culture() *culture {
	at := m.Float64()
	for i := range m.world.Cultures {
		if at -= shares[i]; at <= 0 {
			return &m.world.Cultures[i]
		}
	}
	return &m.world.Cultures[0]
}

// person makes a person with a free account name.
func (m *maker) person() employee {
	c := m.culture()
	p := employee{culture: c, given: m.zipf(c.Given), family: m.familyName(c)}
	switch {
	case c.FamilyFirst:
		if m.chance(0.6) {
			p.middle = pick(m, list("Văn Thị Minh Thu Đức Ngọc Quốc Thanh"))
		}
	case m.chance(0.12):
		p.middle = m.zipf(c.Given)
	case m.chance(0.05):
		p.given += "-" + m.zipf(c.Given)
	}
	if m.chance(0.05) && !c.FamilyFirst {
		p.family += "-" + m.familyName(c)
	}
	return m.employ(p)
}

func (m *maker) familyName(c *culture) string {
	if len(c.Heads) > 0 && m.chance(m.tail) {
		return pick(m, c.Heads) + pick(m, c.Tails)
	}
	name := m.zipf(c.Family)
	if len(c.Article) > 0 && m.chance(0.3) {
		name = pick(m, c.Article) + name
	}
	return name
}

// employ gives a person a company, an account name and an address.
func (m *maker) employ(p employee) employee {
	p.site = m.world.Domains[0]
	if m.chance(0.75) {
		p.site = m.world.Domains[p.culture.Domain]
	}
	return m.account(p)
}

// account gives a free account name at the person's site.
func (m *maker) account(p employee) employee {
	p.scheme = pick(m, p.site.Schemes)
	return m.named(p)
}

// named gives a free account name in the person's scheme.
func (m *maker) named(p employee) employee {
	for n := 1; ; n++ {
		local := localOf(p.scheme, p.given, p.family)
		if n > 1 {
			local += fmt.Sprint(n)
		}
		name := local + "@" + p.site.Domain
		if m.free(name) {
			m.take(name)
			p.Username = name
			break
		}
	}
	p.Name = p.written()
	switch at := m.Float64(); {
	case at < 0.7:
		p.Email = p.Username
	case at < 0.75:
		p.Email = localOf("first.last", p.given, p.family) + "@" + p.site.Domain
		if !m.free(p.Email) {
			p.Email = p.Username
		}
		m.take(p.Email)
	}
	return p
}

// free reports whether an address is not taken. A company gives no two people
// addresses that differ in dots and dashes only.
func (m *maker) free(address string) bool { return !m.taken[squeeze(address)] }

func (m *maker) take(address string) { m.taken[squeeze(address)] = true }

// written is the name as the person writes it.
func (p employee) written() string {
	first, last := p.given, p.family
	if p.culture.FamilyFirst {
		first, last = last, first
	}
	return strings.Join(list(first+" "+p.middle+" "+last), " ")
}

// localOf makes a local part of names in a company's scheme.
func localOf(scheme, given, family string) string {
	given, family = ascii(given), ascii(family)
	cut := func(s string, n int) string { return s[:min(n, len(s))] }
	switch scheme {
	case "first_last":
		return given + "_" + family
	case "first-last":
		return given + "-" + family
	case "firstlast":
		return squeeze(given) + squeeze(family)
	case "last.first":
		return family + "." + given
	case "f.last":
		return cut(given, 1) + "." + family
	case "flast":
		return cut(given, 1) + squeeze(family)
	case "firstl":
		return squeeze(given) + cut(family, 1)
	case "lastf":
		return squeeze(family) + cut(given, 1)
	case "fl":
		return cut(given, 2) + cut(squeeze(family), 2)
	case "ffll":
		return cut(given, 3) + cut(squeeze(family), 3)
	case "first":
		return squeeze(given)
	}
	return given + "." + family
}

func squeeze(s string) string {
	return strings.NewReplacer("-", "", ".", "", "_", "", "'", "").Replace(s)
}

var (
	spelledOut = strings.NewReplacer(list("æ ae ø oe å aa ä ae ö oe ü ue ß ss ł l đ d œ oe")...)
	simplified = strings.NewReplacer(list("æ ae ø o å a ä a ö o ü u ß s ł l đ d œ oe")...)
)

// ascii is a name as account names spell it.
func ascii(s string) string { return bare(spelledOut.Replace(norm.NFC.String(strings.ToLower(s)))) }

// simple is a name as people without the keys type it.
func simple(s string) string { return bare(simplified.Replace(norm.NFC.String(strings.ToLower(s)))) }

// bare leaves marks, blanks and signs out.
func bare(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsMark(r) || r == ' ' || r == '\'' || r >= utf8.RuneSelf {
			return -1
		}
		return r
	}, norm.NFD.String(s))
}
