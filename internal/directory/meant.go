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
	scoreSure = 75 // no second search
)

// selective is how many of the beginnings are searched for again where they all together find more than are returned.
const selective = 2

// meant returns the accounts whose name is nearly the typed one. Graph compares beginnings only, so meant searches for
// all beginnings of the typed name at once and compares the results here. After an error the list is incomplete.
func (c *client) meant(typed names.Username) ([]likeness, error) {
	texts := beginnings(typed.Shown)
	accounts, err := c.find(queryNear, maxNear, texts...)
	near := alike(typed, accounts)
	if err == nil && len(accounts) == maxNear && (len(near) == 0 || near[0].Score < scoreSure) {
		var more []pactius.Account
		more, err = c.find(queryNear, maxNear, texts[:min(len(texts), selective)]...)
		near = alike(typed, append(slices.Clone(accounts), more...))
	}
	return near, err
}

// alike returns those of the accounts whose name is nearly the typed one, best first, at most maxMeant.
func alike(typed names.Username, accounts []pactius.Account) []likeness {
	asked := nearmiss.Person{Username: typed.Shown}
	var all []likeness
	for _, a := range accounts {
		if slices.ContainsFunc(all, func(l likeness) bool { return l.account.Identity == a.Identity }) {
			continue
		}
		l := nearmiss.Compare(asked, nearmiss.OfAccount(a), nearmiss.Commonness{})
		if l.Score >= scoreNear {
			all = append(all, likeness{l, a})
		}
	}
	slices.SortStableFunc(all, func(a, b likeness) int { return cmp.Compare(b.Score, a.Score) })
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
	maxBeginnings  = 5 // for one name: three clauses each, as many as Graph joins
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
