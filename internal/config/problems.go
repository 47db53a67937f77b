package config

import (
	"fmt"
	"strings"

	"github.com/pactius/pactius/internal/nearmiss"
)

// Problem is one error of the configuration.
type Problem struct {
	Setting string // as it was written: "--url", "PACTIUS_URL", "url in pactius.toml"
	Message string // the error and how to correct it, without the value
}

// Problems is the error of Load. It has all problems, not only the first.
type Problems []Problem

// Error lists the problems, one a line.
func (p Problems) Error() string {
	var b strings.Builder
	if len(p) == 1 {
		b.WriteString("the configuration has a problem:")
	} else {
		fmt.Fprintf(&b, "the configuration has %d problems:", len(p))
	}
	for _, one := range p {
		fmt.Fprintf(&b, "\n  %s %s", one.Setting, one.Message)
	}
	return b.String()
}

// add appends a problem.
func (p *Problems) add(setting, format string, args ...any) {
	*p = append(*p, Problem{Setting: setting, Message: fmt.Sprintf(format, args...)})
}

// maxMistakes is the number of letters that a suggested name may differ by.
const maxMistakes = 3

// suggestion returns "; did you mean X?" for the name nearest to a misspelt one, or ""
// if none is near.
func suggestion(misspelt string, names []string) string {
	best, mistakes := "", maxMistakes+1
	for _, name := range names {
		if d := nearmiss.Distance(misspelt, name, maxMistakes); d < mistakes {
			best, mistakes = name, d
		}
	}
	if best == "" {
		return ""
	}
	return "; did you mean " + best + "?"
}
