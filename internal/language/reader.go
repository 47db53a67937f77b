package language

import (
	"time"

	"github.com/pactius/pactius"
)

// Reader is who reads: everything that is formatted for a person hangs on it.
// The zero Reader reads English in UTC and has no clock, so every time is
// written out in full.
type Reader struct {
	Language Code           // the zero Code reads as English
	Zone     *time.Location // nil is UTC
	Now      time.Time      // when the page or mail is read; "today" is its day in Zone
}

// T says the sentence in the reader's language. The key is the English
// sentence with fmt verbs and must be a literal. Arguments that are a
// pactius.Text, a time.Time or a time.Duration are put into words first (use
// %s for them).
func (r Reader) T(key string, args ...any) string {
	sentence := r.Language.sentence(key)
	if len(args) == 0 {
		return sentence
	}
	words := make([]any, len(args))
	for i, arg := range args {
		words[i] = r.argument(arg)
	}
	return r.Language.printer().Sprintf(sentence, words...)
}

// Text says a text that was made where the reader was not known.
func (r Reader) Text(t pactius.Text) string { return r.T(t.Key, t.Args...) }

// Plural chooses between two sentences by n, which is the first argument of
// both: r.Plural(n, "%d user", "%d users").
func (r Reader) Plural(n int, one, other string, args ...any) string {
	return r.Text(pactius.Plural(n, one, other, args...))
}

// Number writes an integer as the language groups it: "1,250", "1.250".
func (r Reader) Number(n int) string { return r.Language.printer().Sprintf("%d", n) }

// argument puts what has words of its own into the reader's words.
func (r Reader) argument(arg any) any {
	switch v := arg.(type) {
	case pactius.Text:
		return r.Text(v)
	case time.Time:
		return r.When(v)
	case time.Duration:
		return r.Duration(v)
	}
	return arg
}

// Funcs are the template functions of the reader's language; see [Code.Funcs].
func (r Reader) Funcs() map[string]any { return r.Language.Funcs() }

// Funcs are the functions for html/template and text/template, to be given
// when the templates of the language are parsed. The package comment shows
// each in use.
func (c Code) Funcs() map[string]any {
	r := Reader{Language: c}
	return map[string]any{
		"t":        r.T,
		"plural":   r.Plural,
		"text":     r.Text,
		"number":   r.Number,
		"when":     Reader.When,
		"date":     Reader.Date,
		"fulldate": Reader.FullDate,
		"ago":      Reader.Ago,
		"in":       Reader.In,
		"duration": Reader.Duration,
	}
}
