package nearmiss

import (
	_ "embed"
	"strings"
)

//go:embed words.txt
var lists string

// list returns a list of words.txt.
func list(name string) string {
	_, text, _ := strings.Cut(lists, "\n["+name+"]\n")
	text, _, _ = strings.Cut(text, "\n\n")
	return strings.TrimSpace(text)
}

// set returns the set of the words of a list.
func set(name string) map[string]bool {
	all := map[string]bool{}
	for w := range strings.FieldsSeq(list(name)) {
		all[w] = true
	}
	return all
}

// titles and particles occur beside names without being names.
var (
	titles    = set("titles")
	particles = set("particles")
)

// openDomains give addresses to everyone: sharing one is no evidence.
var openDomains = set("open domains")

// secondLevel are labels above the organisations of a country, as in co.uk.
var secondLevel = set("second level")

// variantGroups are lines with the forms of one given name: short forms and the
// spellings of names from other scripts. A short form may be in several lines.
var variantGroups = strings.Split(list("variants"), "\n")

// variants maps a form of a given name to its groups.
var variants = func() map[string][]int {
	all := map[string][]int{}
	for i, line := range variantGroups {
		for w := range strings.FieldsSeq(line) {
			all[w] = append(all[w], i)
		}
	}
	return all
}()

// maxVariants is the most other forms of a name that are looked up.
const maxVariants = 12

// variantsOf lists the other forms of a given name.
func variantsOf(word string) []string {
	var all []string
	for _, i := range variants[word] {
		for w := range strings.FieldsSeq(variantGroups[i]) {
			if w != word && len(all) < maxVariants {
				all = append(all, w)
			}
		}
	}
	return all
}

// areVariants reports whether two words are forms of one given name.
func areVariants(a, b string) bool {
	for _, i := range variants[a] {
		for _, j := range variants[b] {
			if i == j {
				return true
			}
		}
	}
	return false
}

// common are given and family names with similar other ones: two of them are two
// people's names, not one mistyped.
var common = set("common")
