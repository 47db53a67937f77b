package names

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// titles are words before or after a name, in lower case and without dots.
var titles = map[string]bool{
	"dr": true, "prof": true, "professor": true, "mr": true, "mrs": true, "ms": true, "miss": true, "mx": true,
	"sir": true, "dame": true, "rev": true, "hr": true, "fr": true, "frk": true, "herr": true, "frau": true,
	"fru": true, "ing": true, "dipl-ing": true, "mag": true, "med": true, "jur": true, "phil": true, "cand": true,
	"phd": true, "msc": true, "bsc": true, "ba": true, "ma": true, "mba": true, "md": true, "jr": true, "sr": true,
	"esq": true,
}

// First returns the first name for a greeting: "Ada" of "Ada Lund", of "Lund, Ada" and of "Dr. Ada Lund"; text in
// brackets is ignored. It returns the whole name where the first one is not certain: a single word, initials, an
// address, a name with digits, a title with one name, and every name with letters of a script other than Latin, because
// many peoples write the family name first.
func First(name string) string {
	whole := strings.TrimSpace(name)
	if strings.ContainsFunc(whole, unclear) {
		return whole
	}
	rest := whole
	if family, given, found := strings.Cut(rest, ","); found {
		before, after := untitled(family), untitled(given)
		switch {
		case len(after) == 0: // "Ada Lund, PhD"
			rest = family
		case len(before) == 1 || len(before) > 1 && startsLower(before[0]): // "Lund, Ada", "van der Berg, Ada"
			return certain(after[0], whole)
		default: // "Ada Lund, Sales"
			return whole
		}
	}
	all := untitled(rest)
	if len(all) < 2 {
		return whole
	}
	return certain(all[0], whole)
}

// certain returns a word that is a first name, else the whole name: "A. Lund", "AJ Lund", "LUND Ada", "von Lund".
func certain(word, whole string) string {
	letters := []rune(norm.NFC.String(word))
	capitals := word == strings.ToUpper(word) && whole != strings.ToUpper(whole)
	if len(letters) < 2 || strings.Contains(word, ".") || capitals || startsLower(word) {
		return whole
	}
	return word
}

// unclear reports whether a character belongs to names that First leaves alone.
func unclear(r rune) bool {
	return r == '@' || unicode.IsDigit(r) || unicode.IsLetter(r) && !unicode.Is(unicode.Latin, r)
}

// untitled are the words of a name that hold letters, without titles and text in brackets.
func untitled(name string) []string {
	var kept []string
	for _, word := range words(name, ",") {
		if !titles[strings.ToLower(strings.ReplaceAll(word, ".", ""))] && strings.ContainsFunc(word, unicode.IsLetter) {
			kept = append(kept, word)
		}
	}
	return kept
}

func startsLower(word string) bool {
	for _, r := range word {
		return unicode.IsLower(r)
	}
	return false
}
