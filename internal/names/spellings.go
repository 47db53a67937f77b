package names

import (
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// spellings are the ways in which people write letters that their keyboard
// lacks, beside the one of Fold: Østergård is typed oestergaard, ostergard and
// ostergaard, Müller muller and mueller.
var spellings = []*strings.Replacer{
	strings.NewReplacer("ø", "o", "Ø", "o", "å", "a", "Å", "a", "æ", "a", "Æ", "a"),
	strings.NewReplacer("ø", "o", "Ø", "o"),
	strings.NewReplacer("å", "a", "Å", "a"),
	strings.NewReplacer("ü", "ue", "Ü", "ue", "ö", "oe", "Ö", "oe", "ä", "ae", "Ä", "ae"),
}

// Spellings returns the folded forms under which a text is searched for, each
// once; the first is Fold(s), and mostly it is the only one. Store words of all of
// them; fold what is typed with Fold.
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
