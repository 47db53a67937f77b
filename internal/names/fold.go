package names

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// spelledOut are letters that do not come apart into a base letter and a mark,
// with the spelling that people use on keyboards without them. å is missing
// here: it does come apart, see foldOnce.
var spelledOut = map[rune]string{
	'æ': "ae", 'ø': "oe", 'œ': "oe", 'ß': "ss", 'ł': "l", 'đ': "d", 'ð': "d",
	'þ': "th", 'ħ': "h", 'ı': "i", 'ŋ': "n", 'ŧ': "t", 'ĸ': "k", 'ς': "σ",
}

// ring is the mark that NFKD takes off å.
const ring = '\u030a'

// foldRounds bounds the rounds until nothing changes; the fuzz test found no
// text that needs more than two.
const foldRounds = 4

// Fold returns the form of a text that searching compares: compatibility
// decomposition without marks, lower case, æ ø å ß and others spelled out, white
// space collapsed, invisible characters gone. Store it beside the text and fold
// what is searched for. Fold(Fold(s)) is Fold(s).
func Fold(s string) string {
	for range foldRounds {
		folded := foldOnce(s)
		if folded == s {
			break
		}
		s = folded
	}
	return s
}

func foldOnce(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	var base rune // the letter that following marks belong to
	for _, r := range norm.NFKD.String(strings.ToValidUTF8(s, "")) {
		switch {
		case r == ring && base == 'a':
			b.WriteByte('a') // å is spelled aa
		case unicode.IsSpace(r):
			b.WriteByte(' ')
			base = ' '
		case unicode.IsMark(r) || unseen(r):
		default:
			base = unicode.ToLower(r)
			if spelled, ok := spelledOut[base]; ok {
				b.WriteString(spelled)
			} else {
				b.WriteRune(base)
			}
		}
	}
	return collapse(b.String())
}

// Initials returns the one or two capital letters that stand for a person
// where there is no picture: of the first and the last word, so that Anna Maria
// Hansen is AH. "Hansen, Anna" is AH as well, what stands in brackets does not
// count, and an account name is read up to its "@". It returns "?" where no
// letter or digit is found.
func Initials(name string) string {
	name = norm.NFC.String(name)
	separators := " "
	if local, _, found := strings.Cut(name, "@"); found && !strings.ContainsFunc(name, unicode.IsSpace) {
		name, separators = local, " ._-"
	}
	if family, given, found := strings.Cut(name, ","); found {
		name = given + " " + family
	}
	var letters []rune
	for _, word := range words(name, separators) {
		if i := strings.IndexFunc(word, alphanumeric); i >= 0 {
			for _, r := range word[i:] {
				letters = append(letters, unicode.ToUpper(r))
				break
			}
		}
	}
	switch len(letters) {
	case 0:
		return "?"
	case 1:
		return string(letters)
	}
	return string([]rune{letters[0], letters[len(letters)-1]})
}

// words splits a name, leaving out what stands in brackets.
func words(name, separators string) []string {
	depth := 0
	return strings.FieldsFunc(name, func(r rune) bool {
		switch r {
		case '(', '[':
			depth++
			return true
		case ')', ']':
			depth = max(0, depth-1)
			return true
		}
		return depth > 0 || unicode.IsSpace(r) || strings.ContainsRune(separators, r)
	})
}

func alphanumeric(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
