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
	// MaxName is the most characters of a display name, as many as Microsoft allows
	// (Microsoft Graph: "user resource type", displayName).
	MaxName = 256

	// MaxEmail is the most bytes of an e-mail address: a path is at most 256 bytes
	// with its angle brackets (RFC 5321, section 4.5.3.1.3).
	MaxEmail = 254

	// maxEmailLocal is the most bytes before the "@" (RFC 5321, section 4.5.3.1.1).
	maxEmailLocal = 64

	// maxRead is the most bytes of a name that CleanName reads: far more than
	// MaxName characters of 4 bytes with white space between.
	maxRead = 64 << 10
)

// CleanName cleans a display name from a token or a directory: normal form C,
// white space collapsed, characters that ParseName refuses removed, at most
// MaxName characters. It may return "".
func CleanName(s string) string {
	s = collapse(norm.NFC.String(strings.ToValidUTF8(limit(s), "")))
	var b strings.Builder
	var before rune
	for _, r := range s {
		if unseen(r) && !harmless(before, r) {
			continue
		}
		b.WriteRune(r)
		before = r
	}
	// The remaining characters may compose or collapse again.
	return strings.TrimSpace(cut(collapse(norm.NFC.String(b.String())), MaxName))
}

// ParseName parses a typed name of one line, of a person, a business unit or an
// environment: 1 to MaxName characters, white space collapsed. The error is an
// Invalid *pactius.Error for the field.
func ParseName(field, s string) (string, error) {
	name := collapse(norm.NFC.String(s))
	if !utf8.ValidString(name) || hasUnseen(name) {
		return "", pactius.RefuseField(field,
			pactius.T("The name contains an invisible or control character. Delete it and type the name by hand."))
	}
	switch n := utf8.RuneCountInString(name); {
	case n == 0:
		return "", pactius.RefuseField(field, pactius.T("Enter a name."))
	case n > MaxName:
		return "", pactius.RefuseField(field,
			pactius.T("The name is too long: use at most %d characters. This one has %d.", MaxName, n))
	}
	return name, nil
}

// ParseEmail parses an optional email address: "" stays "". It accepts only a bare
// address without display name, quotes and comments, so that it can be used in an
// email's header unchanged. The error is an Invalid *pactius.Error for
// the field.
func ParseEmail(field, s string) (string, error) {
	s = norm.NFC.String(strings.TrimSpace(s))
	if s == "" {
		return "", nil
	}
	refuse := pactius.RefuseField(field,
		pactius.T("This isn't an email address. Enter it like anna.hansen@company.com, or leave it blank."))
	if len(s) > MaxEmail {
		return "", pactius.RefuseField(field,
			pactius.T("The email address is too long: use at most %d characters.", MaxEmail))
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

// ParseText parses a message of several lines, at most limit characters: line
// breaks become \n, white space at the end of lines and around the text is removed.
// "" is valid. The error is an Invalid *pactius.Error for the field.
func ParseText(field, s string, limit int) (string, error) {
	unseenFault := pactius.RefuseField(field,
		pactius.T("The text contains an invisible or control character. Delete it and try again."))
	if !utf8.ValidString(s) {
		return "", unseenFault
	}
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n").Replace(s)
	var before rune
	for _, r := range s {
		if r != '\n' && r != '\t' && unseen(r) && !harmless(before, r) {
			return "", unseenFault
		}
		before = r
	}
	lines := strings.Split(norm.NFC.String(s), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRightFunc(line, unicode.IsSpace)
	}
	text := strings.TrimSpace(strings.Join(lines, "\n"))
	if n := utf8.RuneCountInString(text); n > limit {
		return "", pactius.RefuseField(field,
			pactius.T("The text is too long: use at most %d characters. This one has %d.", limit, n))
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

// harmless reports whether an invisible character shapes the one before it, a letter
// or an emoji.
func harmless(before, r rune) bool { return joins(before, r) || emojiPart(before, r) }

// hasUnseen reports whether a name contains a character that it must not have.
func hasUnseen(s string) bool {
	_, found := Invisible(s)
	return found
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
