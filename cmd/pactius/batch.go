package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/pactius/pactius/internal/names"
)

// maxBatchLine is the most bytes of a line of a batch: enough for pactius.MaxGrants
// business units with long paths.
const maxBatchLine = 256 << 10

// batchLine is a line of a batch (NDJSON) that is not empty.
type batchLine struct {
	number int // counted from 1
	text   []byte
	long   bool // longer than maxBatchLine; text is empty
	more   bool // the next line is buffered, so the caller does not wait for this answer
}

// lines reads a batch line by line, from a file or, for "-", from standard input.
// The caller may keep the text of a line.
func (d *desk) lines(file string) iter.Seq2[batchLine, error] {
	return func(yield func(batchLine, error) bool) {
		in := d.app.stdin
		if file != "-" {
			f, err := os.Open(file)
			if err != nil {
				yield(batchLine{}, fmt.Errorf("read the batch: %w", err))
				return
			}
			defer f.Close()
			in = f
		}
		r := bufio.NewReaderSize(in, 64<<10)
		for n := 1; ; n++ {
			text, long, err := readLine(r)
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				yield(batchLine{}, fmt.Errorf("read line %d of the batch: %w", n, err))
				return
			}
			if n == 1 {
				text = bytes.TrimPrefix(text, []byte("\ufeff")) // byte order mark of editors on Windows
			}
			if len(bytes.TrimSpace(text)) == 0 && !long {
				continue
			}
			here, _ := r.Peek(r.Buffered()) // cannot fail: it is buffered
			if !yield(batchLine{n, text, long, bytes.IndexByte(here, '\n') >= 0}, nil) {
				return
			}
		}
	}
}

// readLine reads a line without its end. A line longer than maxBatchLine is skipped.
func readLine(r *bufio.Reader) (line []byte, long bool, err error) {
	for {
		part, err := r.ReadSlice('\n')
		if len(line)+len(part) > maxBatchLine {
			line, long = nil, true
		}
		if !long {
			line = append(line, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF) && (len(line) > 0 || long):
			return line, long, nil // a last line without an end
		default:
			return line, long, err
		}
	}
}

// linesRefused returns the error of a batch with so many refused lines, nil for none.
func linesRefused(n int) error {
	if n == 0 {
		return nil
	}
	return fmt.Errorf("lines refused: %d; the result of each line says why", n)
}

// The examples of lines.
const (
	userExample = `{"username": "bo.lund@company.com", "name": "Bo Lund"}`
	unitExample = `{"unit": "Sales / North"}`
)

// parseLine parses one line as a JSON object such as an example, or returns its fault. Unknown fields
// are refused, because ignoring them could lose something that was meant. So is text
// that is no UTF-8 (RFC 8259 section 8.1), which the JSON decoder would replace.
func parseLine[T any](line batchLine, example string) (v T, fault string) {
	switch trimmed := bytes.TrimSpace(line.text); {
	case line.long:
		return v, fmt.Sprintf("This line is longer than %d bytes.", maxBatchLine)
	case names.IsUTF16(line.text):
		return v, "This line " + names.UTF16Remedy + "."
	case !utf8.Valid(line.text):
		return v, "This line is not UTF-8 text. Save the file as UTF-8."
	case len(trimmed) == 0 || trimmed[0] != '{':
		return v, "This line is not a JSON object such as " + example + "."
	}
	decoder := json.NewDecoder(bytes.NewReader(line.text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&v); err != nil {
		return v, fmt.Sprintf("This line cannot be read: %s.", lineFault(err))
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return v, "This line continues after the JSON object. Write one object per line."
	}
	return v, ""
}

// lineFault describes a JSON error without terms of a Go program.
func lineFault(err error) string {
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fmt.Sprintf("%s cannot be a %s", wrong.Field, wrong.Value)
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return "the JSON object does not end"
	}
	return strings.TrimPrefix(err.Error(), "json: ")
}
