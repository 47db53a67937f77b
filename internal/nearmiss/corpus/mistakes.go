package corpus

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/pactius/pactius/internal/nearmiss"
)

// trial is one person under one mistake.
type trial struct {
	employee
	asked nearmiss.Person // as Microsoft describes the person at the sign-in
	typed nearmiss.Person // as an administrator typed the person before
}

// kind is a kind of mistake. make applies it to asked and typed, which begin
// equal; false means that the person's names do not allow the mistake.
type kind struct {
	name  string
	make  func(m *maker, t *trial) bool
	email bool // make sets the typed email address; else prefill does
}

// prefill sets the typed email address as forms do: to the account name, or to
// none.
func (m *maker) prefill(t *trial) {
	t.typed.Email = ""
	if m.chance(0.4) {
		t.typed.Email = t.typed.Username
	}
}

// address is an account name made of names in a scheme, in the person's domain.
func (t *trial) address(scheme, given, family string) string {
	return localOf(scheme, given, family) + "@" + t.site.Domain
}

// local is the part of the account name before the "@".
func (t *trial) local() string { return t.Username[:strings.Index(t.Username, "@")] }

// numbered reports whether the account name has digits.
func (t *trial) numbered() bool { return strings.ContainsAny(t.Username, "0123456789") }

// plain reports whether the account name is given.family without digits.
func (t *trial) plain() bool { return t.scheme == "first.last" && !t.numbered() }

// special reports whether the name has letters that are written in several ways.
func (t *trial) special() bool { return ascii(t.given+t.family) != simple(t.given+t.family) }

// changeLocal changes the part of an address before the "@".
func changeLocal(address string, change func(string) string) string {
	l, d, _ := strings.Cut(address, "@")
	return change(l) + "@" + d
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
	'a': "sqz", 'b': "vn", 'c': "xv", 'd': "sf", 'e': "wr", 'f': "dg", 'g': "fh", 'h': "gj", 'i': "uo", 'j': "hk",
	'k': "jl", 'l': "kø", 'm': "n", 'n': "bm", 'o': "ip", 'p': "o", 'q': "wa", 'r': "et", 's': "ad", 't': "ry",
	'u': "yi", 'v': "cb", 'w': "qe", 'x': "zc", 'y': "tu", 'z': "x",
}

// slip makes one mistake in a word.
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
		r = slices.Insert(r, i, rune('a'+m.IntN(26)))
	case 3: // twice
		r = slices.Insert(r, i, r[i])
	case 4: // one too few
		r = slices.Delete(r, i, i+1)
	case 5: // exchanged
		if i+1 < len(r) && unicode.IsLetter(r[i+1]) {
			r[i], r[i+1] = r[i+1], r[i]
		}
	}
	return r
}

// typo makes n mistakes before the "@".
func typo(n int) func(*maker, *trial) bool {
	return func(m *maker, t *trial) bool {
		t.typed.Username = changeLocal(t.Username, func(l string) string { return m.typing(l, n) })
		return len(t.local()) >= 4*n
	}
}

// employeeNumber is an account name that says nothing of the person.
func (m *maker) employeeNumber(t *trial) string {
	return fmt.Sprintf("%s%05d@%s", pick(m, list("u x emp k")), m.IntN(100000), t.site.Domain)
}

// marry gives the person another family name in Microsoft 365; between stands
// before the new one there.
func (m *maker) marry(t *trial, between string) bool {
	family := m.familyName(t.culture)
	t.asked.Name = strings.Replace(t.Name, t.family, between+family, 1)
	t.asked.Username = t.address("first.last", t.given, family)
	t.asked.Email = ""
	return family != t.family && m.free(t.asked.Username)
}

// nicknames are short or other forms of given names.
var nicknames = pairs(`Alexander Alex Alexandra Alex Katharina Kathrin Katrine Trine Christian Chris Christopher Chris
	William Bill Robert Bob Richard Rick Elizabeth Liz Elisabeth Lisa Margaret Maggie Michael Mike Thomas Tom Matthew
	Matt Samuel Sam Samantha Sam Benjamin Ben Joseph Joe Edward Ed Jonathan Jon Jennifer Jenny Victoria Vicky Daniel
	Dan Andrew Andy Anthony Tony Stephen Steve Andreas Andy Matthias Mathias Maximilian Max Johannes Hannes Sebastian
	Basti Stefanie Steffi Franziska Franzi Ulrich Uli Friedrich Fritz Mohamed Muhammad Muhammad Mohammed Ahmed Ahmad
	Hussein Hussain Hassan Hasan Yusuf Youssef Youssef Yousef Fatima Fatma Aisha Aicha Maryam Mariam Omar Umar Khaled
	Khalid Mustafa Moustafa Layla Leila Abdullah Abdallah Małgorzata Gosia Katarzyna Kasia Magdalena Magda Wojciech
	Wojtek Stanisław Staszek Krzysztof Krzysiek Jakub Kuba Agnieszka Aga Barbara Basia Nicholas Nick Philip Phil
	Timothy Tim Susan Sue Deborah Debbie Gregory Greg Theodore Theo Frederick Fred Rebecca Becky Patricia Pat Philipp
	Phil Joachim Jochen Gerhard Gerd Wilhelm Willi Izabela Iza Sophie Sofie Sofie Sophie Frederik Fredrik Erik Eric
	Jakob Jacob Jacob Jakob Nikolaj Nicolai Klaus Claus Claus Klaus Carsten Karsten Søren Sören Kristoffer Christoffer
	Said Saeed Jamal Gamal Mariam Maryam Tarek Tariq Suleiman Sulaiman Michał Michal Zofia Sofia Philippe Philipp
	Frédéric Fred Alexandre Alex Maxime Max Jessica Jess Katherine Kate Charlotte Lotte`)

// pairs maps every first word of a text to the word after it.
func pairs(text string) map[string]string {
	all := map[string]string{}
	for pair := range slices.Chunk(list(text), 2) {
		all[pair[0]] = pair[1]
	}
	return all
}

// kinds are the kinds of mistakes. The last are weak: they leave too little
// evidence to be sure.
var kinds = slices.Concat(typingKinds, nameKinds, addressKinds, changeKinds)

// typingKinds are mistakes of the fingers.
var typingKinds = []kind{
	{name: "one letter", make: typo(1)},
	{name: "two letters", make: typo(2)},
	{name: "one letter, in the name too", make: func(m *maker, t *trial) bool {
		family := m.typing(t.family, 1)
		t.typed.Name = strings.Replace(t.Name, t.family, family, 1)
		t.typed.Username = t.address(t.scheme, t.given, family)
		return t.typed.Username != t.Username && !t.numbered() && !slices.Contains(list("fl ffll firstl"), t.scheme)
	}},
	{name: "two letters, in the name too", make: func(m *maker, t *trial) bool {
		given, family := m.typing(t.given, 1), m.typing(t.family, 1)
		t.typed.Name = strings.Replace(strings.Replace(t.Name, t.family, family, 1), t.given, given, 1)
		t.typed.Username = t.address(t.scheme, given, family)
		return t.plain() && len(t.given) > 4 && len(t.family) > 4
	}},
	{name: "one letter, no name known", make: func(m *maker, t *trial) bool {
		t.asked.Name = ""
		return typo(1)(m, t) && t.scheme == "first.last"
	}},
	{name: "domain mistyped", make: func(m *maker, t *trial) bool {
		brand, rest, _ := strings.Cut(t.site.Domain, ".")
		if m.chance(0.3) {
			rest = pick(m, list("con cm co de.com dk.com d")) // .con
		} else {
			brand = m.typing(brand, 1+m.IntN(2))
		}
		t.typed.Username = t.local() + "@" + brand + "." + rest
		return t.typed.Username != t.Username
	}},
	{name: "letters spelled out or not", make: func(m *maker, t *trial) bool {
		given, family := simple(t.given), simple(t.family)
		digits := strings.TrimLeft(t.local(), "abcdefghijklmnopqrstuvwxyz.-_")
		t.typed.Username = changeLocal(t.address(t.scheme, given, family), func(l string) string { return l + digits })
		if m.chance(0.5) {
			t.typed.Name = strings.ToUpper(given[:1]) + given[1:] + " " + family
		}
		return t.special() && t.typed.Username != t.Username
	}},
}

// nameKinds are names in another form or order.
var nameKinds = []kind{
	{name: "account name swapped", make: func(_ *maker, t *trial) bool {
		t.typed.Username = t.address("last.first", t.given, t.family)
		return t.plain()
	}},
	{name: "name and account name swapped", make: func(_ *maker, t *trial) bool {
		t.typed.Username = t.address("last.first", t.given, t.family)
		t.typed.Name = t.family + " " + t.given
		return t.plain()
	}},
	{name: "initials", make: func(m *maker, t *trial) bool {
		t.typed.Username = t.address(pick(m, list("f.last flast firstl lastf fl ffll")), t.given, t.family)
		if m.chance(0.25) {
			t.typed.Name = t.given[:1] + ". " + t.family
		}
		return t.plain() && m.free(t.typed.Username) && t.given[0] < 128
	}},
	{name: "initials in Microsoft 365", make: func(m *maker, t *trial) bool {
		t.typed.Username = t.address("first.last", t.given, t.family)
		return !strings.HasPrefix(t.scheme, "first") && m.free(t.typed.Username) && !t.numbered()
	}},
	{name: "nickname", make: func(m *maker, t *trial) bool {
		short, ok := nicknames[t.given]
		t.typed.Name = short + " " + t.family
		t.typed.Username = t.address(t.scheme, short, t.family)
		return ok && t.plain() && m.free(t.typed.Username)
	}},
	{name: "separators", make: func(m *maker, t *trial) bool {
		t.typed.Username = t.address(pick(m, list("first_last first-last firstlast")), t.given, t.family)
		return t.plain()
	}},
	{name: "middle name", make: func(m *maker, t *trial) bool {
		if t.middle == "" {
			t.middle = m.zipf(t.culture.Given)
		}
		t.asked.Name, t.typed.Name = t.written(), t.given+" "+t.family
		middle := ascii(t.middle)
		if m.chance(0.5) {
			middle = middle[:1]
		}
		t.asked.Username = t.address("first.last", t.given+"."+middle, t.family)
		t.typed.Username = t.address("first.last", t.given, t.family)
		if m.chance(0.5) {
			t.asked, t.typed = t.typed, t.asked
		}
		t.asked.Email = ""
		return m.free(t.asked.Username) && m.free(t.typed.Username)
	}},
	{name: "half of a double name", make: func(m *maker, t *trial) bool {
		given, _, doubleGiven := strings.Cut(t.given, "-")
		family, _, double := strings.Cut(t.family, "-")
		t.typed.Name = given + " " + family
		t.typed.Username = t.address(t.scheme, given, family)
		article := strings.HasSuffix(family, "l") // Al-Hassan is no double name
		return (double || doubleGiven) && m.free(t.typed.Username) && t.scheme == "first.last" && !article
	}},
}

// addressKinds are other addresses of the same person.
var addressKinds = []kind{
	{name: "other domain", make: func(m *maker, t *trial) bool {
		t.typed.Username = t.local() + "@" + pick(m, t.site.Siblings)
		return true
	}},
	{name: "other domain and one letter", make: func(m *maker, t *trial) bool {
		t.typed.Username = m.typing(t.local(), 1) + "@" + pick(m, t.site.Siblings)
		return len(t.local()) > 6
	}},
	{name: "email typed as account name", make: func(m *maker, t *trial) bool {
		t.asked.Email = t.address("first.last", t.given, t.family)
		if m.chance(0.5) {
			t.asked.Username = m.employeeNumber(t)
		} else {
			t.asked.Username = t.address("fl", t.given, t.family)
		}
		t.typed.Username = t.asked.Email
		return m.free(t.asked.Email) && m.free(t.asked.Username)
	}},
	{name: "account name typed, email asked", email: true, make: func(m *maker, t *trial) bool {
		t.asked.Email, t.typed.Email = t.Username, t.Username
		t.asked.Username = m.employeeNumber(t)
		typo(1)(m, t)
		return true
	}},
	{name: "guest", make: func(m *maker, t *trial) bool {
		own := localOf(pick(m, list("first.last first flast")), t.given, t.family) + "@" + pick(m, m.world.Partners)
		tenant, _, _ := strings.Cut(m.world.Domains[0].Domain, ".")
		t.asked.Username = strings.ReplaceAll(own, "@", "_") + "#EXT#@" + tenant + ".onmicrosoft.com"
		if t.asked.Email = own; m.chance(0.5) {
			t.asked.Email = ""
		}
		if t.typed.Username = own; m.chance(0.2) {
			t.typed.Username = changeLocal(own, func(l string) string { return m.typing(l, 1) })
		}
		free := m.free(own)
		m.take(own)
		return free
	}},
}

// changeKinds are names that have changed or are all that agrees, and last the
// weak ones.
var changeKinds = []kind{
	{name: "married, email kept", make: func(m *maker, t *trial) bool {
		ok := m.marry(t, "")
		t.asked.Email = t.Username
		return ok
	}},
	{name: "married, both names", make: func(m *maker, t *trial) bool {
		return m.marry(t, t.family+" ") && !t.culture.FamilyFirst
	}},
	{name: "name only", email: true, make: func(m *maker, t *trial) bool {
		t.asked.Username = m.employeeNumber(t)
		t.asked.Email = ""
		return true
	}},
	{name: "name otherwise written", email: true, make: func(m *maker, t *trial) bool {
		ok := typo(1)(m, t)
		m.prefill(t)
		t.asked.Name = fmt.Sprintf(pick(m, []string{
			"%[2]s, %[1]s", "%[2]s, %[1]s (IT)", "%[1]s %[2]s - Nordhavn A/S",
			"Dr. %[1]s %[2]s", "%[1]s %[2]s (Extern)", "Prof. Dr. %[1]s %[2]s",
		}), t.given, t.family)
		if m.chance(0.3) {
			t.asked.Name = strings.ToUpper(t.asked.Name)
		}
		return ok
	}},
	{name: "private address typed", make: func(m *maker, t *trial) bool {
		local := localOf(pick(m, list("first.last firstlast flast")), t.given, t.family)
		t.typed.Username = local + "@" + pick(m, list("gmail.com hotmail.com"))
		free := m.free(t.typed.Username)
		m.take(t.typed.Username)
		return free && strings.Contains(t.scheme, "last")
	}},
	{name: "weak: digits left out", make: func(m *maker, t *trial) bool {
		t.asked.Username = changeLocal(t.Username, func(l string) string { return l + fmt.Sprint(2+m.IntN(20)) })
		t.asked.Email = ""
		return m.free(t.asked.Username)
	}},
	{name: "weak: married", make: func(m *maker, t *trial) bool { return m.marry(t, "") }},
}
