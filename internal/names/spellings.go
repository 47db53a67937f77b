package names

import (
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// spellings are ways to type letters that a keyboard lacks, besides that of Fold:
// Østergård is typed oestergaard, ostergard and ostergaard, Müller muller and
// mueller.
var spellings = []*strings.Replacer{
	strings.NewReplacer("ø", "o", "Ø", "o", "å", "a", "Å", "a", "æ", "a", "Æ", "a"),
	strings.NewReplacer("ø", "o", "Ø", "o"),
	strings.NewReplacer("å", "a", "Å", "a"),
	strings.NewReplacer("ü", "ue", "Ü", "ue", "ö", "oe", "Ö", "oe", "ä", "ae", "Ä", "ae"),
}

// Spellings returns the folded forms under which a text must be found, each once;
// the first is Fold(s), and often it is the only one. Store the words of all of
// them; fold the search text with Fold.
func Spellings(s string) []string {
	all := []string{Fold(s)}
	composed := norm.NFC.String(strings.ToValidUTF8(s, ""))
	for _, spelling := range spellings {
		if other := Fold(spelling.Replace(composed)); !slices.Contains(all, other) {
			all = append(all, other)
		}
	}
	return all
}
