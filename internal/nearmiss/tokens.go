package nearmiss

import "strings"

// bond is the similarity of two words of names, the closest first.
type bond int

const (
	equalWord   bond = iota
	spelledWord      // letters are spelled differently
	soundWord        // sounds alike
	variantWord      // another form of the given name
	typoWord         // one letter differs
	prefixWord       // the beginning of the other
	initialWord      // the initial of the other
	typosWord        // two letters differ
	noBond
)

// Lengths from which words are compared loosely: shorter ones are different names.
const (
	minTypoWord  = 4
	minTyposWord = 7
	minPrefix    = 3
	articleWord  = 4 // for a name with or without its article: Hassan, Alhassan
)

// bondOf returns the similarity of two words, however common they are.
func bondOf(a, b token) bond {
	switch {
	case a.fold == b.fold:
		return equalWord
	case a.open == b.open:
		return spelledWord
	case a.initial() || b.initial():
		if a.fold != "" && b.fold != "" && (strings.HasPrefix(a.fold, b.fold) || strings.HasPrefix(b.fold, a.fold)) {
			return initialWord
		}
		return noBond
	case areVariants(a.fold, b.fold):
		return variantWord
	case soundAlike(a, b) || articled(a.open, b.open) || articled(b.open, a.open):
		return soundWord
	}
	shorter := min(len(a.open), len(b.open))
	if shorter >= minTypoWord {
		switch differ(a.open, b.open, a.fold, b.fold) {
		case 1:
			return typoWord
		case 2:
			if shorter >= minTyposWord {
				return typosWord
			}
		}
	}
	if shorter >= minPrefix && len(a.open) != len(b.open) &&
		(strings.HasPrefix(a.open, b.open) || strings.HasPrefix(b.open, a.open)) {
		return prefixWord
	}
	return noBond
}

// maxSoundShift is the largest difference in length of two words that sound alike:
// no sound has more letters.
const maxSoundShift = 3

func soundAlike(a, b token) bool {
	d := len(a.open) - len(b.open)
	return d <= maxSoundShift && -d <= maxSoundShift && a.skel() == b.skel()
}

// articled reports whether a is b with the Arabic article before it.
func articled(a, b string) bool {
	return len(b) >= articleWord && (a == "al"+b || a == "el"+b)
}

// pair is two matching words of names.
type pair struct {
	asked, known token
	bond         bond
	moved        bool // at different places in the names
}

// couple pairs the words of two names, the closest first, each word once. apart
// reports similar words that must not be paired.
func couple(asked, known []token, apart func(a, b token, at bond) bool) []pair {
	var bonds [maxTokens][maxTokens]bond
	for i, a := range asked {
		for j, b := range known {
			bonds[i][j] = bondOf(a, b)
			if bonds[i][j] > spelledWord && bonds[i][j] != noBond && apart(a, b, bonds[i][j]) {
				bonds[i][j] = noBond
			}
		}
	}
	var pairs []pair
	var usedA, usedB [maxTokens]bool
	for at := equalWord; at < noBond; at++ {
		for i := range asked {
			for j := range known {
				if bonds[i][j] == at && !usedA[i] && !usedB[j] {
					usedA[i], usedB[j] = true, true
					pairs = append(pairs, pair{asked[i], known[j], at, false})
					last := &pairs[len(pairs)-1]
					last.moved = (i == 0) != (j == 0) && (i == len(asked)-1) != (j == len(known)-1)
				}
			}
		}
	}
	return pairs
}
