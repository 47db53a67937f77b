package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/directory"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/users"
)

// Limits of a batch.
const (
	// explainChunk is the number of lines that are explained in one transaction: it
	// bounds the memory and is large enough to make the transaction's cost small.
	explainChunk = 256
	// lookupChunk is explainChunk where accounts are looked up.
	lookupChunk = directory.MaxBatch
	// maxLookups is the number of lines that are looked up, and maxLookupTime the
	// time that takes at most. The lines after them are explained without.
	maxLookups    = 2000
	maxLookupTime = 10 * time.Minute
)

// lookups looks the accounts of a batch up.
type lookups struct {
	*desk
	offline bool
	left    int           // lines
	time    time.Duration // that looking up may still take
	skipped int           // lines that were explained without
}

// standings returns what the directory says of people, the zero Standing beyond the
// limits.
func (l *lookups) standings(ctx context.Context, people []pactius.Person) ([]pactius.Standing, error) {
	all := make([]pactius.Standing, len(people))
	if l.offline {
		return all, nil
	}
	n := min(len(people), l.left)
	if l.time <= 0 {
		n = 0
	}
	l.left, l.skipped = l.left-n, l.skipped+len(people)-n
	if n == 0 {
		return all, nil
	}
	began := time.Now()
	found, err := l.Directory.StandingAll(ctx, l.actor, people[:n])
	l.time -= time.Since(began)
	copy(all, found)
	return all, err
}

// note says how many lines were explained without the directory.
func (l *lookups) note() error {
	if l.skipped == 0 {
		return nil
	}
	return l.desk.note("Lines that weren't looked up in Microsoft 365, because a batch looks up at most %d, for at "+
		"most %s: %d", maxLookups, maxLookupTime, l.skipped)
}

// personLine is a line of the batch.
type personLine struct {
	Username string `json:"username"`
	Name     string `json:"name"`
	Email    string `json:"email"`
	ObjectID string `json:"oid"` // in the environment's tenant
}

// explainedLine is the answer to one line.
type explainedLine struct {
	Line int `json:"line"` // counted from 1
	explanation
}

// faultyLine is the answer to an invalid line.
type faultyLine struct {
	Line  int    `json:"line"`
	Error string `json:"error"`
}

// explainBatch explains the people of a file, one per line. It prints the answers as
// soon as no further line is buffered, so that a program can ask line by line.
func (d *desk) explainBatch(ctx context.Context, f explainFlags) error {
	out := bufio.NewWriter(d.out)
	d.out = out
	size, l := lookupChunk, &lookups{desk: d, offline: f.offline, left: maxLookups, time: maxLookupTime}
	if f.offline {
		size = explainChunk
	}
	chunk, faulty := make([]batchLine, 0, size), 0
	for line, err := range d.lines(f.batch) {
		if err != nil {
			return err
		}
		if chunk = append(chunk, line); line.more && len(chunk) < size {
			continue
		}
		n, err := l.explainLines(ctx, chunk, f.verbose)
		if err == nil {
			err = out.Flush()
		}
		if err != nil {
			return fmt.Errorf("stopped at line %d of the batch: %w", chunk[0].number, err)
		}
		chunk, faulty = chunk[:0], faulty+n
	}
	if err := l.note(); err != nil {
		return err
	}
	if faulty > 0 {
		return fmt.Errorf("lines that couldn't be read: %d; the error of each line says why", faulty)
	}
	return nil
}

// explainLines explains lines and returns the number of invalid ones.
func (l *lookups) explainLines(ctx context.Context, lines []batchLine, verbose bool) (int, error) {
	faults := make([]string, len(lines))
	var people []pactius.Person
	for i, line := range lines {
		p, fault := parsePerson(line)
		if faults[i] = fault; fault == "" {
			people = append(people, p)
		}
	}
	standings, err := l.standings(ctx, people)
	if err != nil {
		return 0, err
	}
	questions := make([]users.Question, len(people))
	for i, p := range people {
		questions[i] = users.Question{Person: p, Standing: standings[i]}
	}
	explained, err := l.explainAll(ctx, questions)
	if err != nil {
		return 0, err
	}
	faulty := 0
	for i, line := range lines {
		if faults[i] != "" {
			faulty++
			if err := l.object(faultyLine{line.number, faults[i]}); err != nil {
				return 0, err
			}
			continue
		}
		x := newExplanation(people[0].Username, explained[0], verbose)
		if err := l.object(explainedLine{line.number, x}); err != nil {
			return 0, err
		}
		people, explained = people[1:], explained[1:]
	}
	return faulty, nil
}

// explainAll explains people on all processors, because comparing names is bound by
// the processor.
func (d *desk) explainAll(ctx context.Context, people []users.Question) ([]users.Explanation, error) {
	size := max(1, (len(people)+runtime.GOMAXPROCS(0)-1)/runtime.GOMAXPROCS(0))
	all, faults := make([]users.Explanation, len(people)), make([]error, len(people))
	var wg sync.WaitGroup
	for start := 0; start < len(people); start += size {
		part := people[start:min(start+size, len(people))]
		wg.Go(func() {
			explained, err := d.Users.ExplainAll(ctx, d.actor, part)
			faults[start] = err
			copy(all[start:], explained)
		})
	}
	wg.Wait()
	return all, errors.Join(faults...)
}

// parsePerson parses one line, or returns its fault. The account name need not have
// the form that is required for adding one.
func parsePerson(line batchLine) (pactius.Person, string) {
	n, fault := parseLine[personLine](line, userExample)
	p := pactius.Person{Username: strings.TrimSpace(n.Username), Name: n.Name, Email: n.Email}
	p.ObjectID = strings.ToLower(n.ObjectID)
	switch {
	case fault != "":
	case p.Username == "":
		fault = "The username is missing: the account name to explain."
	case p.ObjectID != "" && !id.Valid(p.ObjectID):
		fault = "The oid is not a GUID such as 8d3c1f6e-0b5a-4c7d-9e21-5f4a3b2c1d0e."
	case strings.ContainsFunc(n.Username+n.Name+n.Email, unicode.IsControl):
		fault = "This line contains a control character. Delete it."
	}
	return p, fault
}
