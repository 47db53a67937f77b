package store

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/pactius/pactius"
)

// micros stores a time: microseconds since 1970 UTC, 0 for the zero time.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// stamp scans what micros stored.
type stamp struct{ to *time.Time }

// Scan implements sql.Scanner.
func (s stamp) Scan(v any) error {
	n, ok := v.(int64)
	if !ok {
		return fmt.Errorf("time is %T, not an integer", v)
	}
	*s.to = time.Time{}
	if n != 0 {
		*s.to = time.UnixMicro(n).UTC()
	}
	return nil
}

// withLast scans further columns after those it is asked for.
type withLast struct {
	scanner
	last []any
}

// Scan implements scanner.
func (w withLast) Scan(dest ...any) error { return w.scanner.Scan(append(dest, w.last...)...) }

// flag stores a truth value as 0 or 1.
func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// jsonText scans a JSON column.
type jsonText struct{ to any }

// Scan implements sql.Scanner.
func (j jsonText) Scan(v any) error {
	switch s := v.(type) {
	case string:
		return json.Unmarshal([]byte(s), j.to)
	case []byte:
		return json.Unmarshal(s, j.to)
	default:
		return fmt.Errorf("JSON is %T, not text", v)
	}
}

// asJSON stores a map with its keys in order, so that the bytes are canonical.
func asJSON(f pactius.Facts) (string, error) {
	if f == nil {
		return "{}", nil
	}
	b, err := json.Marshal(f)
	return string(b), err
}

// builder puts a query together from fixed pieces; values only ever become
// parameters.
type builder struct {
	text strings.Builder
	args []any
}

// add appends SQL in which each ? becomes the next parameter.
func (b *builder) add(sql string, args ...any) {
	for piece := range strings.SplitSeq(sql, "?") {
		b.text.WriteString(piece)
		if len(args) > 0 {
			b.text.WriteString(b.param(args[0]))
			args = args[1:]
		}
	}
}

// param adds a parameter and gives its placeholder.
func (b *builder) param(v any) string {
	b.args = append(b.args, v)
	return "$" + strconv.Itoa(len(b.args))
}

// in appends a parenthesised list of values; an empty list matches nothing.
func in[T any](b *builder, values []T) {
	b.text.WriteString("(")
	for i, v := range values {
		if i > 0 {
			b.text.WriteString(", ")
		}
		b.text.WriteString(b.param(v))
	}
	if len(values) == 0 {
		b.text.WriteString("NULL")
	}
	b.text.WriteString(")")
}

// limitOf bounds the size of a page.
func limitOf(n int) int {
	if n <= 0 {
		return pactius.PageSize
	}
	return min(n, pactius.MaxPageSize)
}
