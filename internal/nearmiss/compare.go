package nearmiss

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/pactius/pactius"
)

// accord is how far two names agree.
type accord int

const (
	full    accord = iota // every word of the shorter, at least two
	part                  // some words, others not
	none                  // no word
	unnamed               // one of them has no name that could be compared
)

// person is a Person, read.
type person struct {
	tokens    []token
	joined    string // the words written together, transliterated
	addresses []address
	named     bool // the words are of the name and not of an address
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

// evidence is one thing that speaks for or against two people being one.
type evidence struct {
	points int // decibels
	code   string
	text   pactius.Text // zero where it is nothing to tell
}

// Compare tells how likely somebody known is the person asked about. The order
// of the two does not matter but for the words of the reasons.
func Compare(asked, known Person, c Commonness) Likeness {
	return compare(read(asked), read(known), c, uncounted).likeness()
}

// namesakes is how many others have the person's name, as far as the digits of
// the account name tell: lars.jensen4 is the fourth.
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

// mostCounted is the highest number that counts namesakes; higher ones are
// years of birth.
const mostCounted = 40

// uncounted stands for a number of namesakes that nobody counted.
const uncounted = -1

// comparison is what Compare found.
type comparison struct {
	points  int
	reasons []evidence
}

// likeness makes the score of the points and puts the reasons in order.
func (c comparison) likeness() Likeness {
	l := Likeness{Score: max(0, min(100, Threshold+c.points))}
	slices.SortStableFunc(c.reasons, func(a, b evidence) int { return b.points - a.points })
	for _, r := range c.reasons {
		if !slices.Contains(l.Codes, r.code) {
			l.Codes = append(l.Codes, r.code)
			l.Reasons = append(l.Reasons, r.text)
		}
	}
	return l
}

// compare weighs names and addresses. namesakes is how many others among the
// candidates have the known one's name, or uncounted.
func compare(asked, known person, c Commonness, namesakes int) comparison {
	n := compareNames(asked, known, c, namesakes)
	a := compareAddresses(asked, known, n.accord)
	return comparison{points: n.points + a.points, reasons: append(n.reasons, a.reasons...)}
}

// named is what the names say.
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

// outerDiffer reports whether the first or last word of both names is without
// a partner: then more than a middle name differs.
func outerDiffer(asked, known []token, pairs []pair) bool {
	paired := func(t token, of func(pair) token) bool {
		return slices.ContainsFunc(pairs, func(p pair) bool { return of(p) == t })
	}
	of := func(p pair) token { return p.asked }
	to := func(p pair) token { return p.known }
	return !paired(asked[0], of) && !paired(known[0], to) || !paired(asked[len(asked)-1], of) && !paired(known[len(known)-1], to)
}

// givenIsMiddle reports whether the first word of one name has no partner while
// the other has the last word of both and one between.
func givenIsMiddle(asked, known []token, pairs []pair) bool {
	first := func(longer []token, of func(pair) token) bool {
		return len(longer) > len(pairs) && !slices.ContainsFunc(pairs, func(p pair) bool { return of(p) == longer[0] })
	}
	return first(asked, func(p pair) token { return p.asked }) || first(known, func(p pair) token { return p.known })
}

// rejoined pairs names that agree only when written together, word by word of
// the one that has more.
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

// loose is what is taken off for words that do not agree exactly.
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

// chance is how many people of the environment chance gives names that agree
// like these words do.
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

// counted weighs how many namesakes chance makes against how many there are: as
// if the one had been seen of one more environment like this. (The mean of a
// gamma distribution after one observation.)
func counted(chance float64, namesakes int) float64 {
	return (1 + float64(namesakes)) * chance / (1 + chance)
}

// exactly reports whether all words agree but for the spelling of letters.
func exactly(pairs []pair) bool {
	return !slices.ContainsFunc(pairs, func(p pair) bool { return p.bond > spelledWord })
}

// share is which part of people has a word like that.
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

// shareOf is which part of people has a word. What was counted is weighed
// against what is usual, so that a handful of people does not make every name common;
// and one who has the word is the candidate.
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

// established is how many people must share a word before it counts as a name
// of its own and not as another one mistyped.
const established = 3

// apart reports whether two words that are alike are two names nevertheless:
// Anna and Anne, Jensen and Jansen.
func (c Commonness) apart(a, b token, at bond) bool {
	switch at {
	case typosWord:
		if c.Words[b.fold] >= max(established, c.Users/20000) {
			return true // what Microsoft has is no mistake, and what so many have is none
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

// compareAddresses weighs the pair of addresses that speaks most for one
// person. What tells namesakes apart in the account names cannot be made up by
// an address that is merely alike.
func compareAddresses(asked, known person, names accord) comparison {
	words := asked.tokens
	for _, t := range known.tokens {
		if !slices.Contains(words, t) {
			words = append(slices.Clip(words), t)
		}
	}
	best := comparison{points: weights[otherDigits][same].of(names) - 1}
	against := 0 // what the account names say against it, 0 is nothing
	for i, a := range asked.addresses {
		for j, b := range known.addresses {
			like, near := unrelated, a.domain.kinship(b.domain)
			if a.whole == b.whole {
				like, near = equalAddress, same
			} else {
				like = localLikeness(a, b, words)
				if like == oneTypo && names != full && (initialReplaced(a, b, asked.tokens) || initialReplaced(b, a, known.tokens)) {
					like = otherInitial
				}
			}
			points := weigh(a, b, like, near, names)
			if i == 0 && j == 0 && (like == otherDigits || like == otherInitial) {
				against = points
			}
			if points > best.points {
				best = comparison{points, addressReasons(a, b, like, near, points)}
			}
		}
	}
	if against < 0 && best.points < weights[twoTypos][sibling].of(full) {
		return comparison{points: against}
	}
	return best
}
