package directory

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/names"
	"github.com/pactius/pactius/internal/nearmiss"
)

// Meant is somebody whose account name was probably meant.
type Meant struct {
	Found
	Reasons []pactius.Text // what speaks for it, the strongest first
}

// Likenesses of nearmiss. The bar is lower than nearmiss.Threshold: the typed
// name is known to be nobody's, so that even another first name is a slip.
const (
	nearly = 30 // worth offering: one letter differs
	sure   = 75 // nobody better is looked for
)

// meant finds those whose account name is nearly the typed one. Graph compares
// beginnings only, so the beginnings of what was typed are searched for; what
// they bring is compared here. What cannot be asked any more is left out.
func (d *desk) meant(typed names.Username) []likeness {
	asked := nearmiss.Person{Username: typed.Shown}
	var all []likeness
	for _, beginning := range beginnings(typed.Shown) {
		accounts, err := d.search(beginning)
		if err != nil {
			break
		}
		for _, a := range accounts {
			if !slices.ContainsFunc(all, func(l likeness) bool { return l.account.Identity == a.Identity }) {
				all = append(all, likeness{nearmiss.Compare(asked, nearmiss.OfAccount(a), nearmiss.Commonness{}), a})
			}
		}
		slices.SortStableFunc(all, func(a, b likeness) int { return cmp.Compare(b.Score, a.Score) })
		if len(all) > 0 && all[0].Score >= sure {
			break
		}
	}
	all = slices.DeleteFunc(all, func(l likeness) bool { return l.Score < nearly })
	return all[:min(len(all), maxMeant)]
}

// likeness is how near an account is to what was typed.
type likeness struct {
	nearmiss.Likeness
	account pactius.Account
}

// Lengths of beginnings, in characters.
const (
	leastBeginning = 3 // two letters find half a company
	wordBeginning  = 4 // of a word with a mistake somewhere behind
	maxBeginnings  = 5 // searches for one name: they share the page's patience
)

// beginnings are what to search for, the most telling first: the name itself,
// which may be somebody's e-mail address; the front of it, for a mistake behind;
// its words and their fronts, the last first, for a mistake before.
func beginnings(typed string) []string {
	local, _, _ := strings.Cut(typed, "@")
	all := []string{typed, front(local, (utf8.RuneCountInString(local)*3+4)/5)}
	words := strings.FieldsFunc(local, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) })
	slices.Reverse(words)
	for _, w := range words {
		all = append(all, w, front(w, wordBeginning))
	}
	if len(words) == 1 {
		_, first := utf8.DecodeRuneInString(words[0])
		all = append(all, words[0][first:]) // behind an initial
	}
	var distinct []string
	for _, s := range all {
		if utf8.RuneCountInString(s) >= leastBeginning && !slices.Contains(distinct, s) {
			distinct = append(distinct, s)
		}
	}
	return distinct[:min(len(distinct), maxBeginnings)]
}

// front is the first n characters.
func front(s string, n int) string {
	runes := []rune(s)
	return string(runes[:min(n, len(runes))])
}
