package nearmiss

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/pactius/pactius"
)

// accord is how far two names agree, as far as their words have partners.
type accord int

const (
	full    accord = iota // every word of the shorter, at least two
	part                  // some words, others not
	none                  // no word
	unnamed               // one of them has no name to compare
)

// person is a parsed Person.
type person struct {
	tokens    []token
	joined    string // the words written together, transliterated
	addresses []address
	named     bool // tokens are of the name, not of an address
}

func read(p Person) person {
	r := person{tokens: nameTokens(p.Name), addresses: addressesOf(p)}
	r.named = len(r.tokens) > 0
	for _, a := range r.addresses {
		if len(r.tokens) < 2 && !r.named && len(a.parts) >= 2 {
			r.tokens = a.parts
		}
	}
	r.joined = strings.Join(opens(r.tokens), "")
	return r
}

// evidence is one reason for or against two people being the same.
type evidence struct {
	points int // decibels
	code   string
	text   pactius.Text // zero for nothing to show
}

// Compare returns how likely a known person is the person asked about. The order
// of the two matters only for the words of the reasons.
func Compare(asked, known Person, c Commonness) Likeness {
	return compare(read(asked), read(known), c, uncounted).likeness()
}

// namesakes is the number of others with the person's name by the digits of the
// account name: lars.jensen4 is the fourth.
func (p person) namesakes() int {
	if len(p.addresses) == 0 || !p.named {
		return 0
	}
	a := p.addresses[0]
	n, err := strconv.Atoi(a.digits)
	if err != nil || n < 2 || n > mostCounted || len(a.letters) < minKey || !madeOf(a, p.tokens) {
		return 0
	}
	return n - 1
}

// mostCounted is the highest number that counts namesakes; higher ones are years
// of birth.
const mostCounted = 40

// uncounted is an unknown number of namesakes.
const uncounted = -1

// comparison is the result of comparing two people.
type comparison struct {
	points  int
	reasons []evidence
}

// repeated lists the reasons that would say in other words what a reason says already.
var repeated = map[string][]string{
	"typo":             {"name_typo", "sounds_like", "similar_name"},
	"typos":            {"name_typo", "sounds_like", "similar_name"},
	"name_typo":        {"similar_name"},
	"sounds_like":      {"similar_name"},
	"spelling":         {"similar_name"},
	"nickname":         {"similar_name"},
	"abbreviated_name": {"similar_name"},
}

// likeness turns the points into a score and sorts the reasons.
func (c comparison) likeness() Likeness {
	l := Likeness{Score: max(0, min(100, Threshold+c.points))}
	slices.SortStableFunc(c.reasons, func(a, b evidence) int { return b.points - a.points })
	var said []string
	for _, r := range c.reasons {
		said = append(said, repeated[r.code]...)
	}
	for _, r := range c.reasons {
		if !slices.Contains(l.Codes, r.code) && !slices.Contains(said, r.code) {
			l.Codes = append(l.Codes, r.code)
			l.Reasons = append(l.Reasons, r.text)
		}
	}
	return l
}

// compare weighs names and addresses. namesakes is the number of other candidates
// with the known person's name, or uncounted.
func compare(asked, known person, c Commonness, namesakes int) comparison {
	n := compareNames(asked, known, c, namesakes)
	a := compareAddresses(asked, known, n.accord)
	return comparison{points: n.points + a.points, reasons: append(n.reasons, a.reasons...)}
}

// named is the result of comparing two names.
type named struct {
	accord  accord
	points  int
	reasons []evidence
}

func compareNames(asked, known person, c Commonness, namesakes int) named {
	if len(asked.tokens) == 0 || len(known.tokens) == 0 {
		return named{accord: unnamed}
	}
	if len(asked.tokens) == 1 && !asked.named || len(known.tokens) == 1 && !known.named {
		return named{accord: unnamed}
	}
	pairs := couple(asked.tokens, known.tokens, c.apart)
	surplusA, surplusB := len(asked.tokens)-len(pairs), len(known.tokens)-len(pairs)
	n := named{accord: none}
	switch {
	case len(pairs) == 0 && asked.joined != known.joined:
		n.points = leastOfPart - perPartlyNamed
		return n
	case asked.joined == known.joined && len(pairs) < min(len(asked.tokens), len(known.tokens)):
		pairs = rejoined(asked, known) // Anna-Lise, Annalise
		surplusA, surplusB = 0, 0
		n.accord = full
	case len(pairs) >= 2 && (surplusA == 0 || surplusB == 0):
		n.accord = full
	case len(pairs) >= 2 && !outerDiffer(asked.tokens, known.tokens, pairs):
		n.accord = full
	default:
		n.accord = part
	}
	expected := c.chance(pairs)
	if n.accord == full && surplusA+surplusB == 0 && namesakes != uncounted && exactly(pairs) {
		expected = counted(expected, namesakes)
	}
	rarity := -10 * math.Log10(max(expected, float64(max(namesakes, asked.namesakes(), known.namesakes()))))
	if n.accord == full {
		n.points = int(min(max(rarity, leastOfName), mostOfName))
	} else {
		n.points = int(min(max(rarity, leastOfPart), mostOfPart)) - perPartlyNamed
	}
	switch {
	case surplusA > 0 && surplusB > 0 && n.accord == full:
		n.points -= perDifference
	case surplusA > 0 || surplusB > 0:
		n.points -= perSurplus
	}
	if n.accord == full && givenIsMiddle(asked.tokens, known.tokens, pairs) {
		n.points -= perOtherGiven
	}
	n.points -= loose(pairs)
	n.reasons = nameReasons(asked, known, pairs, n)
	return n
}

// outerDiffer reports whether the first or last words of both names have no
// partner: then more than a middle name differs.
func outerDiffer(asked, known []token, pairs []pair) bool {
	paired := func(t token, of func(pair) token) bool {
		return slices.ContainsFunc(pairs, func(p pair) bool { return of(p) == t })
	}
	of := func(p pair) token { return p.asked }
	to := func(p pair) token { return p.known }
	lastAsked, lastKnown := asked[len(asked)-1], known[len(known)-1]
	return !paired(asked[0], of) && !paired(known[0], to) || !paired(lastAsked, of) && !paired(lastKnown, to)
}

// givenIsMiddle reports whether the first word of a longer name has no partner: its
// given name is missing in the other, which begins with its middle name.
func givenIsMiddle(asked, known []token, pairs []pair) bool {
	first := func(longer []token, of func(pair) token) bool {
		return len(longer) > len(pairs) && !slices.ContainsFunc(pairs, func(p pair) bool { return of(p) == longer[0] })
	}
	return first(asked, func(p pair) token { return p.asked }) || first(known, func(p pair) token { return p.known })
}

// rejoined pairs names that agree only when written together, by the words of the
// longer one.
func rejoined(asked, known person) []pair {
	words := asked.tokens
	if len(known.tokens) > len(words) {
		words = known.tokens
	}
	var pairs []pair
	for _, w := range words[:min(len(words), 2)] {
		pairs = append(pairs, pair{asked: w, known: w, bond: spelledWord})
	}
	return pairs
}

// loose returns the points to subtract for words that do not agree exactly.
func loose(pairs []pair) int {
	off := 0
	for _, p := range pairs {
		switch p.bond {
		case soundWord:
			off += perSound
		case variantWord:
			off += perVariant
		case typoWord:
			off += perTypo
		case typosWord:
			off += perTypos
		case prefixWord:
			off += perPrefix
		case initialWord:
			off += perInitial
		}
	}
	return off
}

// chance returns the expected number of people in the environment whose names
// agree by chance like these words.
func (c Commonness) chance(pairs []pair) float64 {
	users := float64(c.Users)
	if users == 0 {
		users = usualUsers
	}
	expected := users
	for _, p := range pairs {
		expected *= c.share(p)
	}
	if len(pairs) > 1 {
		expected *= clumping
	}
	return max(expected, 1e-3)
}

// counted combines the expected number of namesakes with the actual one, as if the
// former had been observed in another environment of this size. (The mean of a
// gamma distribution after one observation.)
func counted(chance float64, namesakes int) float64 {
	return (1 + float64(namesakes)) * chance / (1 + chance)
}

// exactly reports whether all words agree except for the spelling of letters.
func exactly(pairs []pair) bool {
	return !slices.ContainsFunc(pairs, func(p pair) bool { return p.bond > spelledWord })
}

// share returns the share of people with words that pair like this.
func (c Commonness) share(p pair) float64 {
	switch p.bond {
	case equalWord:
		return c.shareOf(p.asked.fold)
	case initialWord:
		return initialShare
	default:
		return c.shareOf(p.asked.fold) + c.shareOf(p.known.fold)
	}
}

// shareOf returns the share of people with a word. The count is combined with a
// prior, so that not every name of a handful of people is common; the candidate
// with the word is not counted.
func (c Commonness) shareOf(word string) float64 {
	n, counted := c.Words[word]
	users := float64(c.Users)
	if !counted || users == 0 {
		return 2 * priorShare
	}
	have := float64(n)
	if n >= MaxCount {
		have = max(have, users/50)
	}
	return (max(have-1, 0) + priorShare*priorWeight) / (users + priorWeight)
}

// established is the number of people with a word from which it is a name and not
// a mistyped one.
const established = 3

// apart reports whether two similar words are two different names: Anna and Anne,
// Jensen and Jansen.
func (c Commonness) apart(a, b token, at bond) bool {
	switch at {
	case typosWord:
		if c.Words[b.fold] >= max(established, c.Users/20000) {
			return true // neither Microsoft's word nor one of so many people is a mistake
		}
		return c.isName(a.fold) && c.isName(b.fold)
	case soundWord, typoWord:
		return c.isName(a.fold) && c.isName(b.fold)
	case prefixWord:
		return c.isName(a.fold) && len(a.fold) < len(b.fold) || c.isName(b.fold) && len(b.fold) < len(a.fold)
	default:
		return false
	}
}

func (c Commonness) isName(word string) bool {
	return common[word] || c.Words[word] >= max(established, c.Users/20000)
}

// compareAddresses weighs the pair of addresses with the most points. A merely
// similar address cannot outweigh digits or initials that distinguish namesakes in
// the account names.
func compareAddresses(asked, known person, names accord) comparison {
	words := asked.tokens
	for _, t := range known.tokens {
		if !slices.Contains(words, t) {
			words = append(slices.Clip(words), t)
		}
	}
	best := comparison{points: weights[otherDigits][same].of(names) - 1}
	against := 0 // points of the account names against it; 0 for none
	for i, a := range asked.addresses {
		for j, b := range known.addresses {
			like, near := unrelated, a.domain.kinship(b.domain)
			if a.whole == b.whole {
				like, near = equalAddress, same
			} else {
				like = localLikeness(a, b, words)
				replaced := initialReplaced(a, b, asked.tokens) || initialReplaced(b, a, known.tokens)
				if like == oneTypo && names != full && replaced {
					like = otherInitial
				}
			}
			points := weigh(a, b, like, near, names)
			if i == 0 && j == 0 && (like == otherDigits || like == otherInitial) {
				against = points
			}
			if points > best.points {
				best = comparison{points, addressReasons(a, b, like, near, points, i == 0 && j == 0)}
			}
		}
	}
	if against < 0 && best.points < weights[twoTypos][sibling].of(full) {
		return comparison{points: against}
	}
	return best
}
