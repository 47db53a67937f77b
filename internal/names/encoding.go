package names

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// byteOrderMark begins a UTF-8 file of many editors on Windows (Unicode standard, section 23.8).
const byteOrderMark = "\ufeff"

// UTF16Remedy completes the sentence about a file in UTF-16: what it is, and how to save it.
const UTF16Remedy = "is UTF-16; save it as UTF-8 (PowerShell: Set-Content -Encoding utf8NoBOM)"

// TrimMark returns a value without white space around it and without a byte order mark before it: editors and
// shells add both, and no setting, secret or line begins with them.
func TrimMark(s string) string {
	return strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(s), byteOrderMark))
}

// Visible returns a value without its invisible characters and without white space around it, for IDs that were
// pasted from a page or a chat: no ID has such characters, and a person cannot see what is wrong.
func Visible(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if unseen(r) {
			return -1
		}
		return r
	}, s))
}

// IsUTF16 reports whether bytes are text in UTF-16, which Windows PowerShell's > writes: they have its byte order
// mark, or zero bytes, which no text in UTF-8 has.
func IsUTF16(b []byte) bool {
	return bytes.HasPrefix(b, []byte{0xFF, 0xFE}) || bytes.HasPrefix(b, []byte{0xFE, 0xFF}) ||
		bytes.IndexByte(b, 0) >= 0
}

// Quoted reports whether a value stands between quotation marks, straight or curly, as shells and word processors
// leave them.
func Quoted(s string) bool {
	first, n := utf8.DecodeRuneInString(s)
	last, m := utf8.DecodeLastRuneInString(s)
	return n+m <= len(s) && strings.ContainsRune(`"'“”„‘’‚«»`, first) && strings.ContainsRune(`"'“”„‘’‚«»`, last)
}

// Invisible returns the first character of a value that cannot be seen and is not white space, such as a zero-width
// space from a web page.
func Invisible(s string) (rune, bool) {
	var before rune
	for _, r := range s {
		if unseen(r) && !harmless(before, r) {
			return r, true
		}
		before = r
	}
	return 0, false
}
