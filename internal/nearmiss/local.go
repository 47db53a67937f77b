package nearmiss

import (
	"slices"
	"strings"
)

// likeness is the similarity of two addresses before the "@", the closest first.
type likeness int

const (
	equalAddress  likeness = iota // the whole addresses are equal
	uncommonLocal                 // equal, and not made of the names
	equalLocal                    // equal except for separators and the spelling of letters
	swappedLocal                  // the same parts in another order
	oneTypo                       // one letter differs
	twoTypos                      // two letters differ
	variantLocal                  // a form of the same given name
	middleLocal                   // one has an additional middle name or initial
	halfLocal                     // one has one half of the other's double name
	scheme                        // one is an abbreviation of the other, or of the names
	numberTypo                    // numbers of employees, of which one digit differs
	unrelated
	otherInitial // similar, but with other initials, as of namesakes
	otherDigits  // similar, but with other digits, as of namesakes
)

// Lengths from which local parts are compared loosely.
const (
	minTypoLocal  = 5
	minTyposLocal = 8
	minSwap       = 6
)

// localLikeness compares the parts before the "@". names are the words of the
// names that both may be made of.
func localLikeness(a, b address, names []token) likeness {
	sameDigits := a.digits == b.digits
	switch {
	case a.letters == b.letters && sameDigits:
		if len(a.letters)+len(a.digits) >= minTypoLocal && !madeOf(a, names) {
			return uncommonLocal
		}
		return equalLocal
	case a.letters == b.letters:
		if len(a.letters) < minKey {
			return numberLikeness(a, b)
		}
		return otherDigits
	}
	like := lettersLikeness(a, b, names)
	if !sameDigits && like != unrelated && like != scheme {
		return otherDigits
	}
	if like == scheme && (a.digits != "" || b.digits != "") {
		return unrelated // digits: others have the name too
	}
	return like
}

// minNumber is the fewest digits of an employee number in which one different
// digit is a mistake rather than another employee.
const minNumber = 4

// numberLikeness compares employee numbers.
func numberLikeness(a, b address) likeness {
	if max(len(a.digits), len(b.digits)) >= minNumber && Distance(a.digits, b.digits, 1) == 1 {
		return numberTypo
	}
	return unrelated
}

func lettersLikeness(a, b address, names []token) likeness {
	shorter := min(len(a.letters), len(b.letters))
	if a.digits == b.digits {
		shorter += len(a.digits)
	}
	if shorter < minTypoLocal {
		if schemed(a, b, names) {
			return scheme
		}
		return unrelated
	}
	if swapped(a, b) {
		return swappedLocal
	}
	if like := middle(a, b); like != unrelated {
		return like
	}
	d := differ(a.letters, b.letters, a.folded, b.folded)
	if d == 2 && single(a.letters) == single(b.letters) {
		d = 1 // doubled letters are one mistake
	}
	switch {
	case d == 1 && initialOnly(a, b):
		return otherInitial
	case d == 1:
		return oneTypo
	case variantParts(a, b):
		return variantLocal
	case d == 2 && shorter >= minTyposLocal:
		return twoTypos
	case schemed(a, b, names):
		return scheme
	}
	return unrelated
}

// swapped reports whether the parts are the same in another order, also if they
// are written together.
func swapped(a, b address) bool {
	if len(a.letters) != len(b.letters) || len(a.letters) < minSwap {
		return false
	}
	if len(a.parts) >= 2 && len(a.parts) == len(b.parts) {
		x, y := opens(a.parts), opens(b.parts)
		slices.Sort(x)
		slices.Sort(y)
		return slices.Equal(x, y)
	}
	// A rotation: hansenanna is in annahansenannahansen.
	return (len(a.parts) >= 2) != (len(b.parts) >= 2) && strings.Contains(a.letters+a.letters, b.letters)
}

func opens(tokens []token) []string {
	all := make([]string, len(tokens))
	for i, t := range tokens {
		all[i] = t.open
	}
	return all
}

// middle compares local parts of three and of two or three parts that agree except
// for one in the middle or at the end.
func middle(a, b address) likeness {
	n, m := len(a.parts), len(b.parts)
	if max(n, m) < 3 || min(n, m) < 2 || a.parts[0].open != b.parts[0].open {
		return unrelated
	}
	if a.parts[n-1].open != b.parts[m-1].open {
		if n != m && slices.Equal(opens(a.parts[:min(n, m)]), opens(b.parts[:min(n, m)])) {
			return halfLocal
		}
		return unrelated
	}
	if n != m {
		if a.hyphens != b.hyphens {
			return halfLocal
		}
		return middleLocal
	}
	if n == 3 && (a.parts[1].initial() || b.parts[1].initial()) {
		x, y := a.parts[1].fold, b.parts[1].fold
		switch prefix := strings.HasPrefix(x, y) || strings.HasPrefix(y, x); {
		case x != y && prefix && max(len(x), len(y)) == 2: // one letter more is no name
		case prefix:
			return middleLocal
		case !strings.Contains(x, y) && !strings.Contains(y, x): // a letter typed before the initial is a mistake
			return otherInitial
		}
	}
	return unrelated
}

// differ returns the number of different letters in the closer of two spellings.
func differ(a, b, otherA, otherB string) int {
	d := Distance(a, b, 2)
	if d > 1 && (a != otherA || b != otherB) {
		d = min(d, Distance(otherA, otherB, 2))
	}
	return d
}

// variantParts reports whether the parts are equal except for one, which is another
// form of a given name.
func variantParts(a, b address) bool {
	if len(a.parts) != len(b.parts) || len(a.parts) < 2 {
		return false
	}
	others := 0
	for i, p := range a.parts {
		if p.open != b.parts[i].open {
			others++
			if !areVariants(p.fold, b.parts[i].fold) {
				return false
			}
		}
	}
	return others == 1
}

// initialOnly reports whether the one different letter is a separate initial:
// a.hansen and b.hansen.
func initialOnly(a, b address) bool {
	if len(a.parts) != len(b.parts) || len(a.parts) < 2 {
		return false
	}
	for i := range a.parts {
		if a.parts[i].open != b.parts[i].open {
			return a.parts[i].initial() && b.parts[i].initial()
		}
	}
	return false
}

// initialReplaced reports whether the one different letter is the person's initial:
// jwinton and rwinton of Ronald Winton. A neighbouring key is a typing mistake
// instead.
func initialReplaced(a, b address, names []token) bool {
	n := len(names)
	if n < 2 || len(a.letters) != len(b.letters) {
		return false
	}
	given, family := names[0].open, names[n-1].open
	last := len(a.letters) - 1
	at := -1
	switch a.letters {
	case head(given, 1) + family, head(family, 1) + given:
		at = 0
	case given + head(family, 1), family + head(given, 1):
		at = last
	}
	return at >= 0 && a.letters[:at] == b.letters[:at] && a.letters[at+1:] == b.letters[at+1:] &&
		!neighbouring(a.letters[at], b.letters[at])
}

// keyboard are the rows of letters of a keyboard.
var keyboard = [...]string{"qwertyuiop", "asdfghjkl", "zxcvbnm"}

// neighbouring reports whether two keys are next to each other in a row.
func neighbouring(a, b byte) bool {
	for _, row := range keyboard {
		i, j := strings.IndexByte(row, a), strings.IndexByte(row, b)
		if i >= 0 && j >= 0 && (i-j == 1 || j-i == 1) {
			return true
		}
	}
	return false
}

// madeOf reports whether a local part is made of the words of a name.
func madeOf(a address, names []token) bool {
	if a.digits != "" && len(a.digits) > 2 {
		return false
	}
	if len(a.parts) >= 2 && len(names) == 0 {
		return true // anna.hansen looks like a name
	}
	covered := 0
	for _, p := range a.parts {
		for _, t := range names {
			if b := bondOf(p, t); b < noBond {
				covered += len(p.open)
				break
			}
		}
	}
	if covered > 0 && covered >= len(a.letters)-1 {
		return true
	}
	joined := strings.Join(opens(names), "")
	return closeWords(a.letters, joined, 2) || formedBy(a.letters, names)
}

// schemed reports whether one local part abbreviates the other, or both are made
// of the shared names.
func schemed(a, b address, names []token) bool {
	return formedBy(a.letters, b.parts) || formedBy(b.letters, a.parts) ||
		len(names) >= 2 && madeOf(a, names) && madeOf(b, names)
}

// formedBy reports whether letters are one of schemesOf the words.
func formedBy(letters string, words []token) bool {
	n := len(words)
	if n < 2 {
		return false
	}
	for _, pair := range [][2]string{{words[0].open, words[n-1].open}, {words[n-1].open, words[0].open}} {
		if slices.Contains(schemesOf(pair[0], pair[1]), letters) {
			return true
		}
	}
	return false
}

// schemesOf returns the abbreviations of a given and a family name that companies
// use as account names.
func schemesOf(given, family string) []string {
	g1, f1 := head(given, 1), head(family, 1)
	g2, f2 := head(given, 2), head(family, 2)
	g3, f3 := head(given, 3), head(family, 3)
	return []string{
		g1 + family, given + f1, family + g1, f1 + given,
		g2 + f2, g3 + f3, g2 + f3, g1 + f3, g3 + f1, g1 + f2, g3 + f2,
		g2 + family, family + g2, family + g3, given + f2, given + f3,
		given, family, given + family, g1 + f1,
		head(given, 4) + head(family, 4), g1 + head(family, 4), g2 + head(family, 4),
		g1 + head(family, 7), g1 + head(family, 5), g1 + head(family, 6),
	}
}

// head returns the first n bytes of a word, without splitting a letter.
func head(s string, n int) string {
	for i := range s {
		if i >= n {
			return s[:i]
		}
	}
	return s
}
