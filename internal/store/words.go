package store

import (
	"hash/fnv"
	"slices"
	"strings"
	"unicode"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/database"
	"github.com/pactius/pactius/internal/names"
)

const (
	sqlDeleteUserWords = `DELETE FROM user_words WHERE environment_id = $1 AND user_id = $2`
	sqlUserSignature   = `UPDATE users SET signature = $3 WHERE environment_id = $1 AND id = $2`
)

// Bounds of the words a user is found by.
const (
	maxWords      = 32 // of name, account name and email together, in all spellings
	maxWordLength = 32 // runes; a longer word is found by its beginning
)

// replaceWords updates the words a user is found by: present and former names.
func (t *Tx) replaceWords(u pactius.User) error {
	if err := t.run(sqlDeleteUserWords, t.env, u.ID); err != nil {
		return err
	}
	former, err := t.FormerUsernames(u.ID)
	if err != nil {
		return err
	}
	words := UserWords(u, former)
	if err := t.tx.ExecOne(sqlUserSignature, t.env, u.ID, Signature(words...)); err != nil {
		return err
	}
	return t.insertWords(u, words)
}

func (t *Tx) insertWords(u pactius.User, words []string) error {
	var q database.Query
	for _, w := range words {
		addRow(&q, `INSERT INTO user_words (environment_id, user_id, word, name_key, signature) VALUES `,
			t.env, u.ID, w, names.OrderKey(u.Name), Signature(words...))
	}
	return t.execRows(&q)
}

// Signature returns the signature of words: it has a bit for the beginning of each of them, for two letters and for
// four. Users with a word that begins with what is searched have the bits of what is searched; of the others few have.
// Signatures are stored: a change of this function needs a schema step.
func Signature(words ...string) int64 {
	const bits = 63 // of a BIGINT that is never negative
	var s int64
	for _, word := range words {
		runes := []rune(word)
		for _, n := range []int{2, 4} {
			if len(runes) >= n {
				h := fnv.New32a()
				h.Write([]byte(string(runes[:n]))) // it never fails
				s |= 1 << (h.Sum32() % bits)
			}
		}
	}
	return s
}

// addRow appends a row to an INSERT of several, which begins with the first.
func addRow(q *database.Query, insert string, values ...any) {
	if q.Text() == "" {
		q.Add(insert)
	} else {
		q.Add(`, `)
	}
	q.Add(`(?`+strings.Repeat(`, ?`, len(values)-1)+`)`, values...)
}

// execRows runs an INSERT made with addRow; without rows there is nothing to do.
func (t *Tx) execRows(q *database.Query) error {
	if q.Text() == "" {
		return nil
	}
	return t.exec(q)
}

// UserWords are the words a user is found by, in all spellings, each once.
func UserWords(u pactius.User, former []pactius.FormerUsername) []string {
	text := u.Name + " " + names.Readable(u.Username+" "+u.Email)
	for _, f := range former {
		text += " " + names.Readable(f.Username)
	}
	return wordsOf(text)
}

// wordsOf cuts a text into its words, in all spellings, each once.
func wordsOf(text string) []string {
	var all []string
	for _, text := range names.Spellings(text) {
		all = appendWords(all, text)
	}
	return all
}

// searchWords cuts typed text into the words that are looked for.
func searchWords(typed string) []string { return appendWords(nil, names.Fold(names.Readable(typed))) }

// appendWords cuts folded text into words and adds those that are new.
func appendWords(all []string, text string) []string {
	notWord := func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) }
	for w := range strings.FieldsFuncSeq(text, notWord) {
		if runes := []rune(w); len(runes) > maxWordLength {
			w = string(runes[:maxWordLength])
		}
		if len(all) < maxWords && !slices.Contains(all, w) {
			all = append(all, w)
		}
	}
	return all
}
