package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/directory"
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

	Directory string   `json:"directory,omitempty"` // of a user who was added, see directoryWord
	Meant     []string `json:"meant,omitempty"`     // account names that nearly are the refused one
}

// addBatch adds the users of a file, one per line. It asks the directory about
// several lines at once, as far as they are there.
func (d *desk) addBatch(ctx context.Context, file string) error {
	c := &checker{desk: d}
	group, refused := make([]batchLine, 0, directory.MaxBatch), 0
	for line, err := range d.lines(file) {
		if err != nil {
			return err
		}
		if group = append(group, line); line.more && len(group) < directory.MaxBatch {
			continue
		}
		n, err := c.addLines(ctx, group)
		if err != nil {
			return err
		}
		group, refused = group[:0], refused+n
	}
	return linesRefused(refused)
}

// addLines adds the users of some lines and returns the number of refused lines.
func (c *checker) addLines(ctx context.Context, lines []batchLine) (refused int, err error) {
	people, faults, typed := make([]newcomer, len(lines)), make([]string, len(lines)), make([]string, len(lines))
	for i, line := range lines {
		if people[i], faults[i] = parseLine[newcomer](line, userExample); faults[i] == "" {
			typed[i] = people[i].Username
		}
	}
	stopped := func(line batchLine, err error) error {
		return fmt.Errorf("stopped before line %d of the batch; the lines before it are done: %w", line.number, err)
	}
	verdicts, err := c.verify(ctx, typed)
	if err != nil {
		return 0, stopped(lines[0], err)
	}
	for i, line := range lines {
		r := batchRecord{Result: resultRefused, Username: people[i].Username, Error: faults[i]}
		if faults[i] == "" {
			r = c.addLine(ctx, people[i], verdicts[i])
		}
		if r.Line = line.number; r.Result == resultRefused {
			if err := ctx.Err(); err != nil { // the reason of the refusal
				return refused, stopped(line, err)
			}
			refused++
		}
		if err := c.object(r); err != nil {
			return refused, err
		}
	}
	return refused, nil
}

// addLine adds the user of one line.
func (d *desk) addLine(ctx context.Context, n newcomer, v directory.Verdict) batchRecord {
	r := batchRecord{Username: n.Username}
	added, err := d.add(ctx, n, v)
	if exists, ok := errors.AsType[*users.ExistsError](err); ok {
		r.Result, r.User = resultExists, string(exists.User.ID)
		return r
	}
	if err == nil {
		r.Result, r.User, r.Username = resultOf(added), string(added.User.ID), added.User.Username
		r.Directory = directoryWord(v)
		return r
	}
	r.Result, r.Error, r.Meant = resultRefused, reason(err), meantNames(err)
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
