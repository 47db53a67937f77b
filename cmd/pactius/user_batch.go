package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/admission"
)

// The results of adding.
const (
	resultAdded   = "added"
	resultSettled = "settled"
	resultExists  = "exists"
	resultRefused = "refused"
)

// resultOf names what adding came to.
func resultOf(a admission.Added) string {
	if a.Settled != nil {
		return resultSettled
	}
	return resultAdded
}

// maxBatchLine bounds a line of a batch, in bytes: enough for pactius.MaxGrants
// business units with long paths.
const maxBatchLine = 256 << 10

// batchRecord is the result of one line.
type batchRecord struct {
	Line     int               `json:"line"` // counted from 1
	Username string            `json:"username,omitempty"`
	Result   string            `json:"result"`
	User     string            `json:"user,omitempty"` // ID
	Error    string            `json:"error,omitempty"`
	Fields   map[string]string `json:"fields,omitempty"`
}

// addBatch adds the users of a file, a line each.
func (d *desk) addBatch(ctx context.Context, file string) error {
	in := d.app.stdin
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return fmt.Errorf("read the batch: %w", err)
		}
		defer f.Close()
		in = f
	}
	lines := bufio.NewReaderSize(in, 64<<10)
	refused := 0
	for n := 1; ; n++ {
		line, long, err := readLine(lines)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("read line %d of the batch: %w", n, err)
		}
		if n == 1 {
			line = bytes.TrimPrefix(line, []byte("\ufeff")) // editors on Windows begin with a byte order mark
		}
		if len(bytes.TrimSpace(line)) == 0 && !long {
			continue
		}
		r := d.addLine(ctx, line, long)
		if r.Line = n; r.Result == resultRefused {
			if err := ctx.Err(); err != nil { // that is why it was refused
				return fmt.Errorf("stopped before line %d of the batch; the lines before it are done: %w", n, err)
			}
			refused++
		}
		if err := d.object(r); err != nil {
			return err
		}
	}
	if refused > 0 {
		return fmt.Errorf("lines refused: %d; the result of each says why", refused)
	}
	return nil
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

// addLine adds the user of one line.
func (d *desk) addLine(ctx context.Context, line []byte, long bool) batchRecord {
	if long {
		return batchRecord{Result: resultRefused, Error: fmt.Sprintf("This line is longer than %d bytes.", maxBatchLine)}
	}
	n, fault := parseNewcomer(line)
	if fault != "" {
		return batchRecord{Result: resultRefused, Username: n.Username, Error: fault}
	}
	r := batchRecord{Username: n.Username}
	added, err := d.add(ctx, n)
	if exists, ok := errors.AsType[*admission.ExistsError](err); ok {
		r.Result, r.User = resultExists, string(exists.User.ID)
		return r
	}
	if err == nil {
		r.Result, r.User, r.Username = resultOf(added), string(added.User.ID), added.User.Username
		return r
	}
	r.Result, r.Error = resultRefused, reason(err)
	if refusal, ok := errors.AsType[*pactius.Error](err); ok {
		r.Fields = fieldTexts(refusal.Fields)
	}
	return r
}

// fieldTexts gives the sentences about each wrong field, nil for none.
func fieldTexts(fields []pactius.FieldError) map[string]string {
	var texts map[string]string
	for _, f := range fields {
		if texts == nil {
			texts = map[string]string{}
		}
		texts[f.Field] = strings.TrimSpace(texts[f.Field] + " " + f.Message.String())
	}
	return texts
}

// parseNewcomer reads one line, or says what is wrong with it. A field that
// does not exist is a mistake: whoever wrote it meant something by it.
func parseNewcomer(line []byte) (n newcomer, fault string) {
	if trimmed := bytes.TrimSpace(line); len(trimmed) == 0 || trimmed[0] != '{' {
		return n, `This line is not a JSON object such as {"username": "bo.lund@company.com", "name": "Bo Lund"}.`
	}
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&n); err != nil {
		return n, fmt.Sprintf("This line cannot be read: %s.", lineFault(err))
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return n, "This line has something after the JSON object. Write one object per line."
	}
	return n, ""
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
