package names

import "unicode"

// Zero-width joiner and non-joiner: they shape letters of Arabic, Persian and
// Indic scripts and join emoji, so names and messages in these may have them.
const (
	zeroWidthNonJoiner = '\u200c'
	zeroWidthJoiner    = '\u200d'
)

// fillers take space or change neighbours invisibly, though Unicode counts them
// as letters, marks or symbols.
var fillers = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x034F, Hi: 0x034F, Stride: 1}, // combining grapheme joiner
		{Lo: 0x115F, Hi: 0x1160, Stride: 1}, // Hangul fillers
		{Lo: 0x17B4, Hi: 0x17B5, Stride: 1}, // Khmer inherent vowels
		{Lo: 0x180B, Hi: 0x180F, Stride: 1}, // Mongolian variation selectors
		{Lo: 0x2800, Hi: 0x2800, Stride: 1}, // blank Braille pattern
		{Lo: 0x3164, Hi: 0x3164, Stride: 1}, // Hangul filler
		{Lo: 0xFE00, Hi: 0xFE0F, Stride: 1}, // variation selectors
		{Lo: 0xFFA0, Hi: 0xFFA0, Stride: 1}, // half-width Hangul filler
		{Lo: 0xFFF0, Hi: 0xFFFD, Stride: 1}, // specials and the replacement character
	},
	R32: []unicode.Range32{
		{Lo: 0xE0000, Hi: 0xE0FFF, Stride: 1}, // tags and further variation selectors
	},
}

// unseen reports whether r is a control character, reorders text or is
// invisible. It is false for white space other than control characters.
func unseen(r rune) bool {
	// Cc control, Cf format (all bidirectional controls among them), Co private
	// use, Cs surrogates; and line and paragraph separators.
	return unicode.In(r, unicode.C, unicode.Zl, unicode.Zp, fillers) || !assigned(r)
}

// assigned reports whether Unicode, as this Go knows it, gives r a meaning.
func assigned(r rune) bool {
	return unicode.In(r, unicode.L, unicode.M, unicode.N, unicode.P, unicode.S, unicode.Z, unicode.C)
}

// joins reports whether r is a joiner after a character of a script that writes
// with joiners.
func joins(before, r rune) bool {
	if r != zeroWidthJoiner && r != zeroWidthNonJoiner {
		return false
	}
	return unicode.In(before, unicode.L, unicode.M) &&
		!unicode.In(before, unicode.Latin, unicode.Greek, unicode.Cyrillic, unicode.Inherited)
}
