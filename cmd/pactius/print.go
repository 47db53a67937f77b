package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"
	"unicode/utf16"
)

// printer writes the output of a command: sentences and tables for people, or JSON
// for programs. Strangers typed the texts of the database, so printer escapes the
// characters that could control the terminal.
type printer struct {
	out    io.Writer
	notes  io.Writer // stderr, for remarks besides the result
	zone   *time.Location
	asJSON bool
}

// say prints a line.
func (p *printer) say(format string, args ...any) error {
	_, err := fmt.Fprintf(p.out, format+"\n", printableArgs(args)...)
	return err
}

// note prints a remark on stderr.
func (p *printer) note(format string, args ...any) error {
	_, err := fmt.Fprintf(p.notes, format+"\n", printableArgs(args)...)
	return err
}

// object prints a value as JSON on one line.
func (p *printer) object(v any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // it is not for pages
	if err := e.Encode(v); err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	_, err := io.WriteString(p.out, printableJSON(strings.TrimSuffix(b.String(), "\n"))+"\n")
	return err
}

// time formats a time for people, in their time zone; the zero time is otherwise.
func (p *printer) time(t time.Time, otherwise string) string {
	if t.IsZero() {
		return otherwise
	}
	return t.In(p.zone).Format("2006-01-02 15:04 -07:00")
}

// utc returns a time for JSON, nil for the zero time.
func utc(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return new(t.UTC())
}

// printable escapes the invisible characters of a line: control characters, line
// breaks and those that reorder text. Invalid bytes become replacement characters
// (0xff would also end a cell of the tabwriter). Letters of every script are kept.
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

// unseen reports whether a terminal would not simply display r.
func unseen(r rune) bool { return !unicode.IsPrint(r) }

// printableLines escapes a text of several lines, see printable.
func printableLines(s string) string {
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		lines[i] = printable(line)
	}
	return strings.Join(lines, "\n")
}

// printableArgs escapes the texts among the arguments of a format.
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

// printableJSON escapes the invisible characters of JSON, which occur in its strings
// only (RFC 8259 section 7).
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

// tableFlush is the number of rows after which a table is written, to bound the
// memory for a million users; columns are aligned within these rows only.
const tableFlush = 5000

// table is a table with aligned columns.
type table struct {
	w    *tabwriter.Writer
	rows int
}

// table begins a table with its header.
func (p *printer) table(head ...string) *table {
	t := &table{w: tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)}
	fmt.Fprintln(t.w, strings.Join(head, "\t")) // Flush returns its errors
	return t
}

// row adds a row; empty cells become "-".
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

// end writes the remaining rows.
func (t *table) end() error { return t.w.Flush() }

// shellWord is what a shell reads as one word without quotes, with the @ by which an account name is recognised.
var shellWord = regexp.MustCompile(`^[A-Za-z0-9._+-]+@[A-Za-z0-9._-]+$`)

// argument returns how a printed command names a user: by the account name if a shell reads it as one word, because
// Microsoft vouches for names with any sign, else by the ID.
func argument(username, id string) string {
	if shellWord.MatchString(username) && !strings.HasPrefix(username, "-") {
		return username
	}
	return id
}

// called returns an account name in a sentence.
func called(username string) string { return cmp.Or(username, "no account name") }

// facts prints pairs of name and value as lines, without empty values.
func (p *printer) facts(pairs ...string) error {
	w := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			fmt.Fprintf(w, "%s:\t%s\n", pairs[i], printable(pairs[i+1]))
		}
	}
	return w.Flush()
}
