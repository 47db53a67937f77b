package names

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSpellings(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		want       []string
	}{
		{"plain letters have one spelling", "Anna Hansen", []string{"anna hansen"}},
		{"ø and å are typed in three more ways", "Østergård",
			[]string{"oestergaard", "ostergard", "ostergaard", "oestergard"}},
		{"aa stays aa whatever ø becomes", "Østergaard", []string{"oestergaard", "ostergaard"}},
		{"ü is u or ue", "Müller", []string{"muller", "mueller"}},
		{"letters made of two characters are the same", "Mu\u0308ller", []string{"muller", "mueller"}},
		{"nothing is one empty spelling", "", []string{""}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, Spellings(test.text)); diff != "" {
				t.Errorf("Spellings(%q) (-want +got):\n%s", test.text, diff)
			}
		})
	}
}
