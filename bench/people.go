package main

import (
	"fmt"
	"strings"

	"github.com/pactius/pactius/internal/nearmiss"
)

// given are the given names of the invented people; many share one.
var given = []string{"Anna", "Bo", "Clara", "Ditte", "Emil", "Freja", "Gustav", "Hanne", "Ida", "Jonas",
	"Karl", "Laura", "Mads", "Nina", "Oskar", "Pia", "Rasmus", "Sofie", "Thomas", "Viggo"}

// Family names are words of a Reed-Solomon code: the number's four digits are
// the coefficients of a polynomial modulo the prime radix, and the name spells
// its values at six points. Any two names differ in at least three syllables.
const (
	consonants = "bdfghjklmnprstv"
	vowels     = "aeiou"
	radix      = 67 // at most the number of syllables, 15 * 5
	points     = 6
)

// familyName returns the family name with a number. The first 67^4 differ.
func familyName(number int) string {
	var name strings.Builder
	for x := range points {
		value, digits := 0, number
		for power := 1; digits > 0; power = power * x % radix {
			value += digits % radix * power
			digits /= radix
		}
		value %= radix
		name.WriteByte(consonants[value%len(consonants)])
		name.WriteByte(vowels[value/len(consonants)])
	}
	return strings.ToUpper(name.String()[:1]) + name.String()[1:]
}

// invented returns the person with a number. No two are near misses of each
// other, because adding someone through the rules refuses near misses.
func invented(number int) nearmiss.Person {
	first, last := given[number%len(given)], familyName(number)
	return nearmiss.Person{Name: first + " " + last,
		Username: strings.ToLower(fmt.Sprintf("%s.%s@bench.example", first, last))}
}
