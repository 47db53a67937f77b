package database

import (
	"bytes"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"
)

// Field is a variable that is scanned from a column and written to it.
type Field interface {
	sql.Scanner
	driver.Valuer
}

// Micros converts a time to how it is stored: microseconds since 1970 UTC, 0 for
// the zero time.
func Micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// Flag converts a truth value to how it is stored: 0 or 1.
func Flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// Time binds a time to a column that holds what Micros returns.
func Time(at *time.Time) Field { return moment{at} }

type moment struct{ at *time.Time }

// Scan implements sql.Scanner.
func (m moment) Scan(v any) error {
	n, ok := v.(int64)
	if !ok {
		return fmt.Errorf("time is %T, not an integer", v)
	}
	*m.at = time.Time{}
	if n != 0 {
		*m.at = time.UnixMicro(n).UTC()
	}
	return nil
}

// Value implements driver.Valuer.
func (m moment) Value() (driver.Value, error) { return Micros(*m.at), nil }

// Bool binds a truth value to a column that holds what Flag returns.
func Bool(b *bool) Field { return truth{b} }

type truth struct{ b *bool }

// Scan implements sql.Scanner.
func (t truth) Scan(v any) error {
	n, ok := v.(int64)
	if !ok {
		return fmt.Errorf("truth value is %T, not an integer", v)
	}
	*t.b = n != 0
	return nil
}

// Value implements driver.Valuer.
func (t truth) Value() (driver.Value, error) { return Flag(*t.b), nil }

// Null binds a text to a column in which NULL stands for the empty text.
func Null[S ~string](text *S) Field { return nullable[S]{text} }

type nullable[S ~string] struct{ text *S }

// Scan implements sql.Scanner.
func (n nullable[S]) Scan(v any) error {
	switch s := v.(type) {
	case nil:
		*n.text = ""
	case string:
		*n.text = S(s)
	case []byte:
		*n.text = S(s)
	default:
		return fmt.Errorf("text is %T", v)
	}
	return nil
}

// Value implements driver.Valuer.
func (n nullable[S]) Value() (driver.Value, error) {
	if *n.text == "" {
		return nil, nil
	}
	return string(*n.text), nil
}

// Bytes binds bytes to a column that holds them as text.
func Bytes(b *[]byte) Field { return text{b} }

type text struct{ b *[]byte }

// Scan implements sql.Scanner.
func (t text) Scan(v any) error {
	switch s := v.(type) {
	case string:
		*t.b = []byte(s)
	case []byte:
		*t.b = bytes.Clone(s)
	default:
		return fmt.Errorf("text is %T", v)
	}
	return nil
}

// Value implements driver.Valuer.
func (t text) Value() (driver.Value, error) { return string(*t.b), nil }

// Lines binds texts without line breaks to a column that holds one on each line.
func Lines(all *[]string) Field { return lines{all} }

type lines struct{ all *[]string }

// Scan implements sql.Scanner.
func (l lines) Scan(v any) error {
	var joined string
	if err := Null(&joined).Scan(v); err != nil {
		return err
	}
	*l.all = nil
	if joined != "" {
		*l.all = strings.Split(joined, "\n")
	}
	return nil
}

// Value implements driver.Valuer.
func (l lines) Value() (driver.Value, error) { return strings.Join(*l.all, "\n"), nil }

// JSON binds a variable to a column that holds it as JSON. The keys of a map are
// written in order, so that the bytes are canonical; a nil map is {}.
func JSON(to any) Field { return document{to} }

type document struct{ to any }

// Scan implements sql.Scanner.
func (d document) Scan(v any) error {
	switch s := v.(type) {
	case string:
		return json.Unmarshal([]byte(s), d.to)
	case []byte:
		return json.Unmarshal(s, d.to)
	default:
		return fmt.Errorf("JSON is %T, not text", v)
	}
}

// Value implements driver.Valuer.
func (d document) Value() (driver.Value, error) {
	if v := reflect.ValueOf(d.to).Elem(); v.Kind() == reflect.Map && v.IsNil() {
		return "{}", nil
	}
	b, err := json.Marshal(d.to)
	return string(b), err
}
