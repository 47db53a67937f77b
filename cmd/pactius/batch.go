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
)

// maxBatchLine bounds a line of a batch, in bytes: enough for pactius.MaxGrants
// business units with long paths.
const maxBatchLine = 256 << 10

// batchLine is one line of a batch (NDJSON). Those that are empty are left out.
type batchLine struct {
	number int // counted from 1
	text   []byte
	long   bool // longer than maxBatchLine; text is empty
	more   bool // the next line is here already, so that nobody waits for an answer to this one
}

// lines reads the batch in a file, or from standard input for "-", line by
// line. The text of a line is the caller's to keep.
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
				text = bytes.TrimPrefix(text, []byte("\ufeff")) // editors on Windows begin with a byte order mark
			}
			if len(bytes.TrimSpace(text)) == 0 && !long {
				continue
			}
			here, _ := r.Peek(r.Buffered()) // what is buffered cannot fail
			if !yield(batchLine{n, text, long, bytes.IndexByte(here, '\n') >= 0}, nil) {
				return
			}
		}
	}
}

// readLine reads a line without its end. One longer than maxBatchLine is read
// to its end and given up.
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
			return line, long, nil // the last line has no end
		default:
			return line, long, err
		}
	}
}

// lineExample is what a line of a batch looks like.
const lineExample = `{"username": "bo.lund@company.com", "name": "Bo Lund"}`

// parseLine reads one line as an object of fields, or says what is wrong with
// it. A field that does not exist is a mistake: whoever wrote it meant something
// by it. Text that is no UTF-8 (RFC 8259 section 8.1) is refused: JSON's decoder
// would put other characters in its place.
func parseLine[T any](line batchLine) (v T, fault string) {
	switch trimmed := bytes.TrimSpace(line.text); {
	case line.long:
		return v, fmt.Sprintf("This line is longer than %d bytes.", maxBatchLine)
	case !utf8.Valid(line.text):
		return v, "This line is not UTF-8 text. Save the file as UTF-8."
	case len(trimmed) == 0 || trimmed[0] != '{':
		return v, "This line is not a JSON object such as " + lineExample + "."
	}
	decoder := json.NewDecoder(bytes.NewReader(line.text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&v); err != nil {
		return v, fmt.Sprintf("This line cannot be read: %s.", lineFault(err))
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return v, "This line has something after the JSON object. Write one object per line."
	}
	return v, ""
}

// lineFault says what is wrong with JSON without words of a Go program.
func lineFault(err error) string {
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fmt.Sprintf("%s cannot be a %s", wrong.Field, wrong.Value)
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return "the JSON object does not end"
	}
	return strings.TrimPrefix(err.Error(), "json: ")
}
