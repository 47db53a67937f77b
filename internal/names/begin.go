package names

import (
	"slices"
	"strings"
	"unicode"
)

// Begin reports whether a text has a word that begins with each of the typed ones, as searching compares them. Typed
// text without a word begins none.
func Begin(text, typed string) bool {
	var have []string
	for _, spelling := range Spellings(text) {
		have = append(have, wordsIn(spelling)...)
	}
	wanted := wordsIn(Fold(typed))
	return len(wanted) > 0 && !slices.ContainsFunc(wanted, func(w string) bool {
		return !slices.ContainsFunc(have, func(h string) bool { return strings.HasPrefix(h, w) })
	})
}

// wordsIn cuts a folded text into its words.
func wordsIn(folded string) []string {
	return strings.FieldsFunc(folded, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) })
}
