package pactius

import "fmt"

// Text is a sentence before its translation into the reader's language. The
// English sentence is the key of the catalogue, so code and templates stay
// readable; package language translates it. The zero Text is empty.
type Text struct {
	Key  string // the English sentence, with fmt verbs for Args
	Args []any  // values for the verbs; an argument may itself be a Text
}

// T returns a Text. The key must be a string constant: the catalogue's test reads
// it from the source.
func T(key string, args ...any) Text { return Text{Key: key, Args: args} }

// Plural returns one of two sentences by n, which is the first argument of both;
// both must write the number ("%d user").
func Plural(n int, one, other string, args ...any) Text {
	key := other
	if n == 1 {
		key = one
	}
	return Text{Key: key, Args: append([]any{n}, args...)}
}

// IsZero reports whether the text is empty.
func (t Text) IsZero() bool { return t.Key == "" }

// String returns the English sentence.
func (t Text) String() string {
	if len(t.Args) == 0 {
		return t.Key
	}
	return fmt.Sprintf(t.Key, t.Args...)
}
