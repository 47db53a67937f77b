package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"
	"unicode/utf16"
)

// printer writes what a command has to say: sentences and tables for people, or
// JSON for programs. What comes out of the database was typed by strangers, so
// nothing reaches the terminal that could steer it.
type printer struct {
	out    io.Writer
	notes  io.Writer // remarks beside the result: stderr
	zone   *time.Location
	asJSON bool
}

// say prints a line for people.
func (p *printer) say(format string, args ...any) error {
	_, err := fmt.Fprintf(p.out, format+"\n", printableArgs(args)...)
	return err
}

// note remarks something beside the result, on stderr.
func (p *printer) note(format string, args ...any) error {
	_, err := fmt.Fprintf(p.notes, format+"\n", printableArgs(args)...)
	return err
}

// object prints a value as JSON on one line.
func (p *printer) object(v any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // it is read by programs, not put into pages
	if err := e.Encode(v); err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	_, err := io.WriteString(p.out, printableJSON(strings.TrimSuffix(b.String(), "\n"))+"\n")
	return err
}

// time writes a moment for people, in their own time zone; otherwise is what
// stands for no moment.
func (p *printer) time(t time.Time, otherwise string) string {
	if t.IsZero() {
		return otherwise
	}
	return t.In(p.zone).Format("2006-01-02 15:04 -07:00")
}

// utc gives a moment for JSON, nil for none.
func utc(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return new(t.UTC())
}

// printable returns text of one line in which everything that cannot be seen
// is spelled out: control characters, line breaks, what reorders text.
// Bytes that are no text become replacement characters (0xff would also end a
// cell of the tabwriter). Letters of every script stay as they are.
func printable(s string) string {
	s = strings.ToValidUTF8(s, "\ufffd")
	if !strings.ContainsFunc(s, unseen) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if unseen(r) {
			quoted := strconv.QuoteRuneToASCII(r)
			b.WriteString(quoted[1 : len(quoted)-1])
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// unseen reports whether a terminal would do something else with r than show it.
func unseen(r rune) bool { return !unicode.IsPrint(r) }

// printableLines is printable for text of several lines.
func printableLines(s string) string {
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		lines[i] = printable(line)
	}
	return strings.Join(lines, "\n")
}

// printableArgs makes the text among the arguments of a format printable.
func printableArgs(args []any) []any {
	clean := make([]any, len(args))
	for i, arg := range args {
		switch v := arg.(type) {
		case int, int64, bool:
			clean[i] = v
		default:
			clean[i] = printable(fmt.Sprint(v))
		}
	}
	return clean
}

// printableJSON escapes what cannot be seen in JSON; outside of its texts there
// is nothing such (RFC 8259 section 7).
func printableJSON(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case !unseen(r):
			b.WriteRune(r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&b, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

// tableFlush is after how many rows a table is written: a million users must
// not stand in memory, and nobody compares columns so far apart.
const tableFlush = 5000

// table is aligned columns for people.
type table struct {
	w    *tabwriter.Writer
	rows int
}

// table begins a table with its head.
func (p *printer) table(head ...string) *table {
	t := &table{w: tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)}
	fmt.Fprintln(t.w, strings.Join(head, "\t")) // into the tabwriter: Flush tells of errors
	return t
}

// row adds a row; what is empty shows as "-".
func (t *table) row(cells ...string) error {
	for i, c := range cells {
		if cells[i] = printable(c); cells[i] == "" {
			cells[i] = "-"
		}
	}
	if _, err := fmt.Fprintln(t.w, strings.Join(cells, "\t")); err != nil {
		return err
	}
	if t.rows++; t.rows%tableFlush == 0 {
		return t.w.Flush()
	}
	return nil
}

// end writes what is left.
func (t *table) end() error { return t.w.Flush() }

// facts prints names and values below each other; what has no value is left out.
func (p *printer) facts(pairs ...string) error {
	w := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			fmt.Fprintf(w, "%s:\t%s\n", pairs[i], printable(pairs[i+1]))
		}
	}
	return w.Flush()
}

// helpWidth is where the lines of a long help end, in characters.
const helpWidth = 100

// jsonHelp ends a command's long help with the fields that --json prints.
func jsonHelp(record any) string {
	var b strings.Builder
	b.WriteString("\n\n")
	at := 0
	for word := range strings.FieldsSeq("With --json it prints one JSON object per line with the fields " + strings.Join(jsonFields(reflect.TypeOf(record)), ", ") +
		". Times are RFC 3339 in UTC, null where there is none.") {
		switch {
		case at == 0:
		case at+1+len(word) > helpWidth:
			b.WriteByte('\n')
			at = 0
		default:
			b.WriteByte(' ')
			at++
		}
		b.WriteString(word)
		at += len(word)
	}
	return b.String()
}

// jsonFields lists the names a struct's fields have in JSON.
func jsonFields(t reflect.Type) []string {
	var names []string
	for f := range t.Fields() {
		if f.Anonymous {
			names = append(names, jsonFields(f.Type)...)
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Type.Kind() == reflect.Slice && f.Type.Elem().Kind() == reflect.Struct {
			name += " [" + strings.Join(jsonFields(f.Type.Elem()), ", ") + "]"
		}
		names = append(names, name)
	}
	return names
}
