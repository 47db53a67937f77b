package nearmiss

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/pactius/pactius/internal/names"
)

// Bounds of the input, so that the time is bounded.
const (
	maxText   = 256 // bytes of a name or address: Microsoft allows 113 in an account name and 256 in a name
	maxTokens = 6   // words of a name: more are titles, departments and companies
	maxOther  = 8   // further addresses: a person has fewer, the rest are proxies
)

// fold is names.Fold of at most maxText bytes.
func fold(s string) string {
	if len(s) > maxText {
		s = s[:maxText]
	}
	ascii := true
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf || s[i] < ' ' {
			ascii = false
			break
		}
	}
	if ascii {
		return strings.Join(strings.Fields(strings.ToLower(s)), " ")
	}
	return names.Fold(s)
}

// transliterated writes letters of a folded text that have two spellings in one:
// ø, oe and o; æ, ae and a; å, aa and a; ü, ue and u.
func transliterated(folded string) string {
	return digraphs.Replace(folded)
}

// digraphs are the two-letter spellings of one letter.
var digraphs = strings.NewReplacer("ae", "a", "oe", "o", "ue", "u", "aa", "a")

// sounds are letters that sound alike and are confused in names, longer ones first.
var sounds = strings.NewReplacer("sch", "s", "sh", "s", "ch", "k", "ck", "k", "ph", "f", "th", "t", "dt", "t",
	"kh", "k", "gh", "g", "ks", "x", "c", "k", "q", "k", "w", "v", "z", "s", "y", "i")

// skeleton returns the coarsest form of a word: transliterated, letters that sound
// alike made one, doubled letters single.
func skeleton(folded string) string { return single(sounds.Replace(transliterated(folded))) }

// single makes doubled letters single.
func single(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	var before rune
	for _, r := range s {
		if r != before {
			b.WriteRune(r)
		}
		before = r
	}
	return b.String()
}

// token is one word of a name or of an address.
type token struct {
	fold string // folded, as words are counted
	open string // transliterated: equal if only the spelling of letters differs
}

func newToken(folded string) token { return token{fold: folded, open: transliterated(folded)} }

// skel returns the word's skeleton: equal if words sound alike.
func (t token) skel() string { return skeleton(t.fold) }

// initial reports whether the word is a single letter.
func (t token) initial() bool { return utf8.RuneCountInString(t.fold) == 1 }

// nameTokens returns the words of a person's display name: given name first if
// there is a comma, without titles, particles, companies and text in brackets.
func nameTokens(name string) []token {
	if strings.ContainsRune(name, '@') {
		return nil // an address, see readAddress
	}
	s := withoutAside(fold(name))
	if family, given, found := strings.Cut(s, ","); found && strings.TrimSpace(given) != "" {
		s = given + " " + family
	}
	var all, core []token
	separator := func(r rune) bool { return !wordRune(r) && !strings.ContainsRune("'’`", r) }
	for w := range strings.FieldsFuncSeq(s, separator) {
		w = strings.Map(func(r rune) rune {
			if wordRune(r) {
				return r
			}
			return -1
		}, w)
		if w == "" || titles[w] || len(all) == maxTokens {
			continue
		}
		t := newToken(w)
		all = append(all, t)
		if !particles[w] {
			core = append(core, t)
		}
	}
	if len(core) >= 2 {
		return core
	}
	return all
}

func wordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }

// asides end a name: a department or a company follows.
var asides = []string{" - ", " – ", " — ", " | ", " / ", " · ", ";"}

// withoutAside removes text in brackets and after one of asides.
func withoutAside(s string) string {
	var b strings.Builder
	depth := 0
	for _, r := range s {
		switch {
		case r == '(' || r == '[' || r == '{':
			depth++
		case r == ')' || r == ']' || r == '}':
			depth = max(0, depth-1)
		case depth == 0:
			b.WriteRune(r)
		}
	}
	out := b.String()
	for _, a := range asides {
		if before, _, found := strings.Cut(out, a); found && len(strings.Fields(before)) >= 2 {
			out = before
		}
	}
	if strings.TrimSpace(out) == "" {
		return s
	}
	return out
}
