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

// Meant is a person whose account name was probably meant.
type Meant struct {
	Found
	Reasons []pactius.Text // the evidence, strongest first
}

// Scores of nearmiss. They are lower than nearmiss.Threshold: the typed name is known to be unused, so that even
// another first name is a typing mistake.
const (
	scoreNear = 30 // offered: one letter differs
	scoreSure = 75 // the search for better ones ends
)

// meant returns the accounts whose name is nearly the typed one. Graph compares beginnings only, so meant searches
// for beginnings of the typed name and compares the results here. It stops at the first search that fails.
func (c *client) meant(typed names.Username) []likeness {
	asked := nearmiss.Person{Username: typed.Shown}
	var all []likeness
	for _, beginning := range beginnings(typed.Shown) {
		accounts, err := c.search(beginning)
		if err != nil {
			break
		}
		for _, a := range accounts {
			if !slices.ContainsFunc(all, func(l likeness) bool { return l.account.Identity == a.Identity }) {
				l := nearmiss.Compare(asked, nearmiss.OfAccount(a), nearmiss.Commonness{})
				all = append(all, likeness{l, a})
			}
		}
		slices.SortStableFunc(all, func(a, b likeness) int { return cmp.Compare(b.Score, a.Score) })
		if len(all) > 0 && all[0].Score >= scoreSure {
			break
		}
	}
	all = slices.DeleteFunc(all, func(l likeness) bool { return l.Score < scoreNear })
	return all[:min(len(all), maxMeant)]
}

// likeness is an account compared with the typed name.
type likeness struct {
	nearmiss.Likeness
	account pactius.Account
}

// Lengths of beginnings, in characters.
const (
	leastBeginning = 3 // two letters find half a company
	wordBeginning  = 4 // of a word with a mistake further on
	maxBeginnings  = 5 // searches for one name: they share one deadline
)

// beginnings returns the texts to search for, the most selective first: the name itself, which may be an e-mail
// address; its first part, for a mistake near the end; its words and their first letters, starting with the last
// word, for a mistake near the start.
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
		all = append(all, words[0][first:]) // without an initial
	}
	var distinct []string
	for _, s := range all {
		if utf8.RuneCountInString(s) >= leastBeginning && !slices.Contains(distinct, s) {
			distinct = append(distinct, s)
		}
	}
	return distinct[:min(len(distinct), maxBeginnings)]
}

// front returns the first n characters.
func front(s string, n int) string {
	runes := []rune(s)
	return string(runes[:min(n, len(runes))])
}
