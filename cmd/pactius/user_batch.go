package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/users"
)

// The results of adding.
const (
	resultAdded   = "added"
	resultSettled = "settled"
	resultExists  = "exists"
	resultRefused = "refused"
)

// resultOf returns the result of adding a user.
func resultOf(a users.Added) string {
	if a.Settled != nil {
		return resultSettled
	}
	return resultAdded
}

// batchRecord is the result of a line.
type batchRecord struct {
	Line     int               `json:"line"` // counted from 1
	Username string            `json:"username,omitempty"`
	Result   string            `json:"result"`
	User     string            `json:"user,omitempty"` // ID
	Error    string            `json:"error,omitempty"`
	Fields   map[string]string `json:"fields,omitempty"`
}

// addBatch adds the users of a file, one per line.
func (d *desk) addBatch(ctx context.Context, file string) error {
	refused := 0
	for line, err := range d.lines(file) {
		if err != nil {
			return err
		}
		r := d.addLine(ctx, line)
		if r.Line = line.number; r.Result == resultRefused {
			if err := ctx.Err(); err != nil { // the reason of the refusal
				return fmt.Errorf("stopped before line %d of the batch; the lines before it are done: %w", line.number,
					err)
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

// addLine adds the user of one line.
func (d *desk) addLine(ctx context.Context, line batchLine) batchRecord {
	n, fault := parseLine[newcomer](line)
	if fault != "" {
		return batchRecord{Result: resultRefused, Username: n.Username, Error: fault}
	}
	r := batchRecord{Username: n.Username}
	added, err := d.add(ctx, n)
	if exists, ok := errors.AsType[*users.ExistsError](err); ok {
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

// fieldTexts returns the sentences about each wrong field, nil for none.
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
