package names

import "strings"

// afterZ are the letters that Danish sorts after z, in its order, each with a character that follows z.
var afterZ = strings.NewReplacer("æ", "{", "Æ", "{", "ø", "|", "Ø", "|", "å", "}", "Å", "}",
	"a\u030a", "}", "A\u030a", "}")

// maxDigits bounds the number of digits that are compared as one number.
const maxDigits = 99

// OrderKey returns the form of a name that sorts, byte by byte, in natural order: numbers by value (1, 2, 10), letters
// without case and marks as in Fold, and æ, ø, å after z.
func OrderKey(name string) string {
	folded := Fold(afterZ.Replace(name))
	var b strings.Builder
	b.Grow(len(folded) + 4)
	for i := 0; i < len(folded); {
		digits := i
		for digits < len(folded) && '0' <= folded[digits] && folded[digits] <= '9' {
			digits++
		}
		if digits == i {
			b.WriteByte(folded[i])
			i++
			continue
		}
		number := strings.TrimLeft(folded[i:digits], "0")
		length := min(len(number), maxDigits) // before the digits: a longer number is a greater one
		b.WriteByte(byte('0' + length/10))
		b.WriteByte(byte('0' + length%10))
		b.WriteString(number)
		i = digits
	}
	return b.String()
}
