package pactius

import (
	"encoding/json"
	"fmt"
)

// Text is a sentence before its translation into the reader's language. The
// English sentence is the key of the catalogue, so code and templates stay
// readable; package language translates it. The zero Text is empty.
//
// A Text can be stored as JSON and read back, if its arguments are strings,
// ints and Texts.
type Text struct {
	Key  string `json:",omitempty"` // the English sentence, with fmt verbs for Args
	Args []any  `json:",omitempty"` // values for the verbs; an argument may itself be a Text
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

// MarshalJSON fails for an argument whose type UnmarshalJSON cannot restore.
func (t Text) MarshalJSON() ([]byte, error) {
	for _, arg := range t.Args {
		switch arg.(type) {
		case string, int, Text:
		default:
			return nil, fmt.Errorf("storing the text %q: an argument is a %T", t.Key, arg)
		}
	}
	type fields Text // without this method
	return json.Marshal(fields(t))
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (t *Text) UnmarshalJSON(data []byte) error {
	var stored struct {
		Key  string
		Args []json.RawMessage
	}
	if err := json.Unmarshal(data, &stored); err != nil {
		return err
	}
	*t = Text{Key: stored.Key}
	for _, raw := range stored.Args {
		arg, err := textArgument(raw)
		if err != nil {
			return fmt.Errorf("reading an argument of the text %q: %w", stored.Key, err)
		}
		t.Args = append(t.Args, arg)
	}
	return nil
}

func textArgument(raw json.RawMessage) (any, error) {
	switch raw[0] {
	case '"':
		return unmarshal[string](raw)
	case '{':
		return unmarshal[Text](raw)
	}
	return unmarshal[int](raw)
}

func unmarshal[T any](raw json.RawMessage) (T, error) {
	var value T
	err := json.Unmarshal(raw, &value)
	return value, err
}
