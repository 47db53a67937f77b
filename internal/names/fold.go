package names

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// spelledOut are letters that NFKD does not decompose into a base letter and a
// mark, with their spelling on keyboards without them. å is missing here: it is
// decomposed, see foldOnce.
var spelledOut = map[rune]string{
	'æ': "ae", 'ø': "oe", 'œ': "oe", 'ß': "ss", 'ł': "l", 'đ': "d", 'ð': "d",
	'þ': "th", 'ħ': "h", 'ı': "i", 'ŋ': "n", 'ŧ': "t", 'ĸ': "k", 'ς': "σ",
}

// ring is the mark of å in NFKD.
const ring = '\u030a'

// foldRounds bounds the rounds until nothing changes; the fuzz test found no
// text that needs more than two.
const foldRounds = 4

// Fold returns the form of a text that searching compares: compatibility
// decomposition without marks, lower case, æ ø å ß and others spelled out, white
// space collapsed, invisible characters removed. The stored text and the search
// text are both folded. Fold(Fold(s)) is Fold(s).
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

// Initials returns one or two capital letters to show in place of a picture: of
// the first and the last word, so that Anna Maria Hansen is AH. "Hansen, Anna" is
// AH as well, text in brackets is ignored, and an account name is read up to its
// "@". It returns "?" if there is no letter or digit.
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

// words splits a name, without the text in brackets.
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
