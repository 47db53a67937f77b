package language

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pactius/pactius"
)

// Reader formats text for a person. The zero Reader uses English and UTC and has no
// clock, so it writes every time in full.
type Reader struct {
	Language Code           // the zero Code reads as English
	Zone     *time.Location // nil is UTC
	Now      time.Time      // when the page or mail is read; "today" is its day in Zone
}

// T returns the sentence in the reader's language. The key is the English sentence
// with fmt verbs and must be a literal. T first formats arguments of the types
// pactius.Text, time.Time and time.Duration (use %s for them).
func (r Reader) T(key string, args ...any) string {
	l := r.Language.locale()
	sentence := l.sentence(key)
	if len(args) == 0 {
		return sentence
	}
	words := make([]any, len(args))
	for i, arg := range args {
		words[i] = r.argument(arg)
	}
	if s, ok := insert(sentence, words); ok {
		return s
	}
	return l.printer.Sprintf(sentence, words...)
}

// insert does for most sentences what the printer does, without its cost: those whose
// verbs are %s, %d and these with an index, for strings and for integers without
// separators, all of them used.
func insert(sentence string, words []any) (string, bool) {
	out := make([]byte, 0, 2*len(sentence))
	var used [maxInserted]bool
	if len(words) > maxInserted {
		return "", false
	}
	next := 0
	for {
		text, verb, found := strings.Cut(sentence, "%")
		out = append(out, text...)
		if !found {
			break
		}
		if len(verb) > 3 && verb[0] == '[' && verb[2] == ']' {
			next, verb = int(verb[1]-'1'), verb[3:]
		}
		if verb == "" || next < 0 || next >= len(words) {
			return "", false
		}
		switch word := words[next].(type) {
		case string:
			if verb[0] != 's' {
				return "", false
			}
			out = append(out, word...)
		case int:
			if verb[0] != 'd' || word < 0 || word >= separatedFrom {
				return "", false
			}
			out = strconv.AppendInt(out, int64(word), 10)
		default:
			return "", false
		}
		used[next] = true
		next, sentence = next+1, verb[1:]
	}
	return string(out), !slices.Contains(used[:len(words)], false)
}

const (
	maxInserted   = 4    // arguments; sentences have fewer
	separatedFrom = 1000 // numbers have separators from here on
)

// Text returns a text that was made where the reader was not known.
func (r Reader) Text(t pactius.Text) string { return r.T(t.Key, t.Args...) }

// Plural returns one of two sentences by n, which is the first argument of both:
// r.Plural(n, "%d user", "%d users").
func (r Reader) Plural(n int, one, other string, args ...any) string {
	return r.Text(pactius.Plural(n, one, other, args...))
}

// Number returns an integer with the separators of the language: "1,250", "1.250".
func (r Reader) Number(n int) string {
	if s, ok := insert("%d", []any{n}); ok {
		return s
	}
	return r.Language.locale().printer.Sprintf("%d", n)
}

// argument formats an argument that has its own form for a person.
func (r Reader) argument(arg any) any {
	switch v := arg.(type) {
	case pactius.Text:
		return r.Text(v)
	case time.Time:
		return r.When(v)
	case pactius.Date:
		return Reader{Language: r.Language}.Date(v.Time(time.UTC)) // the same day for every reader
	case time.Duration:
		return r.Duration(v)
	}
	return arg
}

// Funcs returns the template functions of the reader's language; see [Code.Funcs].
func (r Reader) Funcs() map[string]any { return r.Language.Funcs() }

// Funcs returns the functions that html/template and text/template need to parse the
// templates of the language. The package comment shows each of them.
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
