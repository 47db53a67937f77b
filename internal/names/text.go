package names

import (
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/pactius/pactius"
)

const (
	// MaxName is the most characters of a display name. Microsoft allows 256; no
	// person's name needs them, and every list must show it.
	MaxName = 200

	// MaxEmail is the most bytes of an e-mail address: a path is at most 256 bytes
	// with its angle brackets (RFC 5321, section 4.5.3.1.3).
	MaxEmail = 254

	// maxEmailLocal is the most bytes before the "@" (RFC 5321, section 4.5.3.1.1).
	maxEmailLocal = 64

	// maxRead bounds the bytes of a name from elsewhere that CleanName looks at:
	// far more than MaxName characters of 4 bytes with white space between.
	maxRead = 64 << 10
)

// CleanName makes the best of a display name that somebody else vouches for
// (a token, a directory): normal form C, white space collapsed, characters that
// ParseName refuses left out, cut to MaxName characters. It may return "".
func CleanName(s string) string {
	s = collapse(norm.NFC.String(strings.ToValidUTF8(limit(s), "")))
	var b strings.Builder
	var before rune
	for _, r := range s {
		if unseen(r) && !joins(before, r) {
			continue
		}
		b.WriteRune(r)
		before = r
	}
	// What is left may compose or collapse anew.
	return strings.TrimSpace(cut(collapse(norm.NFC.String(b.String())), MaxName))
}

// ParseName reads a display name or another name of one line (a business unit,
// an environment) that a person typed: 1 to MaxName characters, white space
// collapsed. The error is an Invalid *pactius.Error for the field.
func ParseName(field, s string) (string, error) {
	name := collapse(norm.NFC.String(s))
	if !utf8.ValidString(name) || hasUnseen(name) {
		return "", pactius.RefuseField(field, pactius.T("The name contains an invisible or control character. Delete it and type the name by hand."))
	}
	switch n := utf8.RuneCountInString(name); {
	case n == 0:
		return "", pactius.RefuseField(field, pactius.T("Enter a name."))
	case n > MaxName:
		return "", pactius.RefuseField(field, pactius.T("The name is too long: at most %d characters, this one has %d.", MaxName, n))
	}
	return name, nil
}

// ParseEmail reads an optional e-mail address: "" stays "". Only a bare
// address is taken, without a display name, quotes or comments, so that it can
// stand in a mail's header as it is. The error is an Invalid *pactius.Error for
// the field.
func ParseEmail(field, s string) (string, error) {
	s = norm.NFC.String(strings.TrimSpace(s))
	if s == "" {
		return "", nil
	}
	refuse := pactius.RefuseField(field, pactius.T("This is not an e-mail address. Enter it like anna.hansen@company.com, or leave the field empty."))
	if len(s) > MaxEmail {
		return "", pactius.RefuseField(field, pactius.T("The e-mail address is too long: at most %d characters.", MaxEmail))
	}
	if !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return unseen(r) || unicode.IsSpace(r) }) {
		return "", refuse
	}
	parsed, err := mail.ParseAddress(s)
	if err != nil || parsed.Name != "" || parsed.Address != s {
		return "", refuse // the cause would echo the input in words of a parser
	}
	local, domain, _ := strings.Cut(s, "@")
	if len(local) > maxEmailLocal || !domainFault(domain).IsZero() {
		return "", refuse
	}
	return s, nil
}

// ParseText reads a message of several lines: line breaks become \n, white
// space at the end of lines and around the whole goes. At most limit characters;
// "" is fine. The error is an Invalid *pactius.Error for the field.
func ParseText(field, s string, limit int) (string, error) {
	if !utf8.ValidString(s) {
		return "", pactius.RefuseField(field, pactius.T("The text contains an invisible or control character. Delete it and try again."))
	}
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n").Replace(s)
	var before rune
	for _, r := range s {
		if r != '\n' && r != '\t' && unseen(r) && !joins(before, r) && !emojiPart(before, r) {
			return "", pactius.RefuseField(field, pactius.T("The text contains an invisible or control character. Delete it and try again."))
		}
		before = r
	}
	lines := strings.Split(norm.NFC.String(s), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRightFunc(line, unicode.IsSpace)
	}
	text := strings.TrimSpace(strings.Join(lines, "\n"))
	if n := utf8.RuneCountInString(text); n > limit {
		return "", pactius.RefuseField(field, pactius.T("The text is too long: at most %d characters, this one has %d.", limit, n))
	}
	return text, nil
}

// emojiPart reports whether r is a joiner or an emoji's presentation selector
// after a symbol, as keyboards of phones write them.
func emojiPart(before, r rune) bool {
	const emojiPresentation = '\ufe0f'
	if r == emojiPresentation {
		return unicode.In(before, unicode.So, unicode.Sm, unicode.Po, unicode.Nd)
	}
	return r == zeroWidthJoiner && (unicode.In(before, unicode.So, unicode.Sk) || before == emojiPresentation)
}

// hasUnseen reports whether a name of one line holds a character that a name
// must not have.
func hasUnseen(s string) bool {
	var before rune
	for _, r := range s {
		if unseen(r) && !joins(before, r) {
			return true
		}
		before = r
	}
	return false
}

// limit cuts s to maxRead bytes.
func limit(s string) string { return s[:min(len(s), maxRead)] }

// collapse trims s and makes every run of white space one space.
func collapse(s string) string { return strings.Join(strings.Fields(s), " ") }

// cut returns at most n characters of s.
func cut(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}
