package nearmiss

import (
	"hash/fnv"
	"slices"
	"strings"
)

// The kinds of blocking keys, by their first letter.
const (
	lettersKey = "a" // letters of given and family name, or of an address, in alphabetical order
	numberKey  = "d" // letters of the name with the final digits of the account name: finds one of many namesakes
	accordKey  = "c" // their consonants only: equal if vowels are mistyped
	wideKey    = "h" // one name and the initial of the other
	localKey   = "l" // the part before the "@" with its digits, in any domain
)

// Sample is a key of one in Rate people: it allows a rough count of all people
// without reading them.
type Sample struct {
	Key  string
	Rate int
}

// Samples are all samples, the commonest first.
var Samples = []Sample{{"~", 16}, {"~~", 512}}

// Lookup holds the keys to look a person up by. A hit counts differently in each
// group; the store bounds each group.
type Lookup struct {
	Exact []string // keys of the same name or address
	Other []string // keys of other forms: nicknames, abbreviations
	Near  []string // keys one letter away
	Wide  []string // keys shared by many: a name and an initial
	Words []string // words of names and addresses, useful while they are rare
}

// Bounds of keys and probes.
const (
	MaxKeys   = 12  // of a person, in the database, without Samples
	MaxExact  = 12  // probes of Lookup.Exact
	MaxOther  = 48  // probes of Lookup.Other
	MaxNear   = 500 // probes of Lookup.Near: about 200 for each way in which the person is written
	MaxWide   = 12  // probes of Lookup.Wide
	MaxWords  = 10  // words of Lookup.Words
	minKey    = 4   // letters of a key by letters: too many share shorter ones
	maxKey    = 40  // bytes of a key: longer ones are cut and still rare
	minWord   = 3   // letters of a word that is looked up
	keyTokens = 3   // words of a name that pair: given, family and one between
)

// Keys returns the blocking keys to store for a person, sorted, each once: at most
// MaxKeys and Samples.
func Keys(p Person) []string {
	k := collector{bound: MaxKeys}
	tokens := nameTokens(p.Name)
	pairs := pairsOf(tokens)
	for _, q := range pairs {
		k.letters(q[0].skel() + q[1].skel())
	}
	k.whole(tokens)
	for _, a := range addressesOf(p) {
		k.address(a)
	}
	k.number(pairs, addressesOf(p))
	for i, q := range pairs {
		if i == 0 {
			k.accord(q[0].skel() + q[1].skel())
		}
		k.wide(q[0].skel(), q[1].skel())
		k.wide(q[1].skel(), q[0].skel())
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(strings.ToLower(p.Username))) // never fails
	for _, s := range Samples {
		if h.Sum32()%uint32(s.Rate) == 0 {
			k.all = append(k.all, s.Key)
		}
	}
	slices.Sort(k.all)
	return k.all
}

// pairsOf returns the pairs of words that a name is found by: given and family
// name first, then each with the word between.
func pairsOf(tokens []token) [][2]token {
	n := len(tokens)
	switch {
	case n < 2:
		return nil
	case n > keyTokens:
		tokens = []token{tokens[0], tokens[n-2], tokens[n-1]}
	}
	n = len(tokens)
	pairs := [][2]token{{tokens[0], tokens[n-1]}}
	if n == keyTokens {
		pairs = append(pairs, [2]token{tokens[0], tokens[1]}, [2]token{tokens[1], tokens[2]})
	}
	return pairs
}

// addressesOf parses all addresses of a person, the account name first, each once.
func addressesOf(p Person) []address {
	var all []address
	add := func(s string) {
		if s == "" {
			return
		}
		a, ok := readAddress(s)
		if ok && !slices.ContainsFunc(all, func(b address) bool { return a.whole == b.whole }) {
			all = append(all, a)
		}
	}
	add(p.Username)
	add(p.Email)
	for _, s := range p.Other[:min(len(p.Other), maxOther)] {
		add(s)
	}
	return all
}

// collector gathers keys, each once, up to a bound.
type collector struct {
	all   []string
	bound int
}

func (c *collector) add(kind, s string) {
	if s == "" || len(c.all) >= c.bound {
		return
	}
	if len(s) > maxKey {
		s = s[:maxKey]
	}
	if k := kind + strings.ToValidUTF8(s, ""); !slices.Contains(c.all, k) {
		c.all = append(c.all, k)
	}
}

// letters adds the key of a name, written together in any order of its parts.
func (c *collector) letters(joined string) {
	if s := ordered(single(joined)); len(s) >= minKey {
		c.add(lettersKey, s)
	}
}

// number adds the numberKey.
func (c *collector) number(pairs [][2]token, addresses []address) {
	if len(pairs) > 0 && len(addresses) > 0 {
		c.add(numberKey, ordered(single(pairs[0][0].skel()+pairs[0][1].skel()))+addresses[0].digits)
	}
}

// whole adds the key of all words of a name.
func (c *collector) whole(tokens []token) {
	var b strings.Builder
	for _, t := range tokens {
		b.WriteString(t.skel())
	}
	c.letters(b.String())
}

// address adds the keys of a local part.
func (c *collector) address(a address) {
	joined := skeleton(a.folded)
	c.add(localKey, a.folded+a.digits)
	c.letters(joined)
}

func (c *collector) accord(joined string) {
	s := strings.Map(func(r rune) rune {
		if strings.ContainsRune("aeiouyjhv", r) {
			return -1
		}
		return r
	}, joined)
	if len(s) >= minKey {
		c.add(accordKey, ordered(s))
	}
}

func (c *collector) wide(name, other string) {
	if len(name) >= minWord && other != "" {
		c.add(wideKey, name+" "+head(other, 1))
	}
}

// ordered sorts the letters of a word.
func ordered(s string) string {
	r := []rune(s)
	slices.Sort(r)
	return string(r)
}

// Probes returns the keys to look a person up by: far more than Keys, because
// they cost only the question and no storage for every user.
func Probes(p Person) Lookup {
	tokens := nameTokens(p.Name)
	addresses := addressesOf(p)
	exact := collector{bound: MaxExact}
	other := collector{bound: MaxOther}
	words := collector{bound: MaxWords}
	wide := collector{bound: MaxWide}
	var near []string // ways in which the person is written, to look up their neighbours
	for i, q := range pairsOf(tokens) {
		exact.letters(q[0].skel() + q[1].skel())
		exact.letters(q[1].skel() + q[0].skel()) // a doubled letter between them is single in one order only
		exact.accord(q[0].skel() + q[1].skel())
		if i == 0 {
			near = append(near, q[0].skel()+q[1].skel())
		}
		wide.wide(q[0].skel(), q[1].skel())
		wide.wide(q[1].skel(), q[0].skel())
	}
	exact.number(pairsOf(tokens), addresses)
	exact.whole(tokens)
	for i, a := range addresses {
		exact.address(a)
		if i < 2 {
			near = append(near, skeleton(a.folded))
		}
		wide.split(a)
		if n := len(a.parts); n >= 2 {
			exact.letters(a.parts[0].skel() + a.parts[n-1].skel())
			exact.accord(a.parts[0].skel() + a.parts[n-1].skel())
		}
		for _, t := range a.parts {
			words.word(t)
		}
	}
	for _, t := range tokens {
		words.word(t)
	}
	for _, q := range pairsOf(tokens) {
		other.variants(q[0], q[1])
		other.variants(q[1], q[0])
		other.schemes(q[0], q[1])
	}
	return Lookup{exact.all, other.all, neighbours(near, exact.all), wide.all, words.all}
}

// word adds a word to look up, in the form in which words are stored.
func (c *collector) word(t token) {
	if len(t.fold) >= minWord && len(t.fold) <= maxKey {
		c.add("", t.fold)
	}
}

// split adds wide keys of an address: of its parts, or of an initial and a joined
// name.
func (c *collector) split(a address) {
	if n := len(a.parts); n >= 2 {
		c.wide(a.parts[0].skel(), a.parts[n-1].skel())
		c.wide(a.parts[n-1].skel(), a.parts[0].skel())
		return
	}
	r := []rune(skeleton(a.folded))
	if n := len(r); n > minKey {
		c.wide(string(r[1:]), string(r[:1]))
		c.wide(string(r[:n-1]), string(r[n-1:]))
	}
}

// variants adds the keys of other forms of a given name.
func (c *collector) variants(given, family token) {
	for _, v := range variantsOf(given.fold) {
		c.letters(skeleton(v) + family.skel())
	}
}

// schemes adds the keys of schemesOf.
func (c *collector) schemes(given, family token) {
	for _, s := range schemesOf(given.skel(), family.skel()) {
		c.letters(s)
	}
}

// alphabet are the letters of skeletons, which neighbours tries.
const alphabet = "abdefghijklmnoprstuvx"

// neighbours returns the keys one letter away from the ways in which a person is
// written: one letter less, more or another, in any order.
func neighbours(ways, exact []string) []string {
	known := map[string]bool{}
	for _, k := range exact {
		known[k] = true
	}
	var all []string
	add := func(s string) {
		if k := lettersKey + s[:min(len(s), maxKey)]; len(s) >= minKey && !known[k] && len(all) < MaxNear {
			known[k] = true
			all = append(all, k)
		}
	}
	for _, way := range ways {
		s := ordered(single(way))
		if len(s) < minKey || len(s) > maxKey {
			continue
		}
		for i, r := range s {
			if i > 0 && s[i-1] == s[i] {
				continue // the same letter again
			}
			without := s[:i] + s[i+len(string(r)):]
			add(without)
			for _, other := range alphabet {
				add(insert(without, other))
			}
		}
		for _, other := range alphabet {
			add(insert(s, other))
		}
	}
	return all
}

// insert puts a letter into its place in an ordered word.
func insert(s string, letter rune) string {
	for i, r := range s {
		if r >= letter {
			return s[:i] + string(letter) + s[i:]
		}
	}
	return s + string(letter)
}
