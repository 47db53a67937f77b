package id

import "github.com/google/uuid"

// Length is the number of characters of an identifier.
const Length = 36

// New returns a fresh identifier. Within one process they ascend.
func New() string { return uuid.Must(uuid.NewV7()).String() } // Go 1.27 has it as uuid.NewV7

// Valid reports whether s is a UUID of any version in the one form that is
// stored: 36 characters, lower case, hyphens at 8-4-4-4-12. Braces, "urn:uuid:"
// and capitals are refused, so that equal identifiers are equal strings.
func Valid(s string) bool {
	if len(s) != Length {
		return false
	}
	for i := range len(s) {
		if !validAt(i, s[i]) {
			return false
		}
	}
	return true
}

// validAt tells whether the character c may stand at place i of an identifier.
func validAt(i int, c byte) bool {
	switch i {
	case 8, 13, 18, 23:
		return c == '-'
	}
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f'
}
