package devtenant

import (
	"regexp"
	"slices"
	"strings"
)

// The parts of a filter that are served (Microsoft Graph: "Use the $filter query
// parameter"): comparisons with eq, startswith and endswith, joined by one of and
// and or.
var (
	comparison = regexp.MustCompile(`^\s*([A-Za-z]+) eq (?:'((?:[^']|'')*)'|(true|false))\s*(?:(and|or)\s|$)`)
	function   = regexp.MustCompile(
		`^\s*(?i:(startswith|endswith))\(\s*([A-Za-z]+)\s*,\s*'((?:[^']|'')*)'\s*\)\s*(?:(and|or)\s|$)`,
	)
)

// filter is a parsed $filter.
type filter struct {
	fits     condition
	names    []string // properties it looks at
	advanced bool     // needs ConsistencyLevel: eventual and $count
}

// parseFilter reads $filter.
func parseFilter(text string) (filter, error) {
	var f filter
	var all []condition
	joint := ""
	for rest := text; ; {
		one, word, left, err := f.part(rest)
		if err != nil {
			return filter{}, err
		}
		all = append(all, one)
		if word == "" {
			break
		}
		if joint != "" && joint != word {
			return filter{}, unsupported("Unsupported Query.")
		}
		joint, rest = word, left
	}
	f.fits = func(m map[string]any) bool {
		fits := func(c condition) bool { return c(m) }
		if joint == "or" {
			return slices.ContainsFunc(all, fits)
		}
		return !slices.ContainsFunc(all, func(c condition) bool { return !c(m) })
	}
	return f, nil
}

// part reads one comparison and the word after it.
func (f *filter) part(text string) (one condition, word, rest string, err error) {
	if m := comparison.FindStringSubmatch(text); m != nil {
		f.names = append(f.names, m[1])
		value := strings.ReplaceAll(m[2], "''", "'")
		switch {
		case m[1] == "accountEnabled" && m[3] != "":
			one = func(all map[string]any) bool { return all["accountEnabled"] == (m[3] == "true") }
		case (m[1] == "id" || slices.Contains(searchable, m[1])) && m[3] == "":
			one = func(all map[string]any) bool {
				have, ok := all[m[1]].(string)
				return ok && strings.EqualFold(have, value)
			}
		default:
			return nil, "", "", badGraph("Invalid filter clause: unsupported property '" + m[1] + "' or value.")
		}
		return one, m[4], text[len(m[0]):], nil
	}
	m := function.FindStringSubmatch(text)
	if m == nil || !slices.Contains(searchable, m[2]) {
		return nil, "", "", badGraph("Invalid filter clause.")
	}
	f.names = append(f.names, m[2])
	value := strings.ReplaceAll(m[3], "''", "'")
	one = startsWith(m[2], value)
	if strings.EqualFold(m[1], "endswith") {
		f.advanced = true
		one = func(all map[string]any) bool {
			have, _ := all[m[2]].(string)
			return strings.HasSuffix(strings.ToLower(have), strings.ToLower(value))
		}
	}
	return one, m[4], text[len(m[0]):], nil
}
