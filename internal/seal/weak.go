package seal

import (
	"math"
	"strings"
)

// weakBits is the information below which a secret counts as easy to guess: 32 random hexadecimal digits, the least
// that MinSecret asks for, are measured with 100 bits and more.
const weakBits = 80

// Weak reports whether a secret looks typed rather than drawn: few different characters, something repeated, or a run
// such as abcdef. It cannot recognise every weak secret.
func Weak(secret string) bool {
	secret = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(secret), byteOrderMark))
	if period(secret) <= len(secret)/2 {
		return true
	}
	counts, steps := map[rune]int{}, 0
	length, last := 0, rune(-1)
	for _, r := range secret {
		counts[r]++
		if d := r - last; d >= -1 && d <= 1 && last >= 0 {
			steps++ // 0, 1, 2 or aaa
		}
		length, last = length+1, r
	}
	bits := 0.0
	for _, n := range counts {
		bits -= float64(n) * math.Log2(float64(n)/float64(length))
	}
	return bits < weakBits || steps > length/2
}

// period returns the length of the shortest beginning that a text repeats, its own length if there is none.
func period(s string) int {
	for n := 1; n < len(s); n++ {
		if strings.HasPrefix(s, s[n:]) {
			return n
		}
	}
	return len(s)
}
