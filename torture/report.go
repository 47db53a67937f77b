package torture

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"
)

// Line is what came of one promise on one engine.
type Line struct {
	Name    string // a word, see Names
	Promise string // the whole sentence
	Engine  string
	Figures []string // what was done and counted
	Broken  []string // how the promise was broken, the first cases; empty is kept
	Skipped string   // why nothing was done
	Took    time.Duration

	mu    sync.Mutex
	count int // of all cases
}

// maxCases is how many cases of a broken promise are kept: the rest is counted.
const maxCases = 12

// broken notes a case in which the promise was not kept. It may be called by
// several goroutines.
func (l *Line) broken(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.count++; l.count <= maxCases {
		l.Broken = append(l.Broken, fmt.Sprintf(format, args...))
	}
}

// failed notes an error that ended the run of a promise; nil notes nothing.
func (l *Line) failed(err error) {
	if err != nil {
		l.broken("%v", err)
	}
}

// figure adds something that was counted.
func (l *Line) figure(format string, args ...any) {
	l.Figures = append(l.Figures, fmt.Sprintf(format, args...))
}

// Kept reports whether the promise was tried and held.
func (l *Line) Kept() bool { return l.count == 0 && l.Skipped == "" }

// result is one word for the table.
func (l *Line) result() string {
	switch {
	case l.Skipped != "":
		return "SKIPPED: " + l.Skipped
	case l.count > 0:
		return fmt.Sprintf("BROKEN, %d times", l.count)
	default:
		return "kept"
	}
}

// Report is what came of all promises.
type Report []*Line

// Kept reports whether no promise was broken; skipped ones do not count.
func (r Report) Kept() bool {
	return !slices.ContainsFunc(r, func(l *Line) bool { return l.count > 0 })
}

// Print writes the table, and below it how promises were broken.
func (r Report) Print(w io.Writer) error {
	var b strings.Builder
	b.WriteString("| promise | engine | what was done | result | time |\n| --- | --- | --- | --- | --- |\n")
	for _, l := range r {
		fmt.Fprintf(
			&b, "| %s | %s | %s | %s | %s |\n", l.Promise, l.Engine, strings.Join(l.Figures, "; "), l.result(),
			l.Took.Round(100*time.Millisecond),
		)
	}
	for _, l := range r {
		for _, c := range l.Broken {
			fmt.Fprintf(&b, "\n%s, %s: %s", l.Engine, l.Promise, c)
		}
	}
	b.WriteByte('\n')
	_, err := io.WriteString(w, b.String())
	return err
}
