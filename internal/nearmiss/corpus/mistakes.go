package corpus

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/pactius/pactius/internal/nearmiss"
)

// kind is a way to go wrong: it makes of somebody what Microsoft will say of the
// person (asked) and what an administrator typed (typed). ok is false where the
// person cannot go wrong like that.
type kind struct {
	name string
	make func(m *maker, p somebody) (asked, typed nearmiss.Person, ok bool)
}

// local changes the part before the "@".
func local(address string, change func(string) string) string {
	l, d, _ := strings.Cut(address, "@")
	return change(l) + "@" + d
}

// mail keeps the typed address beside the typed account name, as forms prefill it.
func mail(m *maker, typed nearmiss.Person) nearmiss.Person {
	switch {
	case m.chance(0.4):
		typed.Email = typed.Username
	default:
		typed.Email = ""
	}
	return typed
}

// typing makes n mistakes in a word, sparing its first letter mostly.
func (m *maker) typing(s string, n int) string {
	r := []rune(s)
	for range n {
		before := string(r)
		for string(r) == before {
			r = m.slip([]rune(before))
		}
	}
	if string(r) == s || len(r) == 0 {
		return m.typing(s, n)
	}
	return string(r)
}

// neighbours are the keys beside a key.
var neighbours = map[rune]string{
	'a': "sqz", 'b': "vn", 'c': "xv", 'd': "sf", 'e': "wr", 'f': "dg", 'g': "fh", 'h': "gj", 'i': "uo", 'j': "hk", 'k': "jl", 'l': "kø", 'm': "n",
	'n': "bm", 'o': "ip", 'p': "o", 'q': "wa", 'r': "et", 's': "ad", 't': "ry", 'u': "yi", 'v': "cb", 'w': "qe", 'x': "zc", 'y': "tu", 'z': "x",
}

func (m *maker) slip(r []rune) []rune {
	var at []int
	for i, c := range r {
		if unicode.IsLetter(c) && (i > 0 || m.chance(0.1)) {
			at = append(at, i)
		}
	}
	if len(at) == 0 {
		return append(r, 'x')
	}
	i := pick(m, at)
	switch m.IntN(6) {
	case 0: // another letter
		r[i] = rune('a' + m.IntN(26))
	case 1: // the key beside
		if beside := []rune(neighbours[r[i]]); len(beside) > 0 {
			r[i] = pick(m, beside)
		}
	case 2: // one too many
		r = append(r[:i], append([]rune{rune('a' + m.IntN(26))}, r[i:]...)...)
	case 3: // twice
		r = append(r[:i], append([]rune{r[i]}, r[i:]...)...)
	case 4: // one too few
		r = append(r[:i], r[i+1:]...)
	case 5: // exchanged
		if i+1 < len(r) && unicode.IsLetter(r[i+1]) {
			r[i], r[i+1] = r[i+1], r[i]
		}
	}
	return r
}

// remade is the person's account name as made of other names or in another way.
func (p somebody) remade(scheme, given, family string) string {
	return localOf(scheme, given, family) + "@" + p.site.domain
}

func typo(n int) func(*maker, somebody) (nearmiss.Person, nearmiss.Person, bool) {
	return func(m *maker, p somebody) (nearmiss.Person, nearmiss.Person, bool) {
		typed := p.Person
		typed.Username = local(p.Username, func(l string) string { return m.typing(l, n) })
		l, _, _ := strings.Cut(p.Username, "@")
		return p.Person, mail(m, typed), len(l) >= 4+4*(n-1)
	}
}

// nicknames are short forms of given names.
var nicknames = map[string]string{
	"Alexander": "Alex", "Alexandra": "Alex", "Katharina": "Kathrin", "Katrine": "Trine", "Christian": "Chris", "Christopher": "Chris", "William": "Bill",
	"Robert": "Bob", "Richard": "Rick", "Elizabeth": "Liz", "Elisabeth": "Lisa", "Margaret": "Maggie", "Michael": "Mike", "Thomas": "Tom", "Matthew": "Matt",
	"Samuel": "Sam", "Samantha": "Sam", "Benjamin": "Ben", "Joseph": "Joe", "Edward": "Ed", "Jonathan": "Jon", "Jennifer": "Jenny", "Victoria": "Vicky",
	"Daniel": "Dan", "Andrew": "Andy", "Anthony": "Tony", "Stephen": "Steve", "Andreas": "Andy", "Matthias": "Mathias", "Maximilian": "Max",
	"Johannes": "Hannes", "Sebastian": "Basti", "Stefanie": "Steffi", "Franziska": "Franzi", "Ulrich": "Uli", "Friedrich": "Fritz", "Mohamed": "Muhammad",
	"Muhammad": "Mohammed", "Ahmed": "Ahmad", "Hussein": "Hussain", "Hassan": "Hasan", "Yusuf": "Youssef", "Youssef": "Yousef", "Fatima": "Fatma",
	"Aisha": "Aicha", "Maryam": "Mariam", "Omar": "Umar", "Khaled": "Khalid", "Mustafa": "Moustafa", "Layla": "Leila", "Abdullah": "Abdallah",
	"Małgorzata": "Gosia", "Katarzyna": "Kasia", "Magdalena": "Magda", "Wojciech": "Wojtek", "Stanisław": "Staszek", "Krzysztof": "Krzysiek", "Jakub": "Kuba",
	"Agnieszka": "Aga", "Barbara": "Basia", "Nicholas": "Nick", "Philip": "Phil", "Timothy": "Tim", "Susan": "Sue", "Deborah": "Debbie", "Gregory": "Greg",
	"Theodore": "Theo", "Frederick": "Fred", "Rebecca": "Becky", "Patricia": "Pat", "Philipp": "Phil", "Joachim": "Jochen", "Gerhard": "Gerd",
	"Wilhelm": "Willi", "Izabela": "Iza", "Sophie": "Sofie", "Sofie": "Sophie", "Frederik": "Fredrik", "Erik": "Eric", "Jakob": "Jacob", "Jacob": "Jakob",
	"Nikolaj": "Nicolai", "Klaus": "Claus", "Claus": "Klaus", "Carsten": "Karsten", "Søren": "Sören", "Kristoffer": "Christoffer", "Said": "Saeed",
	"Jamal": "Gamal", "Mariam": "Maryam", "Tarek": "Tariq", "Suleiman": "Sulaiman", "Michał": "Michal", "Zofia": "Sofia", "Philippe": "Philipp",
	"Frédéric": "Fred", "Alexandre": "Alex", "Maxime": "Max", "Jessica": "Jess", "Katherine": "Kate", "Charlotte": "Lotte",
}

// special reports whether a name has letters that are written in several ways.
func special(p somebody) bool { return ascii(p.given+p.family) != simple(p.given+p.family) }

// Kinds are the kinds of mistakes. The last are weak: they leave so little that
// nobody could be sure.
var kinds = slices.Concat(typingKinds, nameKinds, addressKinds, changeKinds)

// typingKinds are mistakes of the fingers.
var typingKinds = []kind{
	{"one letter", typo(1)},
	{"two letters", typo(2)},
	{"one letter, in the name too", func(m *maker, p somebody) (nearmiss.Person, nearmiss.Person, bool) {
		typed := p.Person
		family := m.typing(p.family, 1)
		typed.Name = strings.Replace(p.Name, p.family, family, 1)
		typed.Username = p.remade(p.scheme, ascii(p.given), ascii(family))
		return p.Person, mail(m, typed), typed.Username != p.Username && !strings.ContainsAny(p.Username, "0123456789") && p.scheme != "fl" && p.scheme != "ffll" && p.scheme != "firstl"
	}},
	{"two letters, in the name too", func(m *maker, p somebody) (nearmiss.Person, nearmiss.Person, bool) {
		typed := p.Person
		given, family := m.typing(p.given, 1), m.typing(p.family, 1)
		typed.Name = strings.Replace(strings.Replace(p.Name, p.family, family, 1), p.given, given, 1)
		typed.Username = p.remade(p.scheme, ascii(given), ascii(family))
		return p.Person, mail(m, typed), strings.Contains(p.scheme, "first.last") && len(p.given) > 4 && len(p.family) > 4 && !strings.ContainsAny(p.Username, "0123456789")
	}},
	{"one letter, no name known", func(m *maker, p somebody) (nearmiss.Person, nearmiss.Person, bool) {
		_, typed, ok := typo(1)(m, p)
		asked := p.Person
		asked.Name = ""
		return asked, typed, ok && strings.Contains(p.Username, ".") && p.scheme == "first.last"
	}},
	{"domain mistyped", func(m *maker, p somebody) (nearmiss.Person, nearmiss.Person, bool) {
		typed := p.Person
		l, d, _ := strings.Cut(p.Username, "@")
		brand, rest, _ := strings.Cut(d, ".")
		if m.chance(0.3) {
			rest = pick(m, list("con cm co de.com dk.com d")) // .con
		} else {
			brand = m.typing(brand, 1+m.IntN(2))
		}
		typed.Username = l + "@" + brand + "." + rest
		return p.Person, mail(m, typed), typed.Username != p.Username
	}},
	{"letters spelled out or not", func(m *maker, p somebody) (nearmiss.Person, nearmiss.Person, bool) {
		typed := p.Person
		digits := strings.TrimLeft(strings.TrimRight(p.Username[:strings.Index(p.Username, "@")], ""), "abcdefghijklmnopqrstuvwxyz.-_")
		typed.Username = localOf(p.scheme, simple(p.given), simple(p.family)) + digits + "@" + p.site.domain
		if m.chance(0.5) {
			typed.Name = strings.ToUpper(simple(p.given)[:1]) + simple(p.given)[1:] + " " + simple(p.family)
		}
		return p.Person, mail(m, typed), special(p) && typed.Username != p.Username
	}},
}

// nameKinds are names in another form or order.
var nameKinds = []kind{
	{"account name swapped", func(m *maker, p somebody) (nearmiss.Person, nearmiss.Person, bool) {
		typed := p.Person
		typed.Username = p.remade("last.first", ascii(p.given), ascii(p.family))
		return p.Person, mail(m, typed), p.scheme == "first.last" && !strings.ContainsAny(p.Username, "0123456789")
	}},
	{"name and account name swapped", func(m *maker, p somebody) (nearmiss.Person, nearmiss.Person, bool) {
		typed := p.Person
		typed.Username = p.remade("last.first", ascii(p.given), ascii(p.family))
		typed.Name = p.family + " " + p.given
		return p.Person, mail(m, typed), p.scheme == "first.last" && !strings.ContainsAny(p.Username, "0123456789")
	}},
	{"initials", func(m *maker, p somebody) (nearmiss.Person, nearmiss.Person, bool) {
		typed := p.Person
		typed.Username = p.remade(pick(m, list("f.last flast firstl lastf fl ffll")), ascii(p.given), ascii(p.family))
		if m.chance(0.25) {
			typed.Name = p.given[:1] + ". " + p.family
		}
		return p.Person, mail(m, typed), p.scheme == "first.last" && m.free(typed.Username) && !strings.ContainsAny(p.Username, "0123456789") && p.given[0] < 128
	}},
	{"initials in Microsoft 365", func(m *maker, p somebody) (nearmiss.Person, nearmiss.Person, bool) {
		typed := p.Person
		typed.Username = p.remade("first.last", ascii(p.given), ascii(p.family))
		return p.Person, mail(m, typed), !strings.HasPrefix(p.scheme, "first") && m.free(typed.Username) && !strings.ContainsAny(p.Username, "0123456789")
	}},
	{"nickname", func(m *maker, p somebody) (nearmiss.Person, nearmiss.Person, bool) {
		short, ok := nicknames[p.given]
		typed := p.Person
		typed.Name = short + " " + p.family
		typed.Username = p.remade(p.scheme, ascii(short), ascii(p.family))
		return p.Person, mail(m, typed), ok && p.scheme == "first.last" && m.free(typed.Username) && !strings.ContainsAny(p.Username, "0123456789")
	}},
	{"separators", func(m *maker, p somebody) (nearmiss.Person, nearmiss.Person, bool) {
		typed := p.Person
		typed.Username = p.remade(pick(m, list("first_last first-last firstlast")), ascii(p.given), ascii(p.family))
		return p.Person, mail(m, typed), p.scheme == "first.last" && !strings.ContainsAny(p.Username, "0123456789")
	}},
	{"middle name", func(m *maker, p somebody) (nearmiss.Person, nearmiss.Person, bool) {
		if p.middle == "" {
			p.middle = m.zipf(p.culture.given)
		}
		asked, typed := p.Person, p.Person
		asked.Name = p.written()
		typed.Name = p.given + " " + p.family
		long := ascii(p.given) + "." + ascii(p.middle)
		if m.chance(0.5) {
			long = ascii(p.given) + "." + ascii(p.middle)[:1]
		}
		asked.Username = localOf("first.last", long, ascii(p.family)) + "@" + p.site.domain
		typed.Username = p.remade("first.last", ascii(p.given), ascii(p.family))
		asked.Email = ""
		if m.chance(0.5) {
			asked, typed = typed, asked
			asked.Email = ""
		}
		return asked, mail(m, typed), m.free(asked.Username) && m.free(typed.Username)
	}},
	{"half of a double name", func(m *maker, p somebody) (nearmiss.Person, nearmiss.Person, bool) {
		asked, typed := p.Person, p.Person
		one, _, found := strings.Cut(p.family, "-")
		given := p.given
		if first, _, double := strings.Cut(p.given, "-"); double {
			given, found = first, true
		}
		typed.Name = given + " " + one
		typed.Username = p.remade(p.scheme, ascii(given), ascii(one))
		return asked, mail(m, typed), found && m.free(typed.Username) && p.scheme == "first.last" && !strings.HasSuffix(one, "l") && !strings.HasSuffix(one, "El")
	}},
}

// addressKinds are other addresses of the same person.
var addressKinds = []kind{
	{"other domain", func(m *maker, p somebody) (nearmiss.Person, nearmiss.Person, bool) {
		typed := p.Person
		l, _, _ := strings.Cut(p.Username, "@")
		typed.Username = l + "@" + pick(m, p.site.siblings)
		return p.Person, mail(m, typed), true
	}},
	{"other domain and one letter", func(m *maker, p somebody) (nearmiss.Person, nearmiss.Person, bool) {
		typed := p.Person
		l, _, _ := strings.Cut(p.Username, "@")
		typed.Username = m.typing(l, 1) + "@" + pick(m, p.site.siblings)
		return p.Person, mail(m, typed), len(l) > 6
	}},
	{"e-mail typed as account name", func(m *maker, p somebody) (nearmiss.Person, nearmiss.Person, bool) {
		asked, typed := p.Person, p.Person
		asked.Email = localOf("first.last", ascii(p.given), ascii(p.family)) + "@" + p.site.domain
		if m.chance(0.5) {
			asked.Username = fmt.Sprintf("%s%05d@%s", pick(m, list("u x emp k")), m.IntN(100000), p.site.domain)
		} else {
			asked.Username = p.remade("fl", ascii(p.given), ascii(p.family)) + ""
		}
		typed.Username = asked.Email
		return asked, mail(m, typed), m.free(asked.Email) && m.free(asked.Username)
	}},
	{"account name typed, e-mail asked", func(m *maker, p somebody) (nearmiss.Person, nearmiss.Person, bool) {
		asked, typed := p.Person, p.Person
		typed.Email = p.Username
		asked.Email = p.Username
		asked.Username = fmt.Sprintf("%s%05d@%s", pick(m, list("u x emp k")), m.IntN(100000), p.site.domain)
		typed.Username = local(p.Username, func(l string) string { return m.typing(l, 1) })
		return asked, typed, true
	}},
	{"guest", func(m *maker, p somebody) (nearmiss.Person, nearmiss.Person, bool) {
		asked, typed := p.Person, p.Person
		own := localOf(pick(m, list("first.last first flast")), ascii(p.given), ascii(p.family)) + "@" + pick(m, m.world.partners)
		asked.Username = strings.ReplaceAll(own, "@", "_") + "#EXT#@" + strings.Split(m.world.domains[0].domain, ".")[0] + ".onmicrosoft.com"
		if asked.Email = own; m.chance(0.5) {
			asked.Email = ""
		}
		typed.Username = own
		if m.chance(0.2) {
			typed.Username = local(own, func(l string) string { return m.typing(l, 1) })
		}
		free := m.free(own)
		m.take(own)
		return asked, mail(m, typed), free
	}},
}

// changeKinds are names that have changed or are all that agrees, and last the weak ones.
var changeKinds = []kind{
	{"married, e-mail kept", func(m *maker, p somebody) (nearmiss.Person, nearmiss.Person, bool) {
		asked, typed := p.Person, p.Person
		family := m.familyName(p.culture)
		asked.Name = strings.Replace(p.Name, p.family, family, 1)
		asked.Username = p.remade("first.last", ascii(p.given), ascii(family))
		asked.Email = p.Username
		return asked, mail(m, typed), family != p.family && m.free(asked.Username)
	}},
	{"married, both names", func(m *maker, p somebody) (nearmiss.Person, nearmiss.Person, bool) {
		asked, typed := p.Person, p.Person
		family := m.familyName(p.culture)
		asked.Name = strings.Replace(p.Name, p.family, p.family+" "+family, 1)
		asked.Username = p.remade("first.last", ascii(p.given), ascii(family))
		asked.Email = ""
		return asked, mail(m, typed), family != p.family && m.free(asked.Username) && !p.culture.familyFirst
	}},
	{"name only", func(m *maker, p somebody) (nearmiss.Person, nearmiss.Person, bool) {
		asked, typed := p.Person, p.Person
		asked.Username = fmt.Sprintf("%s%05d@%s", pick(m, list("u x emp k")), m.IntN(100000), p.site.domain)
		asked.Email = ""
		return asked, typed, true
	}},
	{"name otherwise written", func(m *maker, p somebody) (nearmiss.Person, nearmiss.Person, bool) {
		asked, typed, ok := typo(1)(m, p)
		asked.Name = fmt.Sprintf(pick(m, []string{"%[2]s, %[1]s", "%[2]s, %[1]s (IT)", "%[1]s %[2]s - Nordhavn A/S", "Dr. %[1]s %[2]s", "%[1]s %[2]s (Extern)", "Prof. Dr. %[1]s %[2]s"}), p.given, p.family)
		if m.chance(0.3) {
			asked.Name = strings.ToUpper(asked.Name)
		}
		return asked, typed, ok
	}},
	{"private address typed", func(m *maker, p somebody) (nearmiss.Person, nearmiss.Person, bool) {
		typed := p.Person
		typed.Username = localOf(pick(m, list("first.last firstlast flast")), ascii(p.given), ascii(p.family)) + "@" + pick(m, list("gmail.com hotmail.com"))
		free := m.free(typed.Username)
		m.take(typed.Username)
		return p.Person, mail(m, typed), free && strings.Contains(p.scheme, "last")
	}},
	{"weak: digits left out", func(m *maker, p somebody) (nearmiss.Person, nearmiss.Person, bool) {
		asked, typed := p.Person, p.Person
		asked.Username = local(p.Username, func(l string) string { return l + fmt.Sprint(2+m.IntN(20)) })
		asked.Email = ""
		return asked, mail(m, typed), m.free(asked.Username)
	}},
	{"weak: married", func(m *maker, p somebody) (nearmiss.Person, nearmiss.Person, bool) {
		asked, typed := p.Person, p.Person
		family := m.familyName(p.culture)
		asked.Name = strings.Replace(p.Name, p.family, family, 1)
		asked.Username = p.remade("first.last", ascii(p.given), ascii(family))
		asked.Email = ""
		return asked, mail(m, typed), family != p.family && m.free(asked.Username)
	}},
}
