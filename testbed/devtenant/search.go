package devtenant

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// condition tells whether a person's properties fit.
type condition func(map[string]any) bool

// searchable are the properties that $search and $filter take here: those of text.
var searchable = []string{
	"displayName", "givenName", "surname", "mail", "mailNickname", "userPrincipalName", "jobTitle", "department",
	"preferredLanguage", "userType",
}

// searchParser reads $search: clauses in double quotes, joined by AND and OR, in
// parentheses where wanted (Microsoft Graph: "Use the $search query parameter").
type searchParser struct {
	text  string
	at    int
	names []string // properties met
	ors   int
}

// maxClauses is the most clauses that OR joins. Graph tells of it in its error only.
const maxClauses = 15

// parseSearch reads $search and tells which properties it looks at.
func parseSearch(text string) (condition, []string, error) {
	p := &searchParser{text: text}
	fits, err := p.alternatives()
	if err == nil && p.at < len(p.text) {
		err = p.wrong()
	}
	return fits, p.names, err
}

// wrong points at what cannot be read.
func (p *searchParser) wrong() error {
	rest := strings.ToValidUTF8(p.text[p.at:], "?")
	if rest == "" {
		return badGraph("Syntax error: unexpected end of '" + p.text + "'.")
	}
	return badGraph("Syntax error: character '" + string([]rune(rest)[:1]) + "' is not valid in '" + p.text + "'.")
}

func (p *searchParser) skipSpaces() {
	for p.at < len(p.text) && p.text[p.at] == ' ' {
		p.at++
	}
}

// word takes an operator, which has to stand alone.
func (p *searchParser) word(operator string) bool {
	p.skipSpaces()
	rest, ok := strings.CutPrefix(p.text[p.at:], operator)
	if !ok || rest != "" && rest[0] != ' ' && rest[0] != '(' && rest[0] != '"' {
		return false
	}
	p.at += len(operator)
	return true
}

// alternatives: terms joined by OR.
func (p *searchParser) alternatives() (condition, error) {
	fits, err := p.terms()
	for err == nil && p.word("OR") {
		if p.ors++; p.ors >= maxClauses {
			return nil, unsupported(fmt.Sprintf("Too many child clauses specified in search filter expression "+
				"containing 'OR' operators: %d. Max allowed: %d.", p.ors+1, maxClauses))
		}
		var other condition
		first := fits
		other, err = p.terms()
		fits = func(m map[string]any) bool { return first(m) || other(m) }
	}
	p.skipSpaces()
	return fits, err
}

// terms: clauses joined by AND, which binds closer.
func (p *searchParser) terms() (condition, error) {
	fits, err := p.factor()
	for err == nil && p.word("AND") {
		var other condition
		first := fits
		other, err = p.factor()
		fits = func(m map[string]any) bool { return first(m) && other(m) }
	}
	return fits, err
}

// factor: a clause, or something in parentheses.
func (p *searchParser) factor() (condition, error) {
	p.skipSpaces()
	if p.at >= len(p.text) {
		return nil, p.wrong()
	}
	switch p.text[p.at] {
	case '"':
		return p.clause()
	case '(':
		p.at++
		fits, err := p.alternatives()
		if err == nil && (p.at >= len(p.text) || p.text[p.at] != ')') {
			err = p.wrong()
		}
		p.at++
		return fits, err
	}
	return nil, p.wrong()
}

// clause: "property:text"; a quote or backslash in it has a backslash before it.
func (p *searchParser) clause() (condition, error) {
	var b strings.Builder
	for p.at++; p.at < len(p.text) && p.text[p.at] != '"'; p.at++ {
		if p.text[p.at] == '\\' {
			p.at++
			if p.at >= len(p.text) || p.text[p.at] != '"' && p.text[p.at] != '\\' {
				return nil, badGraph("Syntax error: a backslash has to stand before a quote or a backslash.")
			}
		}
		b.WriteByte(p.text[p.at])
	}
	if p.at >= len(p.text) {
		return nil, p.wrong()
	}
	p.at++
	property, text, ok := strings.Cut(b.String(), ":")
	if !ok || strings.TrimSpace(text) == "" || !slices.Contains(searchable, property) {
		return nil, badGraph(
			"Invalid search clause '" + b.String() + "': it has to name a property that can be searched, and a text.",
		)
	}
	p.names = append(p.names, property)
	if property == "displayName" {
		return tokenMatch(text), nil
	}
	return startsWith(property, text), nil
}

// startsWith compares without regard to case.
func startsWith(property, text string) condition {
	return func(m map[string]any) bool {
		value, _ := m[property].(string)
		return strings.HasPrefix(strings.ToLower(value), strings.ToLower(text))
	}
}

// tokenMatch: every token of the text begins one of the name, in any order.
func tokenMatch(text string) condition {
	wanted, _ := tokens(text)
	return func(m map[string]any) bool {
		name, _ := m["displayName"].(string)
		single, joined := tokens(name)
		have := slices.Concat(single, joined)
		return !slices.ContainsFunc(wanted, func(token string) bool {
			return !slices.ContainsFunc(have, func(h string) bool { return strings.HasPrefix(h, token) })
		})
	}
}

// tokens splits a text at spaces, at symbols, between letters and digits, and
// where a capital follows a small letter. Symbols are tokens as well. Words with
// nothing but symbols between them are also joined: hello.world has helloworld.
func tokens(s string) (single, joined []string) {
	for part := range strings.FieldsSeq(s) {
		var words []string
		symbols := false
		last := rune(0)
		for _, r := range part {
			symbol := !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r)
			switch {
			case symbol:
				symbols = true
				single = append(single, string(r))
			case last == 0 || kind(last) != kind(r) || unicode.IsLower(last) && unicode.IsUpper(r):
				words = append(words, string(unicode.ToLower(r)))
			default:
				words[len(words)-1] += string(unicode.ToLower(r))
			}
			last = r
			if symbol {
				last = 0
			}
		}
		single = append(single, words...)
		if symbols && len(words) > 1 {
			joined = append(joined, strings.Join(words, ""))
		}
	}
	return single, joined
}

// kind tells letters from digits.
func kind(r rune) bool { return unicode.IsDigit(r) }
