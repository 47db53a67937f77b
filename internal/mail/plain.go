package mail

import (
	"strings"
	"unicode"
)

// Limits of texts from people, in characters. They are wider than those of the
// forms: they only keep an email readable, whatever it contains.
const (
	maxValue       = 200  // a name, an account name, a business unit
	maxSubjectName = 80   // a name in a subject: the rest must stay visible
	maxQuote       = 4000 // a message or note
	maxQuoteLines  = 60   // its lines
	maxUnits       = 50   // listed business units; more are counted
)

const (
	zeroWidthNonJoiner = '\u200c' // Persian and others need it within words
	zeroWidthJoiner    = '\u200d' // joins emoji
)

// oneLine returns a person's text as one harmless line: without control characters,
// invisible ones and those that change the reading direction (Unicode categories
// Cc, Cf, Zl, Zp), blanks collapsed, at most limit characters with an ellipsis for
// the rest.
func oneLine(s string, limit int) string {
	var line []rune
	blank := false
	for _, c := range s {
		switch {
		case unicode.IsSpace(c) || unicode.IsControl(c) || unicode.In(c, unicode.Zl, unicode.Zp):
			blank = len(line) > 0
			continue
		case unicode.Is(unicode.Cf, c) && c != zeroWidthJoiner && c != zeroWidthNonJoiner:
			continue
		case blank:
			line = append(line, ' ')
		}
		blank = false
		if line = append(line, c); len(line) > limit {
			return string(append(line[:limit-1], '…'))
		}
	}
	return string(line)
}

// headerText returns a text for a header: one harmless line in which no encoded word (RFC
// 2047) begins. Mail programs decode those in a name, also where the standard forbids it,
// so that =?utf-8?q?...?= could show what no check has seen. A blank disguises it.
func headerText(s string, limit int) string {
	return strings.ReplaceAll(oneLine(s, limit), "=?", "= ?")
}

// quoted splits a person's text into harmless lines; several empty lines become
// one, and an ellipsis replaces the text beyond the limits.
func quoted(s string) []string {
	var lines []string
	left := maxQuote
	text := strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n").Replace(s)
	for line := range strings.SplitSeq(strings.TrimSpace(text), "\n") {
		line = oneLine(line, max(left, 1))
		if line == "" && (len(lines) == 0 || lines[len(lines)-1] == "") {
			continue
		}
		lines = append(lines, line)
		left -= len([]rune(line)) + 1
		if len(lines) == maxQuoteLines || left <= 0 {
			return append(lines, "…")
		}
	}
	return lines
}
